//! Searches: begun once, carried on in small steps, so that a long one never keeps others waiting.

use ldap3_proto::proto::{LdapPartialAttribute, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope};

use super::answer::Refusal;
use super::entry::{Entry, EntryId};
use super::filter::Filter;
use super::schema::{Attr, Place};
use super::time::FileTime;
use super::{Domain, Session};

/// Most entries of one answer or one page (`MaxPageSize` of a domain controller).
pub const MAX_PAGE: usize = 1000;
/// Most entries looked at in one step.
const STEP: usize = 1000;

/// A search that has begun.
pub struct Cursor {
    candidates: Vec<EntryId>,
    position: usize,
    filter: Filter,
    wanted: Wanted,
    types_only: bool,
    /// How many more entries the client will take; none is no limit of its own.
    left: Option<usize>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There is more to look at.
    Continue,
    /// The page is full, and there is at least one more match.
    Full,
    /// The client's own limit is reached, and there is at least one more match.
    Limit,
    /// Everything was looked at.
    Done,
}

/// Which attributes are sent.
enum Wanted {
    /// Those named, and all that are not constructed if the flag says so.
    Attributes(Vec<Attr>, bool),
    /// None at all.
    Nothing,
}

impl Wanted {
    fn new(names: &[String]) -> Self {
        if names.len() == 1 && names[0] == "1.1" {
            return Self::Nothing;
        }
        let mut attrs: Vec<Attr> = names.iter().filter_map(|name| Attr::named(name)).collect();
        if names.iter().any(|name| name == "+") {
            let constructed = |attr: &&Attr| attr.place() == Place::Constructed;
            attrs.extend(Attr::ALL.iter().filter(constructed));
        }
        let all = names.is_empty() || names.iter().any(|name| name == "*");
        Self::Attributes(attrs, all)
    }
}

impl Domain {
    /// Begins a search.
    ///
    /// # Errors
    /// The refusal that Active Directory gives; without a bind only the rootDSE may be read.
    pub fn begin_search(&self, session: &Session, request: &LdapSearchRequest) -> Result<Cursor, Refusal> {
        self.caller(session)?;
        let base = self.resolve(&request.base)?;
        let filter = Filter::new(&request.filter);
        let limit = usize::try_from(request.sizelimit).unwrap_or(0);
        Ok(Cursor {
            candidates: self.candidates(base, &request.scope, &filter),
            position: 0,
            filter,
            wanted: Wanted::new(&request.attrs),
            types_only: request.typesonly,
            left: Some(limit).filter(|limit| *limit > 0),
        })
    }

    fn candidates(&self, base: EntryId, scope: &LdapSearchScope, filter: &Filter) -> Vec<EntryId> {
        if let Some(only) = self.pinpoint(filter) {
            let inside = |id: &EntryId| self.in_scope(*id, base, scope);
            return only.filter(inside).into_iter().collect();
        }
        if let Some(changed) = self.changed_since(filter) {
            return changed.filter(|id| self.in_scope(*id, base, scope)).collect();
        }
        match scope {
            LdapSearchScope::Base => vec![base],
            LdapSearchScope::OneLevel => self.tree.children(base).collect(),
            LdapSearchScope::Subtree => self.tree.below(base),
            LdapSearchScope::Children => self.tree.below(base).split_off(1),
        }
    }

    fn in_scope(&self, id: EntryId, base: EntryId, scope: &LdapSearchScope) -> bool {
        let parent = || self.tree.get(id).and_then(|entry| entry.parent);
        match scope {
            LdapSearchScope::Base => id == base,
            LdapSearchScope::OneLevel => parent() == Some(base),
            LdapSearchScope::Subtree => self.tree.within(id, base),
            LdapSearchScope::Children => id != base && self.tree.within(id, base),
        }
    }

    /// Carries a search on, for at most `room` entries.
    pub fn step(&self, cursor: &mut Cursor, room: usize, now: FileTime) -> (Vec<LdapSearchResultEntry>, Progress) {
        let mut found = Vec::new();
        let end = cursor.candidates.len().min(cursor.position + STEP);
        while cursor.position < end {
            let id = cursor.candidates[cursor.position];
            if let Some(entry) = self.match_of(cursor, id, now) {
                if cursor.left == Some(0) {
                    return (found, Progress::Limit);
                }
                if found.len() >= room {
                    return (found, Progress::Full);
                }
                found.push(self.row(cursor, id, entry, now));
                cursor.left = cursor.left.map(|left| left - 1);
            }
            cursor.position += 1;
        }
        let done = cursor.position >= cursor.candidates.len();
        (found, if done { Progress::Done } else { Progress::Continue })
    }

    fn match_of(&self, cursor: &Cursor, id: EntryId, now: FileTime) -> Option<&Entry> {
        let entry = self.tree.get(id)?;
        let holds = self.matches(&cursor.filter, id, entry, now) == Some(true);
        holds.then_some(entry)
    }

    fn row(&self, cursor: &Cursor, id: EntryId, entry: &Entry, now: FileTime) -> LdapSearchResultEntry {
        LdapSearchResultEntry {
            dn: self.tree.dn(id).to_string(),
            attributes: self.columns(cursor, id, entry, now),
        }
    }

    fn columns(&self, cursor: &Cursor, id: EntryId, entry: &Entry, now: FileTime) -> Vec<LdapPartialAttribute> {
        let Wanted::Attributes(named, all) = &cursor.wanted else {
            return Vec::new();
        };
        let mut attrs = if *all { self.present(entry) } else { Vec::new() };
        for attr in named {
            if !attrs.contains(attr) {
                attrs.push(*attr);
            }
        }
        let column = |attr: Attr| {
            let vals = self.show(id, entry, attr, now).into_owned();
            (!vals.is_empty()).then(|| LdapPartialAttribute {
                atype: attr.name().to_owned(),
                vals: if cursor.types_only { Vec::new() } else { vals },
            })
        };
        attrs.into_iter().filter_map(column).collect()
    }
}
