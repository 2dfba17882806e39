//! The sync engine: connector spaces, the metaverse, and the rules between them. Pure: no socket, no clock.
//!
//! The four preconditions of a writeback hold here: the person is in the connector space of the directory, joined to
//! the metaverse, joined to the cloud's connector object, and the link carries the AccountEnabled rule.

mod metaverse;
mod rules;
mod space;

use std::collections::{BTreeMap, BTreeSet};

use protocol::service::SyncObject;

pub use metaverse::{Located, Missing};
pub use space::AdObject;

use crate::AgentError;
use metaverse::Metaverse;

/// Connector spaces and metaverse of one agent. Until a full import and a full sync nobody is found.
#[derive(Debug, Default)]
pub struct SyncEngine {
    expected: BTreeSet<String>,
    directory: BTreeMap<String, Vec<AdObject>>,
    cloud: Option<BTreeMap<String, SyncObject>>,
    metaverse: Metaverse,
}

impl SyncEngine {
    /// An empty engine for these domains.
    pub fn new<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        let expected = domains.into_iter().map(str::to_owned).collect();
        Self {
            expected,
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
        if let Some(domain) = self
            .expected
            .iter()
            .find(|domain| !self.directory.contains_key(*domain))
        {
            return Err(AgentError::Sync(domain.clone()));
        }
        let cloud = self
            .cloud
            .as_ref()
            .ok_or_else(|| AgentError::Sync("the cloud".to_owned()))?;
        let objects = self
            .directory
            .values()
            .flatten()
            .filter(|object| rules::in_scope(object));
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
mod tests {
    use super::*;
    use crate::testing;

    fn engine(objects: Vec<AdObject>) -> SyncEngine {
        let mut engine = SyncEngine::new(["corp.test"]);
        engine.import_directory("corp.test", objects);
        engine.import_cloud(Vec::new());
        engine
    }

    #[test]
    fn nobody_is_found_before_import_sync_and_export() {
        let person = testing::person(1);
        let anchor = person.anchor();
        let mut engine = engine(vec![person]);
        assert_eq!(engine.locate(&anchor), Err(Missing::NotFound));
        assert_eq!(engine.full_sync().unwrap(), 1);
        assert_eq!(
            engine.locate(&anchor),
            Err(Missing::NotFound),
            "not joined to the cloud yet"
        );
        assert_eq!(engine.upn(&anchor), Some("person1@corp.test"));
        engine.exported();
        assert_eq!(engine.locate(&anchor).unwrap().target.upn, "person1@corp.test");
    }

    #[test]
    fn a_sync_needs_every_import() {
        let mut engine = SyncEngine::new(["a.test", "b.test"]);
        engine.import_directory("a.test", Vec::new());
        assert_eq!(
            engine.full_sync().unwrap_err().to_string(),
            "full sync: b.test was not imported"
        );
        engine.import_directory("b.test", Vec::new());
        assert_eq!(
            engine.full_sync().unwrap_err().to_string(),
            "full sync: the cloud was not imported"
        );
        engine.import_cloud(Vec::new());
        assert_eq!(engine.full_sync().unwrap(), 0);
    }

    #[test]
    fn the_disabled_are_exported_and_fall_out_of_writeback() {
        let disabled = AdObject {
            enabled: false,
            ..testing::person(2)
        };
        let anchor = disabled.anchor();
        let mut engine = engine(vec![testing::person(1), disabled]);
        engine.full_sync().unwrap();
        let exports = engine.exports();
        engine.exported();
        assert_eq!(exports.iter().filter(|object| object.enabled).count(), 1);
        assert_eq!(exports.len(), 2);
        assert_eq!(engine.locate(&anchor), Err(Missing::NotFound));
        assert_eq!(engine.upn(&anchor), Some("person2@corp.test"));
    }

    #[test]
    fn who_was_exported_before_is_joined_by_anchor() {
        let person = testing::person(1);
        let anchor = person.anchor();
        let mut first = engine(vec![person.clone()]);
        first.full_sync().unwrap();
        let held = first.exports();
        let mut second = engine(vec![person]);
        second.import_cloud(held);
        second.full_sync().unwrap();
        assert!(second.locate(&anchor).is_ok());
    }

    #[test]
    fn critical_system_objects_stay_out() {
        let critical = AdObject {
            critical: true,
            ..testing::person(3)
        };
        let mut engine = engine(vec![critical]);
        assert_eq!(engine.full_sync().unwrap(), 0);
    }

    #[test]
    fn two_enabled_accounts_behind_one_anchor_are_a_multiple_match() {
        let person = testing::person(1);
        let anchor = person.anchor();
        let twin = AdObject {
            domain: "other.test".to_owned(),
            ..person.clone()
        };
        let mut engine = SyncEngine::new(["corp.test", "other.test"]);
        engine.import_directory("corp.test", vec![person]);
        engine.import_directory("other.test", vec![twin.clone()]);
        engine.import_cloud(Vec::new());
        engine.full_sync().unwrap();
        engine.exported();
        assert_eq!(engine.locate(&anchor), Err(Missing::Multiple));
        assert_eq!(engine.exports().len(), 1);
        engine.import_directory("other.test", vec![AdObject { enabled: false, ..twin }]);
        engine.full_sync().unwrap();
        assert_eq!(engine.locate(&anchor).unwrap().target.domain, "corp.test");
    }
}
