//! Histories written to real run folders, and what the judge says of them.

mod accounting;
mod durable;
mod effects;
mod mutations;
mod numbers;
mod unknown;
mod world;
