//! The mock cloud: a tenant with its licence and switches, the self-service portal, Graph, tokens, audit, and the
//! sender's side of writeback.
//!
//! For: everything that a person, an administrator, an agent or a script meets on the cloud's side of the relay.
//! Never: a word to the agent but over the relay; the same operation dispatched twice; a timeout called a failure; a
//! password kept, logged or shown.
//!
//! ```
//! use cloud::{CloudConfig, Licence};
//!
//! let config: CloudConfig = serde_json::from_value(serde_json::json!({
//!     "listen": "127.0.0.1:0",
//!     "tenant_id": "00000000-0000-8000-8000-000000000001",
//!     "certificate_file": "cloud.pem",
//!     "key_file": "cloud.key",
//!     "ca_file": "ca.pem",
//!     "secret_file": "run.secret",
//!     "relays": [{ "send_file": "relay1.send", "listen_file": "relay1.listen" }],
//!     "accounts": {
//!         "client_id": "harness",
//!         "client_secret_file": "client.secret",
//!         "admin_upn": "admin@wblab.test",
//!         "admin_password_file": "admin.secret",
//!         "helpdesk_upn": "helpdesk@wblab.test",
//!         "helpdesk_password_file": "helpdesk.secret",
//!     },
//! }))?;
//! assert!(config.tenant.licence.allows_writeback());
//! assert!(!Licence::AzureAdFree.allows_writeback());
//! # Ok::<(), serde_json::Error>(())
//! ```

mod app;
mod clock;
mod config;
mod dispatch;
mod doubts;
mod error;
mod followed;
mod inbox;
mod parts;
mod placing;
mod saving;
mod secret;
mod sender;
mod server;
mod tenant;
mod token;
mod web;

pub use config::{Accounts, CloudConfig, RelayFiles};
pub use dispatch::{Dispatcher, Dispatching, Sent};
pub use error::CloudError;
pub use parts::{CloudParts, Wrap};
pub use server::{CloudHandle, start, start_with};
pub use tenant::{Exemptions, Gate, Gates, JournalEntry, Licence, Order, SettingsPatch, Sspr, Status, TenantSettings};
