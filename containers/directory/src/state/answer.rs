//! What the directory says when it says no: an LDAP result code and the text whose leading hex digits clients key on.
//!
//! The DSID values are those that real domain controllers were seen to send; they vary by build and mean nothing here.

use ldap3_proto::proto::{LdapResult, LdapResultCode};

use super::schema::Attr;

/// A refusal of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The LDAP result code.
    pub code: LdapResultCode,
    /// The diagnostic text.
    pub text: String,
    /// The DN of the nearest entry that exists, where a name was not found.
    pub matched: String,
    /// Where else to ask.
    pub referral: Vec<String>,
}

/// `ERROR_PASSWORD_RESTRICTION`.
pub const PASSWORD_RESTRICTION: u32 = 0x52D;
/// `ERROR_INVALID_PASSWORD`.
pub const INVALID_PASSWORD: u32 = 0x56;
/// `ERROR_ACCOUNT_LOCKED_OUT`.
pub const ACCOUNT_LOCKED_OUT: u32 = 0x775;
/// `ERROR_ACCESS_DENIED`.
pub const ACCESS_DENIED: u32 = 5;
/// `ERROR_DS_INSUFF_ACCESS_RIGHTS`.
pub const INSUFFICIENT_RIGHTS: u32 = 0x2098;

impl Refusal {
    /// A refusal with a text of its own.
    #[must_use]
    pub fn new(code: LdapResultCode, text: String) -> Self {
        Self {
            code,
            text,
            matched: String::new(),
            referral: Vec::new(),
        }
    }

    /// The directory will not do that (result 53).
    #[must_use]
    pub fn unwilling(win32: u32) -> Self {
        let dsid = if win32 == 0x1F { "031A1260" } else { "031A12D2" };
        let text = format!("{win32:08X}: SvcErr: DSID-{dsid}, problem 5003 (WILL_NOT_PERFORM), data 0");
        Self::new(LdapResultCode::UnwillingToPerform, text)
    }

    /// The caller lacks a right (result 50).
    #[must_use]
    pub fn denied(win32: u32) -> Self {
        let text = format!("{win32:08X}: SecErr: DSID-031A1190, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0");
        Self::new(LdapResultCode::InsufficentAccessRights, text)
    }

    /// A value breaks a rule of its attribute (result 19).
    #[must_use]
    pub fn constraint(win32: u32, attr: Attr) -> Self {
        let problem = "problem 1005 (CONSTRAINT_ATT_TYPE)";
        Self::attribute(LdapResultCode::ConstraintViolation, win32, problem, attr)
    }

    /// There is no such value to remove (result 16).
    #[must_use]
    pub fn no_value(attr: Attr) -> Self {
        let problem = "problem 1001 (NO_ATTRIBUTE_OR_VAL)";
        Self::attribute(LdapResultCode::NoSuchAttribute, 0x2085, problem, attr)
    }

    /// The value is there already (result 20).
    #[must_use]
    pub fn value_exists(attr: Attr) -> Self {
        let problem = "problem 1006 (ATT_OR_VALUE_EXISTS)";
        Self::attribute(LdapResultCode::AttributeOrValueExists, 0x2083, problem, attr)
    }

    /// A value that its syntax does not allow (result 21).
    #[must_use]
    pub fn syntax(attr: Attr) -> Self {
        let problem = "problem 1000 (ATT_SYNTAX)";
        Self::attribute(LdapResultCode::InvalidAttributeSyntax, 0x200B, problem, attr)
    }

    fn attribute(code: LdapResultCode, win32: u32, problem: &str, attr: Attr) -> Self {
        let id = match attr {
            Attr::UnicodePwd => "9005a",
            Attr::UserPrincipalName => "90290",
            Attr::SamAccountName => "900dd",
            Attr::LockoutTime => "90296",
            Attr::PwdLastSet => "90060",
            _ => "0",
        };
        let name = attr.name();
        let text = format!(
            "{win32:08X}: AtrErr: DSID-03191083, #1: 0: {win32:08X}: DSID-03191083, {problem}, data 0, Att {id} ({name})"
        );
        Self::new(code, text)
    }

    /// The schema has no such attribute (result 16).
    #[must_use]
    pub fn unknown_attribute() -> Self {
        let text = "00000057: LdapErr: DSID-0C090D8A, comment: Error in attribute conversion operation, data 0, v4563";
        Self::new(LdapResultCode::NoSuchAttribute, text.to_owned())
    }

    /// No entry has that name (result 32).
    #[must_use]
    pub fn no_object(matched: String) -> Self {
        let text =
            format!("0000208D: NameErr: DSID-03100288, problem 2001 (NO_OBJECT), data 0, best match of: '{matched}'");
        Self {
            matched,
            ..Self::new(LdapResultCode::NoSuchObject, text)
        }
    }

    /// A name that cannot be read (result 34).
    #[must_use]
    pub fn bad_name(text: &str) -> Self {
        let text =
            format!("0000208F: NameErr: DSID-03100231, problem 2006 (BAD_NAME), data 8350, best match of: '{text}'");
        Self::new(LdapResultCode::InvalidDNSyntax, text)
    }

    /// A name of another domain (result 10).
    #[must_use]
    pub fn elsewhere(host: &str) -> Self {
        let text = format!("0000202B: RefErr: DSID-0310082F, data 0, 1 access points, ref 1: '{host}'");
        Self {
            referral: vec![format!("ldap://{host}/")],
            ..Self::new(LdapResultCode::Referral, text)
        }
    }

    /// A name that its class does not allow (result 64).
    #[must_use]
    pub fn naming() -> Self {
        let text = "00002099: NameErr: DSID-0305109C, problem 2005 (NAMING_VIOLATION), data 0";
        Self::new(LdapResultCode::NamingViolation, text.to_owned())
    }

    /// The entry, or one with that value, exists (result 68).
    #[must_use]
    pub fn exists(win32: u32) -> Self {
        let text = format!("{win32:08X}: UpdErr: DSID-0305038D, problem 6005 (ENTRY_EXISTS), data 0");
        Self::new(LdapResultCode::EntryAlreadyExists, text)
    }

    /// The entry has children (result 66).
    #[must_use]
    pub fn not_leaf() -> Self {
        let text = "00002015: UpdErr: DSID-031A12E6, problem 6003 (CANT_ON_NON_LEAF), data 0";
        Self::new(LdapResultCode::NotAllowedOnNonLeaf, text.to_owned())
    }

    /// The naming attribute is changed by a rename only (result 67).
    #[must_use]
    pub fn on_rdn() -> Self {
        let text = "00002016: UpdErr: DSID-031A0F4F, problem 6004 (CANT_ON_RDN), data 0";
        Self::new(LdapResultCode::NotALlowedOnRDN, text.to_owned())
    }

    /// The class does not allow that (result 65).
    #[must_use]
    pub fn class() -> Self {
        let text = "0000207D: UpdErr: DSID-0315166D, problem 6002 (OBJ_CLASS_VIOLATION), data 0";
        Self::new(LdapResultCode::ObjectClassViolation, text.to_owned())
    }

    /// An attribute that the class asks for is missing (result 65).
    #[must_use]
    pub fn incomplete() -> Self {
        let text = "0000207C: UpdErr: DSID-031511EF, problem 6002 (OBJ_CLASS_VIOLATION), data 0";
        Self::new(LdapResultCode::ObjectClassViolation, text.to_owned())
    }

    /// A computed attribute that only a search for one entry can give (result 1).
    #[must_use]
    pub fn base_only() -> Self {
        let text = "00002120: SvcErr: DSID-03140A5B, problem 5012 (DIR_ERROR), data 0";
        Self::new(LdapResultCode::OperationsError, text.to_owned())
    }

    /// A system error (result 80).
    #[must_use]
    pub fn invalid_argument() -> Self {
        let text = "00000057: SysErr: DSID-031A11F6, problem 22 (Invalid argument), data 0";
        Self::new(LdapResultCode::Other, text.to_owned())
    }

    /// Nobody has bound on this connection (result 1).
    #[must_use]
    pub fn bind_first() -> Self {
        let text = "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4563";
        Self::new(LdapResultCode::OperationsError, text.to_owned())
    }

    /// A bind failed (result 49); `data` is the Win32 code that tells why.
    #[must_use]
    pub fn credentials(data: u32) -> Self {
        let text =
            format!("80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data:x}, v4563");
        Self::new(LdapResultCode::InvalidCredentials, text)
    }

    /// A critical control that is not known (result 12).
    #[must_use]
    pub fn unknown_control() -> Self {
        let text = "00002040: LdapErr: DSID-0C090A7D, comment: Error processing control, data 0, v4563";
        Self::new(LdapResultCode::UnavailableCriticalExtension, text.to_owned())
    }

    /// A request that makes no sense (result 2).
    #[must_use]
    pub fn protocol(comment: &str) -> Self {
        let text = format!("00000057: LdapErr: DSID-0C090CE6, comment: {comment}, data 0, v4563");
        Self::new(LdapResultCode::ProtocolError, text)
    }
}

impl From<Refusal> for LdapResult {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            matcheddn: refusal.matched,
            message: refusal.text,
            referral: refusal.referral,
        }
    }
}

/// The answer to an operation that did what it should.
#[must_use]
pub fn success() -> LdapResult {
    LdapResult {
        code: LdapResultCode::Success,
        matcheddn: String::new(),
        message: String::new(),
        referral: Vec::new(),
    }
}

/// The LDAP result of an operation.
#[must_use]
pub fn result(outcome: Result<(), Refusal>) -> LdapResult {
    outcome.map_or_else(LdapResult::from, |()| success())
}
