//! The relay on real sockets with real TLS, met by listeners and senders as other people write them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod channel;
mod faults;
mod http;
mod socket;
mod support;
