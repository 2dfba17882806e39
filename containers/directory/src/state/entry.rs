//! One entry of the tree.

use uuid::Uuid;

use super::attributes::Attributes;
use super::dn::Rdn;
use super::schema::{Attr, Class, Syntax};
use super::secret::Credentials;
use super::time::FileTime;

/// `userAccountControl` bits (MS-ADTS 2.2.16).
pub mod uac {
    /// The account is disabled.
    pub const DISABLED: u32 = 0x2;
    /// The account is locked; live only in the computed attribute.
    pub const LOCKOUT: u32 = 0x10;
    /// No password is asked for by the policy.
    pub const PASSWORD_NOT_REQUIRED: u32 = 0x20;
    /// An ordinary user.
    pub const NORMAL_ACCOUNT: u32 = 0x200;
    /// A member computer.
    pub const WORKSTATION_TRUST: u32 = 0x1000;
    /// A domain controller.
    pub const SERVER_TRUST: u32 = 0x2000;
    /// The password never expires.
    pub const NEVER_EXPIRES: u32 = 0x1_0000;
    /// Signs in by smartcard only.
    pub const SMARTCARD_REQUIRED: u32 = 0x4_0000;
    /// The password has expired; live only in the computed attribute.
    pub const PASSWORD_EXPIRED: u32 = 0x80_0000;
    /// What an account is created with where nothing is said: disabled, and no password asked for.
    pub const CREATED: u32 = NORMAL_ACCOUNT | PASSWORD_NOT_REQUIRED | DISABLED;
}

/// What an account has beside attributes.
#[derive(Clone, Default)]
pub struct Account {
    /// `userAccountControl`.
    pub control: u32,
    /// `pwdLastSet` in file time; 0 asks for a new password at the next logon.
    pub pwd_last_set: i64,
    /// `lockoutTime` in file time; none until it was first written.
    pub lockout_time: Option<i64>,
    /// `badPwdCount`.
    pub bad_password_count: u32,
    /// `badPasswordTime` in file time.
    pub bad_password_time: i64,
    /// The passwords; none until one was written.
    pub credentials: Option<Credentials>,
}

impl Account {
    /// Whether a bit of `userAccountControl` is set.
    #[must_use]
    pub fn has(&self, bit: u32) -> bool {
        self.control & bit != 0
    }

    /// `msDS-KeyVersionNumber`; none until a password was written.
    #[must_use]
    pub fn key_version(&self) -> Option<u32> {
        self.credentials.as_ref().map(|credentials| credentials.version)
    }
}

/// One entry.
#[derive(Clone)]
pub struct Entry {
    /// The entry above; none for the head of the domain.
    pub parent: Option<EntryId>,
    /// The value of the own part of the name, whose type follows from the class; the head's is the first part of the base DN.
    pub name: Box<str>,
    /// The structural class.
    pub class: Class,
    /// `objectGUID`.
    pub guid: Uuid,
    /// The last part of the SID, for what has one.
    pub rid: Option<u32>,
    /// `uSNCreated`.
    pub usn_created: u64,
    /// `uSNChanged`.
    pub usn_changed: u64,
    /// `whenCreated`.
    pub when_created: FileTime,
    /// `whenChanged`.
    pub when_changed: FileTime,
    /// What clients wrote.
    pub attributes: Attributes,
    /// What an account has.
    pub account: Option<Box<Account>>,
}

impl Entry {
    /// The own part of the name.
    #[must_use]
    pub fn rdn(&self) -> Rdn {
        Rdn {
            kind: self.class.naming().into(),
            value: self.name.to_string(),
        }
    }

    /// Whether this entry differs from another in something that replicates, and so moves `uSNChanged`. The counters of bad
    /// passwords do not replicate (MS-ADA1 2.57).
    #[must_use]
    pub fn differs(&self, other: &Self) -> bool {
        let replicated = |entry: &Self| {
            entry.account.as_ref().map(|account| {
                (
                    account.control,
                    account.pwd_last_set,
                    account.lockout_time,
                    account.key_version(),
                )
            })
        };
        self.attributes != other.attributes || replicated(self) != replicated(other)
    }
}

/// The number of an entry; never used again after a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

/// Whether two values of an attribute are the same value.
#[must_use]
pub fn same_value(attr: Attr, one: &[u8], two: &[u8]) -> bool {
    if one == two {
        return true;
    }
    match (attr.syntax(), std::str::from_utf8(one), std::str::from_utf8(two)) {
        (Syntax::Text, Ok(one), Ok(two)) => super::dn::fold(one) == super::dn::fold(two),
        _ => false,
    }
}
