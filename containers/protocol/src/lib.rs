//! Wire types that cloud, relay and agent share, and the sealed envelope.
//!
//! For: everything that somebody else's agent must speak to stand in the place of ours; `docs/wire.md` tells it in prose.
//! Never: sockets, state, or a decision about what a message means.
//!
//! ```
//! use protocol::sas;
//!
//! let token = sas::sign("http://ns.servicebus.wblab.test/path", "listen", "key", 1_900_000_000);
//! assert!(token.starts_with("SharedAccessSignature sr="));
//! ```

pub mod connection;
pub mod envelope;
mod error;
pub mod hybrid;
pub use vocabulary::lab;
pub mod sas;
pub mod service;
pub mod writeback;

pub use error::ProtocolError;
