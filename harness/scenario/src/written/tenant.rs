//! The company's tenant in the cloud, as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::OpKind;

/// The company's tenant in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tenant {
    /// The licence of every person.
    pub licence: Licence,
    /// Who may reset by themselves.
    pub sspr: Sspr,
    /// Gates a person passes before choosing a new password.
    #[schemars(range(min = 1, max = 1))]
    pub gates: u32,
    /// "Write back passwords to your on-premises directory".
    pub writeback: bool,
    /// "Allow users to unlock accounts without resetting their password".
    pub unlock_without_reset: bool,
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            licence: Licence::AzureAdPremium1,
            sspr: Sspr::All,
            gates: 1,
            writeback: true,
            unlock_without_reset: true,
        }
    }
}

impl Tenant {
    /// The operations that the licence or a switch refuses.
    #[must_use]
    pub fn closed_to(&self) -> Vec<OpKind> {
        let licensed = !matches!(self.licence, Licence::AzureAdFree | Licence::None);
        if !licensed || self.sspr == Sspr::None || !self.writeback {
            vec![OpKind::Reset, OpKind::Unlock]
        } else if self.unlock_without_reset {
            Vec::new()
        } else {
            vec![OpKind::Unlock]
        }
    }
}

/// A licence. The first six allow writeback, each alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// Who may reset by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sspr {
    /// Everyone.
    All,
    /// Nobody.
    None,
}
