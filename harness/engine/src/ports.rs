//! What the engine asks of a world and of a load generator. `environment` and `load` implement these.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use history::{
    BindRecord, Capability, Event, JournalRecord, Metadata, Observation, OracleRecord, PartSample, ScanRecord,
    StepEvent,
};
use scenario::{Fault, Person, Plan, Vault};
use tokio::io::AsyncWrite;
use uuid::Uuid;
use vocabulary::{NameTable, Password};

use crate::pipe::Results;
use crate::pulse::Pulse;

/// What a port's call failed with; the implementation's own error, told.
pub type PortError = Box<dyn std::error::Error + Send + Sync>;

/// The future of a port's call.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// Tells people how far long work is.
pub trait Progress: Send + Sync {
    /// A new step begins, of `total` pieces where that is known.
    fn step(&self, name: &str, total: Option<u64>);

    /// The step has come to `done` pieces.
    fn at(&self, done: u64);

    /// Something worth a line.
    fn note(&self, text: &str);

    /// How the load goes, once a second while there is any. Whoever does not care is not asked.
    fn load(&self, _pulse: &Pulse) {}
}

/// A step of a search: arrivals at one rate for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Thousandths of an arrival per second.
    pub rate_millis: u64,
    /// Load before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub measure: Duration,
}

/// Says at which rate people come next, from what became of those before. Calls come in the order of the run: `next`, `begins`, then
/// `sees` for each that belongs to the step, and `next` again when every one of them has its answer.
pub trait Steering: Send {
    /// The first step, or the one after that which has ended; none when the search is over.
    fn next(&mut self) -> Option<Step>;

    /// The step begins.
    fn begins(&mut self, step: StepEvent);

    /// An operation ended or was dropped, as it is written down.
    fn sees(&mut self, event: &Event);

    /// How the step that has ended went, in a sentence.
    fn told(&self) -> Option<String>;
}

/// What a world knows of itself once it stands.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What each directory enforces.
    pub capabilities: Vec<Capability>,
    /// Images, by name.
    pub image_digests: BTreeMap<String, String>,
    /// Versions of what it is made of.
    pub versions: BTreeMap<String, String>,
    /// Whether its parts run in the harness's own process.
    pub in_process: bool,
}

/// What the load does there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// A person's way through the portal's pages.
    #[default]
    Portal,
    /// One request that is counted: the generator itself is measured.
    Count,
}

/// Where the load goes.
#[derive(Debug, Clone)]
pub struct Target {
    /// What is done there.
    pub flow: Flow,
    /// The portal, with scheme, name and port.
    pub portal_url: String,
    /// Microsoft Graph, with scheme, name and port.
    pub graph_url: String,
    /// Where tokens are asked for.
    pub token_url: String,
    /// The helpdesk's account …
    pub helpdesk_upn: String,
    /// … and its password.
    pub helpdesk_password: Password,
    /// Where the names are.
    pub names: NameTable,
    /// The run's certificate authority.
    pub ca_pem: String,
    /// Opens the lab's inbox, stage times and outcomes.
    pub lab_token: Password,
}

/// A person's metadata as one domain controller tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The domain controller.
    pub dc: String,
    /// objectGUID.
    pub user: Uuid,
    /// The metadata.
    pub metadata: Metadata,
}

/// All attributes of a person that a search gives on one domain controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The domain controller.
    pub dc: String,
    /// objectGUID.
    pub user: Uuid,
    /// Each by name, with a digest of its values: other values give another one.
    pub attributes: Vec<(String, u32)>,
}

/// What one domain controller's own database holds of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The domain controller.
    pub dc: String,
    /// objectGUID.
    pub user: Uuid,
    /// What it holds.
    pub record: OracleRecord,
}

/// What became of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injected {
    /// What it was done to, for people.
    pub target: String,
    /// Whether a probe saw the effect; none where nothing could tell.
    pub bit: Option<bool>,
    /// The people whose accounts it was done to, by objectGUID.
    pub touched: Vec<Uuid>,
}

/// What was seen of a fault while it was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Healed {
    /// Whether the effect was seen, where it could not be told when the fault was made; none keeps what was said then.
    pub bit: Option<bool>,
}

/// How much longer than it was meant to last a fault may live before it ends by itself.
pub const LEASE_SLACK: Duration = Duration::from_secs(10);

/// After how long a fault ends by itself, whatever became of who made it; none where it does not last.
#[must_use]
pub fn lease(fault: &Fault) -> Option<Duration> {
    fault.lasts.map(|lasts| lasts.saturating_add(LEASE_SLACK))
}

/// Looks at people on every domain controller of one domain, over connections of its own.
pub trait Watcher: Send {
    /// What each domain controller tells of these people now. One that does not answer in a moment is left out.
    fn look<'a>(&'a mut self, users: &'a [Uuid]) -> Answer<'a, Vec<Seen>>;
}

/// Tells what the parts of a world have used, where they run outside the harness's process.
pub trait Sampler: Send {
    /// What each part has used by now, its `at_us` aside. A part that is gone is left out.
    fn sample(&mut self) -> Answer<'_, Vec<PartSample>>;
}

/// A journal's line with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journaled {
    /// `AgentJournal`, `CloudJournal` or `RelayLog`.
    pub observation: Observation,
}

impl Journaled {
    /// A line of the agent's journal.
    #[must_use]
    pub fn agent(record: JournalRecord) -> Self {
        Self {
            observation: Observation::AgentJournal(record),
        }
    }

    /// A line of the cloud's journal.
    #[must_use]
    pub fn cloud(record: JournalRecord) -> Self {
        Self {
            observation: Observation::CloudJournal(record),
        }
    }
}

/// Something that the secret scan reads: a name for the report and the bytes.
pub struct Place {
    /// The name, for example `logs/agent.log`.
    pub name: String,
    /// The content.
    pub content: Box<dyn std::io::Read + Send>,
}

/// A world. Calls come in the order in which they are declared; `tear_down` may come at any time, also in the middle.
pub trait World: Send {
    /// Stands everything up but the agent, which cannot work before people exist. Logs go to `logs`.
    fn stand_up<'a>(&'a mut self, plan: &'a Plan, logs: PathBuf, progress: &'a dyn Progress) -> Answer<'a, Facts>;

    /// Creates everyone with password 0; gives the objectGUIDs in the order of the people.
    fn populate<'a>(
        &'a mut self,
        people: &'a [Person],
        vault: &'a Vault,
        progress: &'a dyn Progress,
    ) -> Answer<'a, Vec<Uuid>>;

    /// Starts the agent: full import, full sync, onboarding; ends when the cloud knows everyone and the agent listens.
    fn synchronise<'a>(&'a mut self, people: u64) -> Answer<'a, ()>;

    /// Does to single people what their persona says, once the cloud knows them: who has no licence, who is not in the group
    /// that may reset, and who is disabled on-premises by then.
    fn single_out<'a>(&'a mut self, people: &'a [Person]) -> Answer<'a, ()>;

    /// Locks accounts by wrong passwords and proves each lock by a bind with the right one, which must be refused.
    fn lock<'a>(
        &'a mut self,
        people: &'a [&'a Person],
        vault: &'a Vault,
        progress: &'a dyn Progress,
    ) -> Answer<'a, Vec<(u64, String, BindRecord)>>;

    /// Where the load goes.
    fn target(&self) -> Result<Target, PortError>;

    /// The metadata of everyone on every domain controller.
    fn metadata<'a>(&'a mut self) -> Answer<'a, Vec<Seen>>;

    /// Gives all attributes of everyone on every domain controller, entry by entry. An entry may come again: the last one counts.
    fn attributes<'a>(&'a mut self, take: &'a mut (dyn FnMut(Entry) + Send)) -> Answer<'a, ()>;

    /// A watcher of each domain, in the order of the forests: when a change has arrived on all controllers is how long it took.
    fn watchers<'a>(&'a mut self) -> Answer<'a, Vec<Box<dyn Watcher>>>;

    /// Who tells what the parts use; none where they share the harness's process.
    fn sampler(&mut self) -> Answer<'_, Option<Box<dyn Sampler>>> {
        Box::pin(async { Ok(None) })
    }

    /// Makes a fault happen; it is the one of that number in the plan. Where it lasts, it ends by itself after its [`lease`].
    fn inject<'a>(&'a mut self, number: usize, fault: &'a Fault) -> Answer<'a, Injected>;

    /// Makes a fault that was made and that comes several times happen once more.
    fn again<'a>(&'a mut self, number: usize, fault: &'a Fault) -> Answer<'a, ()>;

    /// Ends a fault that was made; when this returns, the world can do again what it could before.
    fn heal<'a>(&'a mut self, number: usize, fault: &'a Fault) -> Answer<'a, Healed>;

    /// What each domain controller's own database holds of everyone, read without LDAP and compared in memory; of each person's
    /// labels from 0 to `labels[index]`.
    fn oracle<'a>(&'a mut self, people: &'a [Person], vault: &'a Vault, labels: &'a [u32]) -> Answer<'a, Vec<Held>>;

    /// One bind with a label's password, on the domain controller that is written to.
    fn bind<'a>(&'a mut self, person: &'a Person, vault: &'a Vault, label: u32) -> Answer<'a, (String, BindRecord)>;

    /// What cloud and agent wrote down about each operation.
    fn journals<'a>(&'a mut self) -> Answer<'a, Vec<Journaled>>;

    /// Searches the given places and everything the world has written for secrets, in every encoding.
    fn scan<'a>(&'a mut self, secrets: &'a [Password], places: Vec<Place>) -> Answer<'a, ScanRecord>;

    /// Everything secret of the world's own; nothing before it stands.
    fn secrets(&self) -> Vec<Password>;

    /// Takes everything down. Idempotent; nothing of the run is left when it returns.
    fn tear_down<'a>(&'a mut self) -> Answer<'a, ()>;
}

/// A started load generator: both ends of its pipe.
pub struct Generator {
    /// Tickets go down here.
    pub down: Box<dyn AsyncWrite + Send + Unpin>,
    /// Results come up here.
    pub up: Results,
    /// Its process, if it is one of its own.
    pub pid: Option<u32>,
    /// Ends it at once when dropped.
    pub guard: Box<dyn Send>,
}

/// Starts load generators.
pub trait Generators: Send {
    /// Starts one.
    fn start(&mut self) -> Result<Generator, PortError>;
}
