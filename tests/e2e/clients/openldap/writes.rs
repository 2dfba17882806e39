//! Entries that come, change, move and go, and passwords that are set.

use crate::clients::{Place, embedded};
use crate::support::{Resident, alone, ldif, require};

/// Somebody whose name needs escapes in a DN and base64 in LDIF.
const NAME: &str = "Łukasz Zoë\\, Jr.";
const WORDS: [&str; 4] = [
    "Amber-Kettle-7301",
    "Brisk-Lantern-4412",
    "Copper-Meadow-9925",
    "Dusty-Harbour-1178",
];
const WRONG: &str = "not the word";

/// The policy-hints control, critical, its flag 1: a reset shall obey the history too (MS-ADTS 3.1.1.3.4.1.27).
const HINTS: &str = "control: 1.2.840.113556.1.4.2239 true:: MAMCAQE=\n";
const UNKNOWN: &str = "control: 1.2.840.113556.1.4.9999 true\n";

/// A change of one entry, under a control if there is one.
fn change(dn: &str, control: &str, lines: &str) -> String {
    format!("{}{control}changetype: modify\n{lines}\n", ldif::text("dn", dn))
}

fn reset(dn: &str, control: &str, word: &str) -> String {
    change(dn, control, &format!("replace: unicodePwd\n{}", ldif::password(word)))
}

fn change_password(dn: &str, old: &str, new: &str) -> String {
    let (old, new) = (ldif::password(old), ldif::password(new));
    change(
        dn,
        "",
        &format!("delete: unicodePwd\n{old}-\nadd: unicodePwd\n{new}-\n"),
    )
}

fn unlock(dn: &str) -> String {
    change(dn, "", "replace: lockoutTime\nlockoutTime: 0\n")
}

#[test]
fn passwords_are_set_changed_and_refused() {
    if !require("openldap") {
        return;
    }
    let _alone = alone();
    let standing = embedded(20);
    let place = Place::of(&standing);
    // The third of the population has a `#` at the front of the name.
    let person = standing.residents().swap_remove(2);
    assert!(person.dn.contains("23Hash"), "{person:?}");
    resets_are_applied_once(&place, &person);
    changes_need_the_old_word(&place, &person);
    refusals_tell_the_code(&place, &person);
    locks_are_opened(&place, &person);
    standing.down().expect_code(0, "the world goes in order");
}

fn version(place: &Place<'_>, person: &Resident) -> u32 {
    let text = place.directory.read(place.admin, &person.dn, "msDS-KeyVersionNumber");
    text.parse().unwrap()
}

fn resets_are_applied_once(place: &Place<'_>, person: &Resident) {
    let directory = &place.directory;
    let before = version(place, person);
    let answer = directory.run("ldapmodify", Some(place.agent), &[], &reset(&person.dn, "", WORDS[0]));
    answer.expect_success("the agent's account resets");
    assert_eq!(version(place, person), before + 1);
    directory
        .bind(&person.dn, WORDS[0])
        .expect_success("the new word opens");
    directory
        .bind(&person.dn, &person.password)
        .expect(49, "data 52e,", "the old one does not");
}

fn changes_need_the_old_word(place: &Place<'_>, person: &Resident) {
    let directory = &place.directory;
    let modify = |old: &str, new: &str| {
        let own = directory.password_file(WORDS[0]);
        directory.run(
            "ldapmodify",
            Some((&person.upn, &own)),
            &[],
            &change_password(&person.dn, old, new),
        )
    };
    modify(WRONG, WORDS[1]).expect(19, "00000056: AtrErr", "the old word is wrong");
    modify(WORDS[0], &person.password).expect(19, "0000052D: AtrErr", "the new word was used before");
    directory
        .bind(&person.dn, WORDS[0])
        .expect_success("nothing was changed");
    modify(WORDS[0], WORDS[1]).expect_success("who proves the old word sets another");
    directory
        .bind(&person.dn, WORDS[1])
        .expect_success("the new word opens");
}

fn refusals_tell_the_code(place: &Place<'_>, person: &Resident) {
    let modify = |input: &str| place.directory.run("ldapmodify", Some(place.agent), &[], input);
    let (dn, before) = (&person.dn, version(place, person));
    for (input, code, text, rule) in [
        (reset(dn, "", "short"), 53, "0000052D: ", "too short"),
        (reset(dn, "", "all lower case letters"), 53, "0000052D: ", "not complex"),
        (
            reset(dn, HINTS, WORDS[0]),
            53,
            "0000052D: ",
            "used before, and the history is asked for",
        ),
        (
            reset(dn, UNKNOWN, WORDS[2]),
            12,
            "00002040: ",
            "a critical control that is not known",
        ),
        (
            change(dn, "", "replace: unicodePwd\nunicodePwd: plain\n"),
            53,
            "0000001F: ",
            "no quoted UTF-16",
        ),
        (
            change(dn, "", "replace: description\ndescription: x\n"),
            50,
            "00002098: ",
            "no right to that attribute",
        ),
        (
            reset(place.admin.0, "", WORDS[2]),
            50,
            "00000005: ",
            "no right to reset an administrator",
        ),
        (
            unlock(&format!("CN=Nobody,{}", place.people())),
            32,
            "0000208D: ",
            "nobody of that name",
        ),
    ] {
        modify(&input).expect(code, text, rule);
    }
    assert_eq!(version(place, person), before, "nothing was written");
    modify(&reset(dn, "", WORDS[0])).expect_success("without the control a reset may go back");
    modify(&reset(dn, HINTS, WORDS[2])).expect_success("with it, to a word that was never used");
    place.directory.bind(dn, WORDS[2]).expect_success("the new word opens");
}

fn locks_are_opened(place: &Place<'_>, person: &Resident) {
    let directory = &place.directory;
    let modify = |input: &str| directory.run("ldapmodify", Some(place.agent), &[], input);
    let threshold = directory
        .read(place.admin, place.base, "lockoutThreshold")
        .parse()
        .unwrap();
    for _ in 0..threshold {
        directory
            .bind(&person.dn, WRONG)
            .expect(49, "data 52e,", "a wrong word");
    }
    directory
        .bind(&person.dn, WORDS[2])
        .expect(49, "data 775,", "now the right word is refused too");
    let locked = format!("(&(sAMAccountName={})(lockoutTime>=1))", person.sam);
    let found = || {
        directory
            .search(Some(place.agent), &["-b", place.base, &locked, "1.1"])
            .entries()
            .len()
    };
    assert_eq!(found(), 1, "the lock shows");
    modify(&reset(&person.dn, "", WORDS[3])).expect_success("a reset of somebody locked");
    directory
        .bind(&person.dn, WORDS[3])
        .expect(49, "data 775,", "a reset does not unlock");
    modify(&unlock(&person.dn)).expect_success("the agent's account unlocks");
    assert_eq!(found(), 0);
    directory
        .bind(&person.dn, WORDS[3])
        .expect_success("the right word opens again");
}

#[test]
fn entries_come_move_and_go() {
    if !require("openldap") {
        return;
    }
    let _alone = alone();
    let standing = embedded(20);
    let place = Place::of(&standing);
    let (directory, people) = (&place.directory, place.people());
    let dn = format!("CN={NAME},{people}");
    let admin =
        |program: &str, arguments: &[&str], input: &str| directory.run(program, Some(place.admin), arguments, input);
    admin("ldapadd", &[], &newcomers(&dn, &people)).expect_success("a person and a group are added");
    directory
        .bind(&dn, WORDS[0])
        .expect(0, "u:CORP\\lukasz", "whoever was added binds");
    let found = directory
        .search(
            Some(place.admin),
            &["-b", &people, "(cn=Łukasz Zoë, Jr.)", "memberOf", "sn"],
        )
        .entries();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].one("sn"), found[0].one("memberOf")),
        ("Zoë", format!("CN=Staff,{people}").as_str())
    );
    let taken = format!("dn: CN=Another,{people}\nobjectClass: user\nsAMAccountName: LUKASZ\n");
    admin("ldapadd", &[], &taken).expect(68, "00000524: ", "a logon name is one person's");
    let nowhere = format!("dn: CN=Another,OU=Nowhere,{people}\nobjectClass: user\n");
    admin("ldapadd", &[], &nowhere).expect(32, "0000208D: ", "a place that is not there");

    admin("ldapmodrdn", &["-r", &dn, "CN=Zoë Łukasz"], "").expect_success("a person takes another name");
    let renamed = format!("CN=Zoë Łukasz,{people}");
    assert_eq!(
        directory.read(place.admin, &format!("CN=Staff,{people}"), "member"),
        renamed,
        "the group follows"
    );
    let users = format!("CN=Users,{}", place.base);
    admin("ldapmodrdn", &["-r", "-s", &users, &renamed, "CN=Zoë Łukasz"], "").expect_success("and moves");
    let moved = format!("CN=Zoë Łukasz,{users}");
    directory
        .bind(&moved, WORDS[0])
        .expect_success("the password moves along");

    admin("ldapdelete", &[&people], "").expect(66, "00002015: ", "a unit that is not empty stays");
    let agent = directory.run("ldapdelete", Some(place.agent), &[&moved], "");
    agent.expect(50, "00000005: ", "the agent's account deletes nobody");
    admin("ldapdelete", &[&moved], "").expect_success("the administrator does");
    admin("ldapdelete", &[&moved], "").expect(32, "0000208D: ", "once");
    let members = directory
        .search(Some(place.admin), &["-b", &people, "(cn=Staff)", "member"])
        .entries();
    assert!(
        !members[0].has("member"),
        "a group forgets whom there is no more: {members:?}"
    );
    standing.down().expect_code(0, "the world goes in order");
}

fn newcomers(dn: &str, people: &str) -> String {
    let (name, surname, word, member) = (
        ldif::text("dn", dn),
        ldif::text("sn", "Zoë"),
        ldif::password(WORDS[0]),
        ldif::text("member", dn),
    );
    format!(
        "{name}objectClass: user\nsAMAccountName: lukasz\n{surname}{word}userAccountControl: 512\n\n\
         dn: CN=Staff,{people}\nobjectClass: group\nsAMAccountName: Staff\n{member}"
    )
}
