//! Walks over the tree that remember where they are, not what is to come: a million entries need no list, and what is added or
//! removed on the way harms nothing.

use std::ops::Bound;

use ldap3_proto::proto::LdapSearchScope;

use super::entry::EntryId;
use super::tree::Tree;

/// Where a walk is.
pub struct Walk {
    /// The entry to begin with, if it is still to come.
    first: Option<EntryId>,
    /// Whether what is below the children is walked too.
    deep: bool,
    /// The entries whose children are being walked, outermost first, each with the child that came last.
    path: Vec<(EntryId, Option<EntryId>)>,
}

impl Walk {
    /// A walk over the entries of a scope.
    #[must_use]
    pub fn new(base: EntryId, scope: &LdapSearchScope) -> Self {
        let below = vec![(base, None)];
        let (first, deep, path) = match scope {
            LdapSearchScope::Base => (Some(base), false, Vec::new()),
            LdapSearchScope::OneLevel => (None, false, below),
            LdapSearchScope::Subtree => (Some(base), true, below),
            LdapSearchScope::Children => (None, true, below),
        };
        Self { first, deep, path }
    }

    /// The next entry: each after the one above it, siblings in the order of their creation.
    pub fn next(&mut self, tree: &Tree) -> Option<EntryId> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        while let Some((parent, last)) = self.path.last_mut() {
            let after = last.map_or(Bound::Unbounded, Bound::Excluded);
            let children = tree.children(*parent);
            let child = children.and_then(|children| children.range((after, Bound::Unbounded)).next());
            if let Some(child) = child.copied() {
                *last = Some(child);
                if self.deep && tree.children(child).is_some() {
                    self.path.push((child, None));
                }
                return Some(child);
            }
            self.path.pop();
        }
        None
    }
}
