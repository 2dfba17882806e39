//! Who may write what. Reading is for everybody who has bound.

use super::answer::{ACCESS_DENIED, INSUFFICIENT_RIGHTS, Refusal};
use super::dn::Dn;
use super::entry::EntryId;
use super::schema::{Attr, Class};
use super::tree::Found;
use super::{Domain, Session};
use crate::config::{Delegation, Right};
use crate::error::DirectoryError;

/// A delegation whose names were read.
#[derive(Debug, Clone)]
pub struct Grant {
    principal: Dn,
    units: Vec<Dn>,
    rights: Vec<Right>,
}

impl Grant {
    /// Reads the names of a delegation.
    ///
    /// # Errors
    /// [`DirectoryError::Delegation`] for the first that is no name.
    pub fn read(delegation: &Delegation) -> Result<Self, DirectoryError> {
        let read = |name: &String| {
            Dn::parse(name).map_err(|error| DirectoryError::Delegation {
                name: name.clone(),
                why: error.to_string(),
            })
        };
        Ok(Self {
            principal: read(&delegation.principal)?,
            units: delegation.ous.iter().map(read).collect::<Result<_, _>>()?,
            rights: delegation.rights.clone(),
        })
    }
}

impl Domain {
    /// Says whether delegations give anybody a right from now on.
    pub fn let_grants_hold(&mut self, hold: bool) {
        self.grants_hold = hold;
    }

    /// Whether a session is the administrator's, or that of a member of the administrators.
    pub(super) fn is_administrator(&self, session: &Session) -> bool {
        session
            .caller
            .is_some_and(|caller| caller == self.administrator || self.among_administrators(caller))
    }

    /// Whether a session holds a right on an entry.
    pub(super) fn may(&self, session: &Session, right: Right, target: EntryId) -> bool {
        let Some(caller) = session.caller else {
            return false;
        };
        let granted = |grant| self.grants_it(grant, caller, right, target);
        caller == self.administrator
            || (self.grants_hold && self.grants.iter().any(granted))
            || self.is_administrator(session)
    }

    fn grants_it(&self, grant: &Grant, caller: EntryId, right: Right, target: EntryId) -> bool {
        grant.rights.contains(&right)
            && self.leads_to(&grant.principal, |principal| principal == caller)
            && self.tree.get(target).is_some_and(|entry| entry.class == Class::User)
            && grant
                .units
                .iter()
                .any(|unit| self.leads_to(unit, |unit| target != unit && self.tree.within(target, unit)))
    }

    fn leads_to(&self, dn: &Dn, test: impl Fn(EntryId) -> bool) -> bool {
        matches!(self.tree.find(dn), Found::Entry(id) if test(id))
    }

    /// Whether a session may write an attribute other than the password.
    pub(super) fn may_write(&self, session: &Session, attr: Attr, target: EntryId) -> Result<(), Refusal> {
        let allowed = match attr {
            Attr::LockoutTime => self.may(session, Right::WriteLockoutTime, target),
            Attr::PwdLastSet => self.may(session, Right::WritePwdLastSet, target),
            _ if attr.is_personal() && session.caller == Some(target) => true,
            _ => self.is_administrator(session),
        };
        allowed
            .then_some(())
            .ok_or_else(|| Refusal::denied(INSUFFICIENT_RIGHTS))
    }

    /// Whether a session may change a password that it can prove: one's own, or where that right was delegated.
    pub(super) fn may_change_password(&self, session: &Session, target: EntryId) -> bool {
        session.caller == Some(target) || self.may(session, Right::ChangePassword, target)
    }

    /// Only the administrator adds, deletes and renames.
    pub(super) fn administrators_only(&self, session: &Session) -> Result<(), Refusal> {
        self.caller(session)?;
        let allowed = self.is_administrator(session);
        allowed.then_some(()).ok_or_else(|| Refusal::denied(ACCESS_DENIED))
    }
}
