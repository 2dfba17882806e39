//! Whom the tools talk to, and who they are to the directory.

use std::path::Path;

use crate::clients::{Place, embedded};
use crate::support::{Directory, alone, require};

#[test]
fn a_foreign_authority_and_a_foreign_name_are_refused() {
    if !require("openldap") {
        return;
    }
    let _alone = alone();
    let standing = embedded(20);
    let place = Place::of(&standing);
    let directory = &place.directory;
    let trusted = directory.run("ldapwhoami", Some(place.admin), &[], "");
    trusted.expect(0, "u:CORP\\Administrator", "the world's own authority is trusted");
    let system = Path::new("/etc/ssl/certs/ca-certificates.crt");
    assert!(
        directory.is_refused_by(system, place.admin),
        "no other authority vouches for the directory"
    );
    // To Linux this address is the loopback; to the certificate it is nobody.
    let url = directory.url.replace("127.0.0.1", "0.0.0.0");
    assert_ne!(url, directory.url);
    let elsewhere = Directory::new(&url, &directory.ca_file);
    assert!(
        elsewhere.is_refused(place.admin),
        "the certificate is not for that address"
    );
    standing.down().expect_code(0, "the world goes in order");
}

#[test]
fn binds_tell_who_somebody_is_and_why_not() {
    if !require("openldap") {
        return;
    }
    let _alone = alone();
    let standing = embedded(20);
    let place = Place::of(&standing);
    let directory = &place.directory;
    for person in standing.residents() {
        let own = format!("u:CORP\\{}", person.sam);
        let rule = |form: &str| format!("{} binds by {form}", person.dn);
        let by = |name: &str| directory.bind(name, &person.password);
        by(&person.dn).expect(0, &own, &rule("DN"));
        by(&person.upn).expect(0, &own, &rule("UPN"));
        by(&format!("CORP\\{}", person.sam)).expect(0, &own, &rule("logon name"));
    }
    let person = standing.residents().swap_remove(0);
    let wrong = directory.bind(&person.dn, "not the word");
    wrong
        .expect(49, "80090308: LdapErr: ", "a wrong password")
        .expect(49, "data 52e,", "and its sub-code");
    let stranger = directory.bind(&format!("CN=Nobody,{}", place.people()), "not the word");
    stranger.expect(49, "data 525,", "nobody of that name");
    let anonymous = directory.run("ldapwhoami", None, &[], "");
    anonymous.expect(0, "anonymous", "nobody bound");
    let search = directory.search(None, &["-b", place.base]);
    search.expect(1, "000004DC: ", "without a bind nothing is read");
    standing.down().expect_code(0, "the world goes in order");
}
