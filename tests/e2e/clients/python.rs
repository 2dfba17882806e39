//! Python's ldap3 with its Microsoft extension, on the embedded directory.

use std::process::Command;

use serde_json::{Value, json};

use super::embedded;
use crate::support::{Resident, Standing, alone, fed, python, require, root, text_of};

const PEOPLE: usize = 300;
const WORDS: [&str; 2] = ["Amber-Kettle-7301", "Brisk-Lantern-4412"];

/// What the script saw at its steps.
struct Seen(Vec<Value>);

impl Seen {
    /// What it told of a step, about that person.
    #[track_caller]
    fn of(&self, step: &str, person: &Resident) -> &Value {
        self.only(|line| line["step"] == step && line["dn"] == person.dn.as_str(), step)
    }

    #[track_caller]
    fn step(&self, step: &str) -> &Value {
        self.only(|line| line["step"] == step, step)
    }

    #[track_caller]
    fn only(&self, is: impl Fn(&Value) -> bool, what: &str) -> &Value {
        let found: Vec<&Value> = self.0.iter().filter(|line| is(line)).collect();
        assert_eq!(found.len(), 1, "one line of {what}: {:#?}", self.0);
        found[0]
    }
}

#[test]
fn ldap3_and_its_microsoft_extension_work() {
    if !require("python") {
        return;
    }
    let _alone = alone();
    let standing = embedded(u32::try_from(PEOPLE).unwrap());
    let people = chosen(&standing);
    let seen = visit(&standing, &people);
    it_trusts_only_this_world(&seen);
    it_sees_the_directory(&seen, &standing);
    for person in &people {
        it_sets_passwords(&seen, person);
        it_unlocks(&seen, person);
        it_reads_a_person(&seen, person);
    }
    it_fills_groups(&seen, &people);
    let nobody = seen.step("unlock nobody");
    assert_refused(nobody, 32, "0000208D: ");
    seen.step("end");
    standing.down().expect_code(0, "the world goes in order");
}

/// A plain name, and names that need escapes or another alphabet.
fn chosen(standing: &Standing) -> Vec<Resident> {
    let residents = standing.residents();
    let named = |part: &str| residents.iter().find(|person| person.dn.contains(part));
    let awkward = ["Hash", "Jojo", "Back", "Anna", "Bobby", "小龙"].map(|part| named(part).unwrap());
    residents.first().into_iter().chain(awkward).cloned().collect()
}

fn visit(standing: &Standing, people: &[Resident]) -> Seen {
    let place = &standing.told.directories[0];
    let (host, port) = place.url.strip_prefix("ldaps://").unwrap().rsplit_once(':').unwrap();
    let person = |person: &Resident| json!({"dn": person.dn, "upn": person.upn, "password": person.password});
    let asked = json!({
        "host": host,
        "port": port.parse::<u16>().unwrap(),
        "fqdn": place.fqdn,
        "ca_file": standing.told.ca_file,
        "foreign_ca_file": "/etc/ssl/certs/ca-certificates.crt",
        "people_base": format!("OU=People,{}", place.base_dn),
        "admin": {"name": place.admin_bind_dn, "password": text_of(&place.admin_password_file)},
        "agent": {"name": place.agent_bind_dn, "password": text_of(&place.agent_password_file)},
        "people": people.iter().map(person).collect::<Vec<_>>(),
        "words": WORDS,
        "threshold": 5,
    });
    let mut script = Command::new(python());
    script.arg(root().join("tests/fixtures/python/visit.py"));
    let answer = fed(script, &asked.to_string()).expect_success("the script comes to its end");
    let lines = answer.stdout.lines();
    Seen(lines.map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[track_caller]
fn assert_done(seen: &Value) {
    assert_eq!((&seen["done"], &seen["code"]), (&json!(true), &json!(0)), "{seen}");
}

#[track_caller]
fn assert_refused(seen: &Value, code: i32, text: &str) {
    assert_eq!((&seen["done"], &seen["code"]), (&json!(false), &json!(code)), "{seen}");
    assert!(seen["message"].as_str().unwrap().contains(text), "{seen}");
}

fn it_trusts_only_this_world(seen: &Seen) {
    let case = |case: &str| seen.only(|line| line["step"] == "trust" && line["case"] == case, case);
    for (name, opens, why) in [
        ("address", true, ""),
        ("name", true, ""),
        ("foreign name", false, "doesn't match"),
        ("foreign authority", false, "CERTIFICATE_VERIFY_FAILED"),
    ] {
        let seen = case(name);
        assert_eq!(seen["opened"], opens, "{seen}");
        assert!(seen["why"].as_str().unwrap().contains(why), "{seen}");
    }
}

fn it_sees_the_directory(seen: &Seen, standing: &Standing) {
    let info = seen.step("info");
    let lists = |name: &str, value: &str| info[name].as_array().unwrap().contains(&json!(value));
    assert_eq!(
        info["contexts"],
        json!([standing.told.directories[0].base_dn]),
        "{info}"
    );
    assert!(
        lists("controls", "1.2.840.113556.1.4.319") && lists("controls", "1.2.840.113556.1.4.2239"),
        "{info}"
    );
    assert!(
        lists("features", "1.2.840.113556.1.4.800"),
        "it takes this for an Active Directory: {info}"
    );
    assert!(
        lists("other", "defaultNamingContext") && lists("other", "highestCommittedUSN"),
        "{info}"
    );
    assert_eq!(info["who"], "u:CORP\\Administrator");
    let mut found: Vec<String> = serde_json::from_value(seen.step("pages")["names"].clone()).unwrap();
    let mut sams: Vec<String> = standing.residents().into_iter().map(|person| person.sam).collect();
    found.sort();
    sams.sort();
    assert_eq!(found, sams, "pages hold everyone once");
}

/// Each step with how often the password was written since the first.
fn it_sets_passwords(seen: &Seen, person: &Resident) {
    let of = |step: &str| seen.of(step, person);
    for (step, versions) in [("reset", 1), ("change", 2)] {
        assert_done(of(step));
        assert_eq!(of(step)["versions"], versions, "{}", of(step));
    }
    for (step, code, text) in [
        ("weak reset", 53, "0000052D: "),
        ("reset to a used word", 53, "0000052D: "),
        ("change with a wrong word", 19, "00000056: "),
        ("change to a used word", 19, "0000052D: "),
    ] {
        assert_refused(of(step), code, text);
        assert_eq!(of(step)["versions"], 1, "{}", of(step));
    }
    assert_done(of("new word"));
    assert_done(of("changed word"));
    assert_refused(of("old word"), 49, "data 52e,");
}

fn it_unlocks(seen: &Seen, person: &Resident) {
    assert_refused(seen.of("locked", person), 49, "data 775,");
    assert_done(seen.of("unlock", person));
    assert_done(seen.of("unlocked", person));
}

fn it_reads_a_person(seen: &Seen, person: &Resident) {
    let names: Vec<String> = serde_json::from_value(seen.of("attributes", person)["names"].clone()).unwrap();
    for name in ["objectGUID", "objectSid", "pwdLastSet", "userAccountControl"] {
        assert!(names.iter().any(|named| named == name), "{name}: {names:?}");
    }
    assert!(
        !names.iter().any(|name| name == "unicodePwd"),
        "nobody reads a password"
    );
}

fn it_fills_groups(seen: &Seen, people: &[Resident]) {
    for (step, members, groups) in [
        ("add members", people.len(), 1),
        ("add members again", people.len(), 1),
        ("remove members", 0, 0),
    ] {
        let told = seen.step(step);
        let count = |name: &str| told[name].as_array().map(Vec::len);
        assert_eq!(told["done"], true, "{told}");
        assert_eq!(
            (count("members"), count("groups")),
            (Some(members), Some(groups)),
            "{told}"
        );
    }
}
