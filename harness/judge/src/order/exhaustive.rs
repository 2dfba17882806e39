//! Tier 4: every order of a few operations.

use super::{INITIAL, Read, Register, Slot, Write};

/// More writes and reads than this are not tried.
pub const OPERATIONS_MAX: usize = 8;

/// How far an order has come.
#[derive(Clone, Copy)]
struct State {
    used: u32,
    value: u32,
    versions: usize,
    now_us: u64,
}

/// Whether some order explains everything; none where there are too many operations to try.
#[must_use]
pub fn explains(register: &Register) -> Option<bool> {
    let count = register.writes.len() + register.reads.len();
    if count > OPERATIONS_MAX {
        return None;
    }
    let begin = State {
        used: 0,
        value: INITIAL,
        versions: 0,
        now_us: 0,
    };
    Some(register.before.is_none_or(|value| value == INITIAL) && search(register, begin))
}

fn search(register: &Register, state: State) -> bool {
    if is_done(register, state) {
        return true;
    }
    let writes = register.writes.iter().enumerate();
    let reads = (register.writes.len()..).zip(&register.reads);
    let free = |place: &usize| state.used & (1 << place) == 0;
    let written = writes
        .filter(|(place, _)| free(place))
        .filter_map(|(place, write)| write_next(register.slots.as_deref(), state, place, write));
    let seen = reads
        .filter(|(place, _)| free(place))
        .filter_map(|(place, read)| read_next(state, place, read));
    written.chain(seen).any(|next| search(register, next))
}

/// Whether all that must be there is there; an unknown write need not be.
fn is_done(register: &Register, state: State) -> bool {
    let used = |place: usize| state.used & (1 << place) != 0;
    let sure = register.writes.iter().enumerate();
    let counted = register
        .slots
        .as_ref()
        .is_none_or(|slots| slots.len() == state.versions);
    let reads = register.writes.len()..register.writes.len() + register.reads.len();
    counted && sure.filter(|(_, write)| write.sure).all(|(place, _)| used(place)) && { reads }.all(used)
}

fn write_next(slots: Option<&[Slot]>, state: State, place: usize, write: &Write) -> Option<State> {
    let slot = match slots {
        Some(slots) => slots.get(state.versions)?,
        None => &Slot::default(),
    };
    let now_us = state.now_us.max(write.from_us);
    let in_time = now_us <= write.until_us && slot.seen_us.is_none_or(|seen_us| now_us <= seen_us);
    let in_place = slot.value.is_none_or(|value| value == write.value);
    let proved = write.base.is_none_or(|base| base == state.value);
    (in_time && in_place && proved).then_some(State {
        used: state.used | 1 << place,
        value: write.value,
        versions: state.versions + 1,
        now_us,
    })
}

fn read_next(state: State, place: usize, read: &Read) -> Option<State> {
    let now_us = state.now_us.max(read.from_us);
    (read.value == Some(state.value) && now_us <= read.until_us).then_some(State {
        used: state.used | 1 << place,
        now_us,
        ..state
    })
}
