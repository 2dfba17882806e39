//! What an operation leaves behind in a person's metadata.

use history::Metadata;

use super::Ruling;
use crate::subject::Subject;

/// An attribute that is compared: its name in the directory and its value.
type Attribute = (&'static str, fn(&Metadata) -> i64);

/// The attributes that a write of the password moves.
pub(super) const PASSWORD: [Attribute; 2] = [
    ("msDS-KeyVersionNumber", |seen| i64::from(seen.kvno)),
    ("pwdLastSet", |seen| seen.pwd_last_set),
];

/// Every attribute that writeback may move, and `userAccountControl`, which it must not.
pub(super) const ALL: [Attribute; 4] = [
    PASSWORD[0],
    PASSWORD[1],
    ("lockoutTime", |seen| seen.lockout_time),
    ("userAccountControl", |seen| i64::from(seen.uac)),
];

/// What writeback must not move. Whether an account is locked or expired is computed in some directories' answers.
pub(super) const STATE: [Attribute; 1] = [("userAccountControl", |seen| i64::from(seen.uac & !COMPUTED))];

/// `UF_LOCKOUT` and `UF_PASSWORD_EXPIRED`.
const COMPUTED: u32 = 0x10 | 0x80_0000;

/// Each change of an attribute on a domain controller, in words.
pub(super) fn changes(subject: &Subject<'_>, attributes: &[Attribute]) -> Vec<String> {
    let pairs = subject.pairs();
    pairs
        .flat_map(|(dc, before, after)| moved(dc, &before, &after, attributes))
        .collect()
}

/// What differs between two readings of one domain controller, in words.
pub(super) fn moved(dc: &str, before: &Metadata, after: &Metadata, attributes: &[Attribute]) -> Vec<String> {
    let differs = |(attribute, value): &Attribute| {
        let (was, is) = (value(before), value(after));
        (was != is).then(|| format!("{attribute} {was} -> {is} on {dc}"))
    };
    attributes.iter().filter_map(differs).collect()
}

/// Nothing may have changed: one sentence with all that did. `because` says why it should not have.
pub(super) fn none_left(subject: &Subject<'_>, attributes: &[Attribute], because: &str) -> Ruling {
    let changes = changes(subject, attributes);
    if !changes.is_empty() {
        let seen = changes.join(", ");
        return Ruling::Broken(vec![format!(
            "{}: {because}; expected no change, saw {seen}",
            subject.name()
        )]);
    }
    if subject.complete() { Ruling::Held } else { Ruling::Open }
}
