//! What the cloud is told, in one TOML file, and the secrets that the file points at.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::connection::ConnectionString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::{NameTable, Password};

use crate::CloudError;
use crate::secret::RunSecret;
use crate::tenant::TenantSettings;

/// The cloud's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudConfig {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The lab's name: the hosts are `portal.<lab>.test` and its sisters.
    #[serde(default = "wblab")]
    pub lab: String,
    /// The tenant.
    pub tenant_id: Uuid,
    /// The TLS certificate chain, PEM; it must hold the names of all five hosts.
    pub certificate_file: PathBuf,
    /// The TLS private key, PEM.
    pub key_file: PathBuf,
    /// The only authority that the relays' certificates are checked against, PEM.
    pub ca_file: PathBuf,
    /// Where the relays are.
    #[serde(default)]
    pub names: NameTable,
    /// The lab token; without it no request is a laboratory's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_token_file: Option<PathBuf>,
    /// How long a sealed request may live before the agent must refuse it.
    #[serde(default = "sixty_seconds", with = "vocabulary::duration_text")]
    pub message_lifetime: Duration,
    /// How long the cloud waits for a relay's answer before the operation is unknown.
    #[serde(default = "sixty_five_seconds", with = "vocabulary::duration_text")]
    pub relay_timeout: Duration,
    /// The run's random secret: tokens, sessions, codes and identifiers are derived from it.
    pub secret_file: PathBuf,
    /// What outlives the cloud: people, the agent with both keys, operations. A file of the same name with `.witness`
    /// behind it goes with it. Without one a restart forgets everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_file: Option<PathBuf>,
    /// Seconds between the agent's heartbeats; after three missed ones it counts as down.
    #[serde(default = "five_minutes")]
    pub heartbeat_s: u64,
    /// The relays, in the order in which they are tried.
    pub relays: Vec<RelayFiles>,
    /// What the tenant allows.
    #[serde(default)]
    pub tenant: TenantSettings,
    /// Who may sign in without being a person of the tenant.
    pub accounts: Accounts,
}

/// One relay's entity, as two connection strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayFiles {
    /// The connection string with the Send right, for the cloud itself.
    pub send_file: PathBuf,
    /// The connection string with the Listen right, given to the agent at onboarding.
    pub listen_file: PathBuf,
}

/// The cloud's own accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// The application's id, for client credentials.
    pub client_id: String,
    /// The application's secret.
    pub client_secret_file: PathBuf,
    /// The administrator who enables writeback; must not be a synchronised person.
    pub admin_upn: String,
    /// The administrator's password.
    pub admin_password_file: PathBuf,
    /// A helpdesk account.
    pub helpdesk_upn: String,
    /// The helpdesk account's password.
    pub helpdesk_password_file: PathBuf,
}

/// Everything secret that the configuration points at, read once at the start.
#[derive(Debug)]
pub(crate) struct Secrets {
    pub(crate) run: RunSecret,
    pub(crate) lab_token: Option<Password>,
    pub(crate) client_secret: Password,
    pub(crate) admin_password: Password,
    pub(crate) helpdesk_password: Password,
    pub(crate) senders: Vec<ConnectionString>,
}

impl Secrets {
    pub(crate) fn load(config: &CloudConfig) -> Result<Self, CloudError> {
        let accounts = &config.accounts;
        let relay = |file: fn(&RelayFiles) -> &PathBuf| -> Result<Vec<_>, CloudError> {
            config
                .relays
                .iter()
                .map(|relay| connection_string(file(relay)))
                .collect()
        };
        // The listeners' strings are given out as they are then; a mistake in one must show now.
        relay(|files| &files.listen_file)?;
        Ok(Self {
            run: RunSecret::new(read(&config.secret_file)?.expose().as_bytes()),
            lab_token: config.lab_token_file.as_deref().map(read).transpose()?,
            client_secret: read(&accounts.client_secret_file)?,
            admin_password: read(&accounts.admin_password_file)?,
            helpdesk_password: read(&accounts.helpdesk_password_file)?,
            senders: relay(|files| &files.send_file)?,
        })
    }
}

/// Reads a secret file without its trailing newline; an empty one is a mistake, not a secret.
fn read(path: &Path) -> Result<Password, CloudError> {
    let text = std::fs::read_to_string(path).map_err(|source| CloudError::Read {
        path: path.to_owned(),
        source,
    })?;
    let secret = Password::new(text.trim_end_matches(['\r', '\n']).to_owned());
    if secret.expose().is_empty() {
        return Err(CloudError::EmptySecret(path.to_owned()));
    }
    Ok(secret)
}

pub(crate) fn connection_string(path: &Path) -> Result<ConnectionString, CloudError> {
    ConnectionString::parse(read(path)?.expose()).map_err(|source| CloudError::ConnectionString {
        path: path.to_owned(),
        source,
    })
}

fn wblab() -> String {
    "wblab".to_owned()
}

fn sixty_seconds() -> Duration {
    Duration::from_secs(60)
}

fn sixty_five_seconds() -> Duration {
    Duration::from_secs(65)
}

fn five_minutes() -> u64 {
    300
}
