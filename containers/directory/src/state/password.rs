//! What the policy asks of a new password (MS-SAMR 3.1.1.7).

use vocabulary::Password;

use super::dn::fold;
use super::entry::{Account, Entry, uac};
use super::policy::Policy;
use super::schema::Attr;
use super::secret::Verifier;
use super::time::FileTime;

/// Which rules apply beside length and complexity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// A reset, or a first password: length and complexity alone.
    Reset,
    /// A change, or a reset with the policy-hints control: history and minimum age too.
    Change,
}

/// Names shorter than this may be part of a password.
const SHORT_NAME: usize = 3;
const LONGEST: usize = 256;

/// Whether a new password satisfies the policy.
#[must_use]
pub fn allowed(
    policy: &Policy,
    entry: &Entry,
    account: &Account,
    password: &Password,
    rules: Rules,
    now: FileTime,
) -> bool {
    if password.expose().encode_utf16().count() > LONGEST {
        return false;
    }
    if account.has(uac::PASSWORD_NOT_REQUIRED) {
        return true;
    }
    long_enough(policy, password)
        && (!policy.complex() || complex(entry, password))
        && (rules == Rules::Reset || fresh(policy, entry, account, password, now))
}

fn long_enough(policy: &Policy, password: &Password) -> bool {
    password.expose().encode_utf16().count() >= policy.min_length
}

fn fresh(policy: &Policy, entry: &Entry, account: &Account, password: &Password, now: FileTime) -> bool {
    let Some(credentials) = &account.credentials else {
        return true;
    };
    let set = FileTime(account.pwd_last_set);
    let old_enough = account.pwd_last_set == 0 || now >= set.plus(policy.min_age);
    let verifier = Verifier::new(entry.guid, password);
    old_enough && !credentials.remembers(&verifier, policy.history)
}

/// Three of five classes of characters, and neither the account's name nor a part of the display name.
fn complex(entry: &Entry, password: &Password) -> bool {
    classes(password.expose()) >= 3 && !holds_a_name(entry, password.expose())
}

fn classes(text: &str) -> usize {
    let kinds: [fn(char) -> bool; 5] = [
        char::is_uppercase,
        char::is_lowercase,
        |letter| letter.is_ascii_digit(),
        |letter| letter.is_ascii_punctuation() || letter == ' ',
        |letter| letter.is_alphabetic() && !letter.is_uppercase() && !letter.is_lowercase(),
    ];
    kinds.iter().filter(|kind| text.chars().any(kind)).count()
}

fn holds_a_name(entry: &Entry, password: &str) -> bool {
    // Lower-cased clear text: gone with this function, out of reach of a wipe.
    let password = zeroize::Zeroizing::new(fold(password));
    let holds = |name: &str| name.chars().count() >= SHORT_NAME && password.contains(&fold(name));
    let separator = |letter| matches!(letter, ' ' | ',' | '.' | '\t' | '-' | '_' | '#');
    let display = entry.attributes.text(Attr::DisplayName).unwrap_or_default();
    entry.attributes.text(Attr::SamAccountName).is_some_and(holds) || display.split(separator).any(holds)
}

#[cfg(test)]
mod tests {
    use super::classes;

    #[test]
    fn classes_are_five() {
        assert_eq!(classes("abc"), 1);
        assert_eq!(classes("aB1"), 3);
        assert_eq!(classes("aB1-日"), 5);
        assert_eq!(classes("Ärger"), 2);
    }
}
