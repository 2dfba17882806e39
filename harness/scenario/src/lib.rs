//! The scenario file as written, the plan it resolves to, and the people and passwords that the seed implies.
//!
//! For: reading a file strictly and saying every mistake at once, resolving it, and pure functions of the seed.
//! Never: a socket, a clock, or a decision about how a plan is carried out. After resolving, nobody asks the file again.
//!
//! ```
//! let text = r#"
//! schema = 1
//! name = "tiny"
//! why = "an example"
//! seed = 7
//! [population]
//! people = 10
//! [load.constant_arrival_rate]
//! rate = "5/s"
//! measure = "2s"
//! "#;
//! let scenario = scenario::parse("tiny.toml", text, &[]).expect("no mistakes");
//! let plan = scenario::Plan::resolve(&scenario, &scenario::Choices::default());
//! assert_eq!(scenario::people(&plan).len(), 10);
//! ```

mod check;
mod contradictions;
mod deal;
mod draw;
mod error;
mod file;
mod groups;
mod names;
mod passwords;
mod people;
mod plan;
mod schema;
mod sentences;
mod timeline;
mod written;

pub use error::{Mistake, ScenarioError};
pub use file::{parse, read};
pub use groups::{Group, groups_of, memberships, memberships_sha256};
pub use passwords::Vault;
pub use people::{Person, people, people_sha256};
pub use plan::{Choices, Executor, Goal, Load, Mix, Plan, Population, Spike};
pub use schema::{schema_json, schema_text};
pub use timeline::{Moment, Timeline};
pub use written::{
    AccountState, By, Damage, DcName, Delay, Direction, Directory, Draw, DuplicateRequests, EdgeName, Fault,
    FaultGroup, FaultKind, FaultsAtRandom, FineGrainedPolicy, Forest, FunctionalLevel, Groups, IdleDrop, JournalTorn,
    KillAgentAt, KillMoment, Level, Licence, LimitMemory, Lockout, MovePdc, OfCount, OfPart, OfRatio, OfShare,
    PartName, Partition, Persona, Policy, Probes, ProcessModel, Ramp, RestartStorm, Rights, Scenario, ServiceTime,
    Skew, SkewClock, Slice, SlowLink, Sspr, Step, Tenant, ThinkTime, TightenPolicy, World, WorldKind, WritebackDc,
};

/// What a scenario's faults ask for and a world of this kind cannot do, each in a sentence; a file that was read is right for the
/// world that it names itself.
#[must_use]
pub fn refused_by(scenario: &Scenario, kind: WorldKind) -> Vec<String> {
    contradictions::refused_by(scenario, kind)
}
