//! Modify, and the two ways of writing a password.

use ldap3_proto::proto::{LdapModify, LdapModifyType, LdapResultCode};
use vocabulary::Password;

use super::answer::{
    ACCESS_DENIED, ACCOUNT_LOCKED_OUT, INSUFFICIENT_RIGHTS, INVALID_PASSWORD, PASSWORD_RESTRICTION, Refusal,
};
use super::draft::{Draft, Write, check_enabled};
use super::entry::{EntryId, uac};
use super::password::{Rules, allowed};
use super::schema::Attr;
use super::secret::{Credentials, Standing, Verifier, take_unicode_pwd};
use super::time::FileTime;
use super::{Domain, Session};
use crate::config::Right;

/// What a modify does to a password.
enum PasswordWrite {
    /// `replace`: the new one.
    Reset(Password),
    /// `delete` and `add`: the old one and the new one.
    Change(Password, Password),
}

impl Domain {
    /// Changes an entry: all changes, or none. `hints` is flag 1 of the policy-hints control: a reset then obeys history and
    /// minimum age like a change (MS-ADTS 3.1.1.3.4.1.27).
    ///
    /// # Errors
    /// The refusal that Active Directory gives. A wrong old password is counted all the same.
    pub fn modify(
        &mut self,
        session: &Session,
        name: &str,
        changes: Vec<LdapModify>,
        hints: bool,
        now: FileTime,
    ) -> Result<(), Refusal> {
        self.caller(session)?;
        let id = self.resolve(name)?;
        let writes = changes.into_iter().map(read_change).collect::<Result<Vec<_>, _>>()?;
        let (passwords, others): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|write| write.attr == Attr::UnicodePwd);
        for write in &others {
            self.check_write(session, write, id)?;
        }
        let mut draft = self.draft(id)?;
        if let Some(write) = password_write(passwords, || self.is_administrator(session))? {
            let rules = if hints { Rules::Change } else { Rules::Reset };
            self.write_password(session, &mut draft, write, rules, now)?;
        }
        let control = draft.entry.account.as_ref().map(|account| account.control);
        for write in without_moot_deletes(others) {
            self.write(&mut draft, write, now)?;
        }
        if draft.entry.account.as_ref().map(|account| account.control) != control {
            self.seal_for_smartcard(&mut draft, control.unwrap_or_default(), now);
            check_enabled(&draft.entry)?;
        }
        self.commit(id, draft, now)
    }

    fn draft(&self, id: EntryId) -> Result<Draft, Refusal> {
        Ok(Draft {
            id: Some(id),
            ..Draft::new(self.entry(id)?.clone())
        })
    }

    fn check_write(&self, session: &Session, write: &Write, id: EntryId) -> Result<(), Refusal> {
        self.may_write(session, write.attr, id)?;
        let unexpires = write.attr == Attr::PwdLastSet && write.values.iter().any(|value| value == b"-1");
        if unexpires && !self.may(session, Right::UnexpirePassword, id) {
            return Err(Refusal::denied(INSUFFICIENT_RIGHTS));
        }
        Ok(())
    }

    fn write_password(
        &mut self,
        session: &Session,
        draft: &mut Draft,
        write: PasswordWrite,
        rules: Rules,
        now: FileTime,
    ) -> Result<(), Refusal> {
        draft.account()?;
        match write {
            PasswordWrite::Reset(new) => self.reset(session, draft, &new, rules, now),
            PasswordWrite::Change(old, new) => self.change(session, draft, &old, &new, now),
        }
    }

    fn reset(
        &self,
        session: &Session,
        draft: &mut Draft,
        new: &Password,
        rules: Rules,
        now: FileTime,
    ) -> Result<(), Refusal> {
        let id = draft.id.ok_or_else(Refusal::class)?;
        if !self.may(session, Right::ResetPassword, id) {
            return Err(Refusal::denied(ACCESS_DENIED));
        }
        if !self.password_fits(draft, new, rules, now) {
            return Err(Refusal::unwilling(PASSWORD_RESTRICTION));
        }
        let unexpires = self.may(session, Right::UnexpirePassword, id);
        self.store_password(draft, new, now)?;
        draft.account()?.pwd_last_set = if unexpires { now.0 } else { 0 };
        Ok(())
    }

    fn change(
        &mut self,
        session: &Session,
        draft: &mut Draft,
        old: &Password,
        new: &Password,
        now: FileTime,
    ) -> Result<(), Refusal> {
        let refused = |win32| Err(Refusal::constraint(win32, Attr::UnicodePwd));
        let id = draft.id.ok_or_else(Refusal::class)?;
        if !self.may_change_password(session, id) {
            return refused(ACCESS_DENIED);
        }
        let policy = self.policy_for(draft);
        if draft
            .entry
            .account
            .as_ref()
            .is_some_and(|account| account.locked(policy, now))
        {
            return refused(ACCOUNT_LOCKED_OUT);
        }
        match standing(draft, old) {
            Standing::Current => {}
            Standing::Wrong => {
                self.count_failure(id, now);
                return refused(INVALID_PASSWORD);
            }
            Standing::Previous | Standing::BeforePrevious => return refused(INVALID_PASSWORD),
        }
        if !self.password_fits(draft, new, Rules::Change, now) {
            return refused(PASSWORD_RESTRICTION);
        }
        self.store_password(draft, new, now)
    }

    /// Whether the policy takes a new password.
    pub(super) fn password_fits(&self, draft: &Draft, new: &Password, rules: Rules, now: FileTime) -> bool {
        let account = draft.entry.account.as_deref();
        account.is_some_and(|account| allowed(self.policy_for(draft), &draft.entry, account, new, rules, now))
    }

    /// Writes a password that was found to fit, and when.
    pub(super) fn store_password(&self, draft: &mut Draft, new: &Password, now: FileTime) -> Result<(), Refusal> {
        let verifier = Verifier::new(draft.entry.guid, new);
        self.store_verifier(draft, verifier, now);
        draft.account()?.pwd_last_set = now.0;
        Ok(())
    }

    fn store_verifier(&self, draft: &mut Draft, verifier: Verifier, now: FileTime) {
        let history = self.policy_for(draft).history;
        let Some(account) = draft.entry.account.as_mut() else {
            return;
        };
        match &mut account.credentials {
            Some(credentials) => credentials.write(verifier, history, now),
            none => *none = Some(Credentials::first(verifier, now)),
        }
    }

    /// Who signs in by smartcard from now on gets a password that nobody knows.
    pub(super) fn seal_for_smartcard(&self, draft: &mut Draft, before: u32, now: FileTime) {
        let Some(account) = draft.entry.account.as_ref() else {
            return;
        };
        if account.has(uac::SMARTCARD_REQUIRED) && before & uac::SMARTCARD_REQUIRED == 0 {
            let names = self
                .identity
                .seed
                .child("smartcard")
                .child(&draft.entry.guid.to_string());
            let version = account.key_version().unwrap_or_default();
            let dice = *names.nth("password", version.into()).bytes();
            self.store_verifier(draft, Verifier::of_nobody(dice), now);
        }
    }
}

fn standing(draft: &Draft, password: &Password) -> Standing {
    let verifier = Verifier::new(draft.entry.guid, password);
    let account = draft.entry.account.as_ref();
    account
        .and_then(|account| account.credentials.as_ref())
        .map_or(Standing::Wrong, |credentials| credentials.standing(&verifier))
}

fn read_change(change: LdapModify) -> Result<Write, Refusal> {
    let attr = Attr::named(&change.modification.atype).ok_or_else(Refusal::unknown_attribute)?;
    Ok(Write {
        attr,
        action: change.operation,
        values: change.modification.vals,
    })
}

/// A delete that only makes room for a value written after it says nothing of its own.
fn without_moot_deletes(writes: Vec<Write>) -> Vec<Write> {
    let rewritten = |attr| {
        matches!(attr, Attr::UserAccountControl | Attr::PwdLastSet | Attr::LockoutTime)
            && writes
                .iter()
                .any(|write| write.attr == attr && write.action == LdapModifyType::Add)
    };
    let kept: Vec<bool> = writes
        .iter()
        .map(|write| write.action != LdapModifyType::Delete || !rewritten(write.attr))
        .collect();
    writes
        .into_iter()
        .zip(kept)
        .filter_map(|(write, kept)| kept.then_some(write))
        .collect()
}

/// What the writes of `unicodePwd` in one modify mean together (MS-ADTS 3.1.1.3.1.5.1).
fn password_write(writes: Vec<Write>, administrator: impl Fn() -> bool) -> Result<Option<PasswordWrite>, Refusal> {
    use LdapModifyType::{Add, Delete, Replace};
    let unwilling = || Refusal::unwilling(0x2077);
    let broken = || Refusal::constraint(0x2081, Attr::UnicodePwd);
    let mut writes = writes;
    // The order of delete and add does not matter.
    writes.sort_by_key(|write| write.action != Delete);
    let shape: Vec<(LdapModifyType, usize)> = writes
        .iter()
        .map(|write| (write.action.clone(), write.values.len()))
        .collect();
    let mut values = writes.into_iter().flat_map(|write| write.values).map(read_password);
    let mut next = || values.next().unwrap_or_else(|| Err(unwilling()));
    match shape.as_slice() {
        [] => Ok(None),
        [(Replace, 1)] => Ok(Some(PasswordWrite::Reset(next()?))),
        [(Delete, 1), (Add, 1)] => Ok(Some(PasswordWrite::Change(next()?, next()?))),
        [(Add, 1)] if !administrator() => Err(Refusal::denied(ACCESS_DENIED)),
        [(Replace, 2..)] | [(Delete, 1..)] | [(Delete, _), (Add, _)] => Err(broken()),
        _ => Err(unwilling()),
    }
}

/// Reads a `unicodePwd` value.
pub fn read_password(value: Vec<u8>) -> Result<Password, Refusal> {
    take_unicode_pwd(value).ok_or_else(|| Refusal::unwilling(0x1F))
}

/// Whether a modify writes a password, so that it can be told from cheaper ones before it runs.
#[must_use]
pub fn writes_password(changes: &[LdapModify]) -> bool {
    let name = Attr::UnicodePwd.name();
    changes
        .iter()
        .any(|change| change.modification.atype.eq_ignore_ascii_case(name))
}

impl Domain {
    /// Whether an entry has a value (RFC 4511 4.10).
    ///
    /// # Errors
    /// The answer is given as a result code: `compareTrue` or `compareFalse` are no errors to a client.
    pub fn compare(
        &self,
        session: &Session,
        name: &str,
        attr: &str,
        value: &[u8],
        now: FileTime,
    ) -> Result<LdapResultCode, Refusal> {
        self.caller(session)?;
        let id = self.resolve(name)?;
        let attr = Attr::named(attr).ok_or_else(Refusal::unknown_attribute)?;
        let equal = self.has_value(id, self.entry(id)?, attr, value, now);
        Ok(if equal {
            LdapResultCode::CompareTrue
        } else {
            LdapResultCode::CompareFalse
        })
    }
}
