//! Who lives in the world, as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::Ratio;

use super::persona::Persona;

/// Who lives there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenPopulation {
    /// How many people.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub people: u64,
    /// Whose names they bear.
    #[serde(default)]
    pub locale: Locale,
    /// The share of people whose names are awkward on purpose: apostrophes, commas, other scripts, the 20-character limit.
    #[serde(default = "one_in_five")]
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub awkward_names: Ratio,
    /// Weights of the personas.
    #[serde(default = "usual_personas")]
    #[schemars(with = "BTreeMap<Persona, Weight>")]
    pub personas: BTreeMap<Persona, u32>,
    /// Shares of accounts in a state of their own; the rest are usual ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<AccountState, Share>")]
    pub accounts: BTreeMap<AccountState, Ratio>,
    /// Groups, and who is a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Groups>,
}

/// The state of an account in the directory. Who cannot be served stays at home: only usual accounts, those that must change and
/// those that never expire arrive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Enabled, in scope, with a password that may expire.
    #[default]
    Usual,
    /// Disabled on-premises.
    Disabled,
    /// Its `accountExpires` is over.
    Expired,
    /// Must change the password at the next logon (`pwdLastSet` 0).
    MustChange,
    /// The password never expires.
    NeverExpires,
    /// Signs in by smartcard only.
    Smartcard,
    /// A member of a protected group, with `adminCount` 1.
    Protected,
    /// Lives outside the units that the agent's account has rights on.
    OutsideScope,
}

impl AccountState {
    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::MustChange => "must_change",
            Self::NeverExpires => "never_expires",
            Self::Smartcard => "smartcard",
            Self::Protected => "protected",
            Self::OutsideScope => "outside_scope",
        }
    }

    /// Whether such a person comes to reset or unlock.
    #[must_use]
    pub fn arrives(self) -> bool {
        matches!(self, Self::Usual | Self::MustChange | Self::NeverExpires)
    }
}

/// A share of all people.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "stands in the schema alone")]
pub struct Share(#[schemars(with = "String", extend("format" = "ratio"))] String);

/// Groups with a skewed membership: a few large ones and many small ones, as in real directories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// How many groups, in each forest.
    #[schemars(range(min = 1, max = 10_000))]
    pub count: u32,
    /// Memberships of each person on average; the n-th group is chosen with a weight of 1/n (Zipf's law).
    #[schemars(range(min = 1, max = 100))]
    pub memberships_per_person: u32,
}

/// A weight against its neighbours.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "stands in the schema alone")]
pub struct Weight(#[schemars(range(min = 0, max = 1_000_000))] u32);

fn one_in_five() -> Ratio {
    Ratio::new(1, 5).unwrap_or(Ratio::ZERO)
}

fn usual_personas() -> BTreeMap<Persona, u32> {
    [
        (Persona::Forgot, 11),
        (Persona::LockedOutAndForgot, 4),
        (Persona::LockedOut, 5),
    ]
    .into()
}

/// Whose names people bear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// English names.
    #[default]
    En,
    /// German names.
    De,
    /// French names.
    Fr,
}
