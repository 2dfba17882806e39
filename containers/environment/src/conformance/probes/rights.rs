//! What delegated and ordinary accounts may do.

use crate::conformance::script::Change::{Add, Replace};
use crate::conformance::script::{By, HINTS, Probe, probe};

const RIGHTS: &str = "MS-ADTS 5.1.3.2.1: control access rights; 5.1.3.3: property access";
const UNEXPIRE: &str = "MS-SAMR 3.1.1.8.7: Unexpire-Password";
const PROTECTED: &str = "MS-ADTS 3.1.1.6.1.1: AdminSDHolder";
const SELF: &str = "MS-ADTS 5.1.3 and the default security descriptor of the class user";

const LOCKS: &[(&str, &str)] = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-LockoutThreshold", "1"),
];

pub(super) fn probes() -> Vec<Probe> {
    [granted(), granted_besides(), withheld(), outside(), ordinary()].concat()
}

fn granted() -> Vec<Probe> {
    let allowed = |name, shows| probe(name, shows, RIGHTS).person();
    vec![
        allowed(
            "agent-resets",
            "Reset Password lets the delegated account set a password.",
        )
        .reset(By::Agent, "{person}", "{second}")
        .gives("ok")
        .bind("{person}", "{second}")
        .gives("ok"),
        probe(
            "agent-reset-unexpires",
            "With Unexpire Password a delegated reset stamps pwdLastSet.",
            UNEXPIRE,
        )
        .person()
        .modify(By::Admin, "{person}", &[Replace("pwdLastSet", &["0"])])
        .reset(By::Agent, "{person}", "{second}")
        .gives("ok")
        .read(By::Admin, "{person}", &["pwdLastSet?"])
        .gives("pwdLastSet?=set"),
        allowed("agent-unlocks", "Write lockoutTime lets the delegated account unlock.")
            .policy("locks", LOCKS, &["{person}"])
            .bind("{person}", "{wrong}")
            .gives("49 data 52e")
            .modify(By::Agent, "{person}", &[Replace("lockoutTime", &["0"])])
            .gives("ok")
            .bind("{person}", "{first}")
            .gives("ok"),
        allowed("agent-resets-and-unlocks", "Both rights together serve one modify.")
            .policy("locks", LOCKS, &["{person}"])
            .bind("{person}", "{wrong}")
            .gives("49 data 52e")
            .modify(
                By::Agent,
                "{person}",
                &[Replace("unicodePwd", &["{second}"]), Replace("lockoutTime", &["0"])],
            )
            .gives("ok")
            .bind("{person}", "{second}")
            .gives("ok"),
    ]
}

fn granted_besides() -> Vec<Probe> {
    let allowed = |name, shows| probe(name, shows, RIGHTS).person();
    vec![
        allowed(
            "agent-forces-change",
            "Write pwdLastSet lets the delegated account ask for another password.",
        )
        .modify(By::Agent, "{person}", &[Replace("pwdLastSet", &["0"])])
        .gives("ok")
        .bind("{person}", "{first}")
        .gives("49 data 773"),
        allowed(
            "agent-changes",
            "Change Password lets the delegated account change what it can prove.",
        )
        .change(By::Agent, "{person}", "{first}", "{second}")
        .gives("ok"),
        allowed("agent-reads-key-version", "An ordinary account reads what probes need.")
            .mark("{person}", &["msDS-KeyVersionNumber"])
            .read(
                By::Agent,
                "{person}",
                &["msDS-KeyVersionNumber?", "lockoutTime?", "userAccountControl"],
            )
            .gives("msDS-KeyVersionNumber?=set lockoutTime?=absent userAccountControl=512"),
        allowed("agent-hints", "Policy hints hold a delegated reset to history.")
            .policy(
                "remembers",
                &[
                    ("msDS-PasswordSettingsPrecedence", "10"),
                    ("msDS-PasswordHistoryLength", "5"),
                ],
                &["{person}"],
            )
            .reset_with(By::Agent, "{person}", "{first}", HINTS)
            .gives("53 0000052D"),
    ]
}

fn withheld() -> Vec<Probe> {
    let withheld = |name, shows| probe(name, shows, RIGHTS).person();
    vec![
        withheld("agent-writes-nothing-else", "No other attribute may be written.")
            .modify(By::Agent, "{person}", &[Replace("description", &["x"])])
            .gives("50 00002098"),
        withheld("agent-does-not-enable", "userAccountControl may not be written.")
            .modify(By::Agent, "{person}", &[Replace("userAccountControl", &["514"])])
            .gives("50 00002098"),
        withheld("agent-adds-nobody", "Nobody may be added.")
            .add(
                By::Agent,
                "CN=new,{unit}",
                &[("objectClass", "user"), ("sAMAccountName", "{sam}n")],
            )
            .gives("50"),
        withheld("agent-deletes-nobody", "Nobody may be deleted.")
            .delete(By::Agent, "{person}")
            .gives("50"),
        withheld("agent-renames-nobody", "Nobody may be renamed.")
            .rename(By::Agent, "{person}", "CN=renamed", None)
            .gives("50"),
        withheld("agent-joins-no-group", "No group may be changed.")
            .add(
                By::Admin,
                "CN=group,{unit}",
                &[("objectClass", "group"), ("sAMAccountName", "{sam}g")],
            )
            .modify(By::Agent, "CN=group,{unit}", &[Add("member", &["{person}"])])
            .gives("50"),
        withheld(
            "agent-mixed-modify",
            "A modify with one change that is not allowed changes nothing.",
        )
        .modify(
            By::Agent,
            "{person}",
            &[Replace("unicodePwd", &["{second}"]), Replace("description", &["x"])],
        )
        .gives("50")
        .bind("{person}", "{first}")
        .gives("ok"),
        probe(
            "agent-protected-account",
            "A member of a protected group is out of reach: its access list comes from AdminSDHolder.",
            PROTECTED,
        )
        .person()
        .modify(
            By::Admin,
            "CN=Print Operators,CN=Builtin,{base}",
            &[Add("member", &["{person}"])],
        )
        .modify(By::Admin, "{person}", &[Replace("adminCount", &["1"])])
        .modify(By::Admin, "", &[Replace("runProtectAdminGroupsTask", &["1"])])
        .anyway()
        .reset(By::Agent, "{person}", "{second}")
        .gives("50 00000005"),
    ]
}

fn outside() -> Vec<Probe> {
    let outside = |name, shows| probe(name, shows, RIGHTS).person_in("{outside}");
    vec![
        outside(
            "agent-reset-outside",
            "Outside the delegated unit nobody's password may be set.",
        )
        .reset(By::Agent, "{person}", "{second}")
        .gives("50 00000005"),
        outside(
            "agent-unlock-outside",
            "Outside the delegated unit nobody may be unlocked.",
        )
        .policy("locks", LOCKS, &["{person}"])
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .modify(By::Agent, "{person}", &[Replace("lockoutTime", &["0"])])
        .gives("50 00002098"),
        outside(
            "agent-force-change-outside",
            "Outside the delegated unit pwdLastSet may not be written.",
        )
        .modify(By::Agent, "{person}", &[Replace("pwdLastSet", &["0"])])
        .gives("50 00002098"),
        probe(
            "agent-reset-administrator",
            "The administrator is out of reach.",
            RIGHTS,
        )
        .reset(By::Agent, "{admin}", "{second}")
        .gives("50"),
        outside(
            "agent-reads-outside",
            "Reading is not delegated: everybody who has bound may read.",
        )
        .read(By::Agent, "{person}", &["cn"])
        .gives("cn={sam}"),
        outside(
            "agent-reach-follows-moves",
            "Somebody who is moved into the delegated unit comes into reach.",
        )
        .reset(By::Agent, "{person}", "{second}")
        .gives("50")
        .rename(By::Admin, "{person}", "CN={sam}", Some("{unit}"))
        .reset(By::Agent, "CN={sam},{unit}", "{second}")
        .gives("ok"),
    ]
}

fn ordinary() -> Vec<Probe> {
    let signed_in = |name, shows| probe(name, shows, SELF).person().sign_in("{first}");
    let other = |probe: Probe| {
        probe.add(
            By::Admin,
            "CN=other,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}o"),
                ("userAccountControl", "512"),
                ("unicodePwd", "{third}"),
            ],
        )
    };
    vec![
        other(signed_in("person-resets-nobody", "An ordinary account resets nobody."))
            .reset(By::Person, "CN=other,{unit}", "{second}")
            .gives("50 00000005"),
        other(signed_in(
            "person-unlocks-nobody",
            "An ordinary account unlocks nobody.",
        ))
        .modify(By::Person, "CN=other,{unit}", &[Replace("lockoutTime", &["0"])])
        .gives("50 00002098"),
        signed_in(
            "person-unexpires-not",
            "An ordinary account does not write its own pwdLastSet.",
        )
        .modify(By::Person, "{person}", &[Replace("pwdLastSet", &["-1"])])
        .gives("50 00002098"),
        signed_in(
            "person-writes-own-description-not",
            "An ordinary account does not write its own description.",
        )
        .modify(By::Person, "{person}", &[Replace("description", &["x"])])
        .gives("50 00002098"),
        signed_in(
            "person-writes-own-telephone",
            "An ordinary account writes its own personal information.",
        )
        .modify(By::Person, "{person}", &[Replace("telephoneNumber", &["5"])])
        .gives("ok"),
        signed_in("person-adds-nobody", "An ordinary account adds nobody.")
            .add(
                By::Person,
                "CN=new,{unit}",
                &[("objectClass", "user"), ("sAMAccountName", "{sam}n")],
            )
            .gives("50"),
        signed_in("person-reads", "An ordinary account reads others.")
            .read(By::Person, "{admin}", &["sAMAccountName?"])
            .gives("sAMAccountName?=set"),
    ]
}
