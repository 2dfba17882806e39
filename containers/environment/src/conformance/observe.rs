//! The normal form of what a directory answers: what would differ between two runs of one directory is left out.

use ldap3::SearchEntry;
use vocabulary::Win32;

use crate::ldap::raw::{Found, Reply};

const INVALID_CREDENTIALS: u32 = 49;
const NO_SUCH_OBJECT: u32 = 32;

/// `ok`, or the result code with the leading hex digits of the diagnostic text where there are any.
pub(super) fn reply(reply: &Reply) -> String {
    if reply.ok() {
        return "ok".to_owned();
    }
    match Win32::from_diagnostic(&reply.text) {
        Some(Win32(code)) => format!("{} {code:08X}", reply.rc),
        None => reply.rc.to_string(),
    }
}

/// `ok`, or `49 data 52e`: the hex digits in front are the same for all refusals, the sub-code is what tells.
pub(super) fn bind(answer: &Reply) -> String {
    match Win32::from_bind_diagnostic(&answer.text) {
        Some(Win32(data)) if answer.rc == INVALID_CREDENTIALS => format!("49 data {data:x}"),
        _ => reply(answer),
    }
}

/// Whether what was observed is what was expected. An expectation of a result code alone leaves the text open: nothing is
/// documented of it.
pub(super) fn agrees(expected: &str, observed: &str) -> bool {
    let code_alone = !expected.is_empty() && expected.bytes().all(|byte| byte.is_ascii_digit());
    expected == observed || code_alone && observed.split(' ').next() == Some(expected)
}

/// The values of an attribute, whatever the case of its name; bytes as hex digits.
pub(super) fn values(entry: &SearchEntry, name: &str) -> Vec<String> {
    let named = |known: &str| known.eq_ignore_ascii_case(name);
    let text = entry.attrs.iter().filter(|(known, _)| named(known));
    let binary = entry.bin_attrs.iter().filter(|(known, _)| named(known));
    let hex = |value: &Vec<u8>| value.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut all: Vec<String> = text.flat_map(|(_, values)| values.clone()).collect();
    all.extend(binary.flat_map(|(_, values)| values.iter().map(hex)));
    all.sort();
    all
}

/// The attribute that a view looks at.
pub(super) fn attribute_of(view: &str) -> &str {
    view.split(['?', '&', '~', '#']).next().unwrap_or(view)
}

/// One attribute as a view shows it: `name` its values, `name?` whether it is absent, 0 or set, `name&4` its bits, `name~x` whether
/// x is among the values, `name#` how many there are.
pub(super) fn view(entry: &SearchEntry, view: &str) -> String {
    let name = attribute_of(view);
    let values = values(entry, name);
    let number = || values.first().and_then(|value| value.parse::<i64>().ok()).unwrap_or(0);
    let shown = match view.get(name.len()..).unwrap_or_default() {
        "" if values.is_empty() => "absent".to_owned(),
        "" => values.join("|"),
        "?" => coarse(&values).to_owned(),
        "#" => values.len().to_string(),
        rest => match (rest.strip_prefix('&'), rest.strip_prefix('~')) {
            (Some(mask), _) => (number() & mask.parse::<i64>().unwrap_or(0)).to_string(),
            (_, Some(wanted)) => yes(values.iter().any(|value| value.eq_ignore_ascii_case(wanted))).to_owned(),
            _ => "?".to_owned(),
        },
    };
    format!("{view}={shown}")
}

fn coarse(values: &[String]) -> &'static str {
    match values {
        [] => "absent",
        [zero] if zero == "0" => "0",
        _ => "set",
    }
}

fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

/// Views of the one entry that a read gives.
pub(super) fn read(found: &Found, views: &[String]) -> String {
    match found.entries.first() {
        Some(entry) if found.reply.ok() => {
            let shown: Vec<String> = views.iter().map(|wanted| view(entry, wanted)).collect();
            shown.join(" ")
        }
        None if found.reply.ok() => "nothing".to_owned(),
        _ if found.reply.rc == NO_SUCH_OBJECT => reply(&found.reply),
        _ => reply(&found.reply),
    }
}

/// The names of what a search found, in order, behind how it ended; of a limited one only how many, since any may come first.
pub(super) fn search(found: &Found, limited: bool) -> String {
    if limited {
        return format!("{}: {} entries", reply(&found.reply), found.entries.len());
    }
    let mut names: Vec<String> = found.entries.iter().map(|entry| rdn(&entry.dn)).collect();
    names.sort();
    let end = reply(&found.reply);
    if names.is_empty() {
        end
    } else {
        format!("{end}: {}", names.join(" "))
    }
}

/// The value of the first name of a DN.
fn rdn(dn: &str) -> String {
    let value = dn.split_once('=').map_or(dn, |(_, rest)| rest);
    let mut escaped = false;
    let end = value.find(|letter| {
        let ends = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    });
    value[..end.unwrap_or(value.len())].to_owned()
}

/// How an attribute moved: `same`, the difference of two numbers, or `changed`; with `?` only the direction.
pub(super) fn moved(view: &str, before: &[String], after: &[String]) -> String {
    let name = attribute_of(view);
    let number = |values: &[String]| values.first().and_then(|value| value.parse::<i64>().ok());
    let told = match (number(before), number(after)) {
        _ if before == after => "same".to_owned(),
        (Some(before), Some(after)) if view.ends_with('?') => (if after > before { "grew" } else { "fell" }).to_owned(),
        (Some(before), Some(after)) => format!("{:+}", after - before),
        _ => "changed".to_owned(),
    };
    format!("{name} {told}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rc: u32, text: &str) -> Reply {
        Reply {
            rc,
            text: text.to_owned(),
        }
    }

    fn entry(pairs: &[(&str, &[&str])]) -> SearchEntry {
        SearchEntry {
            dn: "CN=ann,DC=corp,DC=test".to_owned(),
            attrs: pairs
                .iter()
                .map(|(name, values)| {
                    (
                        (*name).to_owned(),
                        values.iter().map(|&value| value.to_owned()).collect(),
                    )
                })
                .collect(),
            bin_attrs: [("logonHours".to_owned(), vec![vec![0, 255]])].into(),
        }
    }

    #[test]
    fn refusals_keep_what_does_not_vary() {
        let policy = refused(
            53,
            "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0",
        );
        assert_eq!(reply(&policy), "53 0000052D");
        assert_eq!(reply(&refused(19, "Failed to obtain")), "19");
        let bad = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v4563";
        assert_eq!(bind(&refused(49, bad)), "49 data 52e");
        assert_eq!(bind(&refused(0, "")), "ok");
    }

    #[test]
    fn a_code_alone_leaves_the_text_open_and_nothing_else() {
        assert!(agrees("19", "19 00000056") && agrees("19", "19") && agrees("ok", "ok"));
        assert!(!agrees("19 00000056", "19") && !agrees("1", "19") && !agrees("ok", "53"));
    }

    #[test]
    fn views_show_what_they_say() {
        let entry = entry(&[
            ("lockoutTime", &["133"]),
            ("userAccountControl", &["514"]),
            ("member", &["b", "a"]),
        ]);
        assert_eq!(view(&entry, "lockouttime?"), "lockouttime?=set");
        assert_eq!(view(&entry, "badPwdCount?"), "badPwdCount?=absent");
        assert_eq!(view(&entry, "userAccountControl&2"), "userAccountControl&2=2");
        assert_eq!(view(&entry, "member"), "member=a|b");
        assert_eq!(view(&entry, "member~A"), "member~A=yes");
        assert_eq!(view(&entry, "member#"), "member#=2");
        assert_eq!(view(&entry, "logonHours"), "logonHours=00ff");
    }

    #[test]
    fn movements_are_differences() {
        let one = |text: &str| vec![text.to_owned()];
        assert_eq!(moved("kvno", &one("2"), &one("3")), "kvno +1");
        assert_eq!(moved("uSNChanged?", &one("20"), &one("31")), "uSNChanged grew");
        assert_eq!(moved("x", &one("7"), &one("7")), "x same");
        assert_eq!(moved("x", &[], &one("7")), "x changed");
    }

    #[test]
    fn names_end_at_the_first_comma_that_is_not_escaped() {
        assert_eq!(rdn(r"CN=a\,b,DC=test"), r"a\,b");
        assert_eq!(rdn("OU=x"), "x");
    }
}
