//! Onboarding, heartbeat and synchronisation: HTTPS with JSON bodies, from the agent to the cloud.
//!
//! `login.<lab>.test` answers the token request (OAuth 2.0 form, RFC 6749), `passwordreset.<lab>.test` onboarding and
//! heartbeat, `sync.<lab>.test` synchronisation. Every call but the token carries `Authorization: Bearer …`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Path of the token endpoint below `login`, with the tenant in place of `{tenant}`.
pub const TOKEN_PATH: &str = "/{tenant}/oauth2/v2.0/token";
/// Path of onboarding below `passwordreset`.
pub const ONBOARD_PATH: &str = "/v1/tenants/{tenant}/onboarding";
/// Path of the heartbeat below `passwordreset`.
pub const HEARTBEAT_PATH: &str = "/v1/tenants/{tenant}/heartbeat";
/// Path of synchronisation below `sync`: GET reads the cloud's objects, POST exports to it.
pub const SYNC_PATH: &str = "/v1/tenants/{tenant}/objects";

/// Fills the tenant into one of the paths above.
#[must_use]
pub fn path(template: &str, tenant: Uuid) -> String {
    template.replace("{tenant}", &tenant.to_string())
}

/// The agent asks to be the tenant's writeback endpoint. A new onboarding replaces the last and rolls the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnboardRequest {
    /// The agent's version; the cloud refuses what is older than 1.1.443.0.
    pub agent_version: String,
    /// The id of the agent's key, which every request to it names.
    pub key_id: String,
    /// The agent's public key: SubjectPublicKeyInfo DER (RFC 5280), base64.
    pub public_key: String,
    /// The id of the agent's journal, if it keeps one that outlives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<Uuid>,
}

/// What the agent needs to listen and to answer. `Debug` hides the connection strings.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnboardResponse {
    /// One connection string with the Listen right for each relay.
    pub listeners: Vec<String>,
    /// The id of the cloud's key, which every answer names.
    pub key_id: String,
    /// The cloud's public key for answers, encoded as in the request.
    pub public_key: String,
    /// Seconds between heartbeats.
    pub heartbeat_s: u64,
}

impl std::fmt::Debug for OnboardResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "OnboardResponse({} listeners, key {})",
            self.listeners.len(),
            self.key_id
        )
    }
}

/// The agent's health report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// The agent's version.
    pub agent_version: String,
    /// The agent's key.
    pub key_id: String,
    /// Relays on which the agent listens now.
    pub listening: u32,
    /// Requests that the agent has answered.
    pub served: u64,
}

/// One person as the agent exports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncObject {
    /// The source anchor: base64 of the object's GUID bytes.
    pub source_anchor: String,
    /// userPrincipalName.
    pub upn: String,
    /// sAMAccountName.
    pub sam: String,
    /// Name for people.
    pub display_name: String,
    /// Distinguished name on-premises.
    pub dn: String,
    /// DNS name of the domain.
    pub domain: String,
    /// Address for codes, if one is registered.
    pub mail: Option<String>,
    /// Whether the account is enabled on-premises.
    pub enabled: bool,
}

/// A batch of the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncExport {
    /// Whether a full import and a full sync came before: until one did, the tenant knows nobody.
    pub full: bool,
    /// Whether this is the last batch of the cycle.
    pub last: bool,
    /// The objects.
    pub objects: Vec<SyncObject>,
}

/// What the cloud holds, for the agent's import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncImport {
    /// The objects that came from on-premises.
    pub objects: Vec<SyncObject>,
}

/// A token answer (RFC 6749 section 5.1). `Debug` hides the token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// Always `Bearer`.
    pub token_type: String,
    /// Lifetime in seconds.
    pub expires_in: u64,
    /// The token.
    pub access_token: String,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenResponse({}, {} s)", self.token_type, self.expires_in)
    }
}
