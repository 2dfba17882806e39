//! Passwords as the directory keeps them.

use sha2::{Digest, Sha256};
use uuid::Uuid;
use vocabulary::Password;
use zeroize::Zeroizing;

use super::time::FileTime;
use crate::config::USUAL_HISTORY;

/// A salted SHA-256 of a password. Cheap on purpose: this is a laboratory that must take thousands of resets a second, and
/// Active Directory's own NT hash is no slower. Nothing of it is ever read back over LDAP.
#[derive(Clone)]
pub struct Verifier(Zeroizing<[u8; 32]>);

impl Verifier {
    /// The verifier of a password of the account with that GUID, which is the salt.
    #[must_use]
    pub fn new(account: Uuid, password: &Password) -> Self {
        let mut hash = Sha256::new();
        hash.update(account.as_bytes());
        hash.update(password.expose().as_bytes());
        Self(Zeroizing::new(hash.finalize().into()))
    }

    /// The verifier of a password that nobody knows, and that no known password can have.
    #[must_use]
    pub fn of_nobody(dice: [u8; 32]) -> Self {
        Self(Zeroizing::new(dice))
    }

    /// Whether both are of one password, in a time that does not depend on where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let difference = self
            .0
            .iter()
            .zip(other.0.iter())
            .fold(0, |all, (one, two)| all | (one ^ two));
        difference == 0
    }
}

/// The current password of an account and those before it.
pub struct Credentials {
    current: Verifier,
    /// The passwords before the current one, newest first.
    previous: Vec<Verifier>,
    /// How often a password was written: `msDS-KeyVersionNumber`.
    pub version: u32,
    /// When the current one was written.
    pub set_at: FileTime,
}

/// What a password given at a bind is to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The current one.
    Current,
    /// The one before.
    Previous,
    /// The one before that.
    BeforePrevious,
    /// None of these.
    Wrong,
}

impl Clone for Credentials {
    /// With the same room: an entry is cloned for each write, and pieces of every size would crumble the heap.
    fn clone(&self) -> Self {
        let mut previous = Vec::with_capacity(self.previous.capacity());
        previous.extend_from_slice(&self.previous);
        Self {
            current: self.current.clone(),
            previous,
            version: self.version,
            set_at: self.set_at,
        }
    }
}

impl Credentials {
    /// The first password of an account: version 1.
    #[must_use]
    pub fn first(verifier: Verifier, now: FileTime) -> Self {
        Self {
            current: verifier,
            previous: Vec::new(),
            version: 1,
            set_at: now,
        }
    }

    /// Writes a password over the current one and keeps `history` of them, at least the two that a bind must recognize.
    pub fn write(&mut self, verifier: Verifier, history: usize, now: FileTime) {
        let old = std::mem::replace(&mut self.current, verifier);
        let most = history.max(3) - 1;
        self.previous.truncate(most - 1);
        // As much room from the first as it will mostly need: one that grew with each reset would look like a leak.
        let room = most.min(USUAL_HISTORY as usize).saturating_sub(self.previous.len());
        self.previous.reserve_exact(room.max(1));
        self.previous.insert(0, old);
        self.version = self.version.saturating_add(1);
        self.set_at = now;
    }

    /// The current password.
    #[must_use]
    pub fn current(&self) -> &Verifier {
        &self.current
    }

    /// Whether a password is among the newest `history`, the current one included.
    #[must_use]
    pub fn remembers(&self, verifier: &Verifier, history: usize) -> bool {
        let known = std::iter::once(&self.current).chain(&self.previous);
        known.take(history).any(|old| old.matches(verifier))
    }

    /// What a password is to this account.
    #[must_use]
    pub fn standing(&self, verifier: &Verifier) -> Standing {
        let is = |old: Option<&Verifier>| old.is_some_and(|old| old.matches(verifier));
        if self.current.matches(verifier) {
            Standing::Current
        } else if is(self.previous.first()) {
            Standing::Previous
        } else if is(self.previous.get(1)) {
            Standing::BeforePrevious
        } else {
            Standing::Wrong
        }
    }
}

/// Reads a `unicodePwd` value and wipes it; none unless it is quoted UTF-16LE.
#[must_use]
pub fn take_unicode_pwd(value: Vec<u8>) -> Option<Password> {
    let value = Zeroizing::new(value);
    Password::from_unicode_pwd(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verifier(text: &str) -> Verifier {
        Verifier::new(Uuid::nil(), &Password::new(text.to_owned()))
    }

    #[test]
    fn the_salt_is_the_account() {
        let password = Password::new("Same-1".to_owned());
        let other = Verifier::new(Uuid::max(), &password);
        assert!(!other.matches(&verifier("Same-1")));
        assert!(verifier("Same-1").matches(&verifier("Same-1")));
    }

    #[test]
    fn versions_count_every_write_and_history_is_bounded() {
        let now = FileTime::default();
        let mut credentials = Credentials::first(verifier("0"), now);
        for text in ["1", "1", "2", "3"] {
            credentials.write(verifier(text), 3, now);
        }
        assert_eq!(credentials.version, 5);
        assert_eq!(credentials.standing(&verifier("3")), Standing::Current);
        assert_eq!(credentials.standing(&verifier("2")), Standing::Previous);
        assert_eq!(credentials.standing(&verifier("1")), Standing::BeforePrevious);
        assert_eq!(credentials.standing(&verifier("0")), Standing::Wrong);
        assert!(credentials.remembers(&verifier("1"), 3));
        assert!(!credentials.remembers(&verifier("1"), 2));
        assert!(!credentials.remembers(&verifier("3"), 0));
    }

    #[test]
    fn a_clone_has_the_room_of_what_it_was_cloned_from() {
        let mut credentials = Credentials::first(verifier("0"), FileTime::default());
        credentials.write(verifier("1"), 24, FileTime::default());
        let mut clone = credentials.clone();
        assert_eq!(clone.previous.capacity(), 23);
        assert_eq!(clone.previous.capacity(), credentials.previous.capacity());
        clone.write(verifier("2"), 24, FileTime::default());
        assert_eq!(clone.standing(&verifier("1")), Standing::Previous);
        assert_eq!(credentials.standing(&verifier("1")), Standing::Current);
    }
}
