//! What kinds of people there are, as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::OpKind;

/// What kind of person somebody is. A run folder knows them by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Persona {
    /// Has forgotten the password and resets it.
    Forgot,
    /// Is locked out, has forgotten the password too, and resets it; that also unlocks.
    LockedOutAndForgot,
    /// Is locked out, knows the password, and unlocks.
    LockedOut,
    /// Resets to a password of 10 characters, which the default policy refuses.
    WeakPassword,
    /// Knows the password and changes it; one in sixteen mistypes the old one the first time they come.
    VoluntaryChange,
    /// Calls the helpdesk, which sets a password.
    Helpdesk,
    /// Resets to a password of 10 characters, and where that is refused to a good one.
    WeakThenGood,
    /// Resets to the password they have, and where that is refused to a new one.
    ReusedThenGood,
    /// Is somebody else: guesses codes until the portal lets no more be tried.
    Impostor,
    /// Resets, and sends the last form twice at once.
    DoubleClicker,
    /// Leaves the portal half-way.
    GivesUp,
    /// Leaves the portal half-way, comes back some seconds later, and resets.
    ComesBackLater,
    /// Wants to reset, but has no licence that allows it.
    Unlicensed,
    /// Wants to reset, but is not in the group that may.
    OutsideSsprGroup,
    /// Wants to reset, but was disabled on-premises since the last synchronisation.
    DisabledOnPremises,
}

impl Persona {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 15] = [
        Self::Forgot,
        Self::LockedOutAndForgot,
        Self::LockedOut,
        Self::WeakPassword,
        Self::VoluntaryChange,
        Self::Helpdesk,
        Self::WeakThenGood,
        Self::ReusedThenGood,
        Self::Impostor,
        Self::DoubleClicker,
        Self::GivesUp,
        Self::ComesBackLater,
        Self::Unlicensed,
        Self::OutsideSsprGroup,
        Self::DisabledOnPremises,
    ];

    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forgot => "forgot",
            Self::LockedOutAndForgot => "locked_out_and_forgot",
            Self::LockedOut => "locked_out",
            Self::WeakPassword => "weak_password",
            Self::VoluntaryChange => "voluntary_change",
            Self::Helpdesk => "helpdesk",
            Self::WeakThenGood => "weak_then_good",
            Self::ReusedThenGood => "reused_then_good",
            Self::Impostor => "impostor",
            Self::DoubleClicker => "double_clicker",
            Self::GivesUp => "gives_up",
            Self::ComesBackLater => "comes_back_later",
            Self::Unlicensed => "unlicensed",
            Self::OutsideSsprGroup => "outside_sspr_group",
            Self::DisabledOnPremises => "disabled_on_premises",
        }
    }

    /// Whether the account is locked before the load begins.
    #[must_use]
    pub fn starts_locked(self) -> bool {
        matches!(self, Self::LockedOut | Self::LockedOutAndForgot)
    }

    /// Whether the account is a usual one when it is made, since the persona says what becomes of it.
    #[must_use]
    pub fn has_usual_account(self) -> bool {
        self.starts_locked() || self == Self::DisabledOnPremises
    }

    /// What this person asks for.
    #[must_use]
    pub fn asks_for(self) -> OpKind {
        match self {
            Self::LockedOut => OpKind::Unlock,
            Self::VoluntaryChange => OpKind::Change,
            Self::Helpdesk => OpKind::AdminReset,
            _ => OpKind::Reset,
        }
    }

    /// Whether this person may need more than one attempt.
    #[must_use]
    pub fn may_try_again(self) -> bool {
        matches!(
            self,
            Self::VoluntaryChange | Self::WeakThenGood | Self::ReusedThenGood | Self::Impostor | Self::ComesBackLater
        )
    }

    /// Whether this person ever sends a new password.
    #[must_use]
    pub fn sends_password(self) -> bool {
        !matches!(self, Self::LockedOut | Self::Impostor | Self::GivesUp)
    }
}
