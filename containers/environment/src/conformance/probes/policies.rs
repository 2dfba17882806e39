//! Password policies, fine-grained ones among them, and the control that makes a reset obey them all.

use crate::conformance::script::Change::{Add, Replace};
use crate::conformance::script::{By, Extra, HINTS, HINTS_DEPRECATED, Pairs, Probe, probe};

const PSO: &str = "MS-ADTS 3.1.1.4.5.36 msDS-ResultantPSO and MS-SAMR 3.1.1.5: which policy is effective";
const HINT: &str = "MS-ADTS 3.1.1.3.4.1.27 LDAP_SERVER_POLICY_HINTS_OID";
const SCHEMA: &str = "MS-ADTS 6.1.1.4.11.1 and the class msDS-PasswordSettings";

const LONG: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-MinimumPasswordLength", "30"),
];
const LONG_BUT_LATE: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "950"),
    ("msDS-MinimumPasswordLength", "30"),
];
const REMEMBERS: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-PasswordHistoryLength", "5"),
];
const SLOW: Pairs = &[
    ("msDS-PasswordSettingsPrecedence", "10"),
    ("msDS-MinimumPasswordAge", "-864000000000"),
];
/// Flag 0 asks for nothing.
const NO_HINTS: Extra = Extra {
    value: Some(&[0x30, 3, 2, 1, 0]),
    ..HINTS
};

pub(super) fn probes() -> Vec<Probe> {
    [effective(), one_of_several(), laxer(), objects(), hints()].concat()
}

fn group(probe: Probe) -> Probe {
    probe.add(
        By::Admin,
        "CN=group,{unit}",
        &[
            ("objectClass", "group"),
            ("sAMAccountName", "{sam}g"),
            ("groupType", "-2147483646"),
        ],
    )
}

fn effective() -> Vec<Probe> {
    let policed = |name, shows| probe(name, shows, PSO);
    vec![
        policed("pso-direct", "A policy that applies to an account holds for it.")
            .person()
            .policy("long", LONG, &["{person}"])
            .reset(By::Admin, "{person}", "{second}")
            .gives("53 0000052D"),
        policed("pso-resultant", "msDS-ResultantPSO names the policy in force.")
            .person()
            .policy("long", LONG, &["{person}"])
            .read(By::Admin, "{person}", &["msDS-ResultantPSO"])
            .gives("msDS-ResultantPSO={long}"),
        policed(
            "pso-by-group",
            "A policy that applies to a group holds for its members.",
        )
        .plain_person()
        .add(
            By::Admin,
            "CN=group,{unit}",
            &[
                ("objectClass", "group"),
                ("sAMAccountName", "{sam}g"),
                ("groupType", "-2147483646"),
                ("member", "{person}"),
            ],
        )
        .policy("long", LONG, &["CN=group,{unit}"])
        .reset(By::Admin, "{person}", "{second}")
        .gives("53 0000052D")
        .read(By::Admin, "{person}", &["msDS-ResultantPSO"])
        .gives("msDS-ResultantPSO={long}"),
        group(
            policed(
                "pso-by-nested-group",
                "A policy reaches the members of a group's groups.",
            )
            .plain_person(),
        )
        .add(
            By::Admin,
            "CN=outer,{unit}",
            &[
                ("objectClass", "group"),
                ("sAMAccountName", "{sam}u"),
                ("groupType", "-2147483646"),
                ("member", "CN=group,{unit}"),
            ],
        )
        .modify(By::Admin, "CN=group,{unit}", &[Add("member", &["{person}"])])
        .policy("long", LONG, &["CN=outer,{unit}"])
        .reset(By::Admin, "{person}", "{second}")
        .gives("53 0000052D"),
    ]
}

fn one_of_several() -> Vec<Probe> {
    let policed = |name, shows| probe(name, shows, PSO);
    vec![
        group(
            policed(
                "pso-direct-beats-group",
                "A direct policy wins over a group's, whatever their precedence.",
            )
            .person(),
        )
        .modify(By::Admin, "CN=group,{unit}", &[Add("member", &["{person}"])])
        .policy("long", LONG, &["CN=group,{unit}"])
        .reset(By::Admin, "{person}", "{second}")
        .gives("ok")
        .read(By::Admin, "{person}", &["msDS-ResultantPSO"])
        .gives("msDS-ResultantPSO={lax}"),
        policed(
            "pso-lowest-precedence-wins",
            "Of two direct policies the one with the lower precedence holds.",
        )
        .person()
        .policy("late", LONG_BUT_LATE, &["{person}"])
        .reset(By::Admin, "{person}", "{second}")
        .gives("ok")
        .policy("long", LONG, &["{person}"])
        .reset(By::Admin, "{person}", "{third}")
        .gives("53 0000052D"),
        policed("pso-removed", "When a policy is gone the next one holds.")
            .person()
            .policy("long", LONG, &["{person}"])
            .reset(By::Admin, "{person}", "{second}")
            .gives("53 0000052D")
            .delete(By::Admin, "{long}")
            .gives("ok")
            .reset(By::Admin, "{person}", "{second}")
            .gives("ok"),
        policed("pso-none", "Where no policy applies, msDS-ResultantPSO is absent.")
            .plain_person()
            .read(By::Admin, "{person}", &["msDS-ResultantPSO?"])
            .gives("msDS-ResultantPSO?=absent"),
    ]
}

fn laxer() -> Vec<Probe> {
    let policed = |name, shows| probe(name, shows, PSO);
    vec![
        policed(
            "pso-without-complexity",
            "A policy may ask for less than the domain: one class of characters.",
        )
        .person()
        .policy(
            "easy",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-PasswordComplexityEnabled", "FALSE"),
            ],
            &["{person}"],
        )
        .reset(By::Admin, "{person}", "{plain}")
        .gives("ok"),
        policed(
            "pso-short",
            "A policy may ask for less than the domain: a shorter password.",
        )
        .person()
        .policy(
            "brief",
            &[
                ("msDS-PasswordSettingsPrecedence", "10"),
                ("msDS-MinimumPasswordLength", "3"),
            ],
            &["{person}"],
        )
        .reset(By::Admin, "{person}", "{short}")
        .gives("ok"),
        probe(
            "password-not-required",
            "An account with PASSWD_NOTREQD is not held to length and complexity.",
            "MS-SAMR 3.1.1.7.2: UF_PASSWD_NOTREQD",
        )
        .person_with(&[("userAccountControl", "544")])
        .reset(By::Admin, "{person}", "{short}")
        .gives("ok"),
    ]
}

fn objects() -> Vec<Probe> {
    vec![
        probe("pso-needs-precedence", "A policy without a precedence is refused.", SCHEMA)
            .policy("bare", &[("msDS-PasswordSettingsPrecedence", "")], &[])
            .gives("65"),
        probe("pso-needs-length", "A policy without a minimum length is refused.", SCHEMA)
            .policy("bare", &[("msDS-MinimumPasswordLength", "")], &[])
            .gives("65"),
        probe("pso-is-read-back", "A policy is read as it was written.", SCHEMA)
            .policy("long", LONG, &[])
            .gives("ok")
            .read(By::Admin, "{long}", &[
                "msDS-PasswordSettingsPrecedence",
                "msDS-MinimumPasswordLength",
                "msDS-PasswordComplexityEnabled",
                "msDS-LockoutDuration",
            ])
            .gives("msDS-PasswordSettingsPrecedence=10 msDS-MinimumPasswordLength=30 msDS-PasswordComplexityEnabled=TRUE msDS-LockoutDuration=-18000000000"),
        probe("pso-is-changed", "A changed policy holds at once.", PSO)
            .person()
            .policy("long", LONG, &["{person}"])
            .modify(By::Admin, "{long}", &[Replace("msDS-MinimumPasswordLength", &["7"])])
            .gives("ok")
            .reset(By::Admin, "{person}", "{second}")
            .gives("ok"),
        probe("pso-applied-is-read", "msDS-PSOApplied of an account names the policies linked to it.", SCHEMA)
            .person()
            .read(By::Admin, "{person}", &["msDS-PSOApplied"])
            .gives("msDS-PSOApplied={lax}"),
    ]
}

fn hints() -> Vec<Probe> {
    let hinted = |name, shows| probe(name, shows, HINT).person();
    vec![
        hinted(
            "hints-history",
            "With policy hints a reset may not bring a remembered password back.",
        )
        .policy("remembers", REMEMBERS, &["{person}"])
        .reset(By::Admin, "{person}", "{second}")
        .reset_with(By::Admin, "{person}", "{first}", HINTS)
        .gives("53 0000052D"),
        hinted(
            "hints-present",
            "With policy hints a reset to the present password is refused.",
        )
        .policy("remembers", REMEMBERS, &["{person}"])
        .reset_with(By::Admin, "{person}", "{first}", HINTS)
        .gives("53 0000052D"),
        hinted(
            "hints-deprecated",
            "The deprecated identifier of policy hints does the same.",
        )
        .policy("remembers", REMEMBERS, &["{person}"])
        .reset_with(By::Admin, "{person}", "{first}", HINTS_DEPRECATED)
        .gives("53 0000052D"),
        hinted(
            "hints-minimum-age",
            "With policy hints a reset is held by the minimum age.",
        )
        .policy("slow", SLOW, &["{person}"])
        .reset_with(By::Admin, "{person}", "{second}", HINTS)
        .gives("53 0000052D"),
        hinted("hints-fresh", "With policy hints a reset to a new password works.")
            .policy("remembers", REMEMBERS, &["{person}"])
            .reset_with(By::Admin, "{person}", "{second}", HINTS)
            .gives("ok"),
        hinted("hints-flag-0", "Policy hints with another flag than 1 ask for nothing.")
            .policy("remembers", REMEMBERS, &["{person}"])
            .reset_with(By::Admin, "{person}", "{first}", NO_HINTS)
            .gives("ok"),
        hinted(
            "hints-give-no-right",
            "Policy hints do not let anybody reset who may not.",
        )
        .sign_in("{first}")
        .reset_with(By::Person, "{person}", "{second}", HINTS)
        .gives("50"),
    ]
}
