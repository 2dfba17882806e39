//! `summary.md`: for the page of a CI job.

use std::fmt::Write as _;

use history::{Compared, Comparison};

use super::words;
use crate::markdown::{icon, list, plain};
use crate::words::shout;

/// The summary.
pub(super) fn summary(comparison: &Comparison) -> String {
    let mut out = format!(
        "# {} {}: {} compared with {}\n\n",
        icon(comparison.verdict),
        shout(comparison.verdict),
        plain(&comparison.scenario),
        plain(&comparison.base.name)
    );
    comparison.compared.iter().for_each(|compared| run(&mut out, compared));
    let _ = writeln!(out, "{}\n", plain(&words::note(comparison)));
    list(&mut out, "How it was judged", &words::method(comparison));
    out
}

fn run(out: &mut String, compared: &Compared) {
    let _ = writeln!(
        out,
        "## {} {}\n\n{}\n",
        icon(compared.verdict),
        plain(&compared.party.name),
        plain(&words::headline(compared))
    );
    for change in words::reasons(compared) {
        let _ = writeln!(
            out,
            "- {} **{}**: {}",
            icon(change.verdict),
            plain(&words::measure(change)),
            plain(&words::reason(change))
        );
    }
    out.push('\n');
    list(out, "What to do", &words::next_steps(compared));
    let known: Vec<String> = compared
        .notes
        .iter()
        .cloned()
        .chain(words::differences(compared))
        .collect();
    if !known.is_empty() {
        list(out, "What has to be known", &known);
    }
    table(out, compared);
}

fn table(out: &mut String, compared: &Compared) {
    let _ = writeln!(
        out,
        "| | measure | | {} |\n|---|---|---|{}",
        words::HEADS.join(" | "),
        "---:|".repeat(words::HEADS.len())
    );
    for change in &compared.changes {
        let name = plain(&words::measure(change));
        let name = if change.decides { format!("**{name}**") } else { name };
        let cells = words::cells(change).map(|cell| plain(&cell));
        let _ = writeln!(
            out,
            "| {} | {name} | {} | {} |",
            icon(change.verdict),
            words::judged(change.judged),
            cells.join(" | ")
        );
    }
    out.push('\n');
}
