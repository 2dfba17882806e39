//! The codes that the product shows to people, writes to its event log, and gets from Windows.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident, $inner:ty, { $($(#[$doc:meta])* $constant:ident = $value:expr, $label:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            $($(#[$doc])* pub const $constant: Self = Self($value);)*

            /// The public name of the code, or `unnamed`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$constant => $label,)* _ => "unnamed" }
            }
        }
    };
}

codes!(
    /// An event of the sources `PasswordResetService` and `ADSync` in the agent's event log
    /// (Microsoft Learn, "Troubleshoot self-service password reset writeback").
    EventId, u32, {
        /// A cloud reset request was seen.
        PASSWORD_RESET_START = 31001, "PasswordResetStart";
        /// The new password met the policy and was written.
        PASSWORD_RESET_SUCCESS = 31002, "PasswordResetSuccess";
        /// The request arrived but the directory refused it.
        PASSWORD_RESET_FAIL = 31003, "PasswordResetFail";
        /// Enabling started.
        ONBOARDING_START = 31004, "OnboardingEventStart";
        /// Enabling done.
        ONBOARDING_SUCCESS = 31005, "OnboardingEventSuccess";
        /// A cloud change request was seen.
        CHANGE_PASSWORD_START = 31006, "ChangePasswordStart";
        /// The change was written.
        CHANGE_PASSWORD_SUCCESS = 31007, "ChangePasswordSuccess";
        /// The change failed in the directory.
        CHANGE_PASSWORD_FAIL = 31008, "ChangePasswordFail";
        /// An administrator's reset was seen.
        ADMIN_RESET_START = 31009, "ResetUserPasswordByAdminStart";
        /// An administrator's reset was written.
        ADMIN_RESET_SUCCESS = 31010, "ResetUserPasswordByAdminSuccess";
        /// An administrator's reset failed in the directory.
        ADMIN_RESET_FAIL = 31011, "ResetUserPasswordByAdminFail";
        /// The service is ready for requests.
        SERVICE_STARTED = 31015, "WriteBackServiceStarted";
        /// The service stopped; cloud requests will fail.
        SERVICE_STOPPED = 31016, "WriteBackServiceStopped";
        /// A token for onboarding was obtained.
        AUTH_TOKEN_SUCCESS = 31017, "AuthTokenSuccess";
        /// The key pair for cloud passwords was created.
        KEY_PAIR_CREATION_SUCCESS = 31018, "KeyPairCreationSuccess";
        /// A heartbeat was sent.
        HEARTBEAT = 31019, "ServiceBusHeartBeat";
        /// A listener connection failed.
        LISTENER_ERROR = 31034, "ServiceBusListenerError";
        /// Unexpected; carries the text and the tracking id.
        UNKNOWN_ERROR = 32000, "UnknownError";
        /// The cloud reset service could not be reached.
        SERVICE_ERROR = 32001, "ServiceError";
        /// The input to the web service was invalid.
        INPUT_VALIDATION_ERROR = 32003, "InPutValidationError";
        /// The message does not open: key mismatch.
        DECRYPTION_ERROR = 32004, "DecryptionError";
        /// The in-memory onboarding data could not be updated.
        VALIDATION_ERROR = 32008, "ValidationError";
        /// No token for the administrator's account.
        AUTH_TOKEN_ERROR = 32009, "AuthTokenError";
        /// The web service for onboarding could not be talked to.
        ONBOARDING_SERVICE_ERROR = 32011, "OnBoardingServiceError";
        /// A reconnect was tried; harmless unless frequent.
        SERVICE_BUS_WARNING = 32014, "ServiceBusWarning";
        /// The health report failed.
        HEALTH_REPORT_ERROR = 32015, "ReportServiceHealthError";
        /// Unknown directory error.
        AD_UNKNOWN_ERROR = 33001, "ADUnKnownError";
        /// The user was not found.
        AD_USER_NOT_FOUND = 33002, "ADUserNotFoundError";
        /// Two users share the cloud anchor.
        AD_MULTI_MATCH = 33003, "ADMutliMatchError";
        /// The service account lacks rights.
        AD_PERMISSIONS = 33004, "ADPermissionsError";
        /// The account is disabled on-premises.
        AD_ACCOUNT_DISABLED = 33005, "ADUserAccountDisabled";
        /// The account is locked on-premises.
        AD_ACCOUNT_LOCKED_OUT = 33006, "ADUserAccountLockedOut";
        /// The current password was wrong on a change.
        AD_INCORRECT_PASSWORD = 33007, "ADUserIncorrectPassword";
        /// Age, history, complexity or a filter.
        AD_PASSWORD_POLICY = 33008, "ADPasswordPolicyError";
        /// A configuration problem of the directory.
        AD_CONFIGURATION = 33009, "ADConfigurationError";
    }
);

codes!(
    /// A Win32 error code as the directory puts it, in hex, at the head of a diagnostic text.
    Win32, u32, {
        /// `ERROR_ACCESS_DENIED`.
        ACCESS_DENIED = 5, "ERROR_ACCESS_DENIED";
        /// `ERROR_GEN_FAILURE`: `unicodePwd` was not quoted UTF-16LE or the connection is not protected.
        GEN_FAILURE = 0x1F, "ERROR_GEN_FAILURE";
        /// `ERROR_INVALID_PASSWORD`: the old password of a change was wrong.
        INVALID_PASSWORD = 0x56, "ERROR_INVALID_PASSWORD";
        /// `ERROR_PASSWORD_RESTRICTION`: the policy refused the password.
        PASSWORD_RESTRICTION = 0x52D, "ERROR_PASSWORD_RESTRICTION";
        /// `ERROR_LOGON_FAILURE` (bind data 52e).
        LOGON_FAILURE = 0x52E, "ERROR_LOGON_FAILURE";
        /// `ERROR_NO_SUCH_USER` (bind data 525).
        NO_SUCH_USER = 0x525, "ERROR_NO_SUCH_USER";
        /// `ERROR_PASSWORD_EXPIRED` (bind data 532).
        PASSWORD_EXPIRED = 0x532, "ERROR_PASSWORD_EXPIRED";
        /// `ERROR_ACCOUNT_DISABLED` (bind data 533).
        ACCOUNT_DISABLED = 0x533, "ERROR_ACCOUNT_DISABLED";
        /// `ERROR_ACCOUNT_EXPIRED` (bind data 701).
        ACCOUNT_EXPIRED = 0x701, "ERROR_ACCOUNT_EXPIRED";
        /// `ERROR_PASSWORD_MUST_CHANGE` (bind data 773).
        PASSWORD_MUST_CHANGE = 0x773, "ERROR_PASSWORD_MUST_CHANGE";
        /// `ERROR_ACCOUNT_LOCKED_OUT` (bind data 775).
        ACCOUNT_LOCKED_OUT = 0x775, "ERROR_ACCOUNT_LOCKED_OUT";
        /// `ERROR_DS_UNWILLING_TO_PERFORM`.
        DS_UNWILLING = 0x2035, "ERROR_DS_UNWILLING_TO_PERFORM";
        /// `ERROR_DS_OBJ_NOT_FOUND`.
        DS_OBJECT_NOT_FOUND = 0x208D, "ERROR_DS_OBJ_NOT_FOUND";
        /// `ERROR_DS_INSUFF_ACCESS_RIGHTS`.
        DS_INSUFFICIENT_RIGHTS = 0x2098, "ERROR_DS_INSUFF_ACCESS_RIGHTS";
    }
);

impl Win32 {
    /// The code at the head of a diagnostic text such as `0000052D: SvcErr: DSID-…`. Versions differ in everything else.
    #[must_use]
    pub fn from_diagnostic(text: &str) -> Option<Self> {
        let head = text.get(..8)?;
        let rest = text.get(8..)?;
        if !rest.starts_with(':') {
            return None;
        }
        u32::from_str_radix(head, 16).ok().map(Self)
    }

    /// The code behind `data` in the text of a refused bind, `… AcceptSecurityContext error, data 52e, v…`.
    #[must_use]
    pub fn from_bind_diagnostic(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(" data ")?;
        let hex: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        u32::from_str_radix(&hex, 16).ok().map(Self)
    }
}

/// What the product shows to a person when a self-service flow ends (Microsoft Learn, "Troubleshoot self-service password reset").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SsprCode {
    /// Self-service reset is off for the tenant.
    #[serde(rename = "SSPR_0009")]
    TenantSsprFlagDisabled,
    /// The password is managed on-premises and writeback is not enabled.
    #[serde(rename = "SSPR_0010")]
    WritebackNotEnabled,
    /// No reset policy is defined for the person.
    #[serde(rename = "SSPR_0011")]
    SsprNotEnabledInUserPolicy,
    /// The licence is missing.
    #[serde(rename = "SSPR_0012")]
    UserNotLicensed,
    /// The person is not in the enabled group.
    #[serde(rename = "SSPR_0013")]
    UserNotMemberOfScopedAccessGroup,
    /// Too little security information is registered.
    #[serde(rename = "SSPR_0014")]
    UserNotProperlyConfigured,
    /// An on-premises configuration error: rights, protected group.
    #[serde(rename = "SSPR_0029")]
    OnPremisesAdminActionRequired,
    /// The on-premises environment cannot be reached.
    #[serde(rename = "SSPR_0030")]
    OnPremisesConnectivityError,
}

impl SsprCode {
    /// The code as shown, for example `SSPR_0030`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TenantSsprFlagDisabled => "SSPR_0009",
            Self::WritebackNotEnabled => "SSPR_0010",
            Self::SsprNotEnabledInUserPolicy => "SSPR_0011",
            Self::UserNotLicensed => "SSPR_0012",
            Self::UserNotMemberOfScopedAccessGroup => "SSPR_0013",
            Self::UserNotProperlyConfigured => "SSPR_0014",
            Self::OnPremisesAdminActionRequired => "SSPR_0029",
            Self::OnPremisesConnectivityError => "SSPR_0030",
        }
    }
}

impl fmt::Display for SsprCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_are_keyed_on_the_leading_hex_code() {
        let reset = "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0";
        assert_eq!(Win32::from_diagnostic(reset), Some(Win32::PASSWORD_RESTRICTION));
        assert_eq!(Win32::from_diagnostic("nothing"), None);
        assert_eq!(Win32::from_diagnostic("ä0000052D"), None);
        let bind = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 775, v2580";
        assert_eq!(Win32::from_bind_diagnostic(bind), Some(Win32::ACCOUNT_LOCKED_OUT));
        assert_eq!(Win32::PASSWORD_RESTRICTION.name(), "ERROR_PASSWORD_RESTRICTION");
    }
}
