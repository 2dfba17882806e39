//! From a person to a register: what the history tells of their password.

use vocabulary::OpKind;

use super::{Read, Register, Slot, Write};
use crate::ledger::{Held, Op, Sighting};
use crate::subject::Subject;
use history::Phase;

/// A person's register with the operations behind its writes, in the same order.
#[derive(Debug, Clone)]
pub(crate) struct Case<'a> {
    /// The register.
    pub register: Register,
    /// The operation of each write.
    pub ops: Vec<&'a Op>,
}

/// Why a person's password is no register of values that are each written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Nothing was written.
    Nothing,
    /// An operation does not say what it wrote.
    Unlabelled,
    /// The same value was written more than once.
    Repeated,
    /// Domain controllers were seen with different writes under one version, or hold different passwords.
    Divided,
}

impl<'a> Case<'a> {
    /// That of a person.
    pub(crate) fn of(subject: &Subject<'a>) -> Result<Self, Unfit> {
        let ops: Vec<&Op> = subject.ops().iter().filter(|op| may_write(op)).collect();
        let writes: Vec<Write> = ops.iter().filter_map(|op| write(subject, op)).collect();
        if ops.is_empty() {
            return Err(Unfit::Nothing);
        }
        if writes.len() < ops.len() {
            return Err(Unfit::Unlabelled);
        }
        if subject.person.collided.is_some() || divided(subject) {
            return Err(Unfit::Divided);
        }
        if repeats(&writes) {
            return Err(Unfit::Repeated);
        }
        let versions = Versions::of(subject);
        let register = Register {
            writes,
            reads: reads(subject),
            before: versions.before,
            slots: versions.slots,
        };
        Ok(Self { register, ops })
    }
}

fn divided(subject: &Subject<'_>) -> bool {
    let mut held = subject.held().map(|(_, held)| held.holds);
    let first = held.next();
    held.any(|label| Some(label) != first)
}

fn may_write(op: &Op) -> bool {
    op.kind.writes_password() && !op.refused()
}

fn write(subject: &Subject<'_>, op: &Op) -> Option<Write> {
    // A change on one domain controller may prove what another has not yet replaced.
    let alone = subject.dcs() <= 1;
    Some(Write {
        value: op.writes()?,
        from_us: op.started_us,
        until_us: subject.ledger.latest_effect_us(op),
        sure: op.applied(),
        base: op.proves().filter(|_| alone && op.kind == OpKind::Change),
    })
}

fn repeats(writes: &[Write]) -> bool {
    let mut values: Vec<u32> = writes.iter().map(|write| write.value).collect();
    values.sort_unstable();
    values.windows(2).any(|pair| pair[0] == pair[1])
}

/// What databases held and which passwords opened the account: after the load on every domain controller, before only where
/// there is one, since others may be behind.
fn reads(subject: &Subject<'_>) -> Vec<Read> {
    let alone = subject.dcs() <= 1;
    let held = held(subject)
        .iter()
        .filter(|held| alone || settled(subject, held.from_us));
    let held = held.map(|held| Read {
        value: held.label.get(),
        from_us: held.from_us,
        until_us: held.at_us,
    });
    let telling = !subject.ledger.facts.old_passwords_bind();
    let binds = subject.final_binds().filter(|bind| telling && bind.accepted);
    let bound = binds.filter_map(|bind| {
        Some(Read {
            value: Some(bind.label),
            from_us: subject.ledger.phases.span(bind.phase, bind.at_us)?.0,
            until_us: bind.at_us,
        })
    });
    held.chain(bound).collect()
}

fn settled(subject: &Subject<'_>, at_us: u64) -> bool {
    let probe = subject.ledger.phases.span(Phase::Probe, u64::MAX);
    probe.is_some_and(|(from_us, _)| at_us >= from_us)
}

fn held<'a>(subject: &Subject<'a>) -> &'a [Held] {
    let ledger = subject.ledger;
    ledger.held.get(subject.person.held.clone()).unwrap_or_default()
}

/// The versions that the directory counted.
struct Versions {
    before: Option<u32>,
    slots: Option<Vec<Slot>>,
}

impl Versions {
    fn of(subject: &Subject<'_>) -> Self {
        let none = Self {
            before: None,
            slots: None,
        };
        let first = subject.pairs().next().map(|(_, before, _)| before.kvno);
        let delta = subject.kvno_delta().and_then(|delta| usize::try_from(delta).ok());
        let (Some(first), Some(delta)) = (first, delta) else {
            return none;
        };
        let mut found = Self {
            before: None,
            slots: Some(vec![Slot::default(); delta]),
        };
        held(subject).iter().for_each(|held| found.held(first, held));
        sightings(subject).iter().for_each(|seen| found.seen(first, seen));
        found
    }

    fn slot(&mut self, first: u32, kvno: u32) -> Option<&mut Slot> {
        let place = kvno.checked_sub(first)?.checked_sub(1)?;
        self.slots.as_mut()?.get_mut(place as usize)
    }

    /// A value that is none of the person's is a read that nothing explains; it needs no version for that.
    fn held(&mut self, first: u32, held: &Held) {
        let label = held.label.get();
        if held.kvno == first {
            self.before = self.before.or(label);
        } else if let Some(slot) = self.slot(first, held.kvno) {
            slot.value = slot.value.or(label);
            slot.see(held.at_us);
        }
    }

    fn seen(&mut self, first: u32, seen: &Sighting) {
        if let Some(slot) = self.slot(first, seen.kvno) {
            slot.see(seen.at_us);
        }
    }
}

impl Slot {
    fn see(&mut self, at_us: u64) {
        self.seen_us = Some(self.seen_us.map_or(at_us, |seen_us| seen_us.min(at_us)));
    }
}

fn sightings<'a>(subject: &Subject<'a>) -> &'a [Sighting] {
    let ledger = subject.ledger;
    ledger
        .sightings
        .get(subject.person.sightings.clone())
        .unwrap_or_default()
}
