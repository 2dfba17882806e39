//! People's passwords: pure functions of the seed, so that the same seed replays the same bytes.
//!
//! That makes lab passwords computable from the seed, on purpose; the interlocks carry it.

use hkdf::Hkdf;
use sha2::Sha256;
use vocabulary::{Password, Seed};
use zeroize::Zeroizing;

use crate::Persona;

const CHOSEN_PAIRS: usize = 9;
const WEAK_PAIRS: usize = 4;
const LETTERS: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";
const LABEL_INITIAL: u32 = 0;

/// Every password of a run: number 0 of a person is the initial one, number n the value of the operation labelled n.
#[derive(Debug, Clone)]
pub struct Vault {
    seed: Seed,
}

impl Vault {
    /// The vault of a run's seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed: Seed::new(seed).child("passwords"),
        }
    }

    /// The password of a person's label. Letters and digits alternate, so that no part of a name can be contained; what a person
    /// with [`Persona::WeakPassword`] chooses, and with [`Persona::WeakThenGood`] under an odd label, satisfies the cloud (8
    /// characters, three classes) and has 10 characters: too short wherever a policy asks for more. All others have 20, which
    /// every policy of the format takes.
    #[must_use]
    pub fn password(&self, person: u64, persona: Persona, label: u32) -> Password {
        let weak = match persona {
            Persona::WeakPassword => label != LABEL_INITIAL,
            Persona::WeakThenGood => label % 2 == 1,
            _ => false,
        };
        let pairs = if weak { WEAK_PAIRS } else { CHOSEN_PAIRS };
        let bytes = self.expand(person, label);
        let mut text = Zeroizing::new(String::with_capacity(2 * pairs + 2));
        for pair in bytes.chunks_exact(2).take(pairs) {
            text.push(pick(LETTERS, pair[0]));
            text.push(pick(DIGITS, pair[1]));
        }
        text.push_str("x-");
        let upper = text.chars().any(|letter| letter.is_ascii_uppercase());
        if !upper {
            text.replace_range(..1, "W");
        }
        Password::new(text.to_string())
    }

    /// What somebody types who mistypes the password of a label: its last two characters the wrong way round.
    #[must_use]
    pub fn mistyped(&self, person: u64, persona: Persona, label: u32) -> Password {
        let right = self.password(person, persona, label);
        let mut text = Zeroizing::new(right.expose().to_owned());
        let last = text.pop().into_iter().chain(text.pop());
        text.extend(last);
        Password::new(text.to_string())
    }

    fn expand(&self, person: u64, label: u32) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        let info = [
            b"wblab password v1".as_slice(),
            &person.to_be_bytes(),
            &label.to_be_bytes(),
        ]
        .concat();
        let expanded = Hkdf::<Sha256>::new(None, self.seed.bytes()).expand(&info, bytes.as_mut_slice());
        debug_assert!(expanded.is_ok(), "32 bytes are within HKDF's bounds");
        bytes
    }
}

fn pick(set: &[u8], byte: u8) -> char {
    char::from(set[usize::from(byte) % set.len()])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn passwords_satisfy_the_policy_and_repeat() {
        let vault = Vault::new(1);
        let mut seen = BTreeSet::new();
        for index in 0..500 {
            for label in 0..3 {
                let password = vault.password(index, Persona::Forgot, label);
                let text = password.expose();
                assert_eq!(text.len(), 20);
                let has = |class: fn(&char) -> bool| text.chars().any(|letter| class(&letter));
                assert!(has(char::is_ascii_uppercase) && has(char::is_ascii_digit) && text.contains('-'));
                assert!(seen.insert(text.to_owned()), "unique");
                assert_eq!(vault.password(index, Persona::Forgot, label), password);
            }
        }
        assert_ne!(
            Vault::new(2).password(0, Persona::Forgot, 0),
            vault.password(0, Persona::Forgot, 0)
        );
    }

    #[test]
    fn a_weak_password_is_too_short_for_the_default_policy_alone() {
        let vault = Vault::new(1);
        let weak = vault.password(3, Persona::WeakPassword, 1);
        assert_eq!(weak.expose().len(), 10);
        assert_eq!(vault.password(3, Persona::WeakPassword, 0).expose().len(), 20);
        let lengths = [0, 1, 2, 3].map(|label| vault.password(3, Persona::WeakThenGood, label).expose().len());
        assert_eq!(lengths, [20, 10, 20, 10]);
    }

    #[test]
    fn a_mistyped_password_is_another_of_the_same_length() {
        let vault = Vault::new(1);
        let (right, wrong) = (
            vault.password(3, Persona::VoluntaryChange, 2),
            vault.mistyped(3, Persona::VoluntaryChange, 2),
        );
        assert_ne!(right, wrong);
        assert_eq!(right.expose().len(), wrong.expose().len());
        assert!(wrong.expose().ends_with("-x"));
    }
}
