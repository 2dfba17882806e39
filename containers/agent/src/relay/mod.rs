//! The listener's side of the relays (Microsoft Learn, "Azure Relay Hybrid Connections protocol").

mod control;
pub(crate) mod ladder;
pub(crate) mod listener;
mod rendezvous;
pub(crate) mod socket;
