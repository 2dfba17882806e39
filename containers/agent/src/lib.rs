//! The on-premises agent: the Connect server with its sync engine, its writeback service and its event log.
//!
//! For: reading the directory, telling the cloud who is there, listening on the relays, and writing what the cloud
//! asks into the directory, once, before it expires, for the right person.
//! Never: an inbound port, a decision about licences or toggles, a password in a log.
//!
//! ```
//! use agent::AgentConfig;
//!
//! let config: AgentConfig = serde_json::from_value(serde_json::json!({
//!     "tenant_id": "00000000-0000-8000-8000-000000000001",
//!     "ca_file": "ca.pem",
//!     "names": { "dc1.corp.test": "127.0.0.1:636" },
//!     "admin_upn": "sync@corp.test",
//!     "admin_password_file": "admin.secret",
//!     "event_log_file": "events.jsonl",
//!     "forests": [{
//!         "domain": "corp.test",
//!         "base_dn": "DC=corp,DC=test",
//!         "bind_dn": "CN=svc-writeback,OU=Services,DC=corp,DC=test",
//!         "password_file": "svc.secret",
//!         "domain_controllers": [{ "fqdn": "dc1.corp.test", "pdc": true }],
//!     }],
//! }))?;
//! assert_eq!(config.workers, 8);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod clock;
mod cloud;
mod config;
mod error;
mod event;
mod ldap;
mod onlooker;
mod parts;
mod relay;
mod renew;
mod secret;
mod start;
pub mod sync;
#[cfg(test)]
mod testing;
mod tls;
mod writeback;

pub use config::{AgentConfig, DomainController, Forest, WritebackDc};
pub use error::AgentError;
pub use event::EventSink;
pub use onlooker::{Moment, Onlooker, Onlooking};
pub use parts::{AgentParts, Wrap};
pub use start::{AgentHandle, start, start_with};
pub use writeback::journal::{Doubt, Journal, JournalFuture, Operation, Seen, Unnoted};
pub use writeback::operation::Ending;
pub use writeback::port::{Before, Change, DirectoryWriter, Facts, Target, WriteFuture, WriteResult};
pub use writeback::seal::{Opened, Opener, Sealer};
