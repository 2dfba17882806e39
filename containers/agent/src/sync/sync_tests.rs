//! The sync engine without a directory: connector spaces in, persons out.

use super::*;
use crate::testing;

fn engine(objects: Vec<AdObject>) -> SyncEngine {
    let mut engine = SyncEngine::new(["corp.test"]);
    engine.import_directory("corp.test", objects);
    engine.import_cloud(Vec::new());
    engine
}

#[test]
fn nobody_is_found_before_import_sync_and_export() {
    let person = testing::person(1);
    let anchor = person.anchor();
    let mut engine = engine(vec![person]);
    assert_eq!(engine.locate(&anchor), Err(Missing::NotFound));
    assert_eq!(engine.full_sync().unwrap(), 1);
    assert_eq!(
        engine.locate(&anchor),
        Err(Missing::NotFound),
        "not joined to the cloud yet"
    );
    assert_eq!(engine.upn(&anchor), Some("person1@corp.test"));
    engine.exported();
    assert_eq!(engine.locate(&anchor).unwrap().target.upn, "person1@corp.test");
}

#[test]
fn a_sync_needs_every_import() {
    let mut engine = SyncEngine::new(["a.test", "b.test"]);
    engine.import_directory("a.test", Vec::new());
    assert_eq!(
        engine.full_sync().unwrap_err().to_string(),
        "full sync: b.test was not imported"
    );
    engine.import_directory("b.test", Vec::new());
    assert_eq!(
        engine.full_sync().unwrap_err().to_string(),
        "full sync: the cloud was not imported"
    );
    engine.import_cloud(Vec::new());
    assert_eq!(engine.full_sync().unwrap(), 0);
}

#[test]
fn the_disabled_are_exported_and_fall_out_of_writeback() {
    let disabled = AdObject {
        enabled: false,
        ..testing::person(2)
    };
    let anchor = disabled.anchor();
    let mut engine = engine(vec![testing::person(1), disabled]);
    engine.full_sync().unwrap();
    let exports = engine.exports();
    engine.exported();
    assert_eq!(exports.iter().filter(|object| object.enabled).count(), 1);
    assert_eq!(exports.len(), 2);
    assert_eq!(engine.locate(&anchor), Err(Missing::NotFound));
    assert_eq!(engine.upn(&anchor), Some("person2@corp.test"));
}

#[test]
fn who_was_exported_before_is_joined_by_anchor() {
    let person = testing::person(1);
    let anchor = person.anchor();
    let mut first = engine(vec![person.clone()]);
    first.full_sync().unwrap();
    let held = first.exports();
    let mut second = engine(vec![person]);
    second.import_cloud(held);
    second.full_sync().unwrap();
    assert!(second.locate(&anchor).is_ok());
}

#[test]
fn critical_system_objects_stay_out() {
    let critical = AdObject {
        critical: true,
        ..testing::person(3)
    };
    let mut engine = engine(vec![critical]);
    assert_eq!(engine.full_sync().unwrap(), 0);
}

/// Two forests in that order of precedence, imported, synchronised and exported.
fn two_forests(corp: Vec<AdObject>, other: Vec<AdObject>) -> SyncEngine {
    let mut engine = SyncEngine::new(["corp.test", "africa.test"]);
    engine.import_directory("corp.test", corp);
    engine.import_directory("africa.test", other);
    engine.import_cloud(Vec::new());
    engine.full_sync().unwrap();
    engine.exported();
    engine
}

/// The same anchor in the other forest, by mS-DS-ConsistencyGuid.
fn twin(person: &AdObject) -> AdObject {
    AdObject {
        guid: uuid::Uuid::from_u128(0xaf),
        consistency: Some(person.guid),
        domain: "africa.test".to_owned(),
        dn: "CN=Twin,OU=People,DC=africa,DC=test".to_owned(),
        upn: Some("twin@africa.test".to_owned()),
        ..person.clone()
    }
}

fn disabled(object: AdObject) -> AdObject {
    AdObject {
        enabled: false,
        ..object
    }
}

#[test]
fn two_enabled_accounts_behind_one_anchor_are_a_multiple_match() {
    let person = testing::person(1);
    let engine = two_forests(vec![person.clone()], vec![twin(&person)]);
    assert_eq!(engine.locate(&person.anchor()), Err(Missing::Multiple));
    let exports = engine.exports();
    assert_eq!(exports.len(), 1);
    assert_eq!(
        exports[0].domain, "corp.test",
        "the first connector wins, whatever its name"
    );
}

#[test]
fn the_enabled_account_is_written_and_gives_the_names() {
    let person = testing::person(1);
    let anchor = person.anchor();
    for (corp, other, domain, upn) in [
        (
            person.clone(),
            disabled(twin(&person)),
            "corp.test",
            "person1@corp.test",
        ),
        (
            disabled(person.clone()),
            twin(&person),
            "africa.test",
            "twin@africa.test",
        ),
    ] {
        let guid = if domain == "corp.test" { corp.guid } else { other.guid };
        let engine = two_forests(vec![corp], vec![other]);
        let target = engine.locate(&anchor).unwrap().target;
        assert_eq!((target.domain.as_str(), target.guid), (domain, guid));
        assert_eq!(engine.upn(&anchor), Some(upn));
        let exports = engine.exports();
        assert_eq!(
            (exports.len(), exports[0].upn.as_str(), exports[0].enabled),
            (1, upn, true)
        );
    }
}

#[test]
fn two_disabled_accounts_behind_one_anchor_are_nobody() {
    let person = testing::person(1);
    let engine = two_forests(vec![disabled(person.clone())], vec![disabled(twin(&person))]);
    assert_eq!(engine.locate(&person.anchor()), Err(Missing::NotFound));
    let exports = engine.exports();
    assert_eq!((exports[0].domain.as_str(), exports[0].enabled), ("corp.test", false));
}

#[test]
fn one_name_in_two_forests_is_two_persons() {
    let person = testing::person(1);
    let namesake = AdObject {
        domain: "africa.test".to_owned(),
        upn: person.upn.clone(),
        ..testing::person(2)
    };
    let engine = two_forests(vec![person.clone()], vec![namesake.clone()]);
    for object in [&person, &namesake] {
        let target = engine.locate(&object.anchor()).unwrap().target;
        assert_eq!((target.guid, &target.domain), (object.guid, &object.domain));
    }
    assert_eq!(engine.exports().len(), 2);
}

#[test]
fn two_enabled_accounts_in_one_forest_are_a_multiple_match_too() {
    let person = testing::person(1);
    let copy = AdObject {
        guid: uuid::Uuid::from_u128(0xc0),
        consistency: Some(person.guid),
        ..person.clone()
    };
    let engine = two_forests(vec![person.clone(), copy], Vec::new());
    assert_eq!(engine.locate(&person.anchor()), Err(Missing::Multiple));
}
