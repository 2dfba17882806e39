//! Changes to one entry, made on a copy: all of them are kept, or none.

use ldap3_proto::proto::LdapModifyType;

use super::Domain;
use super::answer::Refusal;
use super::entry::{Account, Entry, EntryId, Values, same_value, uac};
use super::policy::Policy;
use super::read::stored_control;
use super::schema::{Attr, Class, Place, Syntax};
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
    /// The domain's policy, where the head is changed.
    pub policy: Option<Policy>,
}

/// Longest sAMAccountName of a user (MS-ADA3 2.222) and of anything else.
const SAM_LIMIT: usize = 20;
const SAM_LIMIT_OTHER: usize = 256;

impl Draft {
    /// A draft of a new entry.
    pub fn new(entry: Entry) -> Self {
        Self {
            id: None,
            entry,
            members: Vec::new(),
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
            Attr::Member => self.write_members(draft, &write),
            Attr::Cn | Attr::Ou | Attr::Dc | Attr::Name => Err(Refusal::on_rdn()),
            Attr::ObjectClass => Err(Refusal::class()),
            attr if self.policy.get(attr).is_some() => self.write_policy(draft, &write),
            attr if matches!(attr.place(), Place::One | Place::Many) => write_kept(draft, write),
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

    fn write_members(&self, draft: &mut Draft, write: &Write) -> Result<(), Refusal> {
        if draft.entry.class != Class::Group {
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
        self.tree.check(Some(id), &draft.entry)?;
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
        self.policy = draft.policy.unwrap_or_else(|| self.policy.clone());
        self.spread_news(id, &news, now);
        Ok(())
    }

    pub(super) fn link(&mut self, group: EntryId, members: Vec<(EntryId, bool)>) {
        for (member, joins) in members {
            if joins {
                self.links.join(group, member);
            } else {
                self.links.leave(group, member);
            }
        }
    }
}

/// The one number that a write leaves behind.
fn integer(write: &Write) -> Result<i64, Refusal> {
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
    for value in &values {
        check_value(draft.entry.class, attr, value)?;
    }
    let old = draft.entry.attributes.get(attr).to_vec();
    let values: Values = values.into_iter().map(Vec::into_boxed_slice).collect();
    let new = match action {
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
    draft.entry.attributes.set(attr, new);
    Ok(())
}

fn added(attr: Attr, old: Values, values: Values) -> Result<Values, Refusal> {
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

fn removed(attr: Attr, old: Values, values: &Values) -> Result<Values, Refusal> {
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
        Syntax::Text => text.is_ok_and(|text| !text.is_empty()),
        Syntax::Name => text.is_ok_and(|text| super::dn::Dn::parse(text).is_ok()),
        _ => true,
    };
    if !fits {
        return Err(Refusal::syntax(attr));
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
