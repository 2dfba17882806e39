//! Searches and comparisons.

use std::collections::BTreeSet;

use crate::clients::{Place, embedded};
use crate::support::{Entry, Standing, alone, require};

const PEOPLE: usize = 300;
/// Pages of a size that does not divide the number of people.
const PAGE: usize = 7;

#[test]
fn searches_find_what_there_is() {
    if !require("openldap") {
        return;
    }
    let _alone = alone();
    let standing = embedded(u32::try_from(PEOPLE).unwrap());
    let place = Place::of(&standing);
    root_tells_what_the_directory_is(&standing, &place);
    scopes_reach_as_far_as_they_say(&place);
    pages_hold_everyone_once(&standing, &place);
    limits_cut(&place);
    attributes_are_those_asked_for(&standing, &place);
    comparisons_answer(&standing, &place);
    standing.down().expect_code(0, "the world goes in order");
}

fn root_tells_what_the_directory_is(standing: &Standing, place: &Place<'_>) {
    let answer = place
        .directory
        .search(None, &["-s", "base", "-b", "", "(objectClass=*)", "*", "+"]);
    let entries = answer.expect_success("anybody reads the rootDSE").entries();
    let [root] = entries.as_slice() else {
        panic!("one rootDSE: {entries:?}");
    };
    assert_eq!(root.one("dnsHostName"), standing.told.directories[0].fqdn);
    assert_eq!(root.one("defaultNamingContext"), place.base);
    assert_eq!(root.all("supportedLDAPVersion"), ["3"]);
    for control in ["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.2239"] {
        assert!(root.all("supportedControl").contains(&control), "{control}");
    }
}

/// The names that a search answers with.
pub(super) fn names(place: &Place<'_>, arguments: &[&str]) -> Vec<String> {
    let answer = place.directory.search(Some(place.admin), arguments);
    let entries = answer.expect_success(&format!("{arguments:?}")).entries();
    entries.into_iter().map(|entry| entry.dn).collect()
}

fn scopes_reach_as_far_as_they_say(place: &Place<'_>) {
    let people = place.people();
    let found = |base: &str, scope: &str| {
        let paged = format!("pr={PAGE}/noprompt");
        names(
            place,
            &["-E", &paged, "-s", scope, "-b", base, "(objectClass=*)", "1.1"],
        )
    };
    assert_eq!(found(place.base, "base"), [place.base]);
    let below_head = found(place.base, "one");
    assert!(below_head.contains(&people), "{below_head:?}");
    let direct = |name: &String| {
        name.strip_suffix(&format!(",{}", place.base))
            .is_some_and(|rdn| !rdn.contains(','))
    };
    assert!(below_head.iter().all(direct), "{below_head:?}");
    assert_eq!(found(&people, "one").len(), PEOPLE);
    assert_eq!(found(&people, "sub").len(), PEOPLE + 1);
    assert_eq!(found(&people, "children").len(), PEOPLE);
    let everything = found(place.base, "sub");
    assert!(everything.len() > PEOPLE + below_head.len(), "{}", everything.len());
    let missing = place
        .directory
        .search(Some(place.admin), &["-b", &format!("OU=Nowhere,{people}")]);
    let missing = missing.expect(32, "0000208D: NameErr", "a base that is not there");
    missing.expect(32, &people, "tells how far the name leads");
}

fn pages_hold_everyone_once(standing: &Standing, place: &Place<'_>) {
    let paged = format!("pr={PAGE}/noprompt");
    let people = place.people();
    let arguments = ["-E", &paged, "-b", &people, "(objectClass=user)", "sAMAccountName"];
    let answer = place.directory.search(Some(place.admin), &arguments);
    let answer = answer.expect_success("paging goes on to the end");
    let found: Vec<Entry> = answer.entries();
    let sams: BTreeSet<&str> = found.iter().map(|entry| entry.one("sAMAccountName")).collect();
    let residents = standing.residents();
    assert_eq!(sams, residents.iter().map(|person| person.sam.as_str()).collect());
    assert_eq!(found.len(), PEOPLE, "nobody comes twice");
    assert_eq!(
        answer.stdout.matches("\npagedresults: cookie=").count(),
        PEOPLE.div_ceil(PAGE)
    );
}

fn limits_cut(place: &Place<'_>) {
    let people = place.people();
    for paging in [&[][..], &["-E", "pr=2/noprompt"]] {
        let arguments = [paging, &["-z", "5", "-b", &people, "(objectClass=user)", "1.1"]].concat();
        let answer = place.directory.search(Some(place.admin), &arguments);
        let answer = answer.expect(4, "Size limit exceeded", "there are more than asked for");
        assert_eq!(answer.entries().len(), 5, "{paging:?}");
    }
    let exact = ["-z", "300", "-b", &people, "(objectClass=user)", "1.1"];
    assert_eq!(names(place, &exact).len(), PEOPLE, "as many as there are is no excess");
}

fn attributes_are_those_asked_for(standing: &Standing, place: &Place<'_>) {
    let person = standing.residents().swap_remove(0);
    let read = |arguments: &[&str]| {
        let all = [&["-s", "base", "-b", &person.dn], arguments].concat();
        let answer = place.directory.search(Some(place.admin), &all);
        let mut entries = answer.expect_success("a person is read").entries();
        assert_eq!(entries.len(), 1, "{arguments:?}");
        entries.swap_remove(0)
    };
    assert_eq!(read(&["(objectClass=*)", "1.1"]).lines, [], "1.1 is nothing");
    let (stored, constructed) = ("sAMAccountName", "msDS-KeyVersionNumber");
    for (asked, holds) in [
        (&["*"][..], [true, false]),
        (&["+"], [false, true]),
        (&["*", "+"], [true, true]),
        (&[], [true, false]),
        (&["SAMACCOUNTNAME"], [true, false]),
        (&["1.1", constructed], [false, true]),
    ] {
        let entry = read(&[&["(objectClass=*)"], asked].concat());
        assert_eq!(
            [entry.has(stored), entry.has(constructed)],
            holds,
            "{asked:?}: {entry:?}"
        );
        assert!(!entry.has("unicodePwd"), "nobody reads a password");
    }
    let bare = read(&["-A", "(objectClass=*)", stored]);
    assert_eq!(bare.all(stored), [""], "a name without its values");
    let by_guid = format!(
        "<GUID={}>",
        hexadecimal(&read(&["(objectClass=*)", "objectGUID"]).lines[0].1)
    );
    assert_eq!(
        names(place, &["-s", "base", "-b", &by_guid]),
        names(place, &["-s", "base", "-b", &person.dn])
    );
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn comparisons_answer(standing: &Standing, place: &Place<'_>) {
    let person = standing.residents().swap_remove(1);
    let compare = |assertion: &str| {
        place
            .directory
            .run("ldapcompare", Some(place.admin), &[&person.dn, assertion], "")
    };
    compare(&format!("sAMAccountName:{}", person.sam.to_uppercase())).expect(6, "TRUE", "case does not count");
    compare("sAMAccountName:somebody").expect(5, "FALSE", "another's name");
    compare("noSuchAttribute:1").expect(16, "00000057: ", "an attribute that is not in the schema");
}
