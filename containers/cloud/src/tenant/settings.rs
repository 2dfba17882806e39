//! What the tenant is licensed for and allows.

use serde::{Deserialize, Serialize};

/// The licence of every person of the tenant. The first six allow writeback, each alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the products are all there is to say")]
pub enum Licence {
    #[serde(rename = "azure_ad_premium_1")]
    AzureAdPremium1,
    #[serde(rename = "azure_ad_premium_2")]
    AzureAdPremium2,
    EnterpriseMobilitySecurityE3,
    EnterpriseMobilitySecurityE5,
    SecureProductiveEnterpriseE3,
    SecureProductiveEnterpriseE5,
    AzureAdFree,
    None,
}

impl Licence {
    /// Whether it allows a self-service reset that is written back.
    #[must_use]
    pub fn allows_writeback(self) -> bool {
        !matches!(self, Self::AzureAdFree | Self::None)
    }
}

/// Who may reset by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sspr {
    /// Everyone.
    All,
    /// The members of one group.
    Selected,
    /// Nobody.
    None,
}

/// The tenant's switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSettings {
    /// The licence of every person but those who lack one.
    pub licence: Licence,
    /// Who may reset by themselves.
    pub sspr: Sspr,
    /// "Write back passwords to your on-premises directory".
    pub writeback: bool,
    /// "Allow users to unlock accounts without resetting their password".
    pub unlock_without_reset: bool,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            licence: Licence::AzureAdPremium1,
            sspr: Sspr::All,
            writeback: true,
            unlock_without_reset: true,
        }
    }
}

/// A change of some of the switches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsPatch {
    /// A new licence for every person.
    pub licence: Option<Licence>,
    /// Who may reset by themselves from now on.
    pub sspr: Option<Sspr>,
    /// Writeback on or off.
    pub writeback: Option<bool>,
    /// Unlock without reset on or off.
    pub unlock_without_reset: Option<bool>,
}

impl TenantSettings {
    /// The settings with the patch laid over them.
    #[must_use]
    pub fn patched(self, patch: SettingsPatch) -> Self {
        Self {
            licence: patch.licence.unwrap_or(self.licence),
            sspr: patch.sspr.unwrap_or(self.sspr),
            writeback: patch.writeback.unwrap_or(self.writeback),
            unlock_without_reset: patch.unlock_without_reset.unwrap_or(self.unlock_without_reset),
        }
    }
}
