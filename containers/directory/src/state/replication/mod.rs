//! Several domain controllers of one domain, as a plain state machine: what one of them changes is queued for its partners, and
//! what comes from a partner is applied by the rules of Active Directory's multi-master replication.
//!
//! A domain without partners queues nothing and remembers nothing. With partners, an attribute that was changed since carries a
//! stamp; all others share the stamp of their entry, so that entries nobody touches cost nothing.

mod conflict;
mod join;
mod originate;
mod outbox;
mod receive;
mod role;
mod servers;
mod update;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;
use vocabulary::Seed;

pub use role::holder_unreachable;
pub use update::Update;

use super::Domain;
use super::entry::EntryId;
use super::schema::Attr;
use super::time::FileTime;
use crate::config::DirectoryConfig;
use outbox::Outbox;

/// Most domain controllers of one domain.
pub const MOST_CONTROLLERS: usize = 8;
/// RIDs of one controller's pool. They are so many because a pool is never filled up again here.
const POOL: u32 = 1 << 22;
/// Pools that fit below the largest RID (2^30 - 1).
pub const MOST_POOLS: u32 = 255;
const TICKS_PER_SECOND: i64 = 10_000_000;

/// When and where a value came about (MS-ADTS 3.1.1.1.9). The greater one wins: by version, then time, then invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// How often the value was written.
    version: u32,
    /// When it was written last, in whole seconds as Active Directory counts them.
    second: i64,
    /// The invocation id of the controller that wrote it.
    origin: Uuid,
}

impl Stamp {
    /// The stamp of what was there before there were partners: all of them hold it alike.
    const SHARED: Self = Self {
        version: 1,
        second: 0,
        origin: Uuid::nil(),
    };
}

/// The stamps of one entry.
#[derive(Clone)]
struct Marks {
    /// The stamp of all that was never changed.
    birth: Stamp,
    changed: Vec<(Attr, Stamp)>,
}

impl Marks {
    fn new(birth: Stamp) -> Self {
        Self {
            birth,
            changed: Vec::new(),
        }
    }

    fn set(&mut self, unit: Attr, stamp: Stamp) {
        match self.changed.iter_mut().find(|(known, _)| *known == unit) {
            Some((_, old)) => *old = stamp,
            None => self.changed.push((unit, stamp)),
        }
    }
}

/// What makes a domain one of several copies.
#[derive(Clone)]
pub struct Replica {
    /// What tells this life of this controller from every other.
    invocation: Uuid,
    /// Whether this is the controller that made the domain.
    first: bool,
    /// The functional level of domain and forest.
    pub level: u32,
    /// The greatest functional level that this controller supports.
    supports: u32,
    /// The host name of the PDC emulator.
    role_owner: String,
    outbox: Outbox,
    marks: HashMap<EntryId, Marks>,
    /// The stamps of memberships (group, member) that were changed.
    links: HashMap<(EntryId, EntryId), Stamp>,
    /// What was deleted and must not come back.
    gone: HashSet<Uuid>,
    /// Updates that came before the entry they need.
    early: HashMap<Uuid, Vec<Arc<Update>>>,
}

impl Replica {
    /// The first controller of a domain, which holds the role of the PDC emulator.
    #[must_use]
    pub fn first(config: &DirectoryConfig, seed: &Seed, host: &str) -> Self {
        Self {
            invocation: invocation(seed, host, 0),
            first: true,
            level: config.functional_level,
            supports: config.functional_level,
            role_owner: host.to_owned(),
            outbox: Outbox::default(),
            marks: HashMap::new(),
            links: HashMap::new(),
            gone: HashSet::new(),
            early: HashMap::new(),
        }
    }

    /// `domainControllerFunctionality`: never below the domain's level.
    #[must_use]
    pub fn own_level(&self) -> u32 {
        self.supports.max(self.level)
    }

    /// Where the objectGUIDs of new entries come from. Two controllers give two entries of one name two of them.
    #[must_use]
    pub fn names(&self, seed: &Seed) -> Seed {
        if self.first {
            *seed
        } else {
            seed.child(&self.invocation.to_string())
        }
    }

    /// Whether an entry was deleted here or by a partner.
    #[must_use]
    pub fn is_gone(&self, guid: Uuid) -> bool {
        self.gone.contains(&guid)
    }

    fn mark(&mut self, id: EntryId, unit: Attr, stamp: Stamp) {
        let marks = self.marks.entry(id);
        marks.or_insert_with(|| Marks::new(Stamp::SHARED)).set(unit, stamp);
    }

    /// Keeps an update until the entry with that objectGUID is there.
    fn wait(&mut self, needs: Uuid, update: Arc<Update>) {
        self.early.entry(needs).or_default().push(update);
    }

    fn stamp(&self, version: u32, now: FileTime) -> Stamp {
        Stamp {
            version,
            second: now.0.div_euclid(TICKS_PER_SECOND),
            origin: self.invocation,
        }
    }
}

fn invocation(seed: &Seed, host: &str, number: u32) -> Uuid {
    let lives = seed.child("invocationId").child(host);
    lives.nth("life", u64::from(number)).uuid()
}

impl Domain {
    /// The invocation id of this controller.
    #[must_use]
    pub fn invocation(&self) -> Uuid {
        self.replica.invocation
    }

    /// The host name of this controller, in upper case.
    #[must_use]
    pub fn host_name(&self) -> &str {
        &self.identity.host
    }

    /// The DNS name of the domain.
    #[must_use]
    pub fn dns_domain(&self) -> &str {
        &self.identity.domain
    }

    /// The stamp of an attribute. That of the password has `msDS-KeyVersionNumber` as its version.
    fn stamp_of(&self, id: EntryId, unit: Attr) -> Stamp {
        let marks = self.replica.marks.get(&id);
        let birth = marks.map_or(Stamp::SHARED, |marks| marks.birth);
        let own = marks.and_then(|marks| marks.changed.iter().find(|(known, _)| *known == unit));
        match own {
            Some((_, stamp)) => *stamp,
            None if unit == Attr::UnicodePwd => Stamp {
                version: self.key_version(id),
                ..birth
            },
            None => birth,
        }
    }

    fn key_version(&self, id: EntryId) -> u32 {
        let account = self.tree.get(id).and_then(|entry| entry.account.as_ref());
        account.and_then(|account| account.key_version()).unwrap_or_default()
    }

    /// The stamp of a membership; one that never was has the least of all.
    fn link_stamp(&self, group: EntryId, member: EntryId) -> Stamp {
        let own = self.replica.links.get(&(group, member)).copied();
        own.unwrap_or_else(|| Stamp {
            version: u32::from(self.is_member(group, member)),
            ..Stamp::SHARED
        })
    }

    fn is_member(&self, group: EntryId, member: EntryId) -> bool {
        self.links.joined(group, member)
    }
}
