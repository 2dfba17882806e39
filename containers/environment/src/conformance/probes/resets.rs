//! Passwords set without knowing the old one.

use crate::conformance::script::Change::{Add, Delete, Replace};
use crate::conformance::script::{By, Probe, probe};

const SETS: &str = "MS-ADTS 3.1.1.3.1.5.1: one replace of unicodePwd sets a password";
const FORMS: &str = "MS-ADTS 3.1.1.3.1.5.1: what is neither a set nor a change";
const VALUE: &str = "MS-ADTS 3.1.1.3.1.5.1: the value is the password in quotes, as UTF-16LE";
const RULES: &str = "MS-SAMR 3.1.1.7.2: what a new password must satisfy";
const STAMPS: &str = "MS-SAMR 3.1.1.8.7: what writing a password sets";

pub(super) fn probes() -> Vec<Probe> {
    [
        effects(),
        states(),
        rules(),
        rules_for_changes_alone(),
        values(),
        shapes(),
    ]
    .concat()
}

fn effects() -> Vec<Probe> {
    vec![
        probe("reset-binds", "After a reset the new password binds.", SETS)
            .person()
            .reset(By::Admin, "{person}", "{second}")
            .gives("ok")
            .bind("{person}", "{second}")
            .gives("ok"),
        probe(
            "reset-counts-key-version",
            "A reset raises msDS-KeyVersionNumber by exactly one.",
            "MS-ADTS 3.1.1.4.5.16",
        )
        .person()
        .mark("{person}", &["msDS-KeyVersionNumber"])
        .reset(By::Admin, "{person}", "{second}")
        .since("{person}", &["msDS-KeyVersionNumber"])
        .gives("msDS-KeyVersionNumber +1"),
        probe(
            "reset-to-same-counts-key-version",
            "A reset to the present password is taken and counted.",
            "MS-ADTS 3.1.1.4.5.16",
        )
        .person()
        .mark("{person}", &["msDS-KeyVersionNumber"])
        .reset(By::Admin, "{person}", "{first}")
        .gives("ok")
        .since("{person}", &["msDS-KeyVersionNumber"])
        .gives("msDS-KeyVersionNumber +1"),
        probe("reset-stamps-pwd-last-set", "A reset sets pwdLastSet to now.", STAMPS)
            .person()
            .mark("{person}", &["pwdLastSet"])
            .reset(By::Admin, "{person}", "{second}")
            .since("{person}", &["pwdLastSet?"])
            .gives("pwdLastSet grew"),
        probe(
            "reset-ends-must-change",
            "A reset by somebody who may unexpire passwords ends pwdLastSet 0.",
            STAMPS,
        )
        .person()
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .reset(By::Admin, "{person}", "{second}")
        .read(By::Admin, "{person}", &["pwdLastSet?"])
        .gives("pwdLastSet?=set")
        .bind("{person}", "{second}")
        .gives("ok"),
    ]
}

fn states() -> Vec<Probe> {
    vec![
        probe(
            "reset-disabled-account",
            "A reset of a disabled account works and does not enable it.",
            SETS,
        )
        .person_with(&[("userAccountControl", "514")])
        .reset(By::Admin, "{person}", "{second}")
        .gives("ok")
        .read(By::Admin, "{person}", &["userAccountControl&2"])
        .gives("userAccountControl&2=2"),
        probe(
            "reset-with-must-change",
            "One modify sets a password and asks for another at the next logon.",
            "MS-SAMR 3.1.1.8.7, pwdLastSet",
        )
        .person()
        .modify(
            By::Admin,
            "{person}",
            &[Replace("unicodePwd", &["{second}"]), Replace("pwdLastSet", &["0"])],
        )
        .gives("ok")
        .bind("{person}", "{second}")
        .gives("49 data 773"),
        probe("reset-moves-usn", "A reset raises uSNChanged.", "MS-ADTS 3.1.1.1.9")
            .person()
            .mark("{person}", &["uSNChanged"])
            .reset(By::Admin, "{person}", "{second}")
            .since("{person}", &["uSNChanged?"])
            .gives("uSNChanged grew"),
        probe(
            "reset-of-expired-account",
            "A reset of an expired account works; it still cannot bind.",
            SETS,
        )
        .person_with(&[("accountExpires", "131000000000000000")])
        .reset(By::Admin, "{person}", "{second}")
        .gives("ok")
        .bind("{person}", "{second}")
        .gives("49 data 701"),
    ]
}

fn rules() -> Vec<Probe> {
    let refused = |name, shows, password| {
        probe(name, shows, RULES)
            .person()
            .mark("{person}", &["msDS-KeyVersionNumber", "pwdLastSet"])
            .reset(By::Admin, "{person}", password)
            .gives("53 0000052D")
            .since("{person}", &["msDS-KeyVersionNumber", "pwdLastSet?"])
            .gives("msDS-KeyVersionNumber same pwdLastSet same")
    };
    vec![
        refused(
            "reset-too-short",
            "A reset below the minimum length is refused and changes nothing.",
            "{short}",
        ),
        refused(
            "reset-not-complex",
            "A reset of one class of characters is refused and changes nothing.",
            "{plain}",
        ),
        refused(
            "reset-holds-account-name",
            "A reset that holds the account's name is refused.",
            "{named}",
        ),
        probe(
            "reset-holds-display-name",
            "A reset that holds a word of the display name is refused.",
            RULES,
        )
        .person_with(&[("displayName", "Angela {sam}")])
        .reset(By::Admin, "{person}", "{angela}")
        .gives("53 0000052D"),
    ]
}

fn rules_for_changes_alone() -> Vec<Probe> {
    vec![
        probe(
            "reset-ignores-history",
            "Without policy hints a reset may bring the present password back.",
            "MS-SAMR 3.1.1.7.2: history is for changes",
        )
        .person()
        .policy(
            "remembers",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-PasswordHistoryLength", "5"),
            ],
            &["{person}"],
        )
        .reset(By::Admin, "{person}", "{second}")
        .reset(By::Admin, "{person}", "{first}")
        .gives("ok")
        .reset(By::Admin, "{person}", "{first}")
        .gives("ok"),
        probe(
            "reset-ignores-minimum-age",
            "Without policy hints a reset is not held by the minimum age.",
            "MS-SAMR 3.1.1.7.2: minimum age is for changes",
        )
        .person()
        .policy(
            "slow",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-MinimumPasswordAge", "-864000000000"),
            ],
            &["{person}"],
        )
        .reset(By::Admin, "{person}", "{second}")
        .gives("ok"),
    ]
}

fn values() -> Vec<Probe> {
    let wrong = |name, shows, value: &'static [&'static str]| {
        probe(name, shows, VALUE)
            .person()
            .modify(
                By::Admin,
                "{person}",
                match value {
                    ["bare:{second}"] => &[Replace("unicodePwd", &["bare:{second}"])],
                    _ => &[Replace("unicodePwd", &["utf8:{second}"])],
                },
            )
            .gives("53 0000001F")
    };
    vec![
        wrong(
            "reset-without-quotes",
            "A value without quotes is refused.",
            &["bare:{second}"],
        ),
        wrong("reset-in-utf8", "A value in UTF-8 is refused.", &["utf8:{second}"]),
        probe(
            "unicode-pwd-is-unreadable",
            "unicodePwd is never read.",
            "MS-ADTS 3.1.1.4.4, secret attributes",
        )
        .person()
        .read(By::Admin, "{person}", &["unicodePwd?"])
        .gives("unicodePwd?=absent"),
        probe(
            "unicode-pwd-matches-nobody",
            "A filter on unicodePwd finds nobody.",
            "MS-ADTS 3.1.1.4.4, secret attributes",
        )
        .person()
        .search(By::Admin, "{unit}", ldap3::Scope::Subtree, "(unicodePwd=*)")
        .gives("ok"),
    ]
}

fn shapes() -> Vec<Probe> {
    let shaped = |name, shows| probe(name, shows, FORMS).person();
    vec![
        shaped("reset-without-value", "A replace without a value is refused.")
            .modify(By::Admin, "{person}", &[Replace("unicodePwd", &[])])
            .gives("53"),
        shaped("reset-by-add", "An add alone is refused, even to the administrator.")
            .modify(By::Admin, "{person}", &[Add("unicodePwd", &["{second}"])])
            .gives("53"),
        shaped("reset-by-delete", "A delete alone without a value is refused.")
            .modify(By::Admin, "{person}", &[Delete("unicodePwd", &[])])
            .gives("53"),
        shaped("reset-two-values", "A replace with two values is refused.")
            .modify(
                By::Admin,
                "{person}",
                &[Replace("unicodePwd", &["{second}", "{third}"])],
            )
            .gives("19"),
        probe(
            "reset-unknown-name",
            "A reset of a name that nobody has gives noSuchObject.",
            "MS-ADTS 3.1.1.5.3",
        )
        .reset(By::Admin, "CN=nobody,{unit}", "{second}")
        .gives("32"),
        shaped(
            "reset-is-atomic",
            "A password beside a change that is refused is not written.",
        )
        .modify(
            By::Admin,
            "{person}",
            &[Replace("unicodePwd", &["{second}"]), Replace("pwdLastSet", &["5"])],
        )
        .anyway()
        .bind("{person}", "{first}")
        .gives("ok"),
    ]
}
