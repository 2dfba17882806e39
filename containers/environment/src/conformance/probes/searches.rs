//! Searches and their filters.

use ldap3::Scope::{Base, OneLevel, Subtree};

use crate::conformance::script::Change::Replace;
use crate::conformance::script::{By, Probe, Search, probe};

const SCOPES: &str = "RFC 4511 4.5.1.2; MS-ADTS 3.1.1.3.1.3";
const FILTERS: &str = "RFC 4511 4.5.1.7; MS-ADTS 3.1.1.3.1.3.1";
const RULES: &str = "MS-ADTS 3.1.1.3.4.4: matching rules";
const NAMES: &str = "MS-ADTS 3.1.1.3.1.2.4: alternative forms of names";
const RESULTS: &str = "MS-ADTS 3.1.1.3.1.3.5 and 3.1.1.4.4";

pub(super) fn probes() -> Vec<Probe> {
    [
        scopes(),
        text_filters(),
        logic_filters(),
        special_filters(),
        rules(),
        names(),
        results(),
        fresh_results(),
    ]
    .concat()
}

/// A unit with two people, a group of one of them, and a unit with a third.
fn crowd(name: &'static str, shows: &'static str, source: &'static str) -> Probe {
    probe(name, shows, source)
        .add(
            By::Admin,
            "CN=ann,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}a"),
                ("department", "Sales and Service"),
                ("countryCode", "10"),
            ],
        )
        .add(
            By::Admin,
            "CN=bob,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}b"),
                ("department", "Service"),
                ("countryCode", "20"),
            ],
        )
        .unit("OU=deep,{unit}")
        .add(
            By::Admin,
            "CN=cid,OU=deep,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}c"),
                ("countryCode", "30"),
            ],
        )
        .add(
            By::Admin,
            "CN=team,{unit}",
            &[
                ("objectClass", "group"),
                ("sAMAccountName", "{sam}t"),
                ("groupType", "-2147483646"),
                ("member", "CN=ann,{unit}"),
            ],
        )
}

fn scopes() -> Vec<Probe> {
    vec![
        crowd("search-base", "A base search looks at one entry.", SCOPES)
            .search(By::Admin, "CN=ann,{unit}", Base, "(objectClass=*)")
            .gives("ok: ann"),
        crowd(
            "search-one-level",
            "A one-level search looks at the entries directly below.",
            SCOPES,
        )
        .search(By::Admin, "{unit}", OneLevel, "(objectClass=user)")
        .gives("ok: ann bob"),
        crowd(
            "search-subtree",
            "A subtree search looks at everything, its base too.",
            SCOPES,
        )
        .search(By::Admin, "OU=deep,{unit}", Subtree, "(objectClass=*)")
        .gives("ok: cid deep"),
        probe(
            "search-missing-base",
            "A base that is not there gives noSuchObject.",
            SCOPES,
        )
        .search(By::Admin, "OU=nowhere,{unit}", Subtree, "(objectClass=*)")
        .gives("32 0000208D"),
        probe(
            "search-malformed-base",
            "A base that is no name gives invalidDNSyntax.",
            SCOPES,
        )
        .search(By::Admin, "nonsense", Subtree, "(objectClass=*)")
        .gives("34 0000208F"),
        probe(
            "search-foreign-base",
            "A base of another domain gives a referral.",
            "MS-ADTS 3.1.1.3.1.3, referrals",
        )
        .search(By::Admin, "DC=elsewhere,DC=invalid", Base, "(objectClass=*)")
        .gives("10 0000202B"),
    ]
}

fn text_filters() -> Vec<Probe> {
    vec![
        filtered(
            "filter-equality",
            "Equality ignores case.",
            "(department=SERVICE)",
            "ok: bob",
        ),
        filtered(
            "filter-presence",
            "Presence finds what has a value.",
            "(department=*)",
            "ok: ann bob",
        ),
        filtered(
            "filter-initial",
            "A substring matches at the start.",
            "(department=sal*)",
            "ok: ann",
        ),
        filtered(
            "filter-final",
            "A substring matches at the end.",
            "(department=*ice)",
            "ok: ann bob",
        ),
        filtered(
            "filter-any",
            "A substring matches in between.",
            "(department=s*and*e)",
            "ok: ann",
        ),
    ]
}

/// Whom a filter finds among the people of a probe.
fn filtered(name: &'static str, shows: &'static str, filter: &'static str, found: &'static str) -> Probe {
    crowd(name, shows, FILTERS)
        .search(By::Admin, "{unit}", Subtree, filter)
        .gives(found)
}

fn logic_filters() -> Vec<Probe> {
    vec![
        filtered(
            "filter-and",
            "And holds when all hold.",
            "(&(objectClass=user)(countryCode=20))",
            "ok: bob",
        ),
        filtered(
            "filter-or",
            "Or holds when one holds.",
            "(|(countryCode=10)(countryCode=30))",
            "ok: ann cid",
        ),
        filtered(
            "filter-not",
            "Not holds when it does not.",
            "(&(objectClass=user)(!(countryCode=10)))",
            "ok: bob cid",
        ),
        filtered(
            "filter-not-absent",
            "Not holds for what has no value.",
            "(&(objectClass=user)(!(department=Service)))",
            "ok: ann cid",
        ),
        filtered(
            "filter-greater",
            "Numbers are compared as numbers.",
            "(&(objectClass=user)(countryCode>=20))",
            "ok: bob cid",
        ),
        filtered(
            "filter-less",
            "Numbers are compared as numbers, downwards too.",
            "(&(objectClass=user)(countryCode<=20))",
            "ok: ann bob",
        ),
        filtered(
            "filter-unknown-attribute",
            "An attribute that nobody knows is neither true nor false.",
            "(noSuchAttribute=x)",
            "ok",
        ),
        filtered(
            "filter-not-unknown",
            "Its negation is neither, too.",
            "(&(objectClass=user)(!(noSuchAttribute=x)))",
            "ok",
        ),
        filtered(
            "filter-with-presence-of-class",
            "A presence of objectClass narrows nothing.",
            "(&(cn=ann)(objectClass=*))",
            "ok: ann",
        ),
    ]
}

fn special_filters() -> Vec<Probe> {
    vec![
        filtered(
            "filter-category",
            "objectCategory takes the short name of a class.",
            "(objectCategory=person)",
            "ok: ann bob cid",
        ),
        filtered(
            "filter-class",
            "objectClass finds what derives from the class.",
            "(objectClass=organizationalPerson)",
            "ok: ann bob cid",
        ),
        filtered(
            "filter-escape",
            "An escaped byte stands for itself.",
            "(department=S\\65rvice)",
            "ok: bob",
        ),
        filtered(
            "filter-member-of",
            "memberOf finds a group's members.",
            "(memberOf=CN=team,{unit})",
            "ok: ann",
        ),
        filtered(
            "filter-member",
            "member finds a person's groups.",
            "(member=CN=ann,{unit})",
            "ok: team",
        ),
        filtered(
            "filter-dn-value",
            "distinguishedName finds one entry.",
            "(distinguishedName=CN=bob,{unit})",
            "ok: bob",
        ),
    ]
}

fn rules() -> Vec<Probe> {
    let ruled = |name, shows, filter, found| {
        crowd(name, shows, RULES)
            .search(By::Admin, "{unit}", Subtree, filter)
            .gives(found)
    };
    vec![
        ruled(
            "rule-bit-and",
            "Rule 803 holds when all bits are set.",
            "(countryCode:1.2.840.113556.1.4.803:=20)",
            "ok: bob cid",
        ),
        ruled(
            "rule-bit-or",
            "Rule 804 holds when one bit is set.",
            "(countryCode:1.2.840.113556.1.4.804:=5)",
            "ok: bob cid",
        ),
        ruled(
            "rule-disabled",
            "Rule 803 on userAccountControl finds disabled accounts.",
            "(&(objectClass=user)(userAccountControl:1.2.840.113556.1.4.803:=2))",
            "ok: ann bob cid",
        ),
        crowd("rule-in-chain", "Rule 1941 follows groups of groups.", RULES)
            .add(
                By::Admin,
                "CN=outer,{unit}",
                &[
                    ("objectClass", "group"),
                    ("sAMAccountName", "{sam}u"),
                    ("groupType", "-2147483646"),
                    ("member", "CN=team,{unit}"),
                ],
            )
            .search(
                By::Admin,
                "{unit}",
                Subtree,
                "(memberOf:1.2.840.113556.1.4.1941:=CN=outer,{unit})",
            )
            .gives("ok: ann team"),
    ]
}

fn names() -> Vec<Probe> {
    vec![
        probe("name-by-guid", "<GUID=…> names an entry as a base.", NAMES)
            .person()
            .search(By::Admin, "<GUID={guid}>", Base, "(objectClass=*)")
            .gives("ok: {sam}"),
        probe("name-by-sid", "<SID=…> names an entry as a base.", NAMES)
            .person()
            .search(By::Admin, "<SID={sid}>", Base, "(objectClass=*)")
            .gives("ok: {sam}"),
        probe("name-well-known", "<WKGUID=…> names a well-known container.", NAMES)
            .search(
                By::Admin,
                "<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,{base}>",
                Base,
                "(objectClass=*)",
            )
            .gives("ok: Users"),
        probe(
            "filter-guid-bytes",
            "objectGUID is found by its escaped bytes.",
            FILTERS,
        )
        .person()
        .search(By::Admin, "{base}", Subtree, "(objectGUID={escaped-guid})")
        .gives("ok: {sam}"),
        probe("filter-sid-text", "objectSid is found by its text form.", FILTERS)
            .person()
            .search(By::Admin, "{base}", Subtree, "(objectSid={sid})")
            .gives("ok: {sam}"),
        probe(
            "filter-upn",
            "userPrincipalName finds one person whatever the case.",
            FILTERS,
        )
        .person()
        .search(By::Admin, "{base}", Subtree, "(userPrincipalName={upn})")
        .gives("ok: {sam}"),
        probe(
            "name-with-comma",
            "A comma in a name is escaped and found.",
            "RFC 4514 2.4",
        )
        .add(
            By::Admin,
            "CN=Doe\\, Jane,{unit}",
            &[("objectClass", "user"), ("sAMAccountName", "{sam}j")],
        )
        .gives("ok")
        .search(By::Admin, "{unit}", Subtree, "(cn=Doe, Jane)")
        .gives("ok: Doe\\, Jane"),
        probe(
            "name-with-umlaut",
            "A name outside ASCII is kept and found.",
            "RFC 4514 2.4",
        )
        .add(
            By::Admin,
            "CN=Jörg Größ,{unit}",
            &[("objectClass", "user"), ("sAMAccountName", "{sam}j")],
        )
        .gives("ok")
        .search(By::Admin, "{unit}", Subtree, "(cn=jörg*)")
        .gives("ok: Jörg Größ"),
    ]
}

fn results() -> Vec<Probe> {
    vec![
        crowd(
            "search-size-limit",
            "A size limit ends a search with what was found so far.",
            "RFC 4511 4.5.1.4",
        )
        .search_for(
            By::Admin,
            Search {
                base: "{unit}",
                scope: Subtree,
                filter: "(objectClass=user)",
                limit: 2,
                extra: None,
            },
        )
        .gives("4: 2 entries")
        .search_for(
            By::Admin,
            Search {
                base: "{unit}",
                scope: Subtree,
                filter: "(objectClass=user)",
                limit: 3,
                extra: None,
            },
        )
        .gives("ok: 3 entries"),
        probe(
            "read-constructed-only-by-name",
            "A constructed attribute is shown only when it is named.",
            RESULTS,
        )
        .person()
        .read(By::Admin, "{person}", &["*", "msDS-KeyVersionNumber?", "cn?"])
        .gives("msDS-KeyVersionNumber?=absent cn?=set"),
        probe("read-no-attributes", "1.1 asks for no attributes.", "RFC 4511 4.5.1.8")
            .person()
            .read(By::Admin, "{person}", &["1.1", "cn?", "objectClass?"])
            .gives("cn?=absent objectClass?=absent"),
        probe(
            "read-names-in-any-case",
            "Names of attributes are asked for in any case.",
            RESULTS,
        )
        .person()
        .read(By::Admin, "{person}", &["SAMACCOUNTNAME"])
        .gives("SAMACCOUNTNAME={sam}"),
    ]
}

fn fresh_results() -> Vec<Probe> {
    vec![
        probe(
            "search-deleted",
            "What is deleted is not found any more.",
            "MS-ADTS 3.1.1.5.5",
        )
        .person()
        .delete(By::Admin, "{person}")
        .gives("ok")
        .search(By::Admin, "{unit}", Subtree, "(sAMAccountName={sam})")
        .gives("ok"),
        probe(
            "search-follows-writes",
            "What is written is found at once.",
            "MS-ADTS 3.1.1.5.3",
        )
        .person()
        .modify(By::Admin, "{person}", &[Replace("employeeID", &["e-{sam}"])])
        .search(By::Admin, "{base}", Subtree, "(employeeID=e-{sam})")
        .gives("ok: {sam}"),
        probe(
            "compare-true",
            "A comparison with the value gives compareTrue.",
            "RFC 4511 4.10",
        )
        .person()
        .compare(By::Admin, "{person}", "sAMAccountName", "{sam}")
        .gives("6"),
        probe(
            "compare-false",
            "A comparison with another value gives compareFalse.",
            "RFC 4511 4.10",
        )
        .person()
        .compare(By::Admin, "{person}", "sAMAccountName", "nobody")
        .gives("5"),
    ]
}
