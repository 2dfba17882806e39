//! What a laboratory may know of its own directory: every account's metadata, and whether it holds a given password.

use std::fmt;

use uuid::Uuid;
use vocabulary::Password;

use super::entry::Entry;
use super::schema::Class;
use super::secret::Verifier;
use super::{Domain, Refusal};

/// One user account, as one domain controller holds it.
#[derive(Clone)]
pub struct Inspected {
    /// `objectGUID`.
    pub guid: Uuid,
    /// `msDS-KeyVersionNumber`; 0 until a password was written.
    pub kvno: u32,
    /// `pwdLastSet` in file time.
    pub pwd_last_set: i64,
    /// `lockoutTime` in file time; 0 where there is none.
    pub lockout_time: i64,
    /// `badPwdCount` of this controller.
    pub bad_pwd_count: u32,
    /// `userAccountControl`.
    pub uac: u32,
    /// `uSNChanged` of this controller.
    pub usn: u64,
    verifier: Option<Verifier>,
}

impl fmt::Debug for Inspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspected")
            .field("guid", &self.guid)
            .field("kvno", &self.kvno)
            .field("pwd_last_set", &self.pwd_last_set)
            .field("lockout_time", &self.lockout_time)
            .field("bad_pwd_count", &self.bad_pwd_count)
            .field("uac", &self.uac)
            .field("usn", &self.usn)
            .finish_non_exhaustive()
    }
}

impl Inspected {
    /// Whether this is the account's current password. The time it takes does not depend on where they differ.
    #[must_use]
    pub fn holds(&self, password: &Password) -> bool {
        let given = Verifier::new(self.guid, password);
        self.verifier.as_ref().is_some_and(|kept| kept.matches(&given))
    }

    fn of(entry: &Entry) -> Option<Self> {
        let account = entry.account.as_deref().filter(|_| entry.class == Class::User)?;
        Some(Self {
            guid: entry.guid,
            kvno: account.key_version().unwrap_or_default(),
            pwd_last_set: account.pwd_last_set,
            lockout_time: account.lockout_time.unwrap_or_default(),
            bad_pwd_count: account.bad_password_count,
            uac: account.control,
            usn: entry.usn_changed,
            verifier: account
                .credentials
                .as_ref()
                .map(|credentials| credentials.current().clone()),
        })
    }
}

impl Domain {
    /// Every user account at or below a name.
    ///
    /// # Errors
    /// A name that cannot be read, or that no entry has.
    pub fn inspect(&self, base: &str) -> Result<Vec<Inspected>, Refusal> {
        let ids = self.tree.below(self.resolve(base)?);
        Ok(ids
            .into_iter()
            .filter_map(|id| Inspected::of(self.tree.get(id)?))
            .collect())
    }
}
