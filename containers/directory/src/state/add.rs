//! Adding entries.

use ldap3_proto::proto::{LdapModifyType, LdapPartialAttribute};

use vocabulary::Password;

use super::answer::{PASSWORD_RESTRICTION, Refusal};
use super::attributes::Attributes;
use super::dn::{Dn, Rdn};
use super::draft::{Draft, Write, check_enabled};
use super::entry::{Account, Entry, EntryId, uac};
use super::groups::GLOBAL_SECURITY;
use super::modify::read_password;
use super::password::Rules;
use super::schema::{Attr, Class};
use super::settings;
use super::time::FileTime;
use super::{Domain, Session, read_dn};

/// Longest value of a naming attribute (`rangeUpper` of `cn` and `ou`).
const LONGEST_NAME: usize = 64;

/// The values of an entry that is to be, attribute by attribute.
type Values = Vec<(Attr, Vec<Vec<u8>>)>;

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
        let place = self.place(&dn)?;
        self.administrators_only(session)?;
        let named = |attribute: LdapPartialAttribute| {
            let attr = Attr::named(&attribute.atype).ok_or_else(Refusal::unknown_attribute)?;
            Ok((attr, attribute.vals))
        };
        let values = attributes.into_iter().map(named).collect::<Result<_, _>>()?;
        self.create(&dn, place, values, None, now)
    }

    /// Adds a person as an offline load does: with the administrator's rights, and a password that no policy judges.
    ///
    /// # Errors
    /// The refusal that Active Directory gives for anything else.
    pub fn load(
        &mut self,
        name: &str,
        attributes: Vec<(&'static str, String)>,
        password: &Password,
        now: FileTime,
    ) -> Result<(), Refusal> {
        let dn = read_dn(name)?;
        let place = self.place(&dn)?;
        let mut values: Values = vec![(Attr::ObjectClass, vec![b"user".to_vec()])];
        for (name, value) in attributes {
            let attr = Attr::named(name).ok_or_else(Refusal::unknown_attribute)?;
            let value = value.into_bytes();
            match values.iter_mut().find(|(known, _)| *known == attr) {
                Some((_, values)) => values.push(value),
                None => values.push((attr, vec![value])),
            }
        }
        self.create(&dn, place, values, Some(password), now)
    }

    /// Adds an entry; a password that is given is not judged, one among the values is.
    fn create(
        &mut self,
        dn: &Dn,
        (rdn, parent): (Rdn, EntryId),
        values: Values,
        given: Option<&Password>,
        now: FileTime,
    ) -> Result<(), Refusal> {
        let class = class_of(&values)?;
        check_name(class, &rdn)?;
        self.check_superior(class, parent)?;
        let must_change = asks_for_change(&values);
        let mut draft = Draft::new(self.blank(dn, parent, rdn, class, now));
        let mut password = None;
        for (attr, values) in values {
            if attr == Attr::UnicodePwd {
                password = Some(values);
            } else if !implied(&draft.entry, attr, &values) {
                let action = LdapModifyType::Add;
                self.write(&mut draft, Write { attr, action, values }, now)?;
            }
        }
        name_account(&mut draft.entry);
        scope_group(&mut draft.entry);
        match (given, password) {
            (Some(password), _) => self.store_password(&mut draft, password, now)?,
            (None, Some(values)) => self.first_password(&mut draft, values, now)?,
            (None, None) => self.seal_for_smartcard(&mut draft, 0, now),
        }
        if must_change {
            draft.account()?.pwd_last_set = 0;
        }
        check_enabled(&draft.entry)?;
        settings::check(&draft.entry)?;
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

    /// What stands where is the schema's to say (`possSuperiors`); here it matters for fine-grained password policies alone.
    pub(super) fn check_superior(&self, class: Class, parent: EntryId) -> Result<(), Refusal> {
        let above = self.entry(parent)?.class;
        let fits = match class {
            Class::Settings => above == Class::SettingsContainer,
            Class::SettingsContainer => above == Class::Container,
            _ => above != Class::SettingsContainer && above != Class::Settings,
        };
        fits.then_some(()).ok_or_else(Refusal::naming)
    }

    pub(super) fn blank(&self, dn: &Dn, parent: EntryId, rdn: Rdn, class: Class, now: FileTime) -> Entry {
        Entry {
            parent: Some(parent),
            name: rdn.value.into(),
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

    fn first_password(&self, draft: &mut Draft, values: Vec<Vec<u8>>, now: FileTime) -> Result<(), Refusal> {
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
fn asks_for_change(values: &Values) -> bool {
    values
        .iter()
        .any(|(attr, values)| *attr == Attr::PwdLastSet && matches!(values.as_slice(), [value] if value == b"0"))
}

fn class_of(values: &Values) -> Result<Class, Refusal> {
    let mut classes = values
        .iter()
        .filter(|(attr, _)| *attr == Attr::ObjectClass)
        .flat_map(|(_, values)| values.iter().map(Vec::as_slice))
        .peekable();
    // A class that is not in the schema is answered like an attribute that is not; none at all breaks the rules of classes.
    let missing = if classes.peek().is_none() {
        Refusal::class
    } else {
        Refusal::unknown_attribute
    };
    Class::of_values(classes).ok_or_else(missing)
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
            matches!(values, [value] if value == entry.name.as_bytes())
        }
        _ => false,
    }
}

/// A group is global, and for security, unless something else was said.
pub fn scope_group(entry: &mut Entry) {
    if entry.class == Class::Group && !entry.attributes.has(Attr::GroupType) {
        entry.attributes.set_one(Attr::GroupType, GLOBAL_SECURITY);
    }
}

/// An account without a sAMAccountName gets one that nobody would choose.
fn name_account(entry: &mut Entry) {
    if entry.class.has_sid() && entry.attributes.text(Attr::SamAccountName).is_none() {
        let digits = entry.guid.simple().to_string().to_ascii_uppercase();
        let name = format!("${}-{}", &digits[..6], &digits[20..]);
        entry.attributes.set_one(Attr::SamAccountName, &name);
    }
}
