//! The metaverse: one object per source anchor, with its links into the connector spaces.

use std::collections::{BTreeMap, HashMap};

use protocol::service::SyncObject;

use super::rules;
use super::space::AdObject;
use crate::writeback::port::Target;

/// Whom a writeback is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where to write.
    pub target: Target,
    /// Whether the account is, or was, in a protected group.
    pub protected: bool,
}

/// Why nobody was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Not in the metaverse, not joined to the cloud, or without an enabled account (33002).
    NotFound,
    /// More than one enabled account (33003).
    Multiple,
}

#[derive(Debug)]
struct MvObject {
    links: Vec<AdObject>,
    joined: bool,
}

impl MvObject {
    fn enabled(&self) -> impl Iterator<Item = &AdObject> {
        self.links.iter().filter(|link| rules::account_enabled(link))
    }

    /// The link whose values flow: the enabled one, else the first.
    fn precedent(&self) -> Option<&AdObject> {
        self.enabled().next().or_else(|| self.links.first())
    }
}

#[derive(Debug, Default)]
pub(super) struct Metaverse(HashMap<String, MvObject>);

impl Metaverse {
    pub(super) fn build<'a>(objects: impl Iterator<Item = &'a AdObject>, cloud: &BTreeMap<String, SyncObject>) -> Self {
        let mut map: HashMap<String, MvObject> = HashMap::new();
        for object in objects {
            let anchor = object.anchor();
            let joined = cloud.contains_key(&anchor);
            let slot = map.entry(anchor).or_insert_with(|| MvObject {
                links: Vec::new(),
                joined,
            });
            slot.links.push(object.clone());
        }
        Self(map)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn join(&mut self, anchor: &str) {
        if let Some(object) = self.0.get_mut(anchor) {
            object.joined = true;
        }
    }

    pub(super) fn exports(&self) -> Vec<SyncObject> {
        let mut exports: Vec<_> = self
            .0
            .values()
            .filter_map(MvObject::precedent)
            .map(rules::flow_out)
            .collect();
        exports.sort_by(|left, right| left.source_anchor.cmp(&right.source_anchor));
        exports
    }

    pub(super) fn upn(&self, anchor: &str) -> Option<&str> {
        let link = self.0.get(anchor)?.precedent()?;
        Some(link.upn.as_deref().unwrap_or(&link.sam))
    }

    pub(super) fn locate(&self, anchor: &str) -> Result<Located, Missing> {
        let object = self
            .0
            .get(anchor)
            .filter(|object| object.joined)
            .ok_or(Missing::NotFound)?;
        let mut enabled = object.enabled();
        let link = enabled.next().ok_or(Missing::NotFound)?;
        if enabled.next().is_some() {
            return Err(Missing::Multiple);
        }
        let target = Target {
            guid: link.guid,
            dn: link.dn.clone(),
            domain: link.domain.clone(),
            upn: link.sign_in_name(),
        };
        Ok(Located {
            target,
            protected: link.protected,
        })
    }
}
