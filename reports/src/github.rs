//! What GitHub shows beside a job: annotations, as workflow commands.
//!
//! The runner reads them on the standard output and on the standard error alike. It shows ten errors and ten warnings of a step.

use history::{Manifest, Mark};
use judge::Judgement;

use crate::text::clean;
use crate::words;

/// Annotations of one kind that the runner shows of a step.
const SHOWN: usize = 10;

/// One line for the verdict and one for each thing that does not hold or cannot be told, ready to be printed where
/// `GITHUB_ACTIONS` is `true`. What is more than GitHub shows is told of in a number.
#[must_use]
pub fn annotations(judgement: &Judgement, manifest: &Manifest) -> Vec<String> {
    let verdict = &judgement.verdict;
    let file = words::scenario_file(manifest);
    let title = format!("{}: {}", clean(&verdict.scenario), words::shout(verdict.verdict));
    let mut lines = vec![command(verdict.verdict, &title, file, &words::headline(verdict))];
    let reasons = words::reasons(verdict);
    for mark in [Mark::Fail, Mark::Inconclusive] {
        let of_mark = reasons.iter().filter(|reason| reason.mark == mark);
        let (room, count) = (SHOWN - usize::from(verdict.verdict == mark), of_mark.clone().count());
        let fit = if count > room { room - 1 } else { count };
        for reason in of_mark.take(fit) {
            lines.push(command(mark, &reason.name, file, &reason.why));
        }
        if count > fit {
            let more = format!("{} more: see the summary, or report.html", count - fit);
            lines.push(command(mark, &title, file, &more));
        }
    }
    lines
}

fn command(mark: Mark, title: &str, file: Option<&str>, message: &str) -> String {
    let kind = match mark {
        Mark::Pass => "notice",
        Mark::Inconclusive => "warning",
        Mark::Fail => "error",
    };
    let mut properties = format!("title={}", property(title));
    if let Some(file) = file {
        properties.push_str(&format!(",file={}", property(file)));
    }
    format!("::{kind} {properties}::{}", data(message))
}

/// As `escapeData` of GitHub's own toolkit (`packages/core/src/command.ts`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As its `escapeProperty`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_command() {
        let line = command(Mark::Fail, "a:b,c%", Some("x,y.toml"), "100 %\n::error::forged\r");
        assert_eq!(
            line,
            "::error title=a%3Ab%2Cc%25,file=x%2Cy.toml::100 %25%0A::error::forged%0D"
        );
        assert_eq!(command(Mark::Pass, "t", None, "m"), "::notice title=t::m");
    }
}
