//! Passwords changed by proving the old one.

use crate::conformance::script::Change::{Add, Delete, Replace};
use crate::conformance::script::{By, Probe, probe};

const CHANGES: &str = "MS-ADTS 3.1.1.3.1.5.1: delete of the old value and add of the new one change a password";
const RULES: &str = "MS-SAMR 3.1.1.7.2: what a new password must satisfy";
const RIGHTS: &str = "MS-ADTS 3.1.1.3.1.5.1 and 5.1.3.2.1: User-Change-Password and User-Force-Change-Password";

pub(super) fn probes() -> Vec<Probe> {
    [effects(), refusals(), locks(), rules(), history(), shapes(), rights()].concat()
}

fn signed_in(name: &'static str, shows: &'static str, source: &'static str) -> Probe {
    probe(name, shows, source).person().sign_in("{first}")
}

fn effects() -> Vec<Probe> {
    vec![
        signed_in("change-own", "Whoever proves the old password sets a new one.", CHANGES)
            .change(By::Person, "{person}", "{first}", "{second}")
            .gives("ok")
            .bind("{person}", "{second}")
            .gives("ok"),
        signed_in(
            "change-counts-key-version",
            "A change raises msDS-KeyVersionNumber by exactly one.",
            "MS-ADTS 3.1.1.4.5.16",
        )
        .mark("{person}", &["msDS-KeyVersionNumber"])
        .change(By::Person, "{person}", "{first}", "{second}")
        .since("{person}", &["msDS-KeyVersionNumber"])
        .gives("msDS-KeyVersionNumber +1"),
        signed_in(
            "change-stamps-pwd-last-set",
            "A change sets pwdLastSet to now.",
            "MS-SAMR 3.1.1.8.7",
        )
        .mark("{person}", &["pwdLastSet"])
        .change(By::Person, "{person}", "{first}", "{second}")
        .since("{person}", &["pwdLastSet?"])
        .gives("pwdLastSet grew"),
        probe(
            "change-ends-must-change",
            "A change ends pwdLastSet 0.",
            "MS-SAMR 3.1.1.8.7",
        )
        .person()
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .change(By::Admin, "{person}", "{first}", "{second}")
        .gives("ok")
        .bind("{person}", "{second}")
        .gives("ok"),
    ]
}

fn refusals() -> Vec<Probe> {
    vec![
        signed_in("change-wrong-old", "A wrong old password is refused with 56.", CHANGES)
            .change(By::Person, "{person}", "{wrong}", "{second}")
            .gives("19 00000056"),
        signed_in(
            "change-wrong-old-is-counted",
            "A wrong old password counts as a bad one.",
            "MS-SAMR 3.1.5.14.6",
        )
        .policy(
            "counts",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-LockoutThreshold", "5"),
            ],
            &["{person}"],
        )
        .change(By::Person, "{person}", "{wrong}", "{second}")
        .gives("19 00000056")
        .read(By::Admin, "{person}", &["badPwdCount"])
        .gives("badPwdCount=1"),
    ]
}

fn locks() -> Vec<Probe> {
    vec![
        probe(
            "change-wrong-old-locks",
            "Wrong old passwords lock the account as wrong binds do.",
            "MS-SAMR 3.1.5.14.6",
        )
        .person()
        .policy(
            "locks",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-LockoutThreshold", "2"),
            ],
            &["{person}"],
        )
        .change(By::Admin, "{person}", "{wrong}", "{second}")
        .gives("19 00000056")
        .change(By::Admin, "{person}", "{wrong}", "{second}")
        .gives("19 00000056")
        .bind("{person}", "{first}")
        .gives("49 data 775"),
        probe(
            "change-while-locked",
            "While the account is locked even the right old password is refused, with 775.",
            CHANGES,
        )
        .person()
        .policy(
            "locks",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-LockoutThreshold", "1"),
            ],
            &["{person}"],
        )
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .change(By::Admin, "{person}", "{first}", "{second}")
        .gives("19 00000775"),
        signed_in(
            "change-wrong-old-changes-nothing",
            "A refused change leaves password and key version as they were.",
            CHANGES,
        )
        .mark("{person}", &["msDS-KeyVersionNumber", "pwdLastSet"])
        .change(By::Person, "{person}", "{wrong}", "{second}")
        .gives("19 00000056")
        .since("{person}", &["msDS-KeyVersionNumber", "pwdLastSet"])
        .gives("msDS-KeyVersionNumber same pwdLastSet same")
        .bind("{person}", "{first}")
        .gives("ok"),
    ]
}

fn rules() -> Vec<Probe> {
    let refused = |name, shows, password| {
        signed_in(name, shows, RULES)
            .change(By::Person, "{person}", "{first}", password)
            .gives("19 0000052D")
    };
    vec![
        refused(
            "change-too-short",
            "A change below the minimum length is refused.",
            "{short}",
        ),
        refused(
            "change-not-complex",
            "A change to one class of characters is refused.",
            "{plain}",
        ),
        refused(
            "change-holds-account-name",
            "A change to what holds the account's name is refused.",
            "{named}",
        ),
    ]
}

fn history() -> Vec<Probe> {
    vec![
        signed_in(
            "change-in-history",
            "A change may not bring a remembered password back.",
            RULES,
        )
        .policy(
            "remembers",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-PasswordHistoryLength", "3"),
            ],
            &["{person}"],
        )
        .change(By::Person, "{person}", "{first}", "{second}")
        .gives("ok")
        .change(By::Person, "{person}", "{second}", "{second}")
        .gives("19 0000052D"),
        signed_in(
            "change-out-of-history",
            "A password that history has let go may come back.",
            RULES,
        )
        .policy(
            "forgets",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-PasswordHistoryLength", "1"),
            ],
            &["{person}"],
        )
        .change(By::Person, "{person}", "{first}", "{second}")
        .gives("ok")
        .change(By::Person, "{person}", "{second}", "{third}")
        .gives("ok")
        .change(By::Person, "{person}", "{third}", "{second}")
        .gives("ok"),
        signed_in(
            "change-below-minimum-age",
            "A password younger than its minimum age may not be changed.",
            RULES,
        )
        .policy(
            "slow",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-MinimumPasswordAge", "-864000000000"),
            ],
            &["{person}"],
        )
        .change(By::Person, "{person}", "{first}", "{second}")
        .gives("19 0000052D"),
    ]
}

fn shapes() -> Vec<Probe> {
    vec![
        signed_in(
            "change-without-old",
            "A change that names no old password is refused.",
            CHANGES,
        )
        .modify(
            By::Person,
            "{person}",
            &[Delete("unicodePwd", &[]), Add("unicodePwd", &["{second}"])],
        )
        .gives("19"),
        signed_in("change-to-two", "A change to two new passwords is refused.", CHANGES)
            .modify(
                By::Person,
                "{person}",
                &[
                    Delete("unicodePwd", &["{first}"]),
                    Add("unicodePwd", &["{second}", "{third}"]),
                ],
            )
            .gives("19"),
        signed_in(
            "change-add-first",
            "The order of delete and add does not matter.",
            CHANGES,
        )
        .modify(
            By::Person,
            "{person}",
            &[Add("unicodePwd", &["{second}"]), Delete("unicodePwd", &["{first}"])],
        )
        .gives("ok")
        .bind("{person}", "{second}")
        .gives("ok"),
        signed_in(
            "change-without-quotes",
            "A new value without quotes is refused.",
            "MS-ADTS 3.1.1.3.1.5.1",
        )
        .modify(
            By::Person,
            "{person}",
            &[
                Delete("unicodePwd", &["{first}"]),
                Add("unicodePwd", &["bare:{second}"]),
            ],
        )
        .gives("53 0000001F"),
    ]
}

fn rights() -> Vec<Probe> {
    vec![
        signed_in(
            "change-needs-no-reset-right",
            "One's own password is changed, not reset.",
            RIGHTS,
        )
        .reset(By::Person, "{person}", "{second}")
        .gives("50"),
        signed_in(
            "change-by-add-alone",
            "An add alone is a reset, which an ordinary account may not do.",
            RIGHTS,
        )
        .modify(By::Person, "{person}", &[Add("unicodePwd", &["{second}"])])
        .gives("50"),
        signed_in(
            "change-of-another",
            "Everyone may change the password of whoever's they can prove.",
            RIGHTS,
        )
        .add(
            By::Admin,
            "CN=other,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}o"),
                ("userAccountControl", "512"),
                ("unicodePwd", "{third}"),
            ],
        )
        .modify(By::Admin, "{lax}", &[Add("msDS-PSOAppliesTo", &["CN=other,{unit}"])])
        .change(By::Person, "CN=other,{unit}", "{third}", "{fourth}")
        .gives("ok"),
    ]
}
