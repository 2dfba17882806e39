//! What was acknowledged is what the domain controllers' own databases hold, and nothing else.

use history::Finding;

use super::{Ground, Ruling, everyone, trace};
use crate::ledger::Ledger;
use crate::resolve::LastWrites;
use crate::subject::{Subject, Touch, labels, named};

pub(super) const NAME: &str = "directory-holds-acknowledged";

/// The password that everyone begins with.
const INITIAL: u32 = 0;

const GROUND: Ground = Ground {
    of: "people whose password was read in the directory's own database",
    open: "it was not read on every domain controller, or a write does not say what it wrote",
};

/// The label held is one that the history allows, on every domain controller. Of people whom no operation named it is the
/// initial one, and nothing else of theirs moved.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let last = LastWrites::of(subject);
    let mut violations = Vec::new();
    let mut doubt = subject.dcs() == 0 || subject.held().count() != subject.dcs();
    for (dc, held) in subject.held() {
        match held.holds {
            Some(label) if last.allows(label) || (label == INITIAL && last.initial) => {}
            // What an operation wrote that does not say so may be any password.
            _ if last.unlabelled => doubt = true,
            label => violations.push(other(subject, &last, dc, label)),
        }
    }
    violations.extend(moved(subject));
    Ruling::broken_or(violations, if doubt { Ruling::Open } else { Ruling::Held })
}

fn other(subject: &Subject<'_>, last: &LastWrites<'_>, dc: &str, held: Option<u32>) -> String {
    let because = if last.writes.is_empty() {
        "no operation surely or perhaps wrote a password".to_owned()
    } else {
        format!("{} may be the last write", named(last.writes.iter().copied()))
    };
    let mut expected = last.labels();
    expected.extend(last.initial.then_some(INITIAL));
    let saw = held.map_or_else(
        || "none of this person's passwords".to_owned(),
        |label| format!("that of label {label}"),
    );
    format!(
        "{}: {because}; expected the directory to hold the password of {}, saw {saw} on {dc}",
        subject.name(),
        labels(&expected)
    )
}

/// What moved of somebody whom no operation named.
fn moved(subject: &Subject<'_>) -> Option<String> {
    if subject.touch() != Touch::Untouched {
        return None;
    }
    let readings = subject.person.readings.iter();
    let both = readings.filter_map(|reading| Some((reading.dc, reading.baseline?, reading.oracle?)));
    let changes: Vec<String> = both
        .flat_map(|(dc, before, held)| trace::moved(&subject.ledger.dcs[dc], &before, &held.metadata, &trace::ALL))
        .collect();
    (!changes.is_empty()).then(|| {
        format!(
            "{}: no operation named this person; expected no change, saw {}",
            subject.name(),
            changes.join(", ")
        )
    })
}
