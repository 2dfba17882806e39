//! Simple binds and the sub-codes of their refusals.

use crate::conformance::script::Change::Replace;
use crate::conformance::script::{By, Probe, probe};

const NAMES: &str = "MS-ADTS 5.1.1.1.1, simple authentication: the forms of a name";
const CODES: &str = "MS-ERREF 2.2 and MS-ADTS 5.1.1.1.1: the sub-code is the Win32 code of the refusal";

/// A second of maximum age, and the settings that go with it.
const EXPIRES_AT_ONCE: &[(&str, &str)] = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-MaximumPasswordAge", "-10000000"),
];

pub(super) fn probes() -> Vec<Probe> {
    [
        names(),
        wrong_names_and_passwords(),
        barred_accounts(),
        barred_by_policy(),
        old_and_empty_passwords(),
        connections(),
    ]
    .concat()
}

fn names() -> Vec<Probe> {
    let named = |name, shows, text| probe(name, shows, NAMES).person().bind(text, "{first}").gives("ok");
    vec![
        named(
            "bind-by-dn",
            "The right password binds by distinguished name.",
            "{person}",
        ),
        named("bind-by-upn", "The right password binds by userPrincipalName.", "{upn}"),
        named(
            "bind-by-logon-name",
            "The right password binds by DOMAIN\\name.",
            "{netbios}\\{sam}",
        ),
        named(
            "bind-by-implicit-upn",
            "The right password binds by name@domain.",
            "{sam}@{domain}",
        ),
        named(
            "bind-by-guid",
            "The right password binds by the objectGUID in braces.",
            "{braced-guid}",
        ),
        named(
            "bind-by-sid",
            "The right password binds by the SID in its text form.",
            "{sid}",
        ),
        probe(
            "bind-by-dn-in-any-case",
            "The case of a distinguished name does not count.",
            NAMES,
        )
        .person()
        .add(
            By::Admin,
            "CN=MiXeD{sam},{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}m"),
                ("userAccountControl", "512"),
                ("unicodePwd", "{first}"),
            ],
        )
        .bind("cn=mixed{sam},{unit}", "{first}")
        .gives("ok"),
        probe(
            "bind-by-display-name",
            "The right password binds by a displayName that nobody else has.",
            NAMES,
        )
        .person_with(&[("displayName", "Display {sam}")])
        .bind("Display {sam}", "{first}")
        .gives("ok"),
    ]
}

fn wrong_names_and_passwords() -> Vec<Probe> {
    let refused = |name, shows| probe(name, shows, CODES);
    vec![
        refused("bind-wrong-password", "A wrong password is refused with 52e.")
            .person()
            .bind("{person}", "{wrong}")
            .gives("49 data 52e"),
        refused("bind-password-case", "The case of a password counts.")
            .person()
            .bind("{person}", "{shouted}")
            .gives("49 data 52e"),
        refused("bind-unknown-dn", "A name that nobody has is refused with 525.")
            .bind("CN=nobody,{unit}", "{wrong}")
            .gives("49 data 525"),
        refused(
            "bind-unknown-upn",
            "A principal name that nobody has is refused with 525.",
        )
        .bind("nobody-{sam}@{domain}", "{wrong}")
        .gives("49 data 525"),
    ]
}

fn barred_accounts() -> Vec<Probe> {
    let refused = |name, shows| probe(name, shows, CODES);
    vec![
        refused("bind-disabled", "A disabled account with the right password gives 533.")
            .person_with(&[("userAccountControl", "514")])
            .bind("{person}", "{first}")
            .gives("49 data 533"),
        refused(
            "bind-disabled-wrong-password",
            "A wrong password hides that the account is disabled.",
        )
        .person_with(&[("userAccountControl", "514")])
        .bind("{person}", "{wrong}")
        .gives("49 data 52e"),
        refused(
            "bind-account-expired",
            "An expired account with the right password gives 701.",
        )
        .person_with(&[("accountExpires", "131000000000000000")])
        .bind("{person}", "{first}")
        .gives("49 data 701"),
        refused(
            "bind-account-expired-wrong-password",
            "A wrong password hides that the account is expired.",
        )
        .person_with(&[("accountExpires", "131000000000000000")])
        .bind("{person}", "{wrong}")
        .gives("49 data 52e"),
        refused("bind-must-change", "pwdLastSet 0 with the right password gives 773.")
            .person()
            .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
            .bind("{person}", "{first}")
            .gives("49 data 773"),
        refused(
            "bind-must-change-wrong-password",
            "A wrong password hides that it must be changed.",
        )
        .person()
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .bind("{person}", "{wrong}")
        .gives("49 data 52e"),
        refused("bind-password-expired", "A password above its maximum age gives 532.")
            .person()
            .policy("soon", EXPIRES_AT_ONCE, &["{person}"])
            .bind("{person}", "{first}")
            .until("49 data 532"),
    ]
}

fn barred_by_policy() -> Vec<Probe> {
    let refused = |name, shows| probe(name, shows, CODES);
    vec![
        refused(
            "bind-never-expires",
            "DONT_EXPIRE_PASSWORD outlives the maximum age and pwdLastSet 0.",
        )
        .person_with(&[("userAccountControl", "66048")])
        .policy("soon", EXPIRES_AT_ONCE, &["{person}"])
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .bind("{person}", "{first}")
        .gives("ok"),
        refused(
            "bind-logon-hours",
            "Outside the logon hours the right password gives 530.",
        )
        .person_with(&[("logonHours", "hex:000000000000000000000000000000000000000000")])
        .bind("{person}", "{first}")
        .gives("49 data 530"),
        refused("bind-workstation", "An account bound to another workstation gives 531.")
            .person_with(&[("userWorkstations", "ELSEWHERE")])
            .bind("{person}", "{first}")
            .gives("49 data 531"),
        refused("bind-after-enabling", "An account that is enabled again binds again.")
            .person_with(&[("userAccountControl", "514")])
            .bind("{person}", "{first}")
            .gives("49 data 533")
            .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["512"])])
            .bind("{person}", "{first}")
            .gives("ok"),
    ]
}

fn old_and_empty_passwords() -> Vec<Probe> {
    vec![
        probe(
            "bind-empty-password",
            "A name without a password is an unauthenticated bind, and no proof of anything.",
            "RFC 4513 5.1.2; MS-ADTS 5.1.1.1.1",
        )
        .person()
        .bind("{person}", "{empty}")
        .gives("ok"),
        probe(
            "bind-old-password-after-reset",
            "With OldPasswordAllowedPeriod 0 the password before a reset is refused at once.",
            "KB906305",
        )
        .person()
        .reset(By::Admin, "{person}", "{second}")
        .bind("{person}", "{first}")
        .gives("49 data 52e")
        .bind("{person}", "{second}")
        .gives("ok"),
        probe(
            "bind-old-password-after-change",
            "With OldPasswordAllowedPeriod 0 the password before a change is refused at once.",
            "KB906305",
        )
        .person()
        .sign_in("{first}")
        .change(By::Person, "{person}", "{first}", "{second}")
        .bind("{person}", "{first}")
        .gives("49 data 52e")
        .bind("{person}", "{second}")
        .gives("ok"),
    ]
}

fn connections() -> Vec<Probe> {
    vec![
        probe(
            "bind-failure-leaves-anonymous",
            "After a refused bind the connection speaks for nobody.",
            "RFC 4513 4; MS-ADTS 5.1.1.1",
        )
        .person()
        .sign_in("{first}")
        .sign_in_again("{wrong}")
        .gives("49 data 52e")
        .read(By::Person, "{person}", &["cn"])
        .gives("1 000004DC"),
        probe(
            "bind-none-search",
            "Without a bind nothing but the rootDSE can be searched.",
            "MS-ADTS 5.1.1.1, dSHeuristics fLDAPBlockAnonOps",
        )
        .search(By::Stranger, "{base}", ldap3::Scope::Base, "(objectClass=*)")
        .gives("1 000004DC"),
        probe(
            "bind-none-modify",
            "Without a bind nothing can be written.",
            "MS-ADTS 5.1.1.1",
        )
        .person()
        .modify(By::Stranger, "{person}", &[Replace("description", &["x"])])
        .gives("1 000004DC"),
        probe(
            "bind-none-root-dse",
            "The rootDSE is read without a bind.",
            "MS-ADTS 3.1.1.3.2",
        )
        .read(By::Stranger, "", &["defaultNamingContext"])
        .gives("defaultNamingContext={base}"),
        probe(
            "who-am-i",
            "\"Who am I?\" gives the account as u:DOMAIN\\name.",
            "RFC 4532; MS-ADTS 3.1.1.3.4.2",
        )
        .person()
        .sign_in("{first}")
        .who_am_i(By::Person)
        .gives("u:{netbios}\\{sam}"),
    ]
}
