//! Filters against a plain look at everyone's attributes.

use std::collections::BTreeSet;

use super::reads::names;
use crate::clients::{Place, embedded};
use crate::support::{Entry, alone, ldif, require};

const PEOPLE: usize = 300;

type Predicate = Box<dyn Fn(&Entry) -> bool>;

#[test]
fn filters_mean_what_they_say() {
    if !require("openldap") {
        return;
    }
    let _alone = alone();
    let standing = embedded(u32::try_from(PEOPLE).unwrap());
    let place = Place::of(&standing);
    disable_one_in_ten(&place);
    let everyone = everyone(&place);
    let table = about_names().into_iter().chain(about_numbers());
    for (filter, predicate) in table.chain(about_one(&everyone[PEOPLE / 2])) {
        let matching = everyone.iter().filter(|entry| predicate(entry));
        let wanted: BTreeSet<&str> = matching.map(|entry| entry.dn.as_str()).collect();
        assert!(
            (1..PEOPLE).contains(&wanted.len()),
            "{filter} tells people apart: {}",
            wanted.len()
        );
        let found = names(&place, &["-s", "one", "-b", &place.people(), &filter, "1.1"]);
        let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(&found ^ &wanted, BTreeSet::new(), "{filter} is wrong about these");
    }
    for untold in ["(noSuchAttribute=1)", "(!(noSuchAttribute=1))"] {
        assert_eq!(
            names(&place, &["-b", &place.people(), untold]),
            [""; 0],
            "{untold} can be told of nobody"
        );
    }
    standing.down().expect_code(0, "the world goes in order");
}

fn row(filter: &str, predicate: impl Fn(&Entry) -> bool + 'static) -> (String, Predicate) {
    (filter.to_owned(), Box::new(predicate))
}

fn about_names() -> Vec<(String, Predicate)> {
    let lower = |entry: &Entry, name: &str| entry.one(name).to_lowercase();
    let begins = move |letter: &'static str| move |entry: &Entry| lower(entry, "sn").starts_with(letter);
    let holds = move |part: &'static str| move |entry: &Entry| lower(entry, "cn").contains(part);
    let parts = move |entry: &Entry| {
        lower(entry, "cn")
            .split_once("an")
            .is_some_and(|(_, rest)| rest.contains("er"))
    };
    vec![
        row("(&(objectClass=user)(sn=B*))", begins("b")),
        row("(|(sn=b*)(sn=k*))", move |entry| {
            begins("b")(entry) || begins("k")(entry)
        }),
        row("(&(objectClass=user)(!(sn=b*)))", move |entry| !begins("b")(entry)),
        row("(cn=*an*er*)", parts),
        row("(cn=*é*)", holds("é")),
        row(r"(cn=*\C3\A9*)", holds("é")),
        row(r"(cn=*\28*)", holds("(")),
        row(r"(cn=*\2C*)", holds(",")),
        row("(cn=*,*)", holds(",")),
        row("(cn=*'*)", holds("'")),
        row("(cn=小龙*)", holds("小龙")),
    ]
}

fn about_numbers() -> Vec<(String, Predicate)> {
    let control = |entry: &Entry| number(entry, "userAccountControl");
    vec![
        row("(userAccountControl=514)", move |entry| control(entry) == 514),
        row("(userAccountControl:1.2.840.113556.1.4.803:=514)", move |entry| {
            control(entry) & 514 == 514
        }),
        row("(!(userAccountControl:1.2.840.113556.1.4.804:=6))", move |entry| {
            control(entry) & 6 == 0
        }),
    ]
}

fn about_one(entry: &Entry) -> Vec<(String, Predicate)> {
    let (sam, usn) = (entry.one("sAMAccountName").to_owned(), number(entry, "uSNCreated"));
    vec![
        row(&format!("(uSNCreated>={usn})"), move |entry| {
            number(entry, "uSNCreated") >= usn
        }),
        row(&format!("(uSNCreated<={usn})"), move |entry| {
            number(entry, "uSNCreated") <= usn
        }),
        row(&format!("(sAMAccountName={})", sam.to_uppercase()), move |entry| {
            entry.one("sAMAccountName") == sam
        }),
    ]
}

fn number(entry: &Entry, name: &str) -> u64 {
    entry.one(name).parse().unwrap()
}

fn everyone(place: &Place<'_>) -> Vec<Entry> {
    let people = place.people();
    let read = ["cn", "sn", "sAMAccountName", "uSNCreated", "userAccountControl"];
    let arguments = [&["-b", &people, "(objectClass=user)"][..], &read].concat();
    let everyone = place
        .directory
        .search(Some(place.admin), &arguments)
        .expect_success("everyone")
        .entries();
    assert_eq!(everyone.len(), PEOPLE);
    everyone
}

fn disable_one_in_ten(place: &Place<'_>) {
    let disable = |entry: &Entry| {
        let name = ldif::text("dn", &entry.dn);
        format!("{name}changetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n\n")
    };
    let changes: String = everyone(place).iter().step_by(10).map(disable).collect();
    let answer = place.directory.run("ldapmodify", Some(place.admin), &[], &changes);
    answer.expect_success("the administrator disables accounts");
}
