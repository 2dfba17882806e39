//! The directory itself: a plain state machine. Requests and the time come in, answers go out; no sockets, no waiting.

mod account;
mod add;
pub mod answer;
mod attributes;
mod bind;
pub mod dn;
mod draft;
mod entry;
mod filter;
mod groups;
mod index;
mod links;
mod modify;
mod moves;
mod naming;
mod oracle;
mod password;
mod policy;
mod preset;
mod read;
pub mod replication;
mod rights;
mod root;
mod schema;
mod search;
mod secret;
mod settings;
#[cfg(test)]
mod tests;
pub mod time;
mod tree;
mod usn;
mod walk;
mod wellknown;

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;
use vocabulary::Seed;

pub use answer::Refusal;
pub use entry::EntryId;
pub use modify::writes_password;
pub use oracle::Inspected;
pub use preset::first_label;
pub use search::{Cursor, MAX_PAGE, Progress};

use dn::Dn;
use entry::Entry;
use links::Links;
use policy::Policy;
use replication::Replica;
use rights::Grant;
use tree::{Found, Tree};

/// One domain, as one domain controller holds it.
#[derive(Clone)]
pub struct Domain {
    tree: Tree,
    links: Links,
    policy: Policy,
    identity: Identity,
    grants: Vec<Grant>,
    grants_hold: bool,
    administrator: EntryId,
    old_password_allowed: Duration,
    highest_usn: u64,
    next_rid: u32,
    /// How often a name was given to an entry that is gone, so that the next one gets another objectGUID.
    buried: HashMap<String, u64>,
    replica: Replica,
}

/// What the domain and its controller are called.
#[derive(Debug, Clone)]
struct Identity {
    /// `corp.test`.
    domain: String,
    /// `CORP`.
    netbios: String,
    /// `dc1.corp.test`.
    fqdn: String,
    /// `DC1`.
    host: String,
    seed: Seed,
    /// The three numbers of the domain's SID after `S-1-5-21`.
    sid: [u32; 3],
}

/// Who speaks on a connection; nobody until a bind succeeds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Session {
    caller: Option<EntryId>,
}

impl Domain {
    /// The entry a session speaks for.
    fn caller(&self, session: &Session) -> Result<EntryId, Refusal> {
        session
            .caller
            .filter(|id| self.tree.get(*id).is_some())
            .ok_or_else(Refusal::bind_first)
    }

    /// The entry that a name means: a DN, `<GUID=…>` or `<SID=…>`.
    fn resolve(&self, name: &str) -> Result<EntryId, Refusal> {
        if let Some(inner) = name.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            let id = self.by_identity(inner)?;
            return id.ok_or_else(|| Refusal::no_object(String::new()));
        }
        self.resolve_dn(&read_dn(name)?)
    }

    fn resolve_dn(&self, dn: &Dn) -> Result<EntryId, Refusal> {
        match self.tree.find(dn) {
            Found::Entry(id) => Ok(id),
            Found::Missing(above) => Err(Refusal::no_object(self.tree.dn(above).to_string())),
            Found::Elsewhere => Err(Refusal::elsewhere(&dns_name(dn))),
        }
    }

    fn by_identity(&self, text: &str) -> Result<Option<EntryId>, Refusal> {
        let (kind, value) = text.split_once('=').ok_or_else(|| Refusal::bad_name(text))?;
        let wrong = || Refusal::bad_name(text);
        match kind.to_ascii_uppercase().as_str() {
            "GUID" => Ok(self.tree.by_guid(naming::read_guid(value).ok_or_else(wrong)?)),
            "SID" => {
                let sid = naming::read_sid(value).ok_or_else(wrong)?;
                Ok(self.by_sid(&sid))
            }
            _ => Err(wrong()),
        }
    }

    fn by_sid(&self, sid: &[u8]) -> Option<EntryId> {
        let own = self.identity.sid_bytes(None);
        if sid == own {
            return Some(Tree::HEAD);
        }
        let found = |domain: &[u8]| self.tree.by_rid(naming::rid_below(domain, sid)?);
        let id = found(&own).or_else(|| found(&naming::builtin_sid(None)))?;
        // Both kinds share the numbers: the SID must be the entry's own.
        (self.sid(id, self.tree.get(id)?)? == sid).then_some(id)
    }

    /// An entry that is known to exist.
    fn entry(&self, id: EntryId) -> Result<&Entry, Refusal> {
        self.tree.get(id).ok_or_else(|| Refusal::no_object(String::new()))
    }

    fn next_usn(&mut self) -> u64 {
        self.highest_usn += 1;
        self.highest_usn
    }

    /// The objectGUID of a new entry: it follows from the seed and the name, not from the order of creation.
    fn new_guid(&self, dn: &Dn) -> Uuid {
        let key = dn.key();
        let used = self.buried.get(&key).copied().unwrap_or(0);
        let names = self.replica.names(&self.identity.seed.child("objectGUID")).child(&key);
        // A renamed entry may still hold the identity of its old name.
        (used..)
            .map(|index| names.nth("life", index).uuid())
            .find(|guid| self.tree.by_guid(*guid).is_none() && !self.replica.is_gone(*guid))
            .unwrap_or_else(Uuid::nil)
    }
}

/// Reads a DN that a client sent.
fn read_dn(text: &str) -> Result<Dn, Refusal> {
    Dn::parse(text).map_err(|_| Refusal::bad_name(text))
}

/// The DNS name that the `DC=` parts of a name spell.
fn dns_name(dn: &Dn) -> String {
    let labels = dn.0.iter().filter(|rdn| rdn.kind == "DC");
    labels.map(|rdn| rdn.value.as_str()).collect::<Vec<_>>().join(".")
}
