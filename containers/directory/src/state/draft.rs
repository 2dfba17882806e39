//! Changes to one entry, made on a copy: all of them are kept, or none.

use ldap3_proto::proto::LdapModifyType;

use super::Domain;
use super::answer::Refusal;
use super::entry::{Account, Entry, EntryId, same_value, uac};
use super::groups::is_group_type;
use super::policy::Policy;
use super::read::stored_control;
use super::schema::{Attr, Class, Place, Syntax};
use super::settings;
use super::time::FileTime;
use super::tree::Tree;

/// One write of one attribute.
pub struct Write {
    /// What is written.
    pub attr: Attr,
    /// How.
    pub action: LdapModifyType,
    /// The values.
    pub values: Vec<Vec<u8>>,
}

/// An entry as it will be, and what changes beside it.
pub struct Draft {
    /// The entry it will replace; none for a new one.
    pub id: Option<EntryId>,
    /// The entry.
    pub entry: Entry,
    /// Members that come (true) and go (false).
    pub members: Vec<(EntryId, bool)>,
    /// The primary group that the account leaves, if it still exists, and the one it moves to.
    pub moves: Option<(Option<EntryId>, EntryId)>,
    /// The domain's policy, where the head is changed.
    pub policy: Option<Policy>,
}

/// Longest sAMAccountName of a user (MS-ADA3 2.222) and of anything else.
const SAM_LIMIT: usize = 20;
const SAM_LIMIT_OTHER: usize = 256;

/// `ERROR_DS_CANT_MOD_SYSTEM_ONLY`.
const CANT_MOD_SYSTEM_ONLY: u32 = 0x20B1;
/// `ERROR_DS_CONSTRUCTED_ATT_MOD`.
const CONSTRUCTED_ATT_MOD: u32 = 0x210F;

impl Draft {
    /// A draft of a new entry.
    pub fn new(entry: Entry) -> Self {
        Self {
            id: None,
            entry,
            members: Vec::new(),
            moves: None,
            policy: None,
        }
    }

    /// The account part; there is none on what cannot sign in.
    pub fn account(&mut self) -> Result<&mut Account, Refusal> {
        self.entry.account.as_deref_mut().ok_or_else(Refusal::class)
    }
}

impl Domain {
    /// Makes one write on a draft. Rights were checked before; passwords are written elsewhere.
    pub(super) fn write(&self, draft: &mut Draft, write: Write, now: FileTime) -> Result<(), Refusal> {
        match write.attr {
            Attr::UserAccountControl => write_control(draft, &write),
            Attr::PwdLastSet => write_pwd_last_set(draft, &write, now),
            Attr::LockoutTime => write_lockout_time(draft, &write),
            Attr::Member => self.write_members(draft, &write, Class::Group),
            Attr::PsoAppliesTo => self.write_members(draft, &write, Class::Settings),
            Attr::PrimaryGroupId => self.write_primary_group(draft, &write),
            Attr::Cn | Attr::Ou | Attr::Dc | Attr::Name => Err(Refusal::on_rdn()),
            Attr::ObjectClass => Err(Refusal::class()),
            attr if self.policy.get(attr).is_some() => self.write_policy(draft, &write),
            attr if matches!(attr.place(), Place::One | Place::Many) => write_kept(draft, write),
            Attr::ObjectGuid | Attr::UsnCreated | Attr::UsnChanged | Attr::WhenCreated | Attr::WhenChanged => {
                Err(Refusal::constraint(CANT_MOD_SYSTEM_ONLY, write.attr))
            }
            attr if attr.place() == Place::Constructed => Err(Refusal::constraint(CONSTRUCTED_ATT_MOD, attr)),
            _ => Err(Refusal::unwilling(0x209A)),
        }
    }

    fn write_policy(&self, draft: &mut Draft, write: &Write) -> Result<(), Refusal> {
        if draft.id != Some(Tree::HEAD) {
            return Err(Refusal::class());
        }
        let value = integer(write)?;
        let policy = draft.policy.get_or_insert_with(|| self.policy.clone());
        let written = policy.set(write.attr, value);
        written
            .then_some(())
            .ok_or_else(|| Refusal::constraint(0x20C6, write.attr))
    }

    /// Writes a linked attribute, which only one class of entries has.
    fn write_members(&self, draft: &mut Draft, write: &Write, owner: Class) -> Result<(), Refusal> {
        if draft.entry.class != owner {
            return Err(Refusal::class());
        }
        let named = |value: &Vec<u8>| {
            let name = std::str::from_utf8(value).map_err(|_| Refusal::syntax(write.attr))?;
            self.resolve(name)
        };
        let ids = write
            .values
            .iter()
            .map(named)
            .collect::<Result<Vec<EntryId>, Refusal>>()?;
        if owner == Class::Group
            && write.action != LdapModifyType::Delete
            && ids.iter().any(|id| self.is_primary(draft, *id))
        {
            return Err(Refusal::exists(0x562));
        }
        let current = self.members_of(draft);
        match write.action {
            LdapModifyType::Add => {
                if ids.iter().any(|id| current.contains(id)) {
                    return Err(Refusal::exists(0x562));
                }
            }
            LdapModifyType::Delete => {
                if ids.iter().any(|id| !current.contains(id)) {
                    return Err(Refusal::unwilling(0x561));
                }
            }
            _ => draft.members.extend(current.iter().map(|id| (*id, false))),
        }
        let leaves = write.action == LdapModifyType::Delete;
        let chosen = if leaves && ids.is_empty() { current } else { ids };
        draft.members.extend(chosen.into_iter().map(|id| (id, !leaves)));
        Ok(())
    }

    /// Whether a group is the primary group of an account, which then is no member of its own.
    fn is_primary(&self, group: &Draft, member: EntryId) -> bool {
        let primary = self.tree.get(member).and_then(Entry::primary_group);
        primary.is_some() && primary == group.entry.rid
    }

    fn members_of(&self, draft: &Draft) -> Vec<EntryId> {
        let mut members: Vec<EntryId> = draft
            .id
            .map(|group| self.links.members(group).collect())
            .unwrap_or_default();
        for (id, joins) in &draft.members {
            members.retain(|member| member != id);
            if *joins {
                members.push(*id);
            }
        }
        members
    }

    /// Puts a draft in the place of the entry it was taken from, if it may stand there.
    pub(super) fn commit(&mut self, id: EntryId, mut draft: Draft, now: FileTime) -> Result<(), Refusal> {
        settings::check(&draft.entry)?;
        if !self.tree.is_named_as(id, &draft.entry) {
            self.tree.check(Some(id), &draft.entry)?;
        }
        let news = self.news_of(id, &draft);
        let changed = draft.entry.differs(self.entry(id)?)
            || !draft.members.is_empty()
            || draft.policy.as_ref().is_some_and(|policy| *policy != self.policy);
        if changed {
            draft.entry.usn_changed = self.next_usn();
            draft.entry.when_changed = now;
        }
        self.tree.replace(id, draft.entry);
        self.link(id, draft.members);
        if let Some((old, new)) = draft.moves {
            self.move_member(id, old, new, now);
        }
        if let Some(policy) = draft.policy {
            self.policy = policy;
        }
        self.spread_news(id, &news, now);
        Ok(())
    }

    /// What is said by the primary group is not said by `member` too.
    fn move_member(&mut self, id: EntryId, old: Option<EntryId>, new: EntryId, now: FileTime) {
        if let Some(old) = old {
            self.link(old, vec![(id, true)]);
            self.stamp(old, now);
            self.spread_link(old, id, now);
        }
        self.link(new, vec![(id, false)]);
        self.stamp(new, now);
        self.spread_link(new, id, now);
    }

    pub(super) fn link(&mut self, owner: EntryId, members: Vec<(EntryId, bool)>) {
        for (member, joins) in members {
            if joins {
                self.links.join(owner, member);
            } else {
                self.links.leave(owner, member);
            }
        }
    }
}

/// The one number that a write leaves behind.
pub fn integer(write: &Write) -> Result<i64, Refusal> {
    match (write.action.clone(), write.values.as_slice()) {
        (LdapModifyType::Add | LdapModifyType::Replace, [value]) => {
            parse_integer(value).ok_or_else(|| Refusal::syntax(write.attr))
        }
        (LdapModifyType::Add | LdapModifyType::Replace, [_, _, ..]) => Err(Refusal::constraint(0x2081, write.attr)),
        // `ERROR_DS_ILLEGAL_MOD_OPERATION`: what the directory keeps itself cannot be taken away.
        _ => Err(Refusal::unwilling(0x2077)),
    }
}

/// A number as LDAP writes it.
pub fn parse_integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn write_control(draft: &mut Draft, write: &Write) -> Result<(), Refusal> {
    let value = integer(write)?;
    // Bit 31 makes some clients write a negative number.
    let value = u32::try_from(value).or_else(|_| i32::try_from(value).map(i32::cast_unsigned));
    let value = value.map_err(|_| Refusal::syntax(write.attr))?;
    draft.account()?.control = stored_control(value);
    Ok(())
}

fn write_pwd_last_set(draft: &mut Draft, write: &Write, now: FileTime) -> Result<(), Refusal> {
    let value = match integer(write)? {
        0 => 0,
        -1 => now.0,
        _ => return Err(Refusal::invalid_argument()),
    };
    draft.account()?.pwd_last_set = value;
    Ok(())
}

fn write_lockout_time(draft: &mut Draft, write: &Write) -> Result<(), Refusal> {
    let value = integer(write)?;
    let account = draft.account()?;
    if value == 0 {
        account.unlock();
    } else {
        account.lockout_time = Some(value);
    }
    Ok(())
}

/// An account that can sign in has a password, or a flag that says it needs none.
pub fn check_enabled(entry: &Entry) -> Result<(), Refusal> {
    let Some(account) = &entry.account else {
        return Ok(());
    };
    let fine = account.credentials.is_some()
        || account.has(uac::DISABLED | uac::PASSWORD_NOT_REQUIRED | uac::SMARTCARD_REQUIRED)
        || !account.has(uac::NORMAL_ACCOUNT);
    fine.then_some(())
        .ok_or_else(|| Refusal::unwilling(super::answer::PASSWORD_RESTRICTION))
}

fn write_kept(draft: &mut Draft, write: Write) -> Result<(), Refusal> {
    let Write { attr, action, values } = write;
    if settings::is_setting(attr) && draft.entry.class != Class::Settings {
        return Err(Refusal::class());
    }
    for value in &values {
        check_value(draft.entry.class, attr, value)?;
    }
    let old: Vec<Vec<u8>> = draft.entry.attributes.get(attr).map(<[u8]>::to_vec).collect();
    let new = match action {
        LdapModifyType::Add if attr.place() == Place::One && !old.is_empty() && !values.is_empty() => {
            return Err(Refusal::value_exists(attr));
        }
        LdapModifyType::Add => added(attr, old, values)?,
        LdapModifyType::Delete => removed(attr, old, &values)?,
        LdapModifyType::Replace => values,
        LdapModifyType::Increment => return Err(Refusal::unwilling(0x2077)),
    };
    if attr.place() == Place::One && new.len() > 1 {
        return Err(Refusal::constraint(0x2081, attr));
    }
    if attr == Attr::SamAccountName && new.is_empty() {
        return Err(Refusal::unwilling(0x209A));
    }
    draft.entry.attributes.set(attr, &new);
    Ok(())
}

fn added(attr: Attr, old: Vec<Vec<u8>>, values: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Refusal> {
    if values.is_empty() {
        return Err(Refusal::syntax(attr));
    }
    let mut all = old;
    for value in values {
        if all.iter().any(|known| same_value(attr, known, &value)) {
            return Err(Refusal::value_exists(attr));
        }
        all.push(value);
    }
    Ok(all)
}

fn removed(attr: Attr, old: Vec<Vec<u8>>, values: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Refusal> {
    if old.is_empty() {
        return Err(Refusal::no_value(attr));
    }
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let mut left = old;
    for value in values {
        let at = left.iter().position(|known| same_value(attr, known, value));
        left.remove(at.ok_or_else(|| Refusal::no_value(attr))?);
    }
    Ok(left)
}

fn check_value(class: Class, attr: Attr, value: &[u8]) -> Result<(), Refusal> {
    let text = std::str::from_utf8(value);
    let fits = match attr.syntax() {
        Syntax::Integer => parse_integer(value).is_some(),
        Syntax::Boolean => matches!(value, b"TRUE" | b"FALSE"),
        Syntax::Text => text.is_ok_and(|text| !text.is_empty()),
        Syntax::Name => text.is_ok_and(|text| super::dn::Dn::parse(text).is_ok()),
        _ => true,
    };
    if !fits {
        return Err(Refusal::syntax(attr));
    }
    let number = parse_integer(value).unwrap_or_default();
    if settings::range(attr).is_some_and(|range| !range.contains(&number)) {
        return Err(Refusal::constraint(0x2082, attr));
    }
    if attr == Attr::GroupType && !(class == Class::Group && is_group_type(number)) {
        return Err(Refusal::unwilling(0x2141));
    }
    if attr == Attr::SamAccountName && !sam_fits(class, text.unwrap_or_default()) {
        return Err(Refusal::constraint(0x523, attr));
    }
    Ok(())
}

/// What a sAMAccountName may be (MS-SAMR 3.1.1.6).
fn sam_fits(class: Class, name: &str) -> bool {
    let most = if class == Class::User {
        SAM_LIMIT
    } else {
        SAM_LIMIT_OTHER
    };
    let forbidden = |letter: char| letter.is_control() || "\"/\\[]:;|=,+*?<>".contains(letter);
    name.encode_utf16().count() <= most && !name.contains(forbidden) && !name.ends_with('.')
}
