//! The gateway on real sockets, with a real TLS client through it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod byte_faults;
mod firewall;
mod support;
