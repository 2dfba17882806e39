//! Locks, and how they end.

use crate::conformance::script::Change::{Delete, Replace};
use crate::conformance::script::{By, Pairs, Probe, probe};

const COUNTS: &str = "MS-SAMR 3.1.5.14.6: what a bad password does";
const LOCKED: &str = "MS-SAMR 3.1.5.14.5 and MS-ADTS 3.1.1.4.5.17 msDS-User-Account-Control-Computed";
const UNLOCK: &str = "MS-SAMR 3.1.1.8.3: lockoutTime written to 0";
const CONTROL: &str = "MS-SAMR 3.1.1.8.10: userAccountControl";
const EXEMPT: &str = "KB906305: the two passwords before the present one are not counted";

/// Three strikes, half an hour.
const THREE: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-PasswordHistoryLength", "5"),
    ("msDS-LockoutThreshold", "3"),
];
/// One strike, half an hour.
const ONE: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-LockoutThreshold", "1"),
];
/// One strike, one second.
const ONE_BRIEFLY: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-LockoutThreshold", "1"),
    ("msDS-LockoutObservationWindow", "-10000000"),
    ("msDS-LockoutDuration", "-10000000"),
];
/// Three strikes within one second.
const THREE_QUICKLY: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-LockoutThreshold", "3"),
    ("msDS-LockoutObservationWindow", "-10000000"),
];
/// What a lock without an end is written as.
const ONE_FOREVER: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-LockoutThreshold", "1"),
    ("msDS-LockoutDuration", "-9223372036854775808"),
];

pub(super) fn probes() -> Vec<Probe> {
    [
        counting(),
        not_counted(),
        locked(),
        unlocking(),
        other_ways_to_unlock(),
        passing(),
    ]
    .concat()
}

fn person_under(policy: Pairs, name: &'static str, shows: &'static str, source: &'static str) -> Probe {
    probe(name, shows, source)
        .person()
        .policy("strikes", policy, &["{person}"])
}

/// A person whom one wrong password has locked.
fn locked_person(name: &'static str, shows: &'static str, source: &'static str) -> Probe {
    person_under(ONE, name, shows, source)
        .bind("{person}", "{wrong}")
        .anyway()
}

fn counting() -> Vec<Probe> {
    let counted = |name, shows| person_under(THREE, name, shows, COUNTS);
    vec![
        counted(
            "lockout-counts",
            "A wrong password raises badPwdCount and stamps badPasswordTime.",
        )
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .read(By::Admin, "{person}", &["badPwdCount", "badPasswordTime?"])
        .gives("badPwdCount=1 badPasswordTime?=set"),
        counted("lockout-counts-on", "Each wrong password counts.")
            .bind("{person}", "{wrong}")
            .gives("49 data 52e")
            .bind("{person}", "{second}")
            .gives("49 data 52e")
            .read(By::Admin, "{person}", &["badPwdCount", "lockoutTime?"])
            .gives("badPwdCount=2 lockoutTime?=absent"),
        counted("lockout-right-clears", "The right password clears badPwdCount.")
            .bind("{person}", "{wrong}")
            .gives("49 data 52e")
            .bind("{person}", "{first}")
            .gives("ok")
            .read(By::Admin, "{person}", &["badPwdCount"])
            .gives("badPwdCount=0"),
        counted(
            "lockout-threshold",
            "At the threshold the account is locked: the right password gives 775.",
        )
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .read(By::Admin, "{person}", &["lockoutTime?"])
        .gives("lockoutTime?=set")
        .bind("{person}", "{first}")
        .gives("49 data 775"),
    ]
}

fn not_counted() -> Vec<Probe> {
    vec![
        probe("lockout-off", "With threshold 0 nobody is locked.", COUNTS)
            .person()
            .bind("{person}", "{wrong}")
            .gives("49 data 52e")
            .bind("{person}", "{wrong}")
            .gives("49 data 52e")
            .bind("{person}", "{wrong}")
            .gives("49 data 52e")
            .bind("{person}", "{first}")
            .gives("ok"),
        person_under(
            THREE,
            "lockout-previous-not-counted",
            "The previous password is refused and not counted.",
            EXEMPT,
        )
        .reset(By::Admin, "{person}", "{second}")
        .bind("{person}", "{first}")
        .gives("49 data 52e")
        .read(By::Admin, "{person}", &["badPwdCount"])
        .gives("badPwdCount=0"),
        person_under(
            THREE,
            "lockout-one-before-not-counted",
            "The password before the previous one is not counted either.",
            EXEMPT,
        )
        .reset(By::Admin, "{person}", "{second}")
        .reset(By::Admin, "{person}", "{third}")
        .bind("{person}", "{first}")
        .gives("49 data 52e")
        .read(By::Admin, "{person}", &["badPwdCount"])
        .gives("badPwdCount=0"),
    ]
}

fn locked() -> Vec<Probe> {
    vec![
        locked_person(
            "locked-hides-wrong-password",
            "While locked a wrong password gives 775 too.",
            LOCKED,
        )
        .bind("{person}", "{second}")
        .gives("49 data 775"),
        locked_person("locked-does-not-count", "While locked nothing is counted.", COUNTS)
            .bind("{person}", "{second}")
            .gives("49 data 775")
            .read(By::Admin, "{person}", &["badPwdCount"])
            .gives("badPwdCount=1"),
        locked_person(
            "locked-computed-bit",
            "msDS-User-Account-Control-Computed shows the lock.",
            LOCKED,
        )
        .read(By::Admin, "{person}", &["msDS-User-Account-Control-Computed&16"])
        .gives("msDS-User-Account-Control-Computed&16=16"),
        locked_person(
            "locked-not-in-control",
            "userAccountControl does not show the lock.",
            LOCKED,
        )
        .read(By::Admin, "{person}", &["userAccountControl"])
        .gives("userAccountControl=512"),
        locked_person(
            "locked-is-found",
            "A locked account is found by its lockoutTime.",
            LOCKED,
        )
        .search(By::Admin, "{unit}", ldap3::Scope::Subtree, "(lockoutTime>=1)")
        .gives("ok: {sam}"),
        locked_person(
            "locked-reset-does-not-unlock",
            "A reset leaves the lock and its counters.",
            UNLOCK,
        )
        .mark("{person}", &["lockoutTime", "badPwdCount"])
        .reset(By::Admin, "{person}", "{second}")
        .gives("ok")
        .since("{person}", &["lockoutTime", "badPwdCount"])
        .gives("lockoutTime same badPwdCount same")
        .bind("{person}", "{second}")
        .gives("49 data 775"),
        person_under(
            ONE_FOREVER,
            "locked-until-unlocked",
            "A lock without a duration holds until somebody ends it.",
            LOCKED,
        )
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .bind("{person}", "{first}")
        .gives("49 data 775")
        .modify(By::Admin, "{person}", &[Replace("lockoutTime", &["0"])])
        .gives("ok")
        .bind("{person}", "{first}")
        .gives("ok"),
    ]
}

fn unlocking() -> Vec<Probe> {
    let unlocked = |name, shows| locked_person(name, shows, UNLOCK);
    vec![
        unlocked("unlock-binds", "lockoutTime 0 ends the lock.")
            .modify(By::Admin, "{person}", &[Replace("lockoutTime", &["0"])])
            .gives("ok")
            .bind("{person}", "{first}")
            .gives("ok"),
        unlocked(
            "unlock-clears",
            "lockoutTime 0 clears badPwdCount and the computed bit, and keeps badPasswordTime.",
        )
        .mark("{person}", &["badPasswordTime"])
        .modify(By::Admin, "{person}", &[Replace("lockoutTime", &["0"])])
        .gives("ok")
        .read(
            By::Admin,
            "{person}",
            &["lockoutTime", "badPwdCount", "msDS-User-Account-Control-Computed&16"],
        )
        .gives("lockoutTime=0 badPwdCount=0 msDS-User-Account-Control-Computed&16=0")
        .since("{person}", &["badPasswordTime"])
        .gives("badPasswordTime same"),
        unlocked(
            "unlock-leaves-password",
            "An unlock moves neither the key version nor pwdLastSet.",
        )
        .mark("{person}", &["msDS-KeyVersionNumber", "pwdLastSet"])
        .modify(By::Admin, "{person}", &[Replace("lockoutTime", &["0"])])
        .gives("ok")
        .since("{person}", &["msDS-KeyVersionNumber", "pwdLastSet"])
        .gives("msDS-KeyVersionNumber same pwdLastSet same"),
        unlocked("unlock-with-reset", "One modify sets a password and ends the lock.")
            .modify(
                By::Admin,
                "{person}",
                &[Replace("unicodePwd", &["{second}"]), Replace("lockoutTime", &["0"])],
            )
            .gives("ok")
            .bind("{person}", "{second}")
            .gives("ok"),
        unlocked("unlock-twice-is-invisible", "A second unlock writes nothing.")
            .modify(By::Admin, "{person}", &[Replace("lockoutTime", &["0"])])
            .gives("ok")
            .mark("{person}", &["uSNChanged"])
            .modify(By::Admin, "{person}", &[Replace("lockoutTime", &["0"])])
            .gives("ok")
            .since("{person}", &["uSNChanged"])
            .gives("uSNChanged same"),
    ]
}

fn other_ways_to_unlock() -> Vec<Probe> {
    let unlocked = |name, shows| locked_person(name, shows, UNLOCK);
    vec![
        unlocked("unlock-by-delete", "lockoutTime cannot be deleted.")
            .modify(By::Admin, "{person}", &[Delete("lockoutTime", &[])])
            .gives("53"),
        locked_person(
            "unlock-by-control-bit",
            "Writing userAccountControl with bit 0x10 ends a lock.",
            CONTROL,
        )
        .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["528"])])
        .gives("ok")
        .bind("{person}", "{first}")
        .gives("ok"),
        locked_person(
            "unlock-not-by-control",
            "Writing userAccountControl without bit 0x10 leaves the lock.",
            CONTROL,
        )
        .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["512"])])
        .gives("ok")
        .bind("{person}", "{first}")
        .gives("49 data 775"),
        probe(
            "lock-not-by-control-bit",
            "Bit 0x10 of userAccountControl does not lock and is not kept.",
            CONTROL,
        )
        .person()
        .policy("strikes", ONE, &["{person}"])
        .modify(By::Admin, "{person}", &[Replace("userAccountControl", &["528"])])
        .gives("ok")
        .read(By::Admin, "{person}", &["userAccountControl"])
        .gives("userAccountControl=512")
        .bind("{person}", "{first}")
        .gives("ok"),
    ]
}

fn passing() -> Vec<Probe> {
    vec![
        person_under(
            ONE_BRIEFLY,
            "lock-passes",
            "When the duration is over the account binds again and lockoutTime becomes 0.",
            LOCKED,
        )
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .bind("{person}", "{first}")
        .until("ok")
        .read(By::Admin, "{person}", &["lockoutTime", "badPwdCount"])
        .gives("lockoutTime=0 badPwdCount=0"),
        person_under(
            ONE_BRIEFLY,
            "lock-outlived-by-its-time",
            "When the duration is over lockoutTime stays, while the computed bit and the count are gone.",
            LOCKED,
        )
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .read(By::Admin, "{person}", &["msDS-User-Account-Control-Computed&16"])
        .until("msDS-User-Account-Control-Computed&16=0")
        .read(By::Admin, "{person}", &["lockoutTime?"])
        .gives("lockoutTime?=set"),
        person_under(
            THREE_QUICKLY,
            "window-passes",
            "Failures outside the observation window begin a new count.",
            COUNTS,
        )
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .let_pass(2)
        .bind("{person}", "{wrong}")
        .gives("49 data 52e")
        .read(By::Admin, "{person}", &["badPwdCount", "lockoutTime?"])
        .gives("badPwdCount=1 lockoutTime?=absent"),
    ]
}
