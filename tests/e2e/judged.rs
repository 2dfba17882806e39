//! The bodies of the judge's own proofs, which stand beside its tests.
#![allow(dead_code, reason = "the judge's tests use the rest of them")]

#[path = "../../harness/judge/tests/judge/comparing.rs"]
pub mod comparing;
#[path = "../../harness/judge/tests/judge/dice.rs"]
pub mod dice;
#[path = "../../harness/judge/tests/judge/series.rs"]
pub mod series;
#[path = "../../harness/judge/tests/judge/simulated.rs"]
pub mod simulated;
#[path = "../../harness/judge/tests/judge/tiers.rs"]
pub mod tiers;
#[path = "../../harness/judge/tests/judge/world.rs"]
pub mod world;
