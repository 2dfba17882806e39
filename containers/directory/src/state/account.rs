//! Locks, bad passwords and expiry of one account.

use super::entry::{Account, uac};
use super::policy::Policy;
use super::time::{FileTime, ticks};

impl Account {
    /// Whether the account is locked now. `lockoutTime` outlives the lock it tells of: when the duration is over the account works
    /// again, and the attribute stays until a good logon or a write of 0.
    #[must_use]
    pub fn locked(&self, policy: &Policy, now: FileTime) -> bool {
        let Some(since) = self.lockout_time.filter(|since| *since != 0) else {
            return false;
        };
        policy
            .lock_for
            .is_none_or(|duration| now < FileTime(since).plus(duration))
    }

    /// Counts a bad password; at the threshold the account is locked. True if it was locked by this one.
    pub fn count_failure(&mut self, policy: &Policy, now: FileTime) -> bool {
        let counted_until = FileTime(self.bad_password_time).plus(policy.window);
        let before = if now < counted_until {
            self.bad_password_count
        } else {
            0
        };
        self.bad_password_count = before.saturating_add(1);
        self.bad_password_time = now.0;
        let locks = policy.threshold > 0 && self.bad_password_count >= policy.threshold;
        if locks {
            self.lockout_time = Some(now.0);
        }
        locks
    }

    /// Ends a lock and forgets the failures, as a write of `lockoutTime` 0 does; the time of the last failure stays.
    pub fn unlock(&mut self) {
        self.lockout_time = Some(0);
        self.bad_password_count = 0;
    }

    /// What a good logon clears. True if something that replicates changed.
    pub fn welcome(&mut self) -> bool {
        self.bad_password_count = 0;
        let was_locked = self.lockout_time.is_some_and(|since| since != 0);
        if was_locked {
            self.lockout_time = Some(0);
        }
        was_locked
    }

    /// When the password expires; none if it never does.
    #[must_use]
    pub fn password_expires(&self, policy: &Policy) -> Option<FileTime> {
        if self.has(uac::NEVER_EXPIRES | uac::SMARTCARD_REQUIRED | uac::WORKSTATION_TRUST | uac::SERVER_TRUST) {
            return None;
        }
        if self.pwd_last_set == 0 {
            return Some(FileTime(0));
        }
        let age = ticks(policy.max_age?);
        Some(FileTime(self.pwd_last_set.saturating_add(age)))
    }

    /// The live bits of `msDS-User-Account-Control-Computed`.
    #[must_use]
    pub fn computed(&self, policy: &Policy, now: FileTime) -> u32 {
        let expired = self.password_expires(policy).is_some_and(|end| end <= now);
        let locked = if self.locked(policy, now) { uac::LOCKOUT } else { 0 };
        locked | if expired { uac::PASSWORD_EXPIRED } else { 0 }
    }
}
