//! MIT's kinit and Samba's smbclient on a real Samba AD, after the whole chain has written to it.

use vocabulary::Outcome;

use super::Place;
use crate::support::{Realm, Resident, Standing, Visitor, alone, require};

const NEW_PASSWORD: &str = "Q7w-Zebra!9x-Lantern";
const WRONG: &str = "not the word";
/// What smbclient ends a listing with.
const LISTED: &str = "blocks available";
/// What kinit says to a wrong password.
const INCORRECT: &str = "Password incorrect";

#[test]
fn kerberos_and_smb_take_what_the_chain_wrote() {
    if !(require("docker") && require("kerberos") && require("curl") && require("openldap")) {
        return;
    }
    let _alone = alone();
    let scenario = ["scenarios/samba-smoke.toml", "--world", "docker"];
    let sets = [
        "population.people=20",
        "world.lockout.threshold=3",
        "world.policy.old_password_allowed=0s",
    ];
    let standing = Standing::up(&scenario, &sets);
    let realm = Realm::of(&standing.told);
    let mut residents = standing.residents();
    a_reset_changes_the_key(&standing, &realm, &residents.swap_remove(0));
    an_unlock_opens(&standing, &realm, &residents.swap_remove(1));
    let pid = standing.pid();
    standing.down().expect_code(0, "the world goes in order");
    crate::docker_job::expect_no_leftovers(pid);
}

/// Who walks through the portal's pages ends with success.
fn at_the_portal(standing: &Standing, person: &Resident, walk: impl Fn(&Visitor<'_>) -> Option<Outcome>) {
    let curl = standing.curl();
    let visitor = Visitor {
        curl: &curl,
        portal: &standing.told.portal_url,
        inbox: &standing.told.inbox_url,
        upn: &person.upn,
    };
    assert_eq!(walk(&visitor), Some(Outcome::Applied), "{}", person.upn);
}

/// A password opens the account in each way.
#[track_caller]
fn opens(realm: &Realm, person: &Resident, password: &str) {
    realm.kinit(&person.sam, password).expect_success("kinit gets a ticket");
    realm.share_by_ticket().expect(0, LISTED, "the ticket opens the share");
    let by_password = realm.share_by_password(&person.sam, password);
    by_password.expect(0, LISTED, "the password opens the share");
}

/// A password opens nothing, each time for this reason.
#[track_caller]
fn refused(realm: &Realm, person: &Resident, password: &str, kinit: &str, smb: &str) {
    realm
        .kinit(&person.sam, password)
        .expect(1, kinit, "kinit gets no ticket");
    let by_ticket = realm.share_by_ticket();
    assert_ne!(by_ticket.code, 0, "without a ticket there is no share: {by_ticket:?}");
    let by_password = realm.share_by_password(&person.sam, password);
    by_password.expect(1, smb, "the password opens no share");
}

fn a_reset_changes_the_key(standing: &Standing, realm: &Realm, person: &Resident) {
    opens(realm, person, &person.password);
    at_the_portal(standing, person, |visitor| visitor.reset(NEW_PASSWORD).outcome);
    opens(realm, person, NEW_PASSWORD);
    refused(realm, person, &person.password, INCORRECT, "NT_STATUS_LOGON_FAILURE");
    opens(realm, person, NEW_PASSWORD);
}

fn an_unlock_opens(standing: &Standing, realm: &Realm, person: &Resident) {
    let place = Place::of(standing);
    let read = |name: &str| place.directory.read(place.admin, &person.dn, name);
    opens(realm, person, &person.password);
    for count in ["1", "2", "3"] {
        realm.kinit(&person.sam, WRONG).expect(1, INCORRECT, "a wrong password");
        assert_eq!(read("badPwdCount"), count, "each is counted once");
    }
    assert_ne!(read("lockoutTime"), "0", "the last one locks");
    let revoked = "Client's credentials have been revoked";
    refused(realm, person, &person.password, revoked, "NT_STATUS_ACCOUNT_LOCKED_OUT");
    at_the_portal(standing, person, |visitor| visitor.unlock().outcome);
    assert_eq!(read("lockoutTime"), "0");
    opens(realm, person, &person.password);
}
