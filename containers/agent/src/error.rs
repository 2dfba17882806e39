//! What can go wrong when the agent starts or talks to somebody. Operations are never errors but results.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// The agent could not start, or a connection of it failed.
#[derive(Debug, Error)]
pub enum AgentError {
    /// The configuration cannot work.
    #[error("configuration: {0}")]
    Config(String),
    /// A file could not be read or opened.
    #[error("opening {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file holds something else than it should.
    #[error("reading {path}: {why}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The journal could not be opened or made.
    #[error("opening the journal: {0}")]
    Journal(store::StoreError),
    /// The journal is not what was written last. Started on it, the agent could do again what it did before.
    #[error(
        "the journal {} is damaged, and the agent does not start on it: {why}. Move it and its .witness aside, wait until \
         every message that was sent before has expired, and start again: the agent makes a new journal, and what the old \
         one knew stays unknown to the cloud",
        path.display()
    )]
    JournalDamaged {
        /// The journal.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// A name that is not a laboratory's; no option lifts this.
    #[error("{0} is not the name of a laboratory: it must end in .test, .example or .invalid")]
    NotALab(String),
    /// The name table does not know a host; there is no other resolver.
    #[error("the name table has no address for {0}")]
    Name(String),
    /// A key could not be made or read.
    #[error("making the key pair: {0}")]
    Key(protocol::ProtocolError),
    /// The HTTPS client could not be built.
    #[error("building the HTTPS client: {0}")]
    Client(String),
    /// A call to the cloud failed.
    #[error("{step} at {host}: {why}")]
    Cloud {
        /// What was being done.
        step: &'static str,
        /// The host.
        host: String,
        /// What happened.
        why: String,
    },
    /// A domain controller could not be connected to.
    #[error("connecting to {fqdn} at {address}: {why}")]
    Connect {
        /// Its name.
        fqdn: String,
        /// Where it was dialled.
        address: SocketAddr,
        /// What happened.
        why: String,
    },
    /// A domain controller refused the service account.
    #[error("binding to {fqdn} as {bind_dn}: {text}")]
    Bind {
        /// Its name.
        fqdn: String,
        /// The account.
        bind_dn: String,
        /// The result code and the diagnostic text.
        text: String,
        /// The code in the text.
        win32: Option<vocabulary::Win32>,
    },
    /// The import from the directory failed.
    #[error("importing {base} from {fqdn}: {why}")]
    Import {
        /// The domain controller.
        fqdn: String,
        /// The subtree.
        base: String,
        /// What happened.
        why: String,
    },
    /// No domain controller of a forest gave its people.
    #[error("importing the forest {domain}: {why}")]
    Forest {
        /// The domain.
        domain: String,
        /// What each domain controller did.
        why: String,
    },
    /// The sync engine was asked out of order.
    #[error("full sync: {0} was not imported")]
    Sync(String),
    /// A WebSocket to a relay could not be opened.
    #[error("dialling {host}: {why}")]
    Dial {
        /// The relay.
        host: String,
        /// What happened.
        why: String,
        /// The HTTP status, when the relay answered the upgrade with one.
        status: Option<u16>,
    },
    /// A relay did not take the listener at start.
    #[error("listening on {host}: {why}")]
    Listen {
        /// The relay.
        host: String,
        /// The last thing that happened.
        why: String,
    },
    /// A control channel ended.
    #[error("the control channel of {host} ended: {why}")]
    Channel {
        /// The relay.
        host: String,
        /// Why.
        why: String,
    },
}
