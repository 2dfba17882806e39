//! Adding entries.

use ldap3_proto::proto::{LdapModifyType, LdapPartialAttribute};

use super::answer::{PASSWORD_RESTRICTION, Refusal};
use super::dn::{Dn, Rdn};
use super::draft::{Draft, Write, check_enabled};
use super::entry::{Account, Attributes, Entry, EntryId, uac};
use super::modify::read_password;
use super::password::Rules;
use super::schema::{Attr, Class};
use super::time::FileTime;
use super::{Domain, Session, read_dn};

/// Longest value of a naming attribute (`rangeUpper` of `cn` and `ou`).
const LONGEST_NAME: usize = 64;

impl Domain {
    /// Adds an organizational unit, a container, a user, a computer or a group.
    ///
    /// # Errors
    /// The refusal that Active Directory gives.
    pub fn add(
        &mut self,
        session: &Session,
        name: &str,
        attributes: Vec<LdapPartialAttribute>,
        now: FileTime,
    ) -> Result<(), Refusal> {
        self.caller(session)?;
        let dn = read_dn(name)?;
        let (rdn, parent) = self.place(&dn)?;
        self.administrators_only(session)?;
        let class = class_of(&attributes)?;
        check_name(class, &rdn)?;
        let must_change = asks_for_change(&attributes);
        let mut draft = Draft::new(self.blank(&dn, parent, rdn, class, now));
        let mut password = None;
        for attribute in attributes {
            let attr = Attr::named(&attribute.atype).ok_or_else(Refusal::unknown_attribute)?;
            if attr == Attr::UnicodePwd {
                password = Some(attribute.vals);
            } else if !implied(&draft.entry, attr, &attribute.vals) {
                let action = LdapModifyType::Add;
                let values = attribute.vals;
                self.write(&mut draft, Write { attr, action, values }, now)?;
            }
        }
        name_account(&mut draft.entry);
        self.first_password(&mut draft, password, now)?;
        if must_change {
            draft.account()?.pwd_last_set = 0;
        }
        check_enabled(&draft.entry)?;
        self.tree.check(None, &draft.entry)?;
        self.plant(draft);
        Ok(())
    }

    /// Where a new entry will stand.
    fn place(&self, dn: &Dn) -> Result<(Rdn, EntryId), Refusal> {
        let (rdn, above) = dn.0.split_first().ok_or_else(|| Refusal::bad_name(""))?;
        if dn.key() == self.tree.base().key() {
            return Err(Refusal::exists(0x2071));
        }
        let parent = self.resolve_dn(&Dn(above.to_vec()))?;
        Ok((rdn.clone(), parent))
    }

    pub(super) fn blank(&self, dn: &Dn, parent: EntryId, rdn: Rdn, class: Class, now: FileTime) -> Entry {
        Entry {
            parent: Some(parent),
            rdn,
            class,
            guid: self.new_guid(dn),
            rid: None,
            usn_created: 0,
            usn_changed: 0,
            when_created: now,
            when_changed: now,
            attributes: Attributes::default(),
            account: new_account(class),
        }
    }

    fn first_password(&self, draft: &mut Draft, values: Option<Vec<Vec<u8>>>, now: FileTime) -> Result<(), Refusal> {
        let Some(values) = values else {
            return Ok(());
        };
        draft.account()?;
        let [value] = <[Vec<u8>; 1]>::try_from(values).map_err(|_| Refusal::constraint(0x2081, Attr::UnicodePwd))?;
        let new = read_password(value)?;
        if !self.password_fits(draft, &new, Rules::Reset, now) {
            return Err(Refusal::unwilling(PASSWORD_RESTRICTION));
        }
        self.store_password(draft, &new, now)
    }

    /// Puts a checked draft into the tree, with a RID and USNs of its own.
    pub(super) fn plant(&mut self, draft: Draft) -> EntryId {
        let Draft { mut entry, members, .. } = draft;
        if entry.class.has_sid() && entry.rid.is_none() {
            entry.rid = Some(self.next_rid);
            self.next_rid += 1;
        }
        let usn = self.next_usn();
        (entry.usn_created, entry.usn_changed) = (usn, usn);
        let id = self.tree.insert(entry);
        self.link(id, members);
        self.spread_birth(id);
        id
    }
}

fn new_account(class: Class) -> Option<Box<Account>> {
    let control = match class {
        Class::User => uac::CREATED,
        Class::Computer => uac::WORKSTATION_TRUST | uac::PASSWORD_NOT_REQUIRED,
        _ => return None,
    };
    Some(Box::new(Account {
        control,
        ..Account::default()
    }))
}

/// Whether a new account shall be asked for another password at its first logon.
fn asks_for_change(attributes: &[LdapPartialAttribute]) -> bool {
    attributes.iter().any(|attribute| {
        Attr::named(&attribute.atype) == Some(Attr::PwdLastSet)
            && matches!(attribute.vals.as_slice(), [value] if value == b"0")
    })
}

fn class_of(attributes: &[LdapPartialAttribute]) -> Result<Class, Refusal> {
    let values = attributes
        .iter()
        .filter(|attribute| Attr::named(&attribute.atype) == Some(Attr::ObjectClass))
        .flat_map(|attribute| attribute.vals.iter().map(Vec::as_slice));
    Class::of_values(values).ok_or_else(Refusal::class)
}

/// Whether a class may have entries of that name.
pub fn check_name(class: Class, rdn: &Rdn) -> Result<(), Refusal> {
    if rdn.kind != class.naming() {
        return Err(Refusal::naming());
    }
    if rdn.value.encode_utf16().count() > LONGEST_NAME {
        return Err(Refusal::constraint(0x2082, Attr::Cn));
    }
    Ok(())
}

/// What the name and the class of an entry say already.
fn implied(entry: &Entry, attr: Attr, values: &[Vec<u8>]) -> bool {
    match attr {
        Attr::ObjectClass | Attr::ObjectCategory | Attr::InstanceType | Attr::DistinguishedName => true,
        Attr::Cn | Attr::Ou | Attr::Name => {
            matches!(values, [value] if value == entry.rdn.value.as_bytes())
        }
        _ => false,
    }
}

/// An account without a sAMAccountName gets one that nobody would choose.
fn name_account(entry: &mut Entry) {
    if entry.class.has_sid() && entry.attributes.text(Attr::SamAccountName).is_none() {
        let digits = entry.guid.simple().to_string().to_ascii_uppercase();
        let name = format!("${}-{}", &digits[..6], &digits[20..]);
        entry
            .attributes
            .set(Attr::SamAccountName, vec![name.into_bytes().into()]);
    }
}
