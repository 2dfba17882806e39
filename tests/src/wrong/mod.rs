//! The zoo: parts that are wrong on purpose, each behind a port of a genuine part.

mod agent;
mod clock;
mod cloud;
mod pace;
mod relay;
mod table;

use environment::Parts;
use serde::Serialize;

pub(crate) use table::{list, table};

/// One wrong part.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Planted {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What it does, in a sentence without a subject.
    pub(crate) does: &'static str,
    /// The checks and goals that must find it; none for what must be borne.
    pub(crate) caught_by: &'static [&'static str],
    /// The scenario below `tests/fixtures/zoo` that shows it.
    pub(crate) scenario: &'static str,
    /// Stands it up in the place of the genuine part.
    #[serde(skip)]
    pub(crate) stand: fn(Parts) -> Parts,
}

/// Nothing wrong: what the judge must let pass.
const NONE: Planted = Planted {
    name: "none",
    does: "does nothing wrong",
    caught_by: &[],
    scenario: MIXED,
    stand: |parts| parts,
};

/// Every kind of operation, once for most people.
const MIXED: &str = "mixed";
/// Few people who reset again and again.
const AGAIN: &str = "again";
/// Messages that expire soon.
const LATE: &str = "late";
/// A goal for what may be lost.
const LOSSY: &str = "lossy";
/// What passes between the parts is kept.
const WIRE: &str = "wire";
/// A tenant that may not write back.
const UNLICENSED: &str = "unlicensed";

/// Every wrong part, and the one that is right.
pub(crate) fn all() -> Vec<Planted> {
    [&[NONE], agent::ALL, cloud::ALL, relay::ALL].concat()
}

/// The one of that name.
pub(crate) fn named(name: &str) -> Option<Planted> {
    all().into_iter().find(|planted| planted.name == name)
}
