//! What the directory's connector space holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

/// One account as the full import read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdObject {
    /// objectGUID.
    pub guid: Uuid,
    /// mS-DS-ConsistencyGuid, if it has one of sixteen bytes.
    pub consistency: Option<Uuid>,
    /// DNS name of its domain.
    pub domain: String,
    /// Distinguished name.
    pub dn: String,
    /// userPrincipalName, if it has one.
    pub upn: Option<String>,
    /// sAMAccountName.
    pub sam: String,
    /// displayName, if it has one.
    pub display_name: Option<String>,
    /// mail, if it has one.
    pub mail: Option<String>,
    /// Whether userAccountControl bit 2 is clear.
    pub enabled: bool,
    /// Whether isCriticalSystemObject is set.
    pub critical: bool,
    /// Whether adminCount is 1: it is, or was, in a protected group.
    pub protected: bool,
}

impl AdObject {
    /// The source anchor: base64 of the bytes of mS-DS-ConsistencyGuid, else of objectGUID, as the directory stores
    /// them (little-endian fields).
    #[must_use]
    pub fn anchor(&self) -> String {
        STANDARD.encode(self.consistency.unwrap_or(self.guid).to_bytes_le())
    }

    /// The name to sign in with; without a userPrincipalName it is made from the account name and the domain.
    #[must_use]
    pub fn sign_in_name(&self) -> String {
        self.upn
            .clone()
            .unwrap_or_else(|| format!("{}@{}", self.sam, self.domain))
    }
}
