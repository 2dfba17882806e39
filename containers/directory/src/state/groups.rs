//! Who is in which group: directly, through other groups, and by the primary group.

use std::collections::HashSet;

use super::Domain;
use super::answer::Refusal;
use super::draft::{Draft, Write, integer};
use super::entry::{Entry, EntryId};
use super::schema::{Attr, Class};

/// `groupType` bits (MS-ADTS 2.2.12).
mod kind {
    /// One of the groups that every Windows has.
    pub const BUILTIN: i64 = 1;
    /// Global, domain local, universal.
    pub const SCOPES: i64 = 2 | 4 | 8;
    /// Domain local.
    pub const LOCAL: i64 = 4;
    /// A group that rights can be given to.
    pub const SECURITY: i64 = -0x8000_0000;
}

/// `groupType` of a group of which nothing is said: global, for security.
pub const GLOBAL_SECURITY: &str = "-2147483646";
/// `groupType` of the groups below `CN=Builtin`.
pub const BUILTIN_LOCAL: &str = "-2147483643";
/// The RIDs of `Domain Users` and `Domain Computers`, and of the domain controllers' group.
pub const DOMAIN_USERS: u32 = 513;
pub const DOMAIN_COMPUTERS: u32 = 515;
pub const DOMAIN_CONTROLLERS: u32 = 516;
/// The RID of `CN=Administrators,CN=Builtin`.
pub const ADMINISTRATORS: u32 = 544;

/// `sAMAccountType` of groups (MS-SAMR 2.2.1.9): each is one more where it is not for security.
const TYPE_GROUP: u32 = 0x1000_0000;
const TYPE_ALIAS: u32 = 0x2000_0000;

impl Entry {
    fn group_type(&self) -> Option<i64> {
        let text = self
            .attributes
            .text(Attr::GroupType)
            .filter(|_| self.class == Class::Group);
        text.and_then(|text| text.parse().ok())
    }

    /// Whether this is one of the groups that every Windows has: its SID is not the domain's.
    #[must_use]
    pub fn is_builtin(&self) -> bool {
        self.group_type().is_some_and(|kind| kind & kind::BUILTIN != 0)
    }

    fn is_security_group(&self) -> bool {
        self.group_type().is_some_and(|kind| kind & kind::SECURITY != 0)
    }

    /// `sAMAccountType` of a group.
    #[must_use]
    pub fn group_account_type(&self) -> u32 {
        let local = self.group_type().is_some_and(|kind| kind & kind::LOCAL != 0);
        let base = if local { TYPE_ALIAS } else { TYPE_GROUP };
        base + u32::from(!self.is_security_group())
    }

    /// `primaryGroupID`: as written, or what the kind of account begins with.
    #[must_use]
    pub fn primary_group(&self) -> Option<u32> {
        let account = self.account.as_ref()?;
        let written = self.attributes.text(Attr::PrimaryGroupId);
        written.and_then(|text| text.parse().ok()).or(Some(match self.class {
            Class::Computer if account.has(super::entry::uac::SERVER_TRUST) => DOMAIN_CONTROLLERS,
            Class::Computer => DOMAIN_COMPUTERS,
            _ => DOMAIN_USERS,
        }))
    }
}

impl Domain {
    fn of_class(&self, class: Class) -> impl Fn(&EntryId) -> bool {
        move |id| self.tree.get(*id).is_some_and(|entry| entry.class == class)
    }

    /// `memberOf`.
    pub(super) fn groups_of(&self, id: EntryId) -> impl Iterator<Item = EntryId> {
        self.links.owners(id).filter(self.of_class(Class::Group))
    }

    /// `msDS-PSOApplied`.
    pub(super) fn settings_on(&self, id: EntryId) -> impl Iterator<Item = EntryId> {
        self.links.owners(id).filter(self.of_class(Class::Settings))
    }

    /// The security groups of an account, nested ones and the primary group included.
    fn security_groups(&self, id: EntryId, entry: &Entry) -> Vec<EntryId> {
        let primary = entry.primary_group().and_then(|rid| self.tree.by_rid(rid));
        let start = self.groups_of(id).chain(primary);
        let mut groups = closure(start, |group| self.groups_of(group));
        groups.retain(|group| self.tree.get(*group).is_some_and(Entry::is_security_group));
        groups
    }

    /// The groups through which a policy reaches an account: its security groups without the built-in ones (MS-DRSR 4.1.8.3,
    /// `RevMembGetAccountGroups`).
    pub(super) fn account_groups(&self, id: EntryId, entry: &Entry) -> Vec<EntryId> {
        let mut groups = self.security_groups(id, entry);
        groups.retain(|group| !self.tree.get(*group).is_some_and(Entry::is_builtin));
        groups
    }

    /// `tokenGroups`.
    pub(super) fn token_groups(&self, id: EntryId, entry: &Entry) -> Vec<Vec<u8>> {
        let groups = self.security_groups(id, entry).into_iter();
        groups
            .filter_map(|group| self.sid(group, self.tree.get(group)?))
            .collect()
    }

    /// Whether an account is a member of the administrators, in whatever way.
    pub(super) fn among_administrators(&self, id: EntryId) -> bool {
        let administrators = self.tree.by_rid(ADMINISTRATORS);
        let entry = self.tree.get(id).filter(|entry| entry.account.is_some());
        entry
            .zip(administrators)
            .is_some_and(|(entry, administrators)| self.security_groups(id, entry).contains(&administrators))
    }

    /// Whether a chain of one linked attribute leads from an entry to another (`LDAP_MATCHING_RULE_TRANSITIVE_EVAL`).
    pub(super) fn leads_in_chain(&self, attr: Attr, from: EntryId, to: EntryId) -> bool {
        match attr {
            Attr::MemberOf => closure(self.groups_of(from), |group| self.groups_of(group)).contains(&to),
            // Upwards from the one to the group: a person has few groups, a group may have a million members.
            Attr::Member => self.leads_in_chain(Attr::MemberOf, to, from),
            Attr::Manager => closure(self.manager_of(from), |above| self.manager_of(above)).contains(&to),
            _ => false,
        }
    }

    fn manager_of(&self, id: EntryId) -> Option<EntryId> {
        let name = self.tree.get(id)?.attributes.text(Attr::Manager)?;
        self.resolve(name).ok()
    }

    /// Writes `primaryGroupID`. The group must have the account among its members; they then change places: the old primary group
    /// gets a member, the new one loses it (MS-SAMR 3.1.1.8.2).
    pub(super) fn write_primary_group(&self, draft: &mut Draft, write: &Write) -> Result<(), Refusal> {
        let unwilling = || Refusal::unwilling(0x525);
        let rid = u32::try_from(integer(write)?).map_err(|_| Refusal::syntax(write.attr))?;
        let old = draft.entry.primary_group().ok_or_else(Refusal::class)?;
        if rid == old {
            return Ok(());
        }
        let id = draft.id.ok_or_else(unwilling)?;
        let new = self.tree.by_rid(rid).ok_or_else(unwilling)?;
        let group = self.entry(new)?;
        if !group.is_security_group() || group.is_builtin() || !self.links.joined(new, id) {
            return Err(unwilling());
        }
        draft.moves = Some((self.tree.by_rid(old), new));
        draft.entry.attributes.set_one(Attr::PrimaryGroupId, &rid.to_string());
        Ok(())
    }
}

/// Everything that steps lead to, each once; cycles end where they began.
fn closure<I: IntoIterator<Item = EntryId>>(
    start: impl IntoIterator<Item = EntryId>,
    step: impl Fn(EntryId) -> I,
) -> Vec<EntryId> {
    let mut waiting: Vec<EntryId> = start.into_iter().collect();
    let mut known = HashSet::new();
    let mut found = Vec::new();
    while let Some(next) = waiting.pop() {
        if known.insert(next) {
            found.push(next);
            waiting.extend(step(next));
        }
    }
    found
}

/// Checks a `groupType` that a client writes: one scope, and not the built-in mark.
pub fn is_group_type(value: i64) -> bool {
    value & kind::BUILTIN == 0 && (value & kind::SCOPES).count_ones() == 1
}
