//! An embedded, Active Directory-like domain controller: LDAPS in front of a plain state machine.
//!
//! For: answering agents, probes and other people's LDAP clients as a domain controller does in all that password writeback touches:
//! binds with their sub-codes, resets and changes, lockout, policy, delegated rights, key versions, USNs, paged searches; and playing
//! several controllers of one domain ([`join`]), which replicate after a delay and hand the PDC emulator's role around.
//! Never: Kerberos, replication metadata on the wire, a schema that can be extended, cleartext LDAP, or a password that is readable.
//!
//! ```
//! use directory::{DirectoryConfig, Right};
//!
//! let config: DirectoryConfig = toml::from_str(r#"
//!     listen = "127.0.0.1:0"
//!     domain = "corp.test"
//!     fqdn = "dc1.corp.test"
//!     certificate_file = "dc1.pem"
//!     key_file = "dc1.key"
//!     admin_password_file = "admin.password"
//!     guid_seed = 42
//!
//!     [lockout]
//!     threshold = 5
//!
//!     [[delegations]]
//!     principal = "CN=svc-writeback,OU=Services,DC=corp,DC=test"
//!     ous = ["OU=People,DC=corp,DC=test"]
//!     rights = ["reset_password", "write_lockout_time", "unexpire_password"]
//! "#)?;
//! assert_eq!(config.delegations[0].rights[0], Right::ResetPassword);
//! # Ok::<(), toml::de::Error>(())
//! ```

mod clock;
mod config;
mod connection;
mod disturbed;
mod error;
mod host;
mod lab;
mod load;
mod paging;
mod partners;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod wire;

pub use config::{
    Delegation, DirectoryConfig, JoinConfig, LockoutConfig, PolicyConfig, ProcessModel, Right, ServiceTimes,
};
pub use error::DirectoryError;
pub use lab::Disturbance;
pub use load::NewPerson;
pub use partners::join;
pub use server::{DirectoryHandle, Dormant, start, wake};
pub use state::Inspected;
