//! The sync engine: connector spaces, the metaverse, and the rules between them. Pure: no socket, no clock.
//!
//! The four preconditions of a writeback hold here: the person is in the connector space of the directory, joined to
//! the metaverse, joined to the cloud's connector object, and the link carries the AccountEnabled rule.

mod metaverse;
mod rules;
mod space;

use std::collections::{BTreeMap, HashMap};

use protocol::service::SyncObject;

pub use metaverse::{Located, Missing};
pub use space::AdObject;

use crate::AgentError;
use metaverse::Metaverse;

/// Connector spaces and metaverse of one agent. Until a full import and a full sync nobody is found.
#[derive(Debug, Default)]
pub struct SyncEngine {
    /// The connectors in the order of precedence.
    domains: Vec<String>,
    directory: HashMap<String, Vec<AdObject>>,
    cloud: Option<BTreeMap<String, SyncObject>>,
    metaverse: Metaverse,
}

impl SyncEngine {
    /// An empty engine for these domains, in the order of precedence.
    pub fn new<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        let domains = domains.into_iter().map(str::to_owned).collect();
        Self {
            domains,
            ..Self::default()
        }
    }

    /// Full import of one domain: replaces its connector space.
    pub fn import_directory(&mut self, domain: &str, objects: Vec<AdObject>) {
        self.directory.insert(domain.to_owned(), objects);
    }

    /// Full import from the cloud: replaces its connector space.
    pub fn import_cloud(&mut self, objects: Vec<SyncObject>) {
        let keyed = objects.into_iter().map(|object| (object.source_anchor.clone(), object));
        self.cloud = Some(keyed.collect());
    }

    /// Full sync: builds the metaverse anew from the connector spaces and joins by source anchor.
    ///
    /// # Errors
    /// [`AgentError::Sync`] naming the connector space that was never imported.
    pub fn full_sync(&mut self) -> Result<usize, AgentError> {
        let mut spaces = Vec::new();
        for domain in &self.domains {
            let space = self.directory.get(domain);
            spaces.push(space.ok_or_else(|| AgentError::Sync(domain.clone()))?);
        }
        let cloud = self
            .cloud
            .as_ref()
            .ok_or_else(|| AgentError::Sync("the cloud".to_owned()))?;
        let objects = spaces.into_iter().flatten().filter(|object| rules::in_scope(object));
        self.metaverse = Metaverse::build(objects, cloud);
        Ok(self.metaverse.len())
    }

    /// What a full export sends: everybody, the disabled as disabled.
    #[must_use]
    pub fn exports(&self) -> Vec<SyncObject> {
        self.metaverse.exports()
    }

    /// The cloud confirmed the export: its connector objects exist now and are joined.
    pub fn exported(&mut self) {
        for object in self.metaverse.exports() {
            self.metaverse.join(&object.source_anchor);
            if let Some(cloud) = &mut self.cloud {
                cloud.insert(object.source_anchor.clone(), object);
            }
        }
    }

    /// The one enabled account behind a source anchor.
    ///
    /// # Errors
    /// [`Missing`] when there is none, or more than one.
    pub fn locate(&self, anchor: &str) -> Result<Located, Missing> {
        self.metaverse.locate(anchor)
    }

    /// The name for events, also of people that writeback does not find.
    #[must_use]
    pub fn upn(&self, anchor: &str) -> Option<&str> {
        self.metaverse.upn(anchor)
    }
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
