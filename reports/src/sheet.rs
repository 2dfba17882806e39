//! What the domain controllers keep and enforce, in words, and what that leaves unproven.

use std::collections::BTreeMap;

use history::{Capability, Manifest};

use crate::text::{self, clean};

type Facts = BTreeMap<String, String>;

/// One line of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) answer: String,
}

/// What some domain controllers, alike in everything, say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) dcs: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

impl Sheet {
    /// The domain controllers in a line.
    pub(crate) fn title(&self) -> String {
        text::listed(&self.dcs)
    }
}

/// How a fact reads: its key, its name for people, and its value in words, where that is known.
type Wording = (&'static str, &'static str, fn(&str, &Facts) -> Option<String>);

/// Every fact that has words, in the order of the sheet.
const WORDINGS: [Wording; 18] = [
    ("kvno", "Count of password writes", |value, _| {
        either(
            value,
            ["counts", "absent"],
            [
                "kept (msDS-KeyVersionNumber)",
                "not kept (msDS-KeyVersionNumber is absent)",
            ],
        )
    }),
    ("old_password_allowed", "Old password after a reset", |value, _| {
        Some(old_password(value))
    }),
    ("history_on_reset", "Password history on reset", history_on_reset),
    ("policy_hints", "Policy-hints control", |value, _| {
        either(value, BOOL, ["supported", "not supported"])
    }),
    ("lockout", "Lockout after wrong passwords", lockout),
    ("reset_unlocks", "Lock after a plain reset", |value, _| {
        either(
            value,
            BOOL,
            ["cleared by the reset itself", "stays until lockoutTime is written"],
        )
    }),
    ("protected_groups", "Members of protected groups", |value, _| {
        either(
            value,
            ENFORCED,
            [
                "out of the service account's reach",
                "within the service account's reach",
            ],
        )
    }),
    ("minPwdLength", "Shortest password", |value, _| {
        number(value, "character", "characters")
    }),
    ("pwdProperties", "Complexity of passwords", |value, _| complexity(value)),
    ("pwdHistoryLength", "Passwords remembered", |value, _| {
        number(value, "password", "passwords")
    }),
    ("minPwdAge", "Age at which a password may be changed", |value, _| {
        interval(value, "at once")
    }),
    ("maxPwdAge", "Age at which a password expires", |value, _| {
        interval(value, "never")
    }),
    ("lockoutThreshold", "Wrong passwords until a lock", |value, _| {
        if value == "0" {
            Some("never locks".to_owned())
        } else {
            number(value, "attempt", "attempts")
        }
    }),
    (
        "lockOutObservationWindow",
        "Wrong passwords are counted for",
        |value, _| interval(value, "no time"),
    ),
    ("lockoutDuration", "A lock lasts", |value, _| {
        interval(value, "until an unlock")
    }),
    ("domainControllerFunctionality", "Functional level", |value, _| {
        level(value)
    }),
    ("domainFunctionality", "Functional level of the domain", |value, _| {
        level(value)
    }),
    ("forestFunctionality", "Functional level of the forest", |value, _| {
        level(value)
    }),
];

const BOOL: [&str; 2] = ["true", "false"];
const ENFORCED: [&str; 2] = ["enforced", "not enforced"];

/// The sheets of a manifest; domain controllers that say the same share one.
pub(crate) fn sheets(manifest: &Manifest) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = Vec::new();
    for capability in &manifest.capabilities {
        let (dc, rows) = (clean(&capability.dc), rows(capability));
        match sheets.iter_mut().find(|sheet| sheet.rows == rows) {
            Some(same) => same.dcs.push(dc),
            None => sheets.push(Sheet { dcs: vec![dc], rows }),
        }
    }
    sheets
}

fn rows(capability: &Capability) -> Vec<Row> {
    let facts = &capability.facts;
    let known = WORDINGS.iter().filter_map(|(fact, name, words)| {
        let value = facts.get(*fact)?;
        Some(Row {
            name: (*name).to_owned(),
            answer: words(value, facts).unwrap_or_else(|| clean(value)),
        })
    });
    let worded = |fact: &str| WORDINGS.iter().any(|(known, ..)| *known == fact);
    // The name stands above the sheet already.
    let own_name = |fact: &str, value: &str| fact == "dnsHostName" && value.eq_ignore_ascii_case(&capability.dc);
    let others = facts
        .iter()
        .filter(|(fact, value)| !worded(fact) && !own_name(fact, value))
        .map(|(fact, value)| Row {
            name: clean(fact),
            answer: clean(value),
        });
    known.chain(others).collect()
}

fn either(value: &str, values: [&str; 2], words: [&str; 2]) -> Option<String> {
    let place = values.iter().position(|known| *known == value)?;
    words.get(place).map(|words| (*words).to_owned())
}

fn old_password(value: &str) -> String {
    match value {
        _ if is_zero(value) => "refused at once".to_owned(),
        "accepted" => "still accepted".to_owned(),
        period => format!("still accepted for {}", clean(period)),
    }
}

/// A period that is none: `0`, `0s`, `0 min`.
fn is_zero(period: &str) -> bool {
    period.starts_with('0') && !period.contains(|c: char| ('1'..='9').contains(&c))
}

fn history_on_reset(value: &str, _: &Facts) -> Option<String> {
    let words = match value {
        "enforced" => "enforced",
        "with policy hints" => "enforced only with the policy-hints control",
        "not enforced" => "not enforced",
        _ => return None,
    };
    Some(words.to_owned())
}

fn lockout(value: &str, facts: &Facts) -> Option<String> {
    let threshold = facts.get("lockoutThreshold").and_then(|text| text.parse::<u64>().ok());
    match (value, threshold) {
        ("enforced", Some(threshold)) if threshold > 0 => Some(format!(
            "enforced, after {}",
            text::of(threshold, "attempt", "attempts")
        )),
        ("enforced", _) => Some("enforced".to_owned()),
        ("off", _) => Some("off: nobody can be locked".to_owned()),
        _ => None,
    }
}

fn number(value: &str, one: &str, many: &str) -> Option<String> {
    Some(text::of(value.parse().ok()?, one, many))
}

/// `DOMAIN_PASSWORD_COMPLEX` is the lowest bit (MS-SAMR 2.2.1.1, `pwdProperties`).
fn complexity(value: &str) -> Option<String> {
    let bits: u32 = value.parse().ok()?;
    let words = if bits & 1 == 1 { "demanded" } else { "not demanded" };
    Some(words.to_owned())
}

/// An interval of the directory: 100 ns, negative; zero and the least number are none (MS-ADTS 3.1.1.3.2, MS-SAMR 2.2.1).
fn interval(value: &str, none: &str) -> Option<String> {
    match value.parse::<i64>().ok()? {
        0 | i64::MIN => Some(none.to_owned()),
        ticks => Some(text::duration_us(ticks.unsigned_abs() as f64 / 10.0)),
    }
}

/// Functional levels by number (MS-ADTS 6.1.4.2).
fn level(value: &str) -> Option<String> {
    let name = match value {
        "0" => "2000",
        "2" => "2003",
        "3" => "2008",
        "4" => "2008 R2",
        "5" => "2012",
        "6" => "2012 R2",
        "7" => "2016",
        "10" => "2025",
        _ => return None,
    };
    Some(format!("Windows Server {name}"))
}

/// A fact that takes the ground from under a proof: key, value, and what follows.
const LIMITS: [(&str, &str, &str); 5] = [
    (
        "history_on_reset",
        "not enforced",
        "history on reset: not enforced by this DC, so nothing here shows that a used password is refused",
    ),
    (
        "lockout",
        "off",
        "lockout: off, so nothing here shows that an unlock unlocks",
    ),
    (
        "kvno",
        "absent",
        "msDS-KeyVersionNumber: absent, so lost and double writes are not counted",
    ),
    (
        "protected_groups",
        "not enforced",
        "protected groups: not enforced by this DC, so nothing here shows that their members are left alone",
    ),
    (
        "reset_unlocks",
        "true",
        "a reset unlocks by itself, so nothing here shows that the agent does",
    ),
];

/// What a run on these domain controllers cannot show, whatever passes: one sentence for each ground that is missing.
pub(crate) fn limits(manifest: &Manifest) -> Vec<String> {
    let sheets = &manifest.capabilities;
    let mut limits = Vec::new();
    for (fact, value, words) in LIMITS {
        let says = |sheet: &&Capability| sheet.facts.get(fact).is_some_and(|said| said == value);
        let dcs: Vec<String> = sheets.iter().filter(says).map(|sheet| clean(&sheet.dc)).collect();
        limits.extend(limit(&dcs, words));
    }
    limits.extend(sheets.iter().filter_map(grace));
    limits
}

fn limit(dcs: &[String], words: &str) -> Option<String> {
    let words = if dcs.len() > 1 {
        words.replace("this DC", "these DCs")
    } else {
        words.to_owned()
    };
    (!dcs.is_empty()).then(|| format!("{}: {words}.", text::listed(dcs)))
}

fn grace(sheet: &Capability) -> Option<String> {
    let allowed = sheet
        .facts
        .get("old_password_allowed")
        .filter(|period| !is_zero(period))?;
    Some(format!(
        "{}: the old password is {} after a reset, so a bind with one proves nothing.",
        clean(&sheet.dc),
        old_password(allowed)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(dc: &str, facts: &[(&str, &str)]) -> Capability {
        let facts = facts
            .iter()
            .map(|(fact, value)| ((*fact).to_owned(), (*value).to_owned()));
        Capability {
            dc: dc.to_owned(),
            facts: facts.collect(),
        }
    }

    fn answers(facts: &[(&str, &str)]) -> Vec<String> {
        let rows = rows(&sheet("dc1", facts));
        rows.into_iter()
            .map(|row| format!("{}: {}", row.name, row.answer))
            .collect()
    }

    #[test]
    fn facts_are_told_in_words_and_unknown_ones_as_they_are() {
        let facts = [
            ("zebra", "42"),
            ("history_on_reset", "with policy hints"),
            ("lockout", "enforced"),
            ("lockoutThreshold", "5"),
            ("lockoutDuration", "-18000000000"),
            ("maxPwdAge", "-9223372036854775808"),
            ("old_password_allowed", "0s"),
            ("domainControllerFunctionality", "7"),
            ("pwdProperties", "1"),
            ("dnsHostName", "DC1"),
            ("kvno", "odd"),
        ];
        let expected = [
            "Count of password writes: odd",
            "Old password after a reset: refused at once",
            "Password history on reset: enforced only with the policy-hints control",
            "Lockout after wrong passwords: enforced, after 5 attempts",
            "Complexity of passwords: demanded",
            "Age at which a password expires: never",
            "Wrong passwords until a lock: 5 attempts",
            "A lock lasts: 30 min",
            "Functional level: Windows Server 2016",
            "zebra: 42",
        ];
        assert_eq!(answers(&facts), expected);
    }

    #[test]
    fn a_period_that_is_none_is_no_grace() {
        for (period, zero) in [
            ("0", true),
            ("0s", true),
            ("0 min", true),
            ("05s", false),
            ("60min", false),
            ("", false),
        ] {
            assert_eq!(is_zero(period), zero, "{period}");
        }
        assert_eq!(old_password("60min"), "still accepted for 60min");
    }
}
