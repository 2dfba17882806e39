//! How long an acknowledged write took to reach each domain controller.

use std::collections::BTreeMap;

use vocabulary::{OpKind, OutcomeClass, Percentile};

use crate::figures::{DelayPoint, PropagationRow};
use crate::ledger::{Ledger, Op, Reading, Sighting};
use crate::resolve;
use crate::subject::Subject;

/// Points of a curve at most: more would fall on the same pixels.
const POINTS: usize = 200;

/// What has to be seen of an operation.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// A key version number of at least this.
    Version(u32),
    /// No lock, seen after the operation began.
    Unlocked,
}

/// The delays on one domain controller, kept small.
#[derive(Debug, Default)]
struct Delays {
    seen_us: Vec<u32>,
    unseen: u64,
}

/// A row for each domain controller that has partners and was watched, by name. Only operations intended in the measure
/// phase are timed, like in every other statistic.
pub(crate) fn rows(ledger: &Ledger) -> Vec<PropagationRow> {
    let mut delays: BTreeMap<usize, Delays> = BTreeMap::new();
    let watched = |subject: &Subject<'_>| subject.dcs() > 1 && is_watched(ledger, subject);
    for subject in ledger.subjects().filter(watched) {
        for (op, sign) in signs(&subject) {
            for reading in &subject.person.readings {
                delays
                    .entry(reading.dc)
                    .or_default()
                    .add(delay(&subject, reading, op, sign));
            }
        }
    }
    let named = |(dc, delays): (usize, Delays)| row(&ledger.dcs[dc], delays);
    let mut rows: Vec<PropagationRow> = delays.into_iter().map(named).collect();
    rows.sort_by(|one, other| one.dc.cmp(&other.dc));
    rows
}

/// Whether anybody watched a domain controller of this person's domain while load ran. Without, only the reading after it
/// would be left, and that says nothing about delays.
fn is_watched(ledger: &Ledger, subject: &Subject<'_>) -> bool {
    let Some(first) = subject.person.readings.first() else {
        return false;
    };
    let mut watched = ledger.watched.iter().enumerate().filter(|(_, watched)| **watched);
    watched.any(|(dc, _)| ledger.domains.same(dc, first.dc))
}

/// The measured operations of a person whose arrival can be told, each with its sign.
fn signs<'a>(subject: &Subject<'a>) -> Vec<(&'a Op, Sign)> {
    let mut signs = versions(subject);
    signs.extend(unlock(subject).map(|op| (op, Sign::Unlocked)));
    signs.retain(|(op, _)| op.measured());
    signs
}

/// When the n-th acknowledgement comes, the key version number has risen by n at least: that is its sign. Behind a write
/// that may have counted or not, nobody can tell which number is whose.
fn versions<'a>(subject: &Subject<'a>) -> Vec<(&'a Op, Sign)> {
    let baselines = subject.person.readings.iter().filter_map(|reading| reading.baseline);
    let Some(before) = baselines.map(|before| before.kvno).max().filter(|_| subject.counted()) else {
        return Vec::new();
    };
    let doubt = subject.writes(OutcomeClass::Unknown).map(|op| op.started_us).min();
    let doubt = doubt.filter(|_| !resolve::none_took_effect(subject));
    let mut writes: Vec<&Op> = subject.writes(OutcomeClass::Applied).collect();
    writes.sort_by_key(|op| op.finished_us);
    let version = |rank: usize| before.saturating_add(u32::try_from(rank + 1).unwrap_or(u32::MAX));
    writes
        .into_iter()
        .enumerate()
        .filter(|(_, op)| doubt.is_none_or(|from_us| op.finished_us < from_us))
        .map(|(rank, op)| (op, Sign::Version(version(rank))))
        .collect()
}

/// The unlock that cleared the lock set before the load, if it is the only operation that can have.
fn unlock<'a>(subject: &Subject<'a>) -> Option<&'a Op> {
    let clearing = |op: &&Op| op.kind.unlocks() && !op.refused();
    let mut all = subject.ops().iter().filter(clearing);
    let only = all.next().filter(|_| all.next().is_none() && subject.lock_set())?;
    (only.kind == OpKind::Unlock && only.class == OutcomeClass::Applied).then_some(only)
}

/// From the acknowledgement until one domain controller was first seen with the sign: 0 where it was seen before.
fn delay(subject: &Subject<'_>, reading: &Reading, op: &Op, sign: Sign) -> Option<u64> {
    let seen = first_seen(sightings(subject, reading.dc), op, sign);
    let last = || {
        let shown = match sign {
            Sign::Version(version) => reading.probe?.kvno >= version,
            Sign::Unlocked => reading.probe?.lockout_time == 0,
        };
        reading.probed_us.filter(|_| shown)
    };
    seen.or_else(last).map(|at_us| at_us.saturating_sub(op.finished_us))
}

/// What was seen of a person on one domain controller, in order.
fn sightings<'a>(subject: &Subject<'a>, dc: usize) -> &'a [Sighting] {
    let ledger = subject.ledger;
    let all = ledger
        .sightings
        .get(subject.person.sightings.clone())
        .unwrap_or_default();
    let from = all.partition_point(|seen| (seen.dc as usize) < dc);
    let to = all.partition_point(|seen| (seen.dc as usize) <= dc);
    &all[from..to]
}

fn first_seen(seen: &[Sighting], op: &Op, sign: Sign) -> Option<u64> {
    let first = match sign {
        // The number never falls, so that the first one is found without looking at all.
        Sign::Version(version) => seen.get(seen.partition_point(|seen| seen.kvno < version)),
        Sign::Unlocked => seen.iter().find(|seen| !seen.locked && seen.at_us >= op.started_us),
    };
    first.map(|seen| seen.at_us)
}

impl Delays {
    fn add(&mut self, delay_us: Option<u64>) {
        match delay_us {
            // More than an hour is an hour.
            Some(delay) => self.seen_us.push(u32::try_from(delay).unwrap_or(u32::MAX)),
            None => self.unseen += 1,
        }
    }
}

fn row(dc: &str, delays: Delays) -> PropagationRow {
    let Delays {
        seen_us: mut sorted,
        unseen,
    } = delays;
    sorted.sort_unstable();
    let all = sorted.len() + unseen as usize;
    let at = |percentile: Percentile| Some(u64::from(*sorted.get(percentile.rank(all)?)?));
    PropagationRow {
        dc: dc.to_owned(),
        count: sorted.len() as u64,
        unseen,
        p50_us: at(Percentile::P50),
        p90_us: at(Percentile::P90),
        p99_us: at(Percentile::P99),
        max_us: at(Percentile::MAX),
        curve: curve(&sorted, all),
    }
}

/// The share of all writes that was seen within each delay, in steps that a chart can show.
fn curve(sorted: &[u32], all: usize) -> Vec<DelayPoint> {
    let count = sorted.len();
    let points = count.min(POINTS);
    (1..=points)
        .map(|point| {
            let rank = point * count / points;
            DelayPoint {
                share: rank as f64 / all as f64,
                delay_us: sorted[rank - 1].into(),
            }
        })
        .collect()
}
