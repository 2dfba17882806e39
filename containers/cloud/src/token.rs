//! Bearer tokens: claims and their seal. Whoever holds one cannot read anything into it, or change it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::secret::{RunSecret, same};

/// Lifetime of a token in seconds, as the product gives it.
pub(crate) const LIFETIME_S: u64 = 3599;

/// What the bearer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// An application, by client credentials.
    App,
    /// The administrator.
    Admin,
    /// The helpdesk.
    Helpdesk,
    /// A synchronised person.
    Person,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) subject: String,
    pub(crate) role: Role,
    expires_unix_s: u64,
    /// How often all tokens were made void before this one was made.
    epoch: u64,
}

/// Makes and checks tokens of this run.
#[derive(Debug)]
pub(crate) struct Tokens {
    secret: RunSecret,
    epoch: AtomicU64,
    /// Tokens that were refused because all before them were made void.
    void: AtomicU64,
}

impl Tokens {
    pub(crate) fn new(secret: RunSecret) -> Self {
        Self {
            secret,
            epoch: AtomicU64::new(0),
            void: AtomicU64::new(0),
        }
    }

    /// Makes every token void that was issued so far.
    pub(crate) fn expire_all(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// How many tokens were refused for that.
    pub(crate) fn void(&self) -> u64 {
        self.void.load(Ordering::Relaxed)
    }

    pub(crate) fn issue(&self, subject: &str, role: Role, now_unix: Duration) -> Option<String> {
        let expires_unix_s = now_unix.as_secs() + LIFETIME_S;
        let claims = Claims {
            subject: subject.to_owned(),
            role,
            expires_unix_s,
            epoch: self.epoch.load(Ordering::Relaxed),
        };
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).ok()?);
        Some(format!("{body}.{}", self.seal(&body)))
    }

    pub(crate) fn check(&self, token: &str, now_unix: Duration) -> Option<Claims> {
        let (body, seal) = token.split_once('.')?;
        if !same(seal, &self.seal(body)) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        if claims.epoch != self.epoch.load(Ordering::Relaxed) {
            self.void.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        (now_unix.as_secs() < claims.expires_unix_s).then_some(claims)
    }

    fn seal(&self, body: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.secret.mac("token", &[body.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_before_are_void_once_all_are_and_are_counted() {
        let tokens = Tokens::new(RunSecret::new(b"run"));
        let before = tokens.issue("admin@x.test", Role::Admin, Duration::ZERO).unwrap();
        tokens.expire_all();
        assert_eq!(tokens.check(&before, Duration::ZERO), None);
        assert_eq!(tokens.void(), 1);
        let after = tokens.issue("admin@x.test", Role::Admin, Duration::ZERO).unwrap();
        assert!(tokens.check(&after, Duration::ZERO).is_some());
        assert_eq!(tokens.void(), 1);
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_only_as_it_was_made() {
        let tokens = Tokens::new(RunSecret::new(b"run"));
        let token = tokens.issue("admin@x.test", Role::Admin, Duration::ZERO).unwrap();
        let claims = tokens.check(&token, Duration::from_secs(LIFETIME_S - 1)).unwrap();
        assert_eq!((claims.subject.as_str(), claims.role), ("admin@x.test", Role::Admin));
        assert_eq!(tokens.check(&token, Duration::from_secs(LIFETIME_S)), None);
        assert_eq!(
            Tokens::new(RunSecret::new(b"other")).check(&token, Duration::ZERO),
            None
        );
        for wrong in ["", ".", "a.b", &token[1..], &format!("{token}x")] {
            assert_eq!(tokens.check(wrong, Duration::ZERO), None, "{wrong}");
        }
    }
}
