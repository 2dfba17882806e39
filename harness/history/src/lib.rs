//! What happened: events, manifest, verdict, and the run folder that holds them.
//!
//! For: every type that is stored, its version, and its reader; a folder written today must load when all else has moved on.
//! Never: knows what a scenario, a world or a check is, and never changes a sealed history.
//!
//! ```no_run
//! let folder = history::RunFolder::open("reports/runs/quick/20261123T090000Z-seed-1".as_ref())?;
//! println!("{}", folder.manifest()?.scenario);
//! for event in folder.events()? {
//!     println!("{:?}", event?);
//! }
//! # Ok::<(), history::HistoryError>(())
//! ```

mod baseline;
mod buckets;
mod capacity;
mod comparison;
mod error;
mod event;
mod folder;
mod frames;
mod line;
mod manifest;
mod quick;
mod reader;
mod samples;
mod scan;
mod series;
mod verdict;
mod writer;

pub use baseline::{BASELINE_VERSION, Baseline, RunRecord};
pub use buckets::Buckets;
pub use capacity::{
    Answer, Bottleneck, Capacity, CapacityAsked, Growth, Model, ModelPoint, Parameter, Range, StageEvidence, StageUse,
    Step, StepMark, WhatIf, WhatIfRow,
};
pub use comparison::{Change, Compared, Comparison, Difference, Judged, Member, Method, Noise, Party, Unit};
pub use error::HistoryError;
pub use event::{
    AttributesRecord, BindRecord, DropWhy, DroppedEvent, Event, FaultEvent, GatewayRecord, JournalRecord, Metadata,
    Observation, ObserveEvent, OpEvent, OracleRecord, Phase, PhaseEvent, ScanRecord, Stamp, StepEvent, WireRecord,
};
pub use folder::{PersonRow, RunFolder};
pub use frames::Frames;
pub use line::{JournalLine, Line, OpLine, SeenLine, Sight};
pub use manifest::{Capability, GoalLimit, Host, Manifest, PlannedPhase};
pub use reader::EventReader;
pub use samples::{GeneratorSample, Lateness, PartSample, Sample, SampleWriter, Samples};
pub use series::{Series, WindowCounts};
pub use verdict::{
    EndedEarly, FaultBit, Finding, Generator, GeneratorLateness, GoalResult, Latency, Mark, OpCounts, OpsByKind,
    Percentiles, Probed, Propagation, Rates, Resource, StagePercentiles, UnknownResolved, Verdict,
};
pub use writer::HistoryWriter;

/// The version of everything in a run folder. A reader refuses what is newer.
pub const FORMAT_VERSION: u32 = 1;
