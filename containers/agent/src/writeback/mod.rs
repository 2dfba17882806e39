//! The writeback service: what happens to one request between the relay and the directory.

pub(crate) mod journal;
pub(crate) mod lanes;
pub(crate) mod operation;
pub mod port;
pub(crate) mod service;
pub(crate) mod telling;
pub(crate) mod worker;
