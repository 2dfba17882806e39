//! Of nobody anything changed but what writeback is granted, and what a directory moves by itself.

use history::Finding;

use super::{Ground, Ruling, everyone};
use crate::ledger::{Compared, Ledger};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "only-granted-attributes-change";

const GROUND: Ground = Ground {
    of: "people all of whose attributes were compared",
    open: "a domain controller did not give them before or after",
};

/// What a write of the password or of the lock moves, and what a directory moves of itself when somebody binds or an entry is
/// written (MS-ADA1 to MS-ADA3, MS-SAMR section 3.1.1.8). `userAccountControl` is for `account-state-unchanged`.
const MOVES: [&str; 17] = [
    "badPasswordTime",
    "badPwdCount",
    "dBCSPwd",
    "dSCorePropagationData",
    "lastLogon",
    "lastLogonTimestamp",
    "lmPwdHistory",
    "lockoutTime",
    "logonCount",
    "msDS-KeyVersionNumber",
    "ntPwdHistory",
    "pwdLastSet",
    "supplementalCredentials",
    "uSNChanged",
    "unicodePwd",
    "userAccountControl",
    "whenChanged",
];

/// What another name moves.
const NAMES: [&str; 3] = ["cn", "distinguishedName", "name"];

/// Whether all attributes of anybody were compared.
pub(super) fn applies(ledger: &Ledger) -> bool {
    ledger.people.iter().any(|person| !person.attributes.is_empty())
}

/// Looks at everyone, whether an operation named them or not.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let tally = everyone(ledger, |subject| {
        let seen: Vec<String> = subject
            .person
            .attributes
            .iter()
            .flat_map(|on| moved(subject, on))
            .collect();
        if !seen.is_empty() {
            return Ruling::Broken(vec![format!(
                "{}: {}; expected no attribute to change but those of passwords and locks, saw {}",
                subject.name(),
                named(subject.ops()),
                seen.join(", ")
            )]);
        }
        if complete(subject) { Ruling::Held } else { Ruling::Open }
    });
    tally.finding(NAME, GROUND)
}

/// Whether each domain controller gave something to compare.
fn complete(subject: &Subject<'_>) -> bool {
    let told = subject.person.attributes.iter().filter(|on| on.compared > 0);
    subject.dcs() > 0 && told.count() == subject.dcs()
}

/// The attributes that nothing explains, in words.
fn moved<'a>(subject: &Subject<'a>, on: &'a Compared) -> impl Iterator<Item = String> + use<'a> {
    let (ledger, renamed) = (subject.ledger, subject.person.renamed);
    let names = on
        .changed
        .iter()
        .filter_map(|number| ledger.attributes.get(*number as usize));
    let unexplained = names.filter(move |name| {
        let among = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        !(among(&MOVES) || (renamed && among(&NAMES)))
    });
    unexplained.map(move |name| format!("another {name} on {}", ledger.dcs[on.dc]))
}
