//! The run's secret, and the dice that it throws: sessions, codes and identifiers nobody outside can foretell.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use vocabulary::Password;

/// A key for every purpose, derived by name. `Debug` hides it.
#[derive(Clone)]
pub(crate) struct RunSecret(hmac::Key);

impl RunSecret {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Authenticates `parts` for `purpose`; lengths are bound in, so parts cannot slide into each other.
    pub(crate) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        bytes
    }
}

impl std::fmt::Debug for RunSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunSecret(redacted)")
    }
}

/// Dice that never repeat: the time of the start separates one life of the process from the next.
#[derive(Debug)]
pub(crate) struct Dice {
    secret: RunSecret,
    started: [u8; 16],
    thrown: u64,
}

impl Dice {
    pub(crate) fn new(secret: RunSecret, started_unix: std::time::Duration) -> Self {
        Self {
            secret,
            started: started_unix.as_nanos().to_be_bytes(),
            thrown: 0,
        }
    }

    fn throw(&mut self, purpose: &str) -> [u8; 32] {
        self.thrown += 1;
        self.secret.mac(purpose, &[&self.started, &self.thrown.to_be_bytes()])
    }

    /// A text of 256 bits, safe in a cookie.
    pub(crate) fn text(&mut self, purpose: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.throw(purpose))
    }

    /// 128 bits, base64url.
    pub(crate) fn short_text(&mut self, purpose: &str) -> String {
        let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.throw(purpose);
        URL_SAFE_NO_PAD.encode(head)
    }

    /// A UUID of version 8 (RFC 9562).
    pub(crate) fn uuid(&mut self, purpose: &str) -> Uuid {
        uuid_of(&self.throw(purpose))
    }

    /// Six decimal digits. The bias of the remainder is 2^-44.
    pub(crate) fn code(&mut self) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.throw("code");
        format!("{:06}", u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000)
    }
}

/// The UUID of version 8 (RFC 9562) made of the first half of a hash.
pub(crate) fn uuid_of(hash: &[u8; 32]) -> Uuid {
    let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *hash;
    uuid::Builder::from_custom_bytes(head).into_uuid()
}

/// Compares two texts in a time that depends on their lengths alone.
pub(crate) fn same(left: &str, right: &str) -> bool {
    constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// [`same`], for a secret and what somebody offers for it.
pub(crate) fn is_secret(secret: &Password, offered: &str) -> bool {
    same(secret.expose(), offered)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dice_do_not_repeat_within_a_life_or_after_a_restart() {
        let secret = RunSecret::new(b"run");
        let mut first = Dice::new(secret.clone(), Duration::from_secs(1));
        let mut second = Dice::new(secret, Duration::from_secs(2));
        let texts = [first.text("session"), first.text("session"), second.text("session")];
        assert!(texts[0] != texts[1] && texts[0] != texts[2]);
        let code = first.code();
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(first.uuid("operation").get_version_num(), 8);
    }

    #[test]
    fn parts_do_not_slide_and_secrets_do_not_show() {
        let secret = RunSecret::new(b"run");
        assert_ne!(secret.mac("a", &[b"bc", b"d"]), secret.mac("a", &[b"b", b"cd"]));
        assert_eq!(format!("{secret:?}"), "RunSecret(redacted)");
        assert!(is_secret(&Password::new("x".into()), "x") && !is_secret(&Password::new("x".into()), "xy"));
    }
}
