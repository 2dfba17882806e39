//! Deletes and renames.

use ldap3_proto::proto::LdapModifyDNRequest;

use super::answer::Refusal;
use super::dn::Rdn;
use super::draft::Draft;
use super::entry::EntryId;
use super::preset::FIRST_CONTROLLER;
use super::time::FileTime;
use super::tree::Tree;
use super::{Domain, Session, read_dn};

impl Domain {
    /// Deletes an entry; with `tree` (control 1.2.840.113556.1.4.805) also what is below it.
    ///
    /// # Errors
    /// The refusal that Active Directory gives.
    pub fn delete(&mut self, session: &Session, name: &str, tree: bool) -> Result<(), Refusal> {
        self.caller(session)?;
        let id = self.resolve(name)?;
        self.administrators_only(session)?;
        let doomed = self.tree.below(id);
        if doomed.iter().any(|id| self.is_critical(*id)) {
            return Err(Refusal::unwilling(0x2095));
        }
        if doomed.len() > 1 && !tree {
            return Err(Refusal::not_leaf());
        }
        for id in doomed.into_iter().rev() {
            self.spread_death(id);
            self.bury(id);
        }
        self.next_usn();
        Ok(())
    }

    /// What a domain cannot be without: its head, the place of its policies, and what stands there from the beginning with a SID of its own.
    fn is_critical(&self, id: EntryId) -> bool {
        let well_known = |rid| rid < FIRST_CONTROLLER;
        let entry = self.tree.get(id);
        id == Tree::HEAD || self.tree.settings().are_in(id) || entry.and_then(|entry| entry.rid).is_some_and(well_known)
    }

    pub(super) fn bury(&mut self, id: EntryId) {
        let key = self.tree.dn(id).key();
        *self.buried.entry(key).or_insert(0) += 1;
        self.links.forget(id);
        self.tree.remove(id);
    }

    /// Gives an entry another name or another place, with all that is below it.
    ///
    /// # Errors
    /// The refusal that Active Directory gives.
    pub fn rename(&mut self, session: &Session, request: &LdapModifyDNRequest, now: FileTime) -> Result<(), Refusal> {
        self.caller(session)?;
        let id = self.resolve(&request.dn)?;
        self.administrators_only(session)?;
        let rdn = self.new_rdn(id, &request.newrdn)?;
        let mut entry = self.entry(id)?.clone();
        if let Some(superior) = &request.new_superior {
            let parent = self.resolve(superior)?;
            if self.tree.within(parent, id) {
                return Err(Refusal::unwilling(0x2073));
            }
            self.check_superior(entry.class, parent)?;
            entry.parent = Some(parent);
        }
        entry.name = rdn.value.into();
        let draft = Draft {
            id: Some(id),
            ..Draft::new(entry)
        };
        self.commit(id, draft, now)?;
        self.stamp(id, now);
        Ok(())
    }

    fn new_rdn(&self, id: EntryId, text: &str) -> Result<Rdn, Refusal> {
        let mut parts = read_dn(text)?.0;
        let rdn = parts
            .pop()
            .filter(|_| parts.is_empty())
            .ok_or_else(|| Refusal::bad_name(text))?;
        let class = self.entry(id)?.class;
        if id == Tree::HEAD {
            return Err(Refusal::unwilling(0x2095));
        }
        super::add::check_name(class, &rdn)?;
        Ok(rdn)
    }
}
