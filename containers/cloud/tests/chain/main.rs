//! The cloud over real TLS: a browser of our own in front, relays of our own behind.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod browser;
mod direct;
mod flow;
mod lab;
mod log;
mod relay;
mod restart;
mod services;
mod surfaces;
