//! What the tenant keeps on the disk: people, the agent with both keys, the switches, and the operations.
//!
//! The cloud's key is a secret in this file, as the run's secret is in its own: both are readable by their owner alone.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::envelope::{OpeningKey, SealingKey};
use protocol::service::{OnboardRequest, SyncObject};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Content, Table, Write};
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

use super::agent::{Agent, Keys};
use super::journal::SentOrder;
use super::people::{CloudPassword, Exempt, Person};
use super::{Now, Tenant, TenantSettings};

/// Operations by their id.
pub(super) const OPERATIONS: Table = Table("operations");
/// People by their id.
const PEOPLE: Table = Table("people");
/// Everything there is one of.
const TENANT: Table = Table("tenant");

/// All tables.
pub(crate) const TABLES: [Table; 3] = [OPERATIONS, PEOPLE, TENANT];

const AGENT: &[u8] = b"agent";
const SETTINGS: &[u8] = b"settings";
const SYNCHRONISED: &[u8] = b"synchronised";

#[derive(Serialize, Deserialize)]
struct SavedPerson {
    object: SyncObject,
    synced_unix_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<SavedPassword>,
    #[serde(default, skip_serializing_if = "is_nothing")]
    exempt: Exempt,
}

#[derive(Serialize, Deserialize)]
struct SavedPassword {
    marker: [u8; 32],
    changed_unix_ms: u64,
}

/// The agent that onboarded last. No `Debug`: it holds the cloud's private key.
#[derive(Serialize, Deserialize)]
struct SavedAgent {
    onboarded: OnboardRequest,
    cloud_key_id: String,
    cloud_key: String,
}

impl Drop for SavedAgent {
    fn drop(&mut self) {
        self.cloud_key.zeroize();
    }
}

fn is_nothing(exempt: &Exempt) -> bool {
    *exempt == Exempt::default()
}

fn value(saved: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(saved).unwrap_or_default()
}

/// The write of a person as they are now.
pub(super) fn person(person: &Person) -> Write {
    let saved = SavedPerson {
        object: person.object.clone(),
        synced_unix_ms: super::millis(person.synced_unix),
        password: person.password.map(|password| SavedPassword {
            marker: password.marker,
            changed_unix_ms: super::millis(password.changed_unix),
        }),
        exempt: person.exempt,
    };
    Write::put(PEOPLE, person.id.as_bytes(), value(&saved))
}

/// The write that forgets a person.
pub(super) fn nobody(id: Uuid) -> Write {
    Write::delete(PEOPLE, id.as_bytes())
}

/// The write that a full export is complete.
pub(super) fn synchronised() -> Write {
    Write::put(TENANT, SYNCHRONISED, b"true".to_vec())
}

/// The write of the switches.
pub(super) fn settings(settings: &TenantSettings) -> Write {
    Write::put(TENANT, SETTINGS, value(settings))
}

/// The write of an agent that onboarded; none if the cloud's key cannot be written down.
pub(super) fn agent(onboarded: &OnboardRequest, keys: &Keys) -> Option<Write> {
    let key = keys.cloud.to_pkcs8().ok()?;
    let saved = SavedAgent {
        onboarded: onboarded.clone(),
        cloud_key_id: keys.cloud.id().to_owned(),
        cloud_key: STANDARD.encode(&*key),
    };
    Some(Write::put(TENANT, AGENT, value(&saved)))
}

fn read<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("{what}: {error}"))
}

fn read_person(key: &[u8], bytes: &[u8]) -> Result<Person, String> {
    let id = Uuid::from_slice(key).map_err(|error| format!("a person: {error}"))?;
    let saved: SavedPerson = read(&format!("the person {id}"), bytes)?;
    Ok(Person {
        id,
        object: saved.object,
        synced_unix: Duration::from_millis(saved.synced_unix_ms),
        password: saved.password.map(|password| CloudPassword {
            marker: password.marker,
            changed_unix: Duration::from_millis(password.changed_unix_ms),
        }),
        exempt: saved.exempt,
    })
}

fn read_agent(bytes: &[u8], now: Now) -> Result<Agent, String> {
    let wrong = |what: &str| format!("the agent: its {what} cannot be read");
    let saved: SavedAgent = read("the agent", bytes)?;
    let key = STANDARD
        .decode(saved.cloud_key.as_bytes())
        .map_err(|_| wrong("cloud key"))?;
    let key = Zeroizing::new(key);
    let cloud = OpeningKey::from_pkcs8(&saved.cloud_key_id, &key).map_err(|_| wrong("cloud key"))?;
    let OnboardRequest { key_id, public_key, .. } = &saved.onboarded;
    let agent = SealingKey::new(key_id, public_key).map_err(|_| wrong("public key"))?;
    Ok(Agent::new(&saved.onboarded, Keys { agent, cloud }, now.monotonic))
}

impl Tenant {
    /// Takes up what an earlier life kept. Gives the operations that left and never ended.
    ///
    /// Sessions and codes are not kept: who was in the middle begins anew, and nothing had left for them.
    pub(crate) fn take_up(&mut self, content: &Content, now: Now) -> Result<Vec<(Uuid, SentOrder)>, String> {
        for (key, bytes) in content.of(PEOPLE) {
            self.people.take_up(read_person(key, bytes)?);
        }
        for (key, bytes) in content.of(TENANT) {
            match key.as_slice() {
                AGENT => self.agent = Some(read_agent(bytes, now)?),
                SETTINGS => self.settings = read("the switches", bytes)?,
                SYNCHRONISED => self.people.take_up_synchronised(),
                other => {
                    return Err(format!(
                        "{} is nothing that a tenant has",
                        String::from_utf8_lossy(other)
                    ));
                }
            }
        }
        self.journal.take_up(content.of(OPERATIONS))
    }

    /// Takes what the last events changed, to be written out.
    pub(crate) fn take_writes(&mut self) -> Vec<Write> {
        let mut writes = std::mem::take(&mut self.writes);
        writes.extend(self.people.take_writes());
        writes.extend(self.journal.take_writes());
        writes
    }
}
