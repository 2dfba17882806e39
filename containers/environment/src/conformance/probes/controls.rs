//! Request controls, paging among them.

use ldap3::Scope::{Base, Subtree};

use crate::conformance::script::Change::Add;
use crate::conformance::script::{By, Extra, Probe, Search, TREE_DELETE, probe};

const PAGING: &str = "RFC 2696; MS-ADTS 3.1.1.3.4.1.1";
const UNKNOWN: &str = "RFC 4511 4.1.11";
const DELETE: &str = "MS-ADTS 3.1.1.3.4.1.15 LDAP_SERVER_TREE_DELETE_OID";

const fn named(oid: &'static str, critical: bool) -> Extra {
    Extra {
        oid,
        critical,
        value: None,
    }
}

pub(super) fn probes() -> Vec<Probe> {
    [paging(), unknown(), deleting(), others()].concat()
}

/// A unit with five people in it.
fn five(name: &'static str, shows: &'static str) -> Probe {
    const PEOPLE: [(&str, &str); 5] = [
        ("CN=a,{unit}", "{sam}a"),
        ("CN=b,{unit}", "{sam}b"),
        ("CN=c,{unit}", "{sam}c"),
        ("CN=d,{unit}", "{sam}d"),
        ("CN=e,{unit}", "{sam}e"),
    ];
    let user = |probe: Probe, at: usize| {
        let attributes: &'static [(&str, &str)] = match at {
            0 => &[("objectClass", "user"), ("sAMAccountName", "{sam}a")],
            1 => &[("objectClass", "user"), ("sAMAccountName", "{sam}b")],
            2 => &[("objectClass", "user"), ("sAMAccountName", "{sam}c")],
            3 => &[("objectClass", "user"), ("sAMAccountName", "{sam}d")],
            _ => &[("objectClass", "user"), ("sAMAccountName", "{sam}e")],
        };
        probe.add(By::Admin, PEOPLE[at].0, attributes)
    };
    (0..PEOPLE.len()).fold(probe(name, shows, PAGING), user)
}

fn paging() -> Vec<Probe> {
    vec![
        five(
            "paging-splits",
            "Pages hold as many as asked for, and the last one the rest.",
        )
        .pages(By::Admin, "{unit}", 2)
        .gives("2+2+1"),
        five("paging-fits", "A page larger than the result holds it all.")
            .pages(By::Admin, "{unit}", 100)
            .gives("5"),
        five("paging-exact", "Pages of one entry each come to an end.")
            .pages(By::Admin, "{unit}", 1)
            .gives("1+1+1+1+1"),
        probe(
            "paging-empty",
            "A paged search that finds nothing is one empty page.",
            PAGING,
        )
        .pages(By::Admin, "{unit}", 2)
        .gives("0"),
    ]
}

fn with(extra: Extra) -> Search {
    Search {
        base: "{person}",
        scope: Base,
        filter: "(objectClass=*)",
        limit: 0,
        extra: Some(extra),
    }
}

fn unknown() -> Vec<Probe> {
    const NOBODYS: &str = "1.3.6.1.4.1.55555.1.2.3";
    vec![
        probe(
            "control-unknown",
            "A control that is neither critical nor known is ignored.",
            UNKNOWN,
        )
        .person()
        .search_for(By::Admin, with(named(NOBODYS, false)))
        .gives("ok: {sam}"),
        probe(
            "control-unknown-critical-write",
            "A write with a critical control that is not known is not done.",
            UNKNOWN,
        )
        .person()
        .modify_with(
            By::Admin,
            "{person}",
            &[Add("description", &["x"])],
            named(NOBODYS, true),
        )
        .gives("12")
        .read(By::Admin, "{person}", &["description"])
        .gives("description=absent"),
    ]
}

fn deleting() -> Vec<Probe> {
    vec![
        probe(
            "delete-tree",
            "With tree delete a unit goes with everything in it.",
            DELETE,
        )
        .unit("OU=deep,{unit}")
        .unit("OU=deeper,OU=deep,{unit}")
        .delete_with(By::Admin, "OU=deep,{unit}", TREE_DELETE)
        .gives("ok")
        .search(By::Admin, "{unit}", Subtree, "(ou=deep*)")
        .gives("ok"),
        probe("delete-tree-leaf", "Tree delete takes a leaf too.", DELETE)
            .unit("OU=leaf,{unit}")
            .delete_with(By::Admin, "OU=leaf,{unit}", TREE_DELETE)
            .gives("ok"),
    ]
}

fn others() -> Vec<Probe> {
    let taken = |name, shows, source, oid| {
        probe(name, shows, source)
            .person()
            .search_for(By::Admin, with(named(oid, true)))
            .gives("ok: {sam}")
    };
    vec![
        taken(
            "control-domain-scope",
            "Domain scope is taken.",
            "MS-ADTS 3.1.1.3.4.1.4 LDAP_SERVER_DOMAIN_SCOPE_OID",
            "1.2.840.113556.1.4.1339",
        ),
        taken(
            "control-show-deleted",
            "Show deleted is taken.",
            "MS-ADTS 3.1.1.3.4.1.14 LDAP_SERVER_SHOW_DELETED_OID",
            "1.2.840.113556.1.4.417",
        ),
        probe(
            "control-permissive-modify",
            "With permissive modify a value that is there already may be added.",
            "MS-ADTS 3.1.1.3.4.1.8 LDAP_SERVER_PERMISSIVE_MODIFY_OID",
        )
        .person_with(&[("otherTelephone", "5")])
        .modify_with(
            By::Admin,
            "{person}",
            &[Add("otherTelephone", &["5"])],
            named("1.2.840.113556.1.4.1413", true),
        )
        .gives("ok"),
        probe(
            "control-sd-flags",
            "Security descriptor flags are taken.",
            "MS-ADTS 3.1.1.3.4.1.11 LDAP_SERVER_SD_FLAGS_OID",
        )
        .person()
        .search_for(
            By::Admin,
            with(Extra {
                oid: "1.2.840.113556.1.4.801",
                critical: true,
                value: Some(&[0x30, 3, 2, 1, 4]),
            }),
        )
        .gives("ok: {sam}"),
    ]
}
