//! Searches: begun once, carried on in small steps, so that a long one never keeps others waiting.

use ldap3_proto::proto::{LdapPartialAttribute, LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope};

use super::answer::Refusal;
use super::entry::{Entry, EntryId};
use super::filter::Filter;
use super::schema::{Attr, Class, Place};
use super::time::FileTime;
use super::walk::Walk;
use super::{Domain, Session};

/// Most entries of one answer or one page (`MaxPageSize` of a domain controller).
pub const MAX_PAGE: usize = 1000;
/// Most entries looked at in one step.
const STEP: usize = 1000;
/// Most entries made ready in one step: writers wait for its end.
const STEP_ROWS: usize = 100;

/// A search that has begun.
pub struct Cursor {
    candidates: Candidates,
    /// The candidate that comes next, if it was looked at already: there was no room for it.
    waiting: Option<EntryId>,
    filter: Filter,
    wanted: Wanted,
    types_only: bool,
    session: Session,
    /// How many more entries the client will take; none is no limit of its own.
    left: Option<usize>,
}

/// Where a search looks.
enum Candidates {
    /// At what an index gave.
    Found(std::vec::IntoIter<EntryId>),
    /// At everything in its scope.
    Walk(Walk),
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
            let constructed = |attr: &&Attr| attr.place() == Place::Constructed && **attr != Attr::TokenGroups;
            attrs.extend(Attr::ALL.iter().filter(constructed));
        }
        let all = names.is_empty() || names.iter().any(|name| name == "*");
        Self::Attributes(attrs, all)
    }

    fn names(&self, attr: Attr) -> bool {
        matches!(self, Self::Attributes(named, _) if named.contains(&attr))
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
        let wanted = Wanted::new(&request.attrs);
        // To expand the groups of everybody would be too much for one search (MS-ADTS 3.1.1.4.5.19).
        if request.scope != LdapSearchScope::Base && wanted.names(Attr::TokenGroups) {
            return Err(Refusal::base_only());
        }
        let filter = Filter::new(&request.filter);
        let limit = usize::try_from(request.sizelimit).unwrap_or(0);
        Ok(Cursor {
            candidates: self.candidates(base, &request.scope, &filter),
            waiting: None,
            filter,
            wanted,
            types_only: request.typesonly,
            session: *session,
            left: Some(limit).filter(|limit| *limit > 0),
        })
    }

    fn candidates(&self, base: EntryId, scope: &LdapSearchScope, filter: &Filter) -> Candidates {
        let changed = || self.changed_since(filter).map(Iterator::collect);
        match self.indexed(filter).or_else(changed) {
            Some(mut found) => {
                found.retain(|id| self.in_scope(*id, base, scope));
                found.sort_unstable();
                Candidates::Found(found.into_iter())
            }
            None => Candidates::Walk(Walk::new(base, scope)),
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
        for _ in 0..STEP {
            let Some(id) = self.next_candidate(cursor) else {
                return (found, Progress::Done);
            };
            let Some(entry) = self.match_of(cursor, id, now) else {
                continue;
            };
            if found.len() >= STEP_ROWS {
                cursor.waiting = Some(id);
                return (found, Progress::Continue);
            }
            if cursor.left == Some(0) || found.len() >= room {
                cursor.waiting = Some(id);
                let limit = cursor.left == Some(0);
                return (found, if limit { Progress::Limit } else { Progress::Full });
            }
            found.push(self.row(cursor, id, entry, now));
            cursor.left = cursor.left.map(|left| left - 1);
        }
        (found, Progress::Continue)
    }

    fn next_candidate(&self, cursor: &mut Cursor) -> Option<EntryId> {
        cursor.waiting.take().or_else(|| match &mut cursor.candidates {
            Candidates::Found(found) => found.next(),
            Candidates::Walk(walk) => walk.next(&self.tree),
        })
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
        // Others see that there is such a policy, and nothing of it (MS-ADSC 2.144, `defaultSecurityDescriptor`).
        if entry.class == Class::Settings && !self.is_administrator(&cursor.session) {
            return Vec::new();
        }
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
