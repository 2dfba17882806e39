//! What a fresh domain holds before anybody writes to it.

use std::collections::HashMap;

use vocabulary::{Password, Seed};

use super::attributes::Attributes;
use super::bind::ADMINISTRATOR_RID;
use super::dn::{Dn, Rdn};
use super::draft::Draft;
use super::entry::{Entry, EntryId, uac};
use super::links::Links;
use super::policy::Policy;
use super::replication::Replica;
use super::rights::Grant;
use super::schema::{Attr, Class};
use super::time::FileTime;
use super::tree::Tree;
use super::{Domain, Identity};
use crate::config::DirectoryConfig;
use crate::error::DirectoryError;

/// The first RID that is nobody's by definition.
const FIRST_FREE_RID: u32 = 1103;
/// The RID of the first domain controller.
pub const FIRST_CONTROLLER: u32 = 1000;

impl Identity {
    fn new(config: &DirectoryConfig) -> Self {
        let seed = Seed::new(config.guid_seed).child(&config.domain.to_ascii_lowercase());
        let bytes = seed.child("domain SID");
        let number = |at: usize| {
            let four = bytes.bytes().as_chunks::<4>().0[at];
            u32::from_le_bytes(four)
        };
        Self {
            domain: config.domain.to_ascii_lowercase(),
            netbios: first_label(&config.domain),
            fqdn: config.fqdn.clone(),
            host: first_label(&config.fqdn),
            sid: [number(0), number(1), number(2)],
            seed,
        }
    }

    /// Calls the same domain's controller by another name.
    pub(super) fn name_host(&mut self, fqdn: &str) {
        fqdn.clone_into(&mut self.fqdn);
        self.host = first_label(fqdn);
    }

    fn base(&self) -> Dn {
        let labels = self.domain.split('.').map(|label| rdn("DC", label));
        Dn(labels.collect())
    }
}

/// The first label of a DNS name, in upper case: the NetBIOS name that follows from it.
pub fn first_label(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_ascii_uppercase()
}

fn rdn(kind: &'static str, value: &str) -> Rdn {
    Rdn {
        kind: kind.into(),
        value: value.to_owned(),
    }
}

impl Domain {
    /// A fresh domain with its administrator.
    ///
    /// # Errors
    /// [`DirectoryError::Delegation`] for a delegation whose names cannot be read.
    pub fn new(config: &DirectoryConfig, administrator: &Password, now: FileTime) -> Result<Self, DirectoryError> {
        let identity = Identity::new(config);
        let base = identity.base();
        let head = head(&identity, &base, now);
        let grants = config.delegations.iter().map(Grant::read).collect::<Result<_, _>>()?;
        let replica = Replica::first(config, &identity.seed, &identity.host);
        let mut domain = Self {
            tree: Tree::new(base, head),
            links: Links::default(),
            policy: Policy::new(&config.policy, &config.lockout),
            identity,
            grants,
            grants_hold: true,
            administrator: Tree::HEAD,
            old_password_allowed: config.old_password_allowed,
            highest_usn: 1,
            next_rid: FIRST_FREE_RID,
            buried: HashMap::new(),
            replica,
        };
        domain.furnish(administrator, now);
        Ok(domain)
    }

    fn furnish(&mut self, administrator: &Password, now: FileTime) {
        let users = self.preset(Tree::HEAD, Class::Container, "Users", now, |_, _| {});
        self.preset(Tree::HEAD, Class::Container, "Computers", now, |_, _| {});
        let builtin = self.preset(Tree::HEAD, Class::Builtin, "Builtin", now, |_, _| {});
        let system = self.preset(Tree::HEAD, Class::Container, "System", now, |_, _| {});
        let settings = "Password Settings Container";
        let settings = self.preset(system, Class::SettingsContainer, settings, now, |_, _| {});
        self.tree.settings_stand_in(settings);
        let controllers = self.preset(Tree::HEAD, Class::Unit, "Domain Controllers", now, |_, _| {});
        self.preset(Tree::HEAD, Class::Container, "LostAndFound", now, |_, _| {});
        self.furnish_groups(users, builtin, now);
        let (host, fqdn) = (self.identity.host.clone(), self.identity.fqdn.clone());
        self.seat(controllers, &host, &fqdn, Some(FIRST_CONTROLLER), now);
        self.administrator = self.preset(users, Class::User, "Administrator", now, |domain, entry| {
            entry.rid = Some(ADMINISTRATOR_RID);
            set(entry, Attr::SamAccountName, "Administrator");
            set(entry, Attr::AdminCount, "1");
            control(entry, uac::NORMAL_ACCOUNT | uac::NEVER_EXPIRES);
            domain.give_password(entry, administrator, now);
        });
        self.join_administrators(ADMINISTRATOR_RID);
    }

    /// Gives a domain controller its computer account.
    pub(super) fn seat(&mut self, unit: EntryId, host: &str, fqdn: &str, rid: Option<u32>, now: FileTime) {
        self.preset(unit, Class::Computer, host, now, |_, entry| {
            set(entry, Attr::SamAccountName, &format!("{host}$"));
            set(entry, Attr::DnsHostName, fqdn);
            entry.rid = rid;
            control(entry, uac::SERVER_TRUST);
        });
    }

    pub(super) fn preset(
        &mut self,
        parent: EntryId,
        class: Class,
        name: &str,
        now: FileTime,
        fill: impl FnOnce(&Self, &mut Entry),
    ) -> EntryId {
        let rdn = rdn(class.naming(), name);
        let mut dn = self.tree.dn(parent);
        dn.0.insert(0, rdn.clone());
        let mut entry = self.blank(&dn, parent, rdn, class, now);
        fill(self, &mut entry);
        self.plant(Draft::new(entry))
    }

    /// The administrator's password is given, not judged.
    fn give_password(&self, entry: &mut Entry, password: &Password, now: FileTime) {
        let mut draft = Draft::new(entry.clone());
        if self.store_password(&mut draft, password, now).is_ok() {
            *entry = draft.entry;
        }
    }
}

fn head(identity: &Identity, base: &Dn, now: FileTime) -> Entry {
    Entry {
        parent: None,
        name: base.0.first().map(|rdn| rdn.value.as_str().into()).unwrap_or_default(),
        class: Class::Domain,
        guid: identity.seed.child("objectGUID").child(&base.key()).uuid(),
        rid: None,
        usn_created: 1,
        usn_changed: 1,
        when_created: now,
        when_changed: now,
        attributes: Attributes::default(),
        account: None,
    }
}

pub fn set(entry: &mut Entry, attr: Attr, value: &str) {
    entry.attributes.set_one(attr, value);
}

fn control(entry: &mut Entry, bits: u32) {
    if let Some(account) = entry.account.as_mut() {
        account.control = bits;
    }
}
