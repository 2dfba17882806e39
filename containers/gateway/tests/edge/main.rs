//! The gateway on real sockets, with a real TLS client through it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod byte_faults;
mod firewall;
mod support;
