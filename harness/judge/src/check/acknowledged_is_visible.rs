//! Whoever asks after an acknowledgement is shown the write.

use history::Finding;
use vocabulary::OutcomeClass;

use super::{Ground, Ruling, everyone};
use crate::ledger::{Ledger, Op, Sighting};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "acknowledged-is-visible";

const GROUND: Ground = Ground {
    of: "people whose acknowledged write was looked for while load ran",
    open: "metadata before is missing",
};

/// What is only written after it was acknowledged is in the directory at the end; who asks in between sees it is not. Speaks of
/// domains of one domain controller: where there are several, a write may be on its way to the one that was asked.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND.counted(ledger))
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let looks = || {
        subject
            .looks()
            .filter(|(asked_us, _)| acknowledged(subject, *asked_us) > 0)
    };
    if subject.dcs() > 1 || looks().next().is_none() {
        return Ruling::Elsewhere;
    }
    let baselines = subject.person.readings.iter().find_map(|reading| reading.baseline);
    let Some(before) = baselines.filter(|_| subject.counted()) else {
        return Ruling::Open;
    };
    let late = looks().find(|(asked_us, seen)| {
        let count = u64::from(seen.kvno.saturating_sub(before.kvno));
        count < acknowledged(subject, *asked_us)
    });
    let told = |(asked_us, seen): (u64, &Sighting)| tell(subject, asked_us, before.kvno, seen);
    Ruling::broken_or(late.map(told).into_iter().collect(), Ruling::Held)
}

/// How many writes were acknowledged before an instant.
fn acknowledged(subject: &Subject<'_>, before_us: u64) -> u64 {
    until(subject, before_us).count() as u64
}

fn until<'a>(subject: &Subject<'a>, before_us: u64) -> impl Iterator<Item = &'a Op> + use<'a> {
    let applied = subject.writes(OutcomeClass::Applied);
    applied.filter(move |op| op.finished_us <= before_us)
}

fn tell(subject: &Subject<'_>, asked_us: u64, before: u32, seen: &Sighting) -> String {
    let last = until(subject, asked_us)
        .map(|op| op.finished_us)
        .max()
        .unwrap_or(asked_us);
    format!(
        "{}: {} acknowledged; who asked {:.1} ms after the last of them expected msDS-KeyVersionNumber to be {before} + {} at least, saw {} on {}",
        subject.name(),
        named(until(subject, asked_us)),
        asked_us.saturating_sub(last) as f64 / 1000.0,
        acknowledged(subject, asked_us),
        seen.kvno,
        subject.ledger.dcs[seen.dc as usize]
    )
}
