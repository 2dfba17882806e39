//! The state machine, asked directly: time is a number here, and nothing waits.

mod accounts;
mod binds;
mod convergence;
mod entries;
mod groups;
mod loading;
mod lockout;
mod passwords;
mod replicas;
mod replication;
mod rights;
mod roles;
mod searches;
mod settings;

use std::collections::BTreeMap;
use std::time::Duration;

use ldap3_proto::parse_ldap_filter_str;
use ldap3_proto::proto::{
    LdapDerefAliases, LdapModify, LdapModifyType, LdapPartialAttribute, LdapResultCode, LdapSearchRequest,
    LdapSearchScope,
};
use vocabulary::Password;

use super::time::FileTime;
use super::{Domain, Progress, Refusal, Session};
use crate::config::{Delegation, DirectoryConfig, LockoutConfig, Right};

pub const BASE: &str = "DC=corp,DC=test";
pub const PEOPLE: &str = "OU=People,DC=corp,DC=test";
pub const ADMINISTRATOR: &str = "CN=Administrator,CN=Users,DC=corp,DC=test";
pub const SERVICE: &str = "CN=svc-writeback,OU=Services,DC=corp,DC=test";
pub const ANN: &str = "CN=Ann Lee,OU=People,DC=corp,DC=test";
pub const FIRST: &str = "Correct-Horse-1";
pub const SECOND: &str = "Battery-Staple-2";
pub const THIRD: &str = "Purple-Monkey-3";

/// Attributes by name, each value as text where it is text.
pub type Row = BTreeMap<String, Vec<String>>;

/// A domain with an administrator, a delegated service account and one person.
pub struct Lab {
    pub domain: Domain,
    pub now: FileTime,
    pub admin: Session,
}

pub fn config() -> DirectoryConfig {
    DirectoryConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        domain: "corp.test".to_owned(),
        fqdn: "dc1.corp.test".to_owned(),
        certificate_file: "unused".into(),
        key_file: "unused".into(),
        admin_password_file: "unused".into(),
        guid_seed: 7,
        old_password_allowed: Duration::ZERO,
        policy: crate::config::PolicyConfig::default(),
        lockout: LockoutConfig {
            threshold: 3,
            duration: Duration::from_secs(60),
            window: Duration::from_secs(30),
        },
        functional_level: 6,
        join: None,
        replication_delay: Duration::ZERO,
        process_model: crate::config::ProcessModel::Standard,
        concurrent_writes: 1,
        delegations: vec![delegation(&[
            Right::ResetPassword,
            Right::WriteLockoutTime,
            Right::WritePwdLastSet,
            Right::UnexpirePassword,
        ])],
        service: crate::config::ServiceTimes::default(),
    }
}

pub fn delegation(rights: &[Right]) -> Delegation {
    Delegation {
        principal: SERVICE.to_owned(),
        ous: vec![PEOPLE.to_owned()],
        rights: rights.to_vec(),
    }
}

pub fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub fn wire(text: &str) -> Vec<u8> {
    password(text).unicode_pwd().to_vec()
}

pub fn attribute(name: &str, values: &[&[u8]]) -> LdapPartialAttribute {
    LdapPartialAttribute {
        atype: name.to_owned(),
        vals: values.iter().map(|value| value.to_vec()).collect(),
    }
}

pub fn write(operation: LdapModifyType, name: &str, values: &[&[u8]]) -> LdapModify {
    LdapModify {
        operation,
        modification: attribute(name, values),
    }
}

pub fn replace(name: &str, value: &str) -> LdapModify {
    write(LdapModifyType::Replace, name, &[value.as_bytes()])
}

pub fn reset(new: &str) -> LdapModify {
    write(LdapModifyType::Replace, "unicodePwd", &[&wire(new)])
}

pub fn change(old: &str, new: &str) -> Vec<LdapModify> {
    vec![
        write(LdapModifyType::Delete, "unicodePwd", &[&wire(old)]),
        write(LdapModifyType::Add, "unicodePwd", &[&wire(new)]),
    ]
}

/// The result code and the leading hex digits, which are what clients key on.
pub fn verdict(outcome: Result<(), Refusal>) -> (i64, String) {
    match outcome {
        Ok(()) => (0, String::new()),
        Err(refusal) => (refusal.code as i64, refusal.text.chars().take(8).collect()),
    }
}

pub fn refused(code: LdapResultCode, hex: &str) -> (i64, String) {
    (code as i64, hex.to_owned())
}

pub fn granted() -> (i64, String) {
    (0, String::new())
}

impl Lab {
    pub fn new() -> Self {
        Self::with(&config())
    }

    pub fn with(config: &DirectoryConfig) -> Self {
        let now = FileTime::from_unix(Duration::from_secs(1_800_000_000));
        let domain = Domain::new(config, &password("Admin-Pass-1"), now).unwrap();
        let mut lab = Self {
            domain,
            now,
            admin: Session::default(),
        };
        lab.admin = lab.session(ADMINISTRATOR, "Admin-Pass-1");
        for unit in ["People", "Services"] {
            lab.add(&format!("OU={unit},{BASE}"), &[("objectClass", "organizationalUnit")]);
        }
        lab.person(ANN, "alee", FIRST);
        lab.person(SERVICE, "svc-writeback", FIRST);
        lab
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    pub fn add(&mut self, dn: &str, attributes: &[(&str, &str)]) {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(name, value)| attribute(name, &[value.as_bytes()]))
            .collect();
        let admin = self.admin;
        self.domain.add(&admin, dn, attributes, self.now).unwrap();
    }

    pub fn person(&mut self, dn: &str, sam: &str, clear: &str) {
        assert_eq!(
            self.add_person(dn, sam, &[attribute("unicodePwd", &[&wire(clear)])]),
            granted()
        );
    }

    pub fn add_person(&mut self, dn: &str, sam: &str, more: &[LdapPartialAttribute]) -> (i64, String) {
        let upn = format!("{sam}@corp.test");
        let mut attributes = vec![
            attribute("objectClass", &[b"top", b"person", b"organizationalPerson", b"user"]),
            attribute("sAMAccountName", &[sam.as_bytes()]),
            attribute("userPrincipalName", &[upn.as_bytes()]),
            attribute("userAccountControl", &[b"512"]),
        ];
        attributes.extend_from_slice(more);
        let admin = self.admin;
        verdict(self.domain.add(&admin, dn, attributes, self.now))
    }

    pub fn bind(&mut self, name: &str, clear: &str) -> Result<Session, String> {
        let mut session = Session::default();
        match self.domain.bind(&mut session, name, &password(clear), self.now) {
            Ok(()) => Ok(session),
            Err(refusal) => {
                assert_eq!(refusal.code, LdapResultCode::InvalidCredentials);
                let (_, data) = refusal.text.split_once("data ").unwrap();
                Err(data.split(',').next().unwrap().to_owned())
            }
        }
    }

    pub fn session(&mut self, name: &str, clear: &str) -> Session {
        self.bind(name, clear).unwrap()
    }

    pub fn modify(&mut self, session: Session, dn: &str, changes: Vec<LdapModify>) -> (i64, String) {
        verdict(self.domain.modify(&session, dn, changes, false, self.now))
    }

    /// A write that the administrator makes, and that must succeed.
    pub fn set(&mut self, dn: &str, name: &str, value: &str) {
        let admin = self.admin;
        assert_eq!(self.modify(admin, dn, vec![replace(name, value)]), granted());
    }

    pub fn reset(&mut self, dn: &str, new: &str) {
        let admin = self.admin;
        assert_eq!(self.modify(admin, dn, vec![reset(new)]), granted());
    }

    pub fn search(&self, base: &str, scope: LdapSearchScope, filter: &str, attrs: &[&str]) -> Vec<(String, Row)> {
        let request = request(base, scope, filter, attrs);
        let mut cursor = self.domain.begin_search(&self.admin, &request).unwrap();
        let mut rows = Vec::new();
        loop {
            let (entries, progress) = self.domain.step(&mut cursor, usize::MAX, self.now);
            rows.extend(entries.into_iter().map(|entry| (entry.dn, row(entry.attributes))));
            if progress != Progress::Continue {
                return rows;
            }
        }
    }

    /// The names below the people's unit that a filter finds.
    pub fn find(&self, filter: &str) -> Vec<String> {
        let rows = self.search(BASE, LdapSearchScope::Subtree, filter, &["1.1"]);
        rows.into_iter().map(|(dn, _)| dn).collect()
    }

    pub fn read(&self, dn: &str, attrs: &[&str]) -> Row {
        let mut rows = self.search(dn, LdapSearchScope::Base, "(objectClass=*)", attrs);
        rows.pop().unwrap().1
    }

    pub fn value(&self, dn: &str, name: &str) -> String {
        self.read(dn, &[name])
            .remove(name)
            .map_or(String::new(), |values| values.join("|"))
    }

    pub fn number(&self, dn: &str, name: &str) -> i64 {
        self.value(dn, name).parse().unwrap()
    }
}

pub fn request(base: &str, scope: LdapSearchScope, filter: &str, attrs: &[&str]) -> LdapSearchRequest {
    LdapSearchRequest {
        base: base.to_owned(),
        scope,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        // The parser of the library knows neither spaces nor escapes; the evaluation knows both.
        filter: parse_ldap_filter_str(&filter.replace(' ', "\\20")).unwrap(),
        attrs: attrs.iter().map(|&name| name.to_owned()).collect(),
    }
}

pub fn row(attributes: Vec<LdapPartialAttribute>) -> Row {
    let text = |value: Vec<u8>| String::from_utf8(value).unwrap_or_else(|error| format!("{:02x?}", error.as_bytes()));
    attributes
        .into_iter()
        .map(|attribute| (attribute.atype, attribute.vals.into_iter().map(text).collect()))
        .collect()
}
