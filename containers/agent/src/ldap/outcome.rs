//! The closed table from what a directory answers to a modify, to how the operation ended.
//!
//! Keyed on the hex code at the head of the diagnostic text: result codes differ between versions and products.

use vocabulary::{EventId, Reason, ReasonCode, UnknownWhy, Win32};

use crate::writeback::port::WriteResult;

const INDEFINITE: WriteResult = WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate);

/// Codes of [MS-ERREF] that the shared vocabulary has no name for.
const ILL_FORMED_PASSWORD: Win32 = Win32(0x52C);
const WRONG_PASSWORD: Win32 = Win32(0x52B);
const WRONG_PASSWORD_LONG: Win32 = Win32(0x56A);
const LOCKED_OUT: Win32 = Win32(0x775);
const REFERRAL: Win32 = Win32(0x202B);

/// What the directory said no with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    Rejected(ReasonCode, EventId),
    Failed(ReasonCode, EventId),
}

/// How a modify ended, from its result code (RFC 4511 appendix A) and diagnostic text.
pub(super) fn of_modify(rc: u32, text: &str) -> WriteResult {
    if rc == 0 {
        return WriteResult::Applied;
    }
    if is_indefinite(rc) {
        return INDEFINITE;
    }
    let win32 = Win32::from_diagnostic(text);
    let row = win32.and_then(by_code).or_else(|| by_result(rc));
    match row {
        Some(Row::Rejected(code, event)) => {
            WriteResult::Rejected(Reason::new(code).with_event(event).with_win32(win32))
        }
        Some(Row::Failed(code, event)) => WriteResult::Failed(Reason::new(code).with_event(event).with_win32(win32)),
        None => INDEFINITE,
    }
}

/// Result codes after which the effect is not known: operationsError, timeLimitExceeded, busy, unavailable, other.
fn is_indefinite(rc: u32) -> bool {
    matches!(rc, 1 | 3 | 51 | 52 | 80)
}

fn by_code(code: Win32) -> Option<Row> {
    use {EventId as E, ReasonCode as R, Row::Failed, Row::Rejected};
    Some(match code {
        Win32::PASSWORD_RESTRICTION | ILL_FORMED_PASSWORD => Rejected(R::PasswordPolicy, E::AD_PASSWORD_POLICY),
        Win32::ACCESS_DENIED | Win32::DS_INSUFFICIENT_RIGHTS => Rejected(R::PermissionDenied, E::AD_PERMISSIONS),
        Win32::DS_OBJECT_NOT_FOUND | Win32::NO_SUCH_USER => Rejected(R::NotFoundOnPremises, E::AD_USER_NOT_FOUND),
        Win32::INVALID_PASSWORD | WRONG_PASSWORD | WRONG_PASSWORD_LONG => {
            Rejected(R::IncorrectPassword, E::AD_INCORRECT_PASSWORD)
        }
        Win32::ACCOUNT_DISABLED => Rejected(R::AccountDisabled, E::AD_ACCOUNT_DISABLED),
        LOCKED_OUT => Rejected(R::DirectoryConfiguration, E::AD_ACCOUNT_LOCKED_OUT),
        Win32::GEN_FAILURE | REFERRAL => Failed(R::DirectoryConfiguration, E::AD_CONFIGURATION),
        _ => return None,
    })
}

/// Where the text has no code, or one that is not listed: only result codes that surely mean "not done".
fn by_result(rc: u32) -> Option<Row> {
    use {EventId as E, ReasonCode as R, Row::Failed, Row::Rejected};
    Some(match rc {
        32 => Rejected(R::NotFoundOnPremises, E::AD_USER_NOT_FOUND),
        50 => Rejected(R::PermissionDenied, E::AD_PERMISSIONS),
        10 => Failed(R::DirectoryConfiguration, E::AD_CONFIGURATION),
        12 | 16..=21 | 34 | 53 | 65 => Rejected(R::DirectoryConfiguration, E::AD_UNKNOWN_ERROR),
        _ => return None,
    })
}

/// Whether a refusal names no reason of its own, so that the form of the request may be what was refused.
pub(super) fn is_unexplained(result: &WriteResult) -> bool {
    matches!(result, WriteResult::Rejected(reason) if reason.event == Some(EventId::AD_UNKNOWN_ERROR))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(result: WriteResult) -> (ReasonCode, u32) {
        match result {
            WriteResult::Rejected(reason) | WriteResult::Failed(reason) => {
                (reason.code, reason.event.map_or(0, |event| event.0))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_hex_code_decides_whatever_the_result_code_is() {
        let windows = "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0";
        let samba = "0000052D: Constraint violation - check_password_restrictions: the password is too short.";
        for (rc, text) in [(53, windows), (19, samba)] {
            assert_eq!(reason(of_modify(rc, text)), (ReasonCode::PasswordPolicy, 33008));
        }
        let table = [
            (
                50,
                "00000005: SecErr: DSID-031A1190",
                ReasonCode::PermissionDenied,
                33004,
            ),
            (
                50,
                "00002098: SecErr: DSID-03150E49",
                ReasonCode::PermissionDenied,
                33004,
            ),
            (
                32,
                "0000208D: NameErr: DSID-03100241",
                ReasonCode::NotFoundOnPremises,
                33002,
            ),
            (
                19,
                "00000056: AtrErr: DSID-03191083",
                ReasonCode::IncorrectPassword,
                33007,
            ),
            (19, "00000775: AtrErr", ReasonCode::DirectoryConfiguration, 33006),
            (
                53,
                "0000001F: SvcErr: DSID-031A1260",
                ReasonCode::DirectoryConfiguration,
                33009,
            ),
            (
                10,
                "0000202B: RefErr: DSID-0310082F",
                ReasonCode::DirectoryConfiguration,
                33009,
            ),
        ];
        for (rc, text, code, event) in table {
            assert_eq!(reason(of_modify(rc, text)), (code, event), "{text}");
        }
    }

    #[test]
    fn without_a_listed_code_only_sure_refusals_count() {
        assert_eq!(reason(of_modify(32, "")), (ReasonCode::NotFoundOnPremises, 33002));
        assert_eq!(reason(of_modify(50, "no")), (ReasonCode::PermissionDenied, 33004));
        let unexplained = of_modify(53, "00002077: something");
        assert!(is_unexplained(&unexplained));
        assert_eq!(reason(unexplained), (ReasonCode::DirectoryConfiguration, 33001));
        assert!(!is_unexplained(&of_modify(53, "0000052D: x")));
    }

    #[test]
    fn what_cannot_be_placed_is_unknown() {
        assert_eq!(of_modify(0, ""), WriteResult::Applied);
        for rc in [1, 3, 51, 52, 80] {
            assert_eq!(of_modify(rc, "0000052D: even with a code"), INDEFINITE, "{rc}");
        }
        for rc in [2, 8, 11, 88, 4096] {
            assert_eq!(of_modify(rc, "nothing known"), INDEFINITE, "{rc}");
        }
    }

    #[test]
    fn the_code_is_kept_with_the_reason() {
        let WriteResult::Rejected(reason) = of_modify(53, "0000052D: x") else {
            panic!()
        };
        assert_eq!(reason.win32, Some(Win32::PASSWORD_RESTRICTION));
    }
}
