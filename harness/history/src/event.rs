//! One line of the history.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, StageTimes, Win32};

/// The phases of a run, in order; `Interrupted` is entered when a person or a failure ends it early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The world stands up.
    Provision,
    /// People are created and synchronised.
    Populate,
    /// The metadata of everyone is read.
    Baseline,
    /// Load runs; counts in checks, in no statistic.
    WarmUp,
    /// Load runs and is measured.
    Measure,
    /// Every fault is healed.
    Heal,
    /// Work in flight ends or is unknown.
    Drain,
    /// Longer than any message can live.
    Quiet,
    /// The metadata of everyone is read again, then one bind for each person touched.
    Probe,
    /// The history is closed.
    Seal,
    /// The run was ended early.
    Interrupted,
}

impl Phase {
    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Populate => "populate",
            Self::Baseline => "baseline",
            Self::WarmUp => "warm-up",
            Self::Measure => "measure",
            Self::Heal => "heal",
            Self::Drain => "drain",
            Self::Quiet => "quiet",
            Self::Probe => "probe",
            Self::Seal => "seal",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What every event carries: its place in the file, its instant and the phase it fell in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The number of the event, from 0.
    pub seq: u64,
    /// Microseconds since the run's start, on one monotonic clock.
    pub at_us: u64,
    /// The phase.
    pub phase: Phase,
}

/// An event, tagged by `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// An operation that was begun, with its end.
    Op(OpEvent),
    /// An arrival that was due and never begun.
    Dropped(DroppedEvent),
    /// A phase was entered.
    Phase(PhaseEvent),
    /// A fault was injected.
    Inject(FaultEvent),
    /// A fault was healed.
    Heal(FaultEvent),
    /// Something was seen.
    Observe(ObserveEvent),
    /// A step of a search for the capacity begins.
    Step(StepEvent),
}

impl Event {
    /// The stamp of the event.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        let (seq, at_us, phase) = match self {
            Self::Op(event) => (event.seq, event.at_us, event.phase),
            Self::Dropped(event) => (event.seq, event.at_us, event.phase),
            Self::Phase(event) => (event.seq, event.at_us, event.phase),
            Self::Inject(event) | Self::Heal(event) => (event.seq, event.at_us, event.phase),
            Self::Observe(event) => (event.seq, event.at_us, event.phase),
            Self::Step(event) => (event.seq, event.at_us, event.phase),
        };
        Stamp { seq, at_us, phase }
    }

    /// Sets the stamp of the event.
    pub fn set_stamp(&mut self, stamp: Stamp) {
        let (seq, at_us, phase) = match self {
            Self::Op(event) => (&mut event.seq, &mut event.at_us, &mut event.phase),
            Self::Dropped(event) => (&mut event.seq, &mut event.at_us, &mut event.phase),
            Self::Phase(event) => (&mut event.seq, &mut event.at_us, &mut event.phase),
            Self::Inject(event) | Self::Heal(event) => (&mut event.seq, &mut event.at_us, &mut event.phase),
            Self::Observe(event) => (&mut event.seq, &mut event.at_us, &mut event.phase),
            Self::Step(event) => (&mut event.seq, &mut event.at_us, &mut event.phase),
        };
        (*seq, *at_us, *phase) = (stamp.seq, stamp.at_us, stamp.phase);
    }
}

/// An operation. The phase is the one in which it was *intended*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpEvent {
    /// See [`Stamp`].
    pub seq: u64,
    /// See [`Stamp`]: when the record was written.
    pub at_us: u64,
    /// See [`Stamp`].
    pub phase: Phase,
    /// The operation id on the wire.
    pub op_id: Uuid,
    /// What was asked.
    pub op: OpKind,
    /// Which attempt of the actor's intention this is, from 1.
    pub attempt: u32,
    /// The number of the arrival that it is an attempt of, from 0; absent in folders in which each operation is an arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<u64>,
    /// The actor: the person's sign-in name.
    pub actor: String,
    /// The actor's persona.
    pub persona: String,
    /// The person's objectGUID.
    pub user: Uuid,
    /// The label of the new password, never the password.
    pub writes: Option<u32>,
    /// The label of the old password that a change proves; none where the person mistyped it.
    pub proves: Option<u32>,
    /// When it should have begun.
    pub intended_us: u64,
    /// When it began.
    pub started_us: u64,
    /// When its end was known.
    pub finished_us: u64,
    /// From when on its message is void everywhere.
    pub expires_us: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Exclusive microseconds per stage; absent when the answer carried none, never zero.
    pub stages_us: Option<StageTimes>,
}

impl OpEvent {
    /// Response time: from the intended start, in microseconds.
    #[must_use]
    pub fn response_us(&self) -> u64 {
        self.finished_us.saturating_sub(self.intended_us)
    }

    /// Service time: from the actual start, in microseconds.
    #[must_use]
    pub fn service_us(&self) -> u64 {
        self.finished_us.saturating_sub(self.started_us)
    }
}

/// Why an arrival was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropWhy {
    /// It waited longer than `start_within`.
    NotStartedInTime,
    /// The queue of tickets was full.
    QueueFull,
    /// The run ended first.
    RunEnded,
}

impl DropWhy {
    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStartedInTime => "not_started_in_time",
            Self::QueueFull => "queue_full",
            Self::RunEnded => "run_ended",
        }
    }
}

/// An arrival, or a later attempt of one, that never began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedEvent {
    /// See [`Stamp`].
    pub seq: u64,
    /// See [`Stamp`].
    pub at_us: u64,
    /// See [`Stamp`].
    pub phase: Phase,
    /// The actor.
    pub actor: String,
    /// The actor's persona; empty in older folders.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub persona: String,
    /// Which attempt it would have been, from 1.
    #[serde(default = "first")]
    pub attempt: u32,
    /// As in an operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<u64>,
    /// The person's objectGUID.
    pub user: Uuid,
    /// What would have been asked.
    pub op: OpKind,
    /// When it should have begun.
    pub intended_us: u64,
    /// Why it was dropped.
    pub why: DropWhy,
}

fn first() -> u32 {
    1
}

/// A phase was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseEvent {
    /// See [`Stamp`].
    pub seq: u64,
    /// See [`Stamp`].
    pub at_us: u64,
    /// See [`Stamp`]: the phase left.
    pub phase: Phase,
    /// The phase entered.
    pub enter: Phase,
    /// The goals that could no longer hold, where that ended the phase left before its time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broke: Vec<String>,
}

/// A step of a search for the capacity: arrivals at one rate for a while. An operation belongs to the last step that had begun when
/// it was intended; those of its warm-up carry that phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvent {
    /// See [`Stamp`].
    pub seq: u64,
    /// See [`Stamp`].
    pub at_us: u64,
    /// See [`Stamp`].
    pub phase: Phase,
    /// From 0.
    pub number: u32,
    /// Thousandths of an arrival per second.
    pub rate_millis: u64,
    /// Where its warm-up begins, microseconds since the run's start.
    pub from_us: u64,
    /// Where its measured part begins.
    pub measured_from_us: u64,
    /// Where it ends: nobody arrives from here on.
    pub until_us: u64,
}

/// A fault was injected or healed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultEvent {
    /// See [`Stamp`].
    pub seq: u64,
    /// See [`Stamp`].
    pub at_us: u64,
    /// See [`Stamp`].
    pub phase: Phase,
    /// The fault.
    pub fault: String,
    /// What it was done to.
    pub target: String,
    /// After how long it ends by itself.
    pub lease_us: Option<u64>,
    /// What the efficacy probe said.
    pub bit: Option<bool>,
    /// The people whose accounts it was done to, by objectGUID.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touched: Vec<Uuid>,
}

/// Something was seen in the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveEvent {
    /// See [`Stamp`].
    pub seq: u64,
    /// See [`Stamp`].
    pub at_us: u64,
    /// See [`Stamp`].
    pub phase: Phase,
    /// The domain controller that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dc: Option<String>,
    /// The person's objectGUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// The operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op_id: Option<Uuid>,
    /// When the question was put, microseconds since the run's start: what was true before must show in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_us: Option<u64>,
    /// Who saw, and what.
    #[serde(flatten)]
    pub observation: Observation,
}

/// A closed record for each observer, as `by` and `value`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "value", rename_all = "snake_case")]
pub enum Observation {
    /// Metadata before the first operation.
    Baseline(Metadata),
    /// Metadata over LDAP: as a change was seen while load ran, and of everyone after the last operation.
    Probe(Metadata),
    /// Everything else that a search gives, after the last operation against before the first.
    Attributes(AttributesRecord),
    /// Metadata read locally on the domain controller, and whose password it is.
    Oracle(OracleRecord),
    /// One bind.
    Bind(BindRecord),
    /// A line of the agent's journal.
    AgentJournal(JournalRecord),
    /// A line of the cloud's journal.
    CloudJournal(JournalRecord),
    /// A line of the relay's log.
    RelayLog(JournalRecord),
    /// The search for secrets at rest.
    SecretScan(ScanRecord),
}

/// A person's metadata on one domain controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// `msDS-KeyVersionNumber`: goes up by one for each applied write of the password.
    pub kvno: u32,
    /// `pwdLastSet`, 100 ns since 1601.
    pub pwd_last_set: i64,
    /// `lockoutTime`, 100 ns since 1601; 0 is not locked.
    pub lockout_time: i64,
    /// `badPwdCount`; not replicated.
    pub bad_pwd_count: u32,
    /// `userAccountControl`.
    pub uac: u32,
    /// `uSNChanged`; local to the domain controller.
    pub usn: u64,
}

/// What became of all attributes of a person that a search gives on one domain controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributesRecord {
    /// How many were compared.
    pub compared: u32,
    /// Those whose values came, went or are others than before, by name and in its order; never a value.
    pub changed: Vec<String>,
}

/// What a domain controller's own database holds of a person; no bind was needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleRecord {
    /// The metadata, beside `holds` in the line.
    #[serde(flatten)]
    pub metadata: Metadata,
    /// The label whose password is held, of those that this person could have; none if it is none of them.
    pub holds: Option<u32>,
}

/// A bind with the password of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindRecord {
    /// The label of the password presented.
    pub label: u32,
    /// Whether it was accepted.
    pub accepted: bool,
    /// The `data` of a refusal.
    pub data: Option<Win32>,
}

/// What a part wrote down about an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRecord {
    /// The operation.
    pub op_id: Uuid,
    /// How it ended there.
    pub result: String,
    /// The event or status code.
    pub code: u32,
}

/// What the search for secrets found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanRecord {
    /// Files and outputs searched.
    pub places: u64,
    /// Secrets searched for.
    pub secrets: u64,
    /// Encodings of each.
    pub encodings: u64,
    /// Places that hold a secret, by name; never the secret.
    pub hits: Vec<String>,
    /// Whether the planted canary was found.
    pub canary: bool,
    /// What passed between the parts, where it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<WireRecord>,
}

/// What the search found in what passed between the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireRecord {
    /// Each gateway that kept it.
    pub gateways: Vec<GatewayRecord>,
    /// Sides of connections that hold a secret, by name; never the secret.
    pub hits: Vec<String>,
}

/// What one gateway kept of what passed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayRecord {
    /// The gateway's part.
    pub name: String,
    /// Sides of connections that said anything.
    pub streams: u64,
    /// Bytes searched.
    pub bytes: u64,
    /// Whether more passed than it could keep.
    pub cut: bool,
    /// Whether the canary was found that was sent to it.
    pub canary: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_is_flat_and_tagged_by_its_observer() {
        let event = Event::Observe(ObserveEvent {
            seq: 3,
            at_us: 17,
            phase: Phase::Probe,
            dc: Some("dc1.corp.test".into()),
            user: Some(Uuid::from_u128(5)),
            op_id: None,
            asked_us: None,
            observation: Observation::Bind(BindRecord {
                label: 1,
                accepted: false,
                data: Some(Win32::LOGON_FAILURE),
            }),
        });
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"observe","seq":3,"at_us":17,"phase":"probe","dc":"dc1.corp.test","user":"00000000-0000-0000-0000-000000000005","by":"bind","value":{"label":1,"accepted":false,"data":1326}}"#
        );
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}
