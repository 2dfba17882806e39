//! What an entry shows when it is read.

use super::Domain;
use super::attributes::Values;
use super::dn::{Dn, Rdn};
use super::entry::{Account, Entry, EntryId, uac};
use super::naming::builtin_sid;
use super::schema::{Attr, Class, Place};
use super::time::FileTime;
use super::tree::Tree;

/// `sAMAccountType` of a user and a computer (MS-SAMR 2.2.1.9).
const TYPE_USER: u32 = 0x3000_0000;
const TYPE_MACHINE: u32 = 0x3000_0001;

/// The values of one attribute: those kept, or those made for this reading.
pub enum Shown<'a> {
    /// As a client wrote them.
    Kept(Values<'a>),
    /// Worked out now.
    Made(Vec<Vec<u8>>),
}

impl Shown<'_> {
    /// Whether a test holds for one of the values.
    pub fn any(&self, test: impl Fn(&[u8]) -> bool) -> bool {
        match self {
            Self::Kept(values) => values.clone().any(test),
            Self::Made(values) => values.iter().any(|value| test(value)),
        }
    }

    /// The values, to be sent.
    pub fn into_owned(self) -> Vec<Vec<u8>> {
        match self {
            Self::Kept(values) => values.map(<[u8]>::to_vec).collect(),
            Self::Made(values) => values,
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "most callers hand over a value they just made"
)]
fn one(value: impl ToString) -> Vec<Vec<u8>> {
    vec![value.to_string().into_bytes()]
}

fn some(value: Option<impl ToString>) -> Vec<Vec<u8>> {
    value.map(one).unwrap_or_default()
}

impl Domain {
    /// The values of an attribute of an entry; none where it has none.
    pub(super) fn show<'a>(&self, id: EntryId, entry: &'a Entry, attr: Attr, now: FileTime) -> Shown<'a> {
        match attr.place() {
            Place::One | Place::Many => Shown::Kept(entry.attributes.get(attr)),
            Place::Secret => Shown::Made(Vec::new()),
            Place::Kept | Place::Constructed => Shown::Made(self.made(id, entry, attr, now)),
        }
    }

    fn made(&self, id: EntryId, entry: &Entry, attr: Attr, now: FileTime) -> Vec<Vec<u8>> {
        match attr {
            Attr::ObjectClass => entry
                .class
                .names()
                .iter()
                .map(|name| name.as_bytes().to_vec())
                .collect(),
            Attr::Cn | Attr::Ou | Attr::Dc => naming_value(entry, attr),
            Attr::Name => one(&entry.name),
            Attr::DistinguishedName => one(self.tree.dn(id)),
            Attr::InstanceType => one(if id == Tree::HEAD { 5 } else { 4 }),
            Attr::WhenCreated | Attr::CreateTimestamp => one(entry.when_created.generalized()),
            Attr::WhenChanged | Attr::ModifyTimestamp => one(entry.when_changed.generalized()),
            Attr::UsnCreated => one(entry.usn_created),
            Attr::UsnChanged => one(entry.usn_changed),
            Attr::ObjectGuid => vec![entry.guid.to_bytes_le().to_vec()],
            Attr::ObjectSid => self.sid(id, entry).into_iter().collect(),
            Attr::ObjectCategory => one(self.category(entry.class)),
            Attr::Member if entry.class == Class::Group => self.names(self.links.members(id)),
            Attr::PsoAppliesTo if entry.class == Class::Settings => self.names(self.links.members(id)),
            Attr::MemberOf => self.names(self.groups_of(id)),
            Attr::PsoApplied => self.names(self.settings_on(id)),
            Attr::ResultantPso => self.names(self.resultant(id, entry).into_iter()),
            Attr::TokenGroups if entry.account.is_some() => self.token_groups(id, entry),
            Attr::PrimaryGroupToken => some(entry.rid.filter(|_| entry.class == Class::Group)),
            Attr::CanonicalName => one(self.canonical(id)),
            Attr::PrincipalName => some(self.principal_name(entry)),
            Attr::SamAccountType => some(account_type(entry)),
            Attr::PrimaryGroupId => some(entry.primary_group()),
            _ if id == Tree::HEAD => self.of_the_head(attr),
            _ => entry
                .account
                .as_deref()
                .map(|account| self.of_account(id, entry, account, attr, now))
                .unwrap_or_default(),
        }
    }

    fn of_account(&self, id: EntryId, entry: &Entry, account: &Account, attr: Attr, now: FileTime) -> Vec<Vec<u8>> {
        match attr {
            Attr::UserAccountControl => one(account.control),
            Attr::PwdLastSet => one(account.pwd_last_set),
            Attr::LockoutTime => some(account.lockout_time),
            Attr::BadPwdCount => one(account.bad_password_count),
            Attr::BadPasswordTime => one(account.bad_password_time),
            Attr::KeyVersionNumber => some(account.key_version()),
            Attr::UacComputed => one(account.computed(self.policy_of(id, entry), now)),
            Attr::PasswordExpiry => {
                let end = account.password_expires(self.policy_of(id, entry));
                one(end.map_or(i64::MAX, |end| end.0))
            }
            _ => Vec::new(),
        }
    }

    fn of_the_head(&self, attr: Attr) -> Vec<Vec<u8>> {
        match attr {
            Attr::BehaviorVersion => one(self.replica.level),
            Attr::FsmoRoleOwner => one(self.role_owner()),
            _ => some(self.policy.get(attr)),
        }
    }

    /// The name of this controller among the sites.
    pub(super) fn server_name(&self) -> String {
        self.server_named(&self.identity.host)
    }

    pub(super) fn sid(&self, id: EntryId, entry: &Entry) -> Option<Vec<u8>> {
        if entry.is_builtin() {
            return Some(builtin_sid(entry.rid));
        }
        (id == Tree::HEAD || entry.rid.is_some()).then(|| self.identity.sid_bytes(entry.rid))
    }

    /// The DN of a class's category.
    pub(super) fn category(&self, class: Class) -> String {
        format!(
            "CN={},CN=Schema,CN=Configuration,{}",
            class.category(),
            self.tree.base()
        )
    }

    fn names(&self, ids: impl Iterator<Item = EntryId>) -> Vec<Vec<u8>> {
        ids.map(|id| self.tree.dn(id).to_string().into_bytes()).collect()
    }

    /// `corp.test/People/Ann`, each `/` within a name escaped.
    fn canonical(&self, id: EntryId) -> String {
        let Dn(parts) = self.tree.dn(id);
        let own = parts.len().saturating_sub(self.tree.base().0.len());
        let path: Vec<String> = parts[..own]
            .iter()
            .rev()
            .map(|rdn: &Rdn| rdn.value.replace('/', "\\/"))
            .collect();
        format!("{}/{}", self.identity.domain, path.join("/"))
    }

    /// `CORP\ann`.
    pub(super) fn principal_name(&self, entry: &Entry) -> Option<String> {
        let sam = entry.attributes.text(Attr::SamAccountName)?;
        Some(format!("{}\\{sam}", self.identity.netbios))
    }

    /// The attributes that `*` means for an entry.
    pub(super) fn present(&self, entry: &Entry) -> Vec<Attr> {
        let kept = Attr::ALL.iter().copied().filter(|attr| attr.place() == Place::Kept);
        let written = entry.attributes.present().filter(|attr| attr.place() != Place::Kept);
        kept.chain(written).collect()
    }
}

fn naming_value(entry: &Entry, attr: Attr) -> Vec<Vec<u8>> {
    let named = attr.name().eq_ignore_ascii_case(entry.class.naming());
    some(named.then_some(&entry.name))
}

fn account_type(entry: &Entry) -> Option<u32> {
    match entry.class {
        Class::User => Some(TYPE_USER),
        Class::Computer => Some(TYPE_MACHINE),
        Class::Group => Some(entry.group_account_type()),
        _ => None,
    }
}

/// The bits of `userAccountControl` that clients may write: the live ones are never kept.
#[must_use]
pub fn stored_control(value: u32) -> u32 {
    let kept = value & !(uac::LOCKOUT | uac::PASSWORD_EXPIRED);
    let kinds = uac::NORMAL_ACCOUNT | uac::WORKSTATION_TRUST | uac::SERVER_TRUST;
    if kept & kinds == 0 {
        kept | uac::NORMAL_ACCOUNT
    } else {
        kept
    }
}
