//! The writeback service: what happens to one request between the relay and the directory.

pub(crate) mod carry;
pub(crate) mod doubt;
pub mod journal;
pub(crate) mod keyring;
pub(crate) mod lanes;
pub mod operation;
pub mod port;
pub mod seal;
pub(crate) mod service;
pub(crate) mod telling;
pub(crate) mod worker;
