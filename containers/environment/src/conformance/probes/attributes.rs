//! What attributes mean and when they move.

use crate::conformance::script::Change::{Delete, Replace};
use crate::conformance::script::{By, Probe, probe};

const PWD_LAST_SET: &str = "MS-SAMR 3.1.1.8.7 and attribute pwdLastSet: only 0 and -1 are written";
const UAC: &str = "MS-ADTS 2.2.16 and MS-SAMR 3.1.1.8.10: userAccountControl";
const COMPUTED: &str = "MS-ADTS 3.1.1.4.5.17 msDS-User-Account-Control-Computed";
const USN: &str = "MS-ADTS 3.1.1.1.9 and 3.1.1.5.3: update sequence numbers";
const CREATED: &str = "MS-SAMR 3.1.1.6 and the class user: what a new account holds";

pub(super) fn probes() -> Vec<Probe> {
    [created(), pwd_last_set(), control(), computed(), usns()].concat()
}

fn created() -> Vec<Probe> {
    vec![
        probe("user-account-control-of-new", "A user that was added without userAccountControl is disabled and needs no password.", CREATED)
            .add(By::Admin, "CN=thing,{unit}", &[("objectClass", "user"), ("sAMAccountName", "{sam}t")])
            .read(By::Admin, "CN=thing,{unit}", &["userAccountControl", "pwdLastSet"])
            .gives("userAccountControl=546 pwdLastSet=0"),
        probe("user-class-of-new", "A user derives from three classes and has the category of a person.", CREATED)
            .person()
            .read(By::Admin, "{person}", &["objectClass", "objectCategory"])
            .gives("objectClass=organizationalPerson|person|top|user objectCategory=CN=Person,CN=Schema,CN=Configuration,{base}"),
        probe("user-type-of-new", "A user has the account type of a normal user and Domain Users as its first group.", CREATED)
            .person()
            .read(By::Admin, "{person}", &["sAMAccountType", "primaryGroupID"])
            .gives("sAMAccountType=805306368 primaryGroupID=513"),
        probe("user-counters-of-new", "A new user has no failures, no lock and no end.", CREATED)
            .person()
            .read(By::Admin, "{person}", &["badPwdCount", "badPasswordTime", "lockoutTime", "accountExpires"])
            .gives("badPwdCount=0 badPasswordTime=0 lockoutTime=absent accountExpires=9223372036854775807"),
        probe("user-is-not-protected", "A new user has no adminCount.", "MS-ADTS 3.1.1.6.1.1")
            .person()
            .read(By::Admin, "{person}", &["adminCount", "userAccountControl"])
            .gives("adminCount=absent userAccountControl=512"),
        probe("user-names", "Names in other forms are worked out.", "MS-ADTS 3.1.1.4.5")
            .person()
            .read(By::Admin, "{person}", &["distinguishedName", "name"])
            .gives("distinguishedName={person} name={sam}"),
        probe("user-principal-name", "msDS-PrincipalName is DOMAIN\\name.", "MS-ADTS 3.1.1.4.5")
            .person()
            .read(By::Admin, "{person}", &["msDS-PrincipalName"])
            .gives("msDS-PrincipalName={netbios}\\{sam}"),
        probe("user-canonical-name", "canonicalName spells the place from the domain down.", "MS-ADTS 3.1.1.4.5.18")
            .read(By::Admin, "CN=Users,{base}", &["canonicalName"])
            .gives("canonicalName={domain}/Users"),
    ]
}

fn pwd_last_set() -> Vec<Probe> {
    let written = |name, shows| probe(name, shows, PWD_LAST_SET).person();
    vec![
        written("pwd-last-set-0", "pwdLastSet takes 0.")
            .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
            .gives("ok")
            .read(By::Admin, "{person}", &["pwdLastSet"])
            .gives("pwdLastSet=0"),
        written(
            "pwd-last-set-minus-1",
            "pwdLastSet -1 becomes now, and the account binds again.",
        )
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["-1"])])
        .gives("ok")
        .read(By::Admin, "{person}", &["pwdLastSet?"])
        .gives("pwdLastSet?=set")
        .bind("{person}", "{first}")
        .gives("ok"),
        written("pwd-last-set-other", "pwdLastSet takes no other value.")
            .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["5"])])
            .gives("80 00000057"),
        written("pwd-last-set-deleted", "pwdLastSet cannot be deleted.")
            .modify(By::Admin, "{person}", &[Delete("pwdLastSet", &[])])
            .gives("53"),
        written(
            "pwd-last-set-keeps-key-version",
            "Writing pwdLastSet leaves the password.",
        )
        .mark("{person}", &["msDS-KeyVersionNumber"])
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .since("{person}", &["msDS-KeyVersionNumber"])
        .gives("msDS-KeyVersionNumber same"),
    ]
}

fn control() -> Vec<Probe> {
    let written = |name, shows| probe(name, shows, UAC).person();
    vec![
        written("control-disables", "ACCOUNTDISABLE disables at once.")
            .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["514"])])
            .gives("ok")
            .bind("{person}", "{first}")
            .gives("49 data 533"),
        written(
            "control-expired-bit-not-kept",
            "PASSWORD_EXPIRED is worked out and not kept.",
        )
        .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["8389120"])])
        .gives("ok")
        .read(By::Admin, "{person}", &["userAccountControl"])
        .gives("userAccountControl=512"),
        written(
            "control-without-kind",
            "Without a kind of account it stays a normal one.",
        )
        .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["0"])])
        .gives("ok")
        .read(By::Admin, "{person}", &["userAccountControl&512"])
        .gives("userAccountControl&512=512"),
        written("control-never-expires", "DONT_EXPIRE_PASSWORD is kept.")
            .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["66048"])])
            .gives("ok")
            .read(By::Admin, "{person}", &["userAccountControl"])
            .gives("userAccountControl=66048"),
        written("control-keeps-password", "Disabling and enabling leaves the password.")
            .mark("{person}", &["msDS-KeyVersionNumber", "pwdLastSet"])
            .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["514"])])
            .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["512"])])
            .since("{person}", &["msDS-KeyVersionNumber", "pwdLastSet"])
            .gives("msDS-KeyVersionNumber same pwdLastSet same"),
        probe(
            "control-enable-without-password",
            "An account without a password is not enabled where the domain asks for one.",
            UAC,
        )
        .add(
            By::Admin,
            "CN=thing,{unit}",
            &[("objectClass", "user"), ("sAMAccountName", "{sam}t")],
        )
        .modify(By::Admin, "CN=thing,{unit}", &[Replace("userAccountControl", &["512"])])
        .gives("53 0000052D"),
    ]
}

fn computed() -> Vec<Probe> {
    let worked_out = |name, shows| probe(name, shows, COMPUTED);
    vec![
        worked_out("computed-quiet", "Of a sound account nothing is computed.")
            .person()
            .read(By::Admin, "{person}", &["msDS-User-Account-Control-Computed"])
            .gives("msDS-User-Account-Control-Computed=0"),
        worked_out("computed-must-change", "pwdLastSet 0 shows as PASSWORD_EXPIRED.")
            .person()
            .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
            .read(By::Admin, "{person}", &["msDS-User-Account-Control-Computed"])
            .gives("msDS-User-Account-Control-Computed=8388608"),
        worked_out(
            "computed-never-expires",
            "An account whose password never expires is not expired.",
        )
        .person_with(&[("userAccountControl", "66048")])
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .read(By::Admin, "{person}", &["msDS-User-Account-Control-Computed"])
        .gives("msDS-User-Account-Control-Computed=0"),
        probe(
            "expiry-never",
            "A password that never expires has the last instant as its end.",
            "MS-ADTS 3.1.1.4.5.38 msDS-UserPasswordExpiryTimeComputed",
        )
        .person_with(&[("userAccountControl", "66048")])
        .read(By::Admin, "{person}", &["msDS-UserPasswordExpiryTimeComputed"])
        .gives("msDS-UserPasswordExpiryTimeComputed=9223372036854775807"),
        probe(
            "expiry-must-change",
            "With pwdLastSet 0 a password has ended.",
            "MS-ADTS 3.1.1.4.5.38 msDS-UserPasswordExpiryTimeComputed",
        )
        .person()
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .read(By::Admin, "{person}", &["msDS-UserPasswordExpiryTimeComputed"])
        .gives("msDS-UserPasswordExpiryTimeComputed=0"),
    ]
}

fn usns() -> Vec<Probe> {
    let moving = |name, shows| probe(name, shows, USN).person();
    vec![
        moving("usn-grows", "A write raises uSNChanged and leaves uSNCreated.")
            .mark("{person}", &["uSNChanged", "uSNCreated"])
            .modify(By::Admin, "{person}", &[Replace("description", &["x"])])
            .since("{person}", &["uSNChanged?", "uSNCreated"])
            .gives("uSNChanged grew uSNCreated same"),
        moving("usn-of-refused", "A refused write leaves uSNChanged.")
            .mark("{person}", &["uSNChanged"])
            .reset(By::Admin, "{person}", "{short}")
            .anyway()
            .since("{person}", &["uSNChanged"])
            .gives("uSNChanged same"),
        moving(
            "usn-of-same-value",
            "A replace with the value that is there leaves uSNChanged.",
        )
        .modify(By::Admin, "{person}", &[Replace("description", &["x"])])
        .mark("{person}", &["uSNChanged"])
        .modify(By::Admin, "{person}", &[Replace("description", &["x"])])
        .gives("ok")
        .since("{person}", &["uSNChanged"])
        .gives("uSNChanged same"),
    ]
}
