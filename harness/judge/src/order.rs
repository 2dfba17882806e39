//! One person's password as a register: whether any order of its writes explains what was seen.
//!
//! Four tiers, cheapest first. [`counters`] compares numbers. [`known`] walks the order in which the directory counted the
//! writes and fills versions that nobody looked at, earliest deadline first. [`zones`] needs no order: each value is written
//! once, so that every read names its write (Gibbons and Korach, *Testing Shared Memories*, 1997). [`exhaustive`] tries
//! every order of a few operations; it proves the others in tests, and a counter-example to whoever reads it.
//!
//! A write whose end is unknown may or may not have happened, but only until its deadline: messages expire. That is stronger
//! than linearizability, which would let it happen at any later time.

pub mod counters;
pub mod exhaustive;
pub mod known;
mod register;
pub mod zones;

pub(crate) use register::{Case, Unfit};

/// The label of the password that everyone begins with.
pub const INITIAL: u32 = 0;

/// One write of a value that nobody else writes. Times are microseconds since the run's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// The label.
    pub value: u32,
    /// Before this it cannot have taken effect.
    pub from_us: u64,
    /// After this it cannot have taken effect: its answer came, or its message had expired.
    pub until_us: u64,
    /// Whether it surely took effect.
    pub sure: bool,
    /// The value that must be there when it takes effect, for a change.
    pub base: Option<u32>,
}

/// One look at the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The label seen; none if it was none of those that are known.
    pub value: Option<u32>,
    /// When the look began.
    pub from_us: u64,
    /// When it was over.
    pub until_us: u64,
}

/// One version as the directory counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slot {
    /// The value under it, where somebody looked.
    pub value: Option<u32>,
    /// When it was first seen by.
    pub seen_us: Option<u64>,
}

/// Everything that is known of one register.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    /// Writes that took effect or may have.
    pub writes: Vec<Write>,
    /// Looks at the value.
    pub reads: Vec<Read>,
    /// The versions that were counted, in order; absent where nobody counts.
    pub slots: Option<Vec<Slot>>,
    /// The value before the first version, where it was looked at.
    pub before: Option<u32>,
}

impl Register {
    /// Whether the first three tiers find nothing that no order explains. Each is exact for what it looks at: versions of
    /// plain writes, and reads without versions. Where versions, reads and changes meet they may miss a contradiction, and
    /// never invent one.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        counters::agree(self) && known::explains(self) && zones::explain(self)
    }
}
