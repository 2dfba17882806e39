//! A write whose message had expired never replaces a newer one.

use history::Finding;

use super::{Ground, Ruling, everyone};
use crate::ledger::{Ledger, Op};
use crate::subject::{Subject, named, seconds};

pub(super) const NAME: &str = "no-stale-overwrite";

const GROUND: Ground = Ground {
    of: "people of whom it was seen which write is the last",
    open: "",
};

/// Whether it was seen of anybody.
pub(super) fn applies(ledger: &Ledger) -> bool {
    ledger.subjects().any(|subject| !subject.shown_labels().is_empty())
}

/// The write that is in force is not one that could no longer act when a write began that was acknowledged.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let shown = subject.shown_labels();
    let writer = |label: &u32| {
        subject
            .ops()
            .iter()
            .find(|op| !op.refused() && op.writes() == Some(*label))
    };
    let writers: Vec<&Op> = shown.iter().filter_map(writer).collect();
    if writers.is_empty() {
        return Ruling::Elsewhere;
    }
    let violations = writers.into_iter().filter_map(|stale| overwritten(subject, stale));
    Ruling::broken_or(violations.collect(), Ruling::Held)
}

/// Says which acknowledged write began when this one could no longer act, if any did.
fn overwritten(subject: &Subject<'_>, stale: &Op) -> Option<String> {
    let last_us = subject.ledger.latest_effect_us(stale);
    let newer = |op: &&Op| op.applied() && op.kind.writes_password() && op.started_us > last_us;
    let newer: Vec<&Op> = subject.ops().iter().filter(newer).collect();
    let first = newer.first()?;
    Some(format!(
        "{}: {} could act until {}; expected it never to replace {}, begun at {} and acknowledged, saw its password of label {} in force",
        subject.name(),
        named([stale]),
        seconds(last_us),
        named(newer.iter().copied()),
        seconds(first.started_us),
        stale.writes().unwrap_or_default(),
    ))
}
