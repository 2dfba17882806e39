//! The tenant: a plain state machine. Events and the time go in, effects come out; sockets and dice are elsewhere.

mod agent;
mod disturbed;
mod flow;
mod gates;
mod journal;
mod people;
mod records;
mod saved;
mod session;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use protocol::service::{Heartbeat, OnboardRequest, SyncExport, SyncObject};
use store::Write;
use uuid::Uuid;
use vocabulary::{Clock, Password};

pub(crate) use agent::Keys;
use agent::recent_enough;
pub(crate) use disturbed::Disturbance;
pub use flow::Order;
pub(crate) use flow::{Asked, Choice, Effect, Ending, HelpdeskReset, Message, Page, PortalEvent, Problem};
pub use gates::{Gate, Gates};
pub use journal::JournalEntry;
pub(crate) use journal::SentOrder;
pub use people::Exemptions;
pub(crate) use people::{ExportRefusal, Person};
pub(crate) use records::{AuditRow, millis};
pub(crate) use saved::TABLES;
pub use settings::{Licence, SettingsPatch, Sspr, TenantSettings};

use agent::Agent;
use disturbed::Disturbed;
use gates::AsSet;
use journal::Journal;
use people::{CloudPassword, People};
use records::{Activity, Audit};
use session::{Sessions, Throttle};

use crate::parts::Wrap;
use crate::secret::{Dice, RunSecret, same};

/// The time of an event, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    /// Orders things and ends them.
    pub(crate) monotonic: Duration,
    /// Goes onto wires and into records.
    pub(crate) unix: Duration,
}

impl Now {
    pub(crate) fn of(clock: &dyn Clock) -> Self {
        Self {
            monotonic: clock.monotonic(),
            unix: clock.unix(),
        }
    }
}

/// How the tenant stands, for the laboratory.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// Whether an agent has enabled writeback.
    pub onboarded: bool,
    /// People that the tenant knows.
    pub people: usize,
    /// Whether a full export is complete.
    pub synchronised: bool,
    /// The agent's last heartbeat, in milliseconds since the Unix epoch.
    pub last_heartbeat_unix_ms: Option<u64>,
    /// Relays on which the agent said that it listens.
    pub listening: u32,
    /// The id of the agent's key, which requests are sealed for.
    pub agent_key: Option<String>,
}

/// The whole tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    settings: TenantSettings,
    gates: Arc<dyn Gates>,
    heartbeat_s: u64,
    people: People,
    agent: Option<Agent>,
    sessions: Sessions,
    throttle: Throttle,
    /// Against guessing old passwords.
    smart_lockout: Throttle,
    audit: Audit,
    journal: Journal,
    secret: RunSecret,
    dice: Dice,
    disturbed: Disturbed,
    /// What is to be written out besides people and operations.
    writes: Vec<Write>,
}

impl Tenant {
    pub(crate) fn new(settings: TenantSettings, heartbeat_s: u64, secret: RunSecret, now: Now) -> Self {
        Self {
            settings,
            gates: Arc::new(AsSet),
            heartbeat_s,
            people: People::default(),
            agent: None,
            sessions: Sessions::default(),
            throttle: Throttle::codes(),
            smart_lockout: Throttle::old_passwords(),
            audit: Audit::default(),
            journal: Journal::default(),
            dice: Dice::new(secret.clone(), now.unix),
            secret,
            disturbed: Disturbed::default(),
            writes: Vec::new(),
        }
    }

    /// The same tenant behind other gates.
    pub(crate) fn behind(self, wrap: &Wrap<dyn Gates>) -> Self {
        Self {
            gates: wrap(Arc::clone(&self.gates)),
            ..self
        }
    }

    /// The id of a new key or correlation.
    pub(crate) fn new_id(&mut self, purpose: &str) -> Uuid {
        self.dice.uuid(purpose)
    }

    /// Disturbs the tenant for `lease` at the most.
    pub(crate) fn disturb(&mut self, what: Disturbance, lease: Duration, now: Now) {
        self.disturbed.begin(what, now.monotonic.saturating_add(lease));
    }

    /// Ends a disturbance; tells whom it touched.
    pub(crate) fn calm(&mut self, what: Disturbance) -> u64 {
        self.disturbed.end(what)
    }

    /// Whom a disturbance touched so far.
    pub(crate) fn touched(&self, what: Disturbance) -> u64 {
        self.disturbed.touched(what)
    }

    /// Takes keys that nobody holds, for [`Disturbance::LoseAgentKey`].
    pub(crate) fn mislay(&mut self, decoy: Keys) {
        self.disturbed.mislay(decoy);
    }

    /// The id of the agent's key.
    pub(crate) fn agent_key_id(&self) -> Option<String> {
        self.agent.as_ref().map(|agent| agent.keys.agent.id().to_owned())
    }

    /// Whether an agent of that version is let in now.
    pub(crate) fn lets_in(&self, version: &str, now: Now) -> bool {
        self.disturbed.touch(Disturbance::RequireNewerAgent, now.monotonic);
        recent_enough(version) && !self.disturbed.has(Disturbance::RequireNewerAgent, now.monotonic)
    }

    /// What the tenant allows now.
    fn settings(&self, now: Now) -> TenantSettings {
        self.disturbed.over(self.settings, now.monotonic)
    }

    /// Makes an agent the tenant's only one.
    pub(crate) fn onboard(&mut self, request: &OnboardRequest, keys: Keys, now: Now) {
        self.writes.extend(saved::agent(request, &keys));
        self.agent = Some(Agent::new(request, keys, now.monotonic));
        self.note(
            Activity::EnableWriteback,
            None,
            true,
            "OnPremisesAgent: Microsoft Entra Connect",
            now,
        );
    }

    /// Takes a heartbeat; `false` if it is not from the agent that onboarded last.
    pub(crate) fn heard(&mut self, heartbeat: &Heartbeat, now: Now) -> bool {
        self.agent
            .as_mut()
            .is_some_and(|agent| agent.heard(heartbeat, now.monotonic, now.unix))
    }

    /// The agent's keys and its journal, while it is alive.
    pub(crate) fn alive_agent(&self, now: Now) -> Option<(Arc<Keys>, Option<Uuid>)> {
        let agent = self.agent.as_ref()?;
        agent
            .alive(now.monotonic, self.heartbeat_s)
            .then(|| (Arc::clone(&agent.keys), agent.journal))
    }

    /// Takes a batch of the agent's export.
    pub(crate) fn export(&mut self, batch: SyncExport, now: Now) -> Result<(), ExportRefusal> {
        self.people.export(batch, now.unix)
    }

    pub(crate) fn objects(&self) -> Vec<SyncObject> {
        self.people.objects()
    }

    pub(crate) fn people_page(&self, after: Option<Uuid>, count: usize) -> Vec<Person> {
        self.people.page(after, count)
    }

    /// A person by object id or name.
    pub(crate) fn person(&self, id_or_upn: &str) -> Option<&Person> {
        match Uuid::try_parse(id_or_upn) {
            Ok(id) => self.people.by_id(id),
            Err(_) => self.people.by_upn(id_or_upn),
        }
    }

    pub(crate) fn audit_page(&self, activity: Option<&str>, before: Option<u64>, count: usize) -> Vec<AuditRow> {
        self.audit.page(activity, before, count)
    }

    /// Changes the switches.
    pub(crate) fn patch(&mut self, patch: SettingsPatch, now: Now) -> TenantSettings {
        let before = self.settings;
        self.settings = before.patched(patch);
        self.writes.push(saved::settings(&self.settings));
        match (before.writeback, self.settings.writeback) {
            (false, true) => self.note(Activity::EnableWriteback, None, true, "", now),
            (true, false) => self.note(Activity::DisableWriteback, None, true, "", now),
            _ => {}
        }
        self.settings
    }

    /// Takes licences away and people out of the group; gives the first name that nobody has.
    pub(crate) fn exempt(&mut self, exemptions: &Exemptions) -> Result<(), String> {
        self.people.exempt(exemptions)
    }

    pub(crate) fn status(&self) -> Status {
        let agent = self.agent.as_ref();
        Status {
            onboarded: agent.is_some(),
            people: self.people.len(),
            synchronised: self.people.synchronised(),
            last_heartbeat_unix_ms: agent.and_then(|agent| agent.last_heartbeat_unix).map(millis),
            listening: agent.map_or(0, |agent| agent.listening),
            agent_key: self.agent_key_id(),
        }
    }

    pub(crate) fn operation(&self, operation: Uuid) -> Option<JournalEntry> {
        self.journal.get(operation)
    }

    pub(crate) fn journal(&self) -> impl Iterator<Item = JournalEntry> {
        self.journal.iter()
    }

    /// The cloud's own write, after the on-premises one: a keyed digest. `false` if the person is gone.
    pub(crate) fn store(&mut self, order: &Order, now: Now) -> bool {
        let Some(password) = &order.password else {
            return true;
        };
        let marker = self.marker(order.person, password);
        self.people.set_password(
            order.person,
            CloudPassword {
                marker,
                changed_unix: now.unix,
            },
        )
    }

    /// Whether this is the password that a person last set through the cloud.
    pub(crate) fn knows_password(&self, upn: &str, offered: &Password) -> bool {
        let person = self.people.by_upn(upn);
        let marker = person.and_then(|person| person.password.map(|held| (person.id, held.marker)));
        marker.is_some_and(|(id, marker)| same(&hex(&marker), &hex(&self.marker(id, offered))))
    }

    fn marker(&self, person: Uuid, password: &Password) -> [u8; 32] {
        self.secret
            .mac("cloud password", &[person.as_bytes(), password.expose().as_bytes()])
    }

    fn note(&mut self, activity: Activity, target: Option<(Uuid, String)>, success: bool, reason: &str, now: Now) {
        let correlation = self.dice.uuid("correlation");
        self.note_about(correlation, activity, target, success, reason, now);
    }

    fn note_about(
        &mut self,
        correlation: Uuid,
        activity: Activity,
        target: Option<(Uuid, String)>,
        success: bool,
        reason: &str,
        now: Now,
    ) {
        let reason = reason.to_owned();
        self.audit.write(AuditRow {
            number: 0,
            unix: now.unix,
            activity,
            correlation,
            success,
            reason,
            target,
        });
    }
}

/// The room that a table needs so that it never grows, though so many come and go. What is removed leaves its place unusable until the
/// table is put in order, and that is done in place only where no more than half of it is used. A table that grew while a soak
/// runs would look like a leak, and would stop everybody while its entries move.
const fn room(most: usize) -> usize {
    2 * most
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
