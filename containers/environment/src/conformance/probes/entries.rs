//! Adds, modifies, deletes, renames, and how they are refused.

use ldap3::Scope::Subtree;

use crate::conformance::script::Change::{Add, Delete, Replace};
use crate::conformance::script::{By, Probe, probe};

const ADDS: &str = "MS-ADTS 3.1.1.5.2: add operation";
const MODIFIES: &str = "MS-ADTS 3.1.1.5.3: modify operation";
const RENAMES: &str = "MS-ADTS 3.1.1.5.4: modify DN";
const DELETES: &str = "MS-ADTS 3.1.1.5.5: delete operation";
const SAM: &str = "MS-ADTS 3.1.1.5.2.2 and MS-SAMR 3.1.1.6: accounts";
const MEMBERS: &str = "MS-SAMR 3.1.1.8.9: member";

pub(super) fn probes() -> Vec<Probe> {
    [
        adds(),
        unsound_adds(),
        names(),
        modifies(),
        values(),
        members(),
        renames(),
        deletes(),
    ]
    .concat()
}

fn adds() -> Vec<Probe> {
    let added = |name, shows| probe(name, shows, ADDS);
    vec![
        added("add-existing", "An entry that exists is not added again.")
            .unit("OU=here,{unit}")
            .unit("OU=here,{unit}")
            .gives("68 00002071"),
        added("add-without-parent", "Nothing is added below what is not there.")
            .unit("OU=here,OU=nowhere,{unit}")
            .gives("32"),
        added("add-malformed-name", "A name that is none is refused.")
            .unit("nonsense")
            .gives("34"),
        added("add-elsewhere", "A name of another domain gives a referral.")
            .unit("OU=here,DC=elsewhere,DC=invalid")
            .gives("10 0000202B"),
        added("add-without-class", "An entry without objectClass is refused.")
            .add(By::Admin, "CN=thing,{unit}", &[("description", "x")])
            .gives("65"),
        added("add-unknown-class", "A class that nobody knows is refused.")
            .add(By::Admin, "CN=thing,{unit}", &[("objectClass", "noSuchClass")])
            .gives("16"),
    ]
}

fn unsound_adds() -> Vec<Probe> {
    let added = |name, shows| probe(name, shows, ADDS);
    vec![
        added("add-unknown-attribute", "An attribute that nobody knows is refused.")
            .add(
                By::Admin,
                "CN=thing,{unit}",
                &[
                    ("objectClass", "user"),
                    ("sAMAccountName", "{sam}t"),
                    ("noSuchAttribute", "x"),
                ],
            )
            .gives("16"),
        added("add-wrong-name-kind", "A user is named by CN and not by OU.")
            .add(
                By::Admin,
                "OU=thing,{unit}",
                &[("objectClass", "user"), ("sAMAccountName", "{sam}t")],
            )
            .gives("64 00002099"),
        added("add-name-too-long", "A common name has at most 64 characters.")
            .add(
                By::Admin,
                "CN=12345678901234567890123456789012345678901234567890123456789012345,{unit}",
                &[("objectClass", "user"), ("sAMAccountName", "{sam}t")],
            )
            .gives("19"),
        probe(
            "add-enabled-without-password",
            "An enabled user without a password is refused where the domain asks for one.",
            SAM,
        )
        .add(
            By::Admin,
            "CN=thing,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}t"),
                ("userAccountControl", "512"),
            ],
        )
        .gives("53 0000052D"),
        probe(
            "add-with-weak-password",
            "A user is not added with a password that the policy refuses.",
            SAM,
        )
        .add(
            By::Admin,
            "CN=thing,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}t"),
                ("userAccountControl", "512"),
                ("unicodePwd", "{plain}"),
            ],
        )
        .gives("53 0000052D")
        .search(By::Admin, "{unit}", Subtree, "(cn=thing)")
        .gives("ok"),
    ]
}

fn names() -> Vec<Probe> {
    vec![
        probe(
            "add-taken-account-name",
            "A sAMAccountName is held by one account.",
            SAM,
        )
        .person()
        .add(
            By::Admin,
            "CN=thing,{unit}",
            &[("objectClass", "user"), ("sAMAccountName", "{sam}")],
        )
        .gives("68 00000524"),
        probe(
            "add-taken-principal-name",
            "A userPrincipalName is held by one account.",
            "MS-ADTS 3.1.1.5.1.3: uniqueness constraints",
        )
        .person()
        .add(
            By::Admin,
            "CN=thing,{unit}",
            &[
                ("objectClass", "user"),
                ("sAMAccountName", "{sam}t"),
                ("userPrincipalName", "{upn}"),
            ],
        )
        .gives("19 000021C8"),
        probe(
            "modify-taken-account-name",
            "Nobody is given the sAMAccountName of another.",
            SAM,
        )
        .person()
        .add(
            By::Admin,
            "CN=thing,{unit}",
            &[("objectClass", "user"), ("sAMAccountName", "{sam}t")],
        )
        .modify(By::Admin, "CN=thing,{unit}", &[Replace("sAMAccountName", &["{sam}"])])
        .gives("68 00000524"),
        probe(
            "add-names-account",
            "A user without a sAMAccountName is given one.",
            SAM,
        )
        .add(By::Admin, "CN=thing,{unit}", &[("objectClass", "user")])
        .gives("ok")
        .read(By::Admin, "CN=thing,{unit}", &["sAMAccountName?"])
        .gives("sAMAccountName?=set"),
    ]
}

fn modifies() -> Vec<Probe> {
    let modified = |name, shows| probe(name, shows, MODIFIES).person();
    vec![
        probe(
            "modify-missing",
            "An entry that is not there is not modified.",
            MODIFIES,
        )
        .modify(By::Admin, "CN=nobody,{unit}", &[Replace("description", &["x"])])
        .gives("32 0000208D"),
        modified("modify-unknown-attribute", "An attribute that nobody knows is refused.")
            .modify(By::Admin, "{person}", &[Replace("noSuchAttribute", &["x"])])
            .gives("16 00000057"),
        modified("modify-name", "The naming attribute is changed by a rename only.")
            .modify(By::Admin, "{person}", &[Replace("cn", &["x"])])
            .gives("67 00002016"),
        modified("modify-class", "The structural class of an entry stays.")
            .modify(By::Admin, "{person}", &[Replace("objectClass", &["group"])])
            .gives("65"),
        modified("modify-guid", "objectGUID belongs to the system.")
            .modify(
                By::Admin,
                "{person}",
                &[Replace("objectGUID", &["hex:00112233445566778899aabbccddeeff"])],
            )
            .gives("19"),
        modified("modify-usn", "uSNChanged belongs to the system.")
            .modify(By::Admin, "{person}", &[Replace("uSNChanged", &["5"])])
            .gives("19"),
        modified("modify-key-version", "A constructed attribute is not written.")
            .modify(By::Admin, "{person}", &[Replace("msDS-KeyVersionNumber", &["5"])])
            .gives("19"),
        modified("modify-is-atomic", "One change that is refused undoes the others.")
            .modify(
                By::Admin,
                "{person}",
                &[Replace("description", &["x"]), Replace("countryCode", &["many"])],
            )
            .anyway()
            .read(By::Admin, "{person}", &["description"])
            .gives("description=absent"),
    ]
}

fn values() -> Vec<Probe> {
    let written = |name, shows| probe(name, shows, MODIFIES).person_with(&[("department", "one")]);
    vec![
        written("value-second", "A single-valued attribute takes no second value.")
            .modify(By::Admin, "{person}", &[Add("department", &["two"])])
            .gives("20"),
        written(
            "value-two-at-once",
            "A single-valued attribute takes no two values at once.",
        )
        .modify(By::Admin, "{person}", &[Replace("department", &["two", "three"])])
        .gives("19"),
        written("value-present", "A value that is there already is not added.")
            .modify(By::Admin, "{person}", &[Add("department", &["one"])])
            .gives("20 00002083"),
        written("value-missing", "A value that is not there is not deleted.")
            .modify(By::Admin, "{person}", &[Delete("department", &["two"])])
            .gives("16 00002085"),
        written("attribute-missing", "An attribute that is not there is not deleted.")
            .modify(By::Admin, "{person}", &[Delete("company", &[])])
            .gives("16"),
        written("attribute-deleted", "An attribute is deleted with all its values.")
            .modify(By::Admin, "{person}", &[Delete("department", &[])])
            .gives("ok")
            .read(By::Admin, "{person}", &["department"])
            .gives("department=absent"),
        written(
            "attribute-emptied",
            "A replace without values deletes, also what is not there.",
        )
        .modify(
            By::Admin,
            "{person}",
            &[Replace("department", &[]), Replace("company", &[])],
        )
        .gives("ok")
        .read(By::Admin, "{person}", &["department"])
        .gives("department=absent"),
        written("value-not-a-number", "A number is written in digits.")
            .modify(By::Admin, "{person}", &[Replace("countryCode", &["many"])])
            .gives("21"),
        written("value-case-differs", "A replace may change the case of a value.")
            .modify(By::Admin, "{person}", &[Replace("department", &["ONE"])])
            .gives("ok")
            .read(By::Admin, "{person}", &["department"])
            .gives("department=ONE"),
    ]
}

fn members() -> Vec<Probe> {
    let grouped = |name, shows| {
        probe(name, shows, MEMBERS).person().add(
            By::Admin,
            "CN=group,{unit}",
            &[
                ("objectClass", "group"),
                ("sAMAccountName", "{sam}g"),
                ("groupType", "-2147483646"),
                ("member", "{person}"),
            ],
        )
    };
    vec![
        grouped("member-is-linked", "memberOf follows member.")
            .read(By::Admin, "{person}", &["memberOf"])
            .gives("memberOf=CN=group,{unit}"),
        grouped("member-twice", "A member is not added twice.")
            .modify(By::Admin, "CN=group,{unit}", &[Add("member", &["{person}"])])
            .gives("68 00000562"),
        grouped("member-missing", "Who is no member is not removed.")
            .modify(By::Admin, "CN=group,{unit}", &[Delete("member", &["{admin}"])])
            .gives("53 00000561"),
        grouped("member-nobody", "Nobody becomes a member who is not there.")
            .modify(By::Admin, "CN=group,{unit}", &[Add("member", &["CN=nobody,{unit}"])])
            .gives("32"),
        grouped("member-goes-with-entry", "Who is deleted is no member any more.")
            .delete(By::Admin, "{person}")
            .gives("ok")
            .read(By::Admin, "CN=group,{unit}", &["member"])
            .gives("member=absent"),
        grouped("member-follows-rename", "member follows a rename.")
            .rename(By::Admin, "{person}", "CN=renamed", None)
            .gives("ok")
            .read(By::Admin, "CN=group,{unit}", &["member"])
            .gives("member=CN=renamed,{unit}"),
        grouped("member-of-is-not-written", "memberOf is not written.")
            .modify(By::Admin, "{person}", &[Replace("memberOf", &["CN=group,{unit}"])])
            .gives("53"),
    ]
}

fn renames() -> Vec<Probe> {
    let renamed = |name, shows| probe(name, shows, RENAMES).person();
    vec![
        renamed("rename-keeps-identity", "A rename keeps objectGUID, SID and password.")
            .mark("{person}", &["objectGUID", "objectSid", "msDS-KeyVersionNumber"])
            .rename(By::Admin, "{person}", "CN=renamed", None)
            .gives("ok")
            .since(
                "CN=renamed,{unit}",
                &["objectGUID", "objectSid", "msDS-KeyVersionNumber"],
            )
            .gives("objectGUID same objectSid same msDS-KeyVersionNumber same")
            .bind("CN=renamed,{unit}", "{first}")
            .gives("ok"),
        renamed("rename-moves", "A rename with another superior moves.")
            .unit("OU=deep,{unit}")
            .rename(By::Admin, "{person}", "CN={sam}", Some("OU=deep,{unit}"))
            .gives("ok")
            .search(By::Admin, "OU=deep,{unit}", Subtree, "(objectClass=user)")
            .gives("ok: {sam}"),
        renamed("rename-to-existing", "A name that is taken is refused.")
            .unit("OU=here,{unit}")
            .unit("OU=there,{unit}")
            .rename(By::Admin, "OU=here,{unit}", "OU=there", None)
            .gives("68"),
        renamed("rename-missing", "What is not there is not renamed.")
            .rename(By::Admin, "CN=nobody,{unit}", "CN=x", None)
            .gives("32"),
        renamed("rename-below-missing", "Nothing is moved below what is not there.")
            .rename(By::Admin, "{person}", "CN={sam}", Some("OU=nowhere,{unit}"))
            .gives("32"),
        renamed("rename-below-itself", "Nothing is moved below itself.")
            .unit("OU=here,{unit}")
            .unit("OU=in,OU=here,{unit}")
            .rename(By::Admin, "OU=here,{unit}", "OU=here", Some("OU=in,OU=here,{unit}"))
            .gives("53"),
        renamed("rename-wrong-kind", "A user is renamed to a CN.")
            .rename(By::Admin, "{person}", "OU=x", None)
            .gives("64"),
        renamed("rename-takes-children", "What is below moves along.")
            .unit("OU=here,{unit}")
            .unit("OU=in,OU=here,{unit}")
            .rename(By::Admin, "OU=here,{unit}", "OU=there", None)
            .gives("ok")
            .search(
                By::Admin,
                "OU=there,{unit}",
                Subtree,
                "(objectClass=organizationalUnit)",
            )
            .gives("ok: in there"),
    ]
}

fn deletes() -> Vec<Probe> {
    let deleted = |name, shows| probe(name, shows, DELETES);
    vec![
        deleted("delete-leaf", "A leaf is deleted.")
            .person()
            .delete(By::Admin, "{person}")
            .gives("ok")
            .read(By::Admin, "{person}", &["cn"])
            .gives("32"),
        deleted("delete-missing", "What is not there is not deleted.")
            .delete(By::Admin, "CN=nobody,{unit}")
            .gives("32 0000208D"),
        deleted("delete-with-children", "What has something below it is not deleted.")
            .unit("OU=here,{unit}")
            .unit("OU=in,OU=here,{unit}")
            .delete(By::Admin, "OU=here,{unit}")
            .gives("66 00002015"),
        deleted(
            "delete-frees-names",
            "After a delete the names are free, and the new account is another one.",
        )
        .person()
        .mark("{person}", &["objectGUID"])
        .delete(By::Admin, "{person}")
        .gives("ok")
        .person()
        .gives("ok")
        .since("{person}", &["objectGUID"])
        .gives("objectGUID changed"),
        deleted("delete-signed-in", "Who is deleted binds no more.")
            .person()
            .delete(By::Admin, "{person}")
            .gives("ok")
            .bind("{upn}", "{first}")
            .gives("49"),
    ]
}
