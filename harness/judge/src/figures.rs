//! The numbers behind the charts.

use vocabulary::{OpKind, OutcomeClass};

/// What `judge` made of a run folder: the verdict as stored, and what the charts need.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: history::Verdict,
    /// The numbers behind the charts.
    pub figures: Figures,
}

/// Everything drawn. Times are microseconds; offsets count from the run's start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// The width of every window.
    pub window_us: u64,
    /// Windows over warm-up, measure and drain, without gaps.
    pub windows: Vec<Window>,
    /// How many operations of each window took how long.
    pub heat: HeatMap,
    /// The phases as they really were.
    pub phases: Vec<Span>,
    /// Fault windows; one that begins and ends at once is an event without an end, such as a role that moves.
    pub faults: Vec<Span>,
    /// The same with what they were done to, in the order of their beginnings.
    pub fault_rows: Vec<FaultRow>,
    /// Operations by kind and class, warm-up included; rows with a count above zero.
    pub outcomes: Vec<OutcomeRow>,
    /// Why operations were rejected, failed, unknown or dropped; largest first.
    pub reasons: Vec<ReasonRow>,
    /// What became of each persona's operations, by name; none in older folders.
    pub personas: Vec<PersonaRow>,
    /// Exclusive time of each stage over the measure phase, in the order of the chain, `network` last.
    pub stages: Vec<StageRow>,
    /// Where the time of the median operation of the measure phase went, and of the 99th percentile; none without stage times.
    pub waterfalls: Vec<Waterfall>,
    /// The slowest operations of the measure phase whose end is known, the slowest first.
    pub slowest: Vec<Trace>,
    /// The first operations whose end is not known, by their intended start.
    pub unknown: Vec<Trace>,
    /// The percentile curves over the measure phase.
    pub curve: Vec<CurvePoint>,
    /// How long acknowledged writes of the measure phase took to be seen on each domain controller that has partners, by
    /// name; none where nobody watched.
    pub propagation: Vec<PropagationRow>,
    /// What each part used, by name; none of older folders.
    pub resources: Vec<ResourceRow>,
    /// The first people of whom a law does not hold.
    pub cases: Vec<crate::Case>,
    /// How much the system takes, of a run that searched for it.
    pub capacity: Option<history::Capacity>,
}

/// One window of time. An operation belongs to the window of its intended start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// Where it begins.
    pub from_us: u64,
    /// Arrivals intended in it.
    pub offered: u64,
    /// Operations of any outcome that *finished* in it.
    pub finished: u64,
    /// Applied or correctly rejected operations that finished in it.
    pub achieved: u64,
    /// Operations that were rejected in it.
    pub rejected: u64,
    /// Operations that failed in it.
    pub failed: u64,
    /// Operations that were given up in it, their end not known.
    pub unknown: u64,
    /// Arrivals intended in it that were dropped.
    pub dropped: u64,
    /// Operations that had begun and not ended, the mean over it.
    pub in_flight: f64,
    /// Arrivals that were due and began later, the mean over it.
    pub waiting: f64,
    /// Median response time of operations intended in it that finished with a known outcome.
    pub response_p50_us: Option<u64>,
    /// 90th percentile of the same.
    pub response_p90_us: Option<u64>,
    /// 99th percentile of the same.
    pub response_p99_us: Option<u64>,
    /// The largest of the same.
    pub response_max_us: Option<u64>,
}

/// Operations with a known outcome by window and by response time, on a logarithmic scale: each window's are those of
/// [`Window::response_p50_us`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// From where to where each row reaches, in microseconds: one more than there are rows, each the same factor above the one
    /// before.
    pub edges_us: Vec<f64>,
    /// For each window, how many are in each row.
    pub counts: Vec<Vec<u64>>,
    /// For each window, arrivals intended in it that have no response time: unknown or dropped.
    pub endless: Vec<u64>,
}

/// One part of an operation's time.
#[derive(Debug, Clone, PartialEq)]
pub struct StagePart {
    /// `wait` (for its begin), a stage of the chain, or `network`.
    pub stage: String,
    /// How long, in microseconds.
    pub us: f64,
}

/// Where the time went of operations that took about as long as one percentile: the means of all whose response time is in
/// the same narrow range.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    /// The percentile, for example `p50`.
    pub percentile: String,
    /// How many operations the means are of.
    pub count: u64,
    /// The shortest response time that the range takes.
    pub from_us: u64,
    /// The longest.
    pub to_us: u64,
    /// The id of the first of them in the history.
    pub example: String,
    /// From the intended start on, in the order of the chain.
    pub parts: Vec<StagePart>,
}

/// One operation from its intended start to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its id.
    pub id: String,
    /// What was asked.
    pub op: OpKind,
    /// The person's sign-in name.
    pub person: String,
    /// The person's persona; empty where it is not on record.
    pub persona: String,
    /// How it ended.
    pub class: OutcomeClass,
    /// Why, with its codes; empty where it was applied.
    pub reason: String,
    /// When it should have begun.
    pub intended_us: u64,
    /// When its end was known, or nobody waited any more.
    pub finished_us: u64,
    /// From the intended start on: `wait`, then the stages in the order of the chain, then `network`; without stage times
    /// `untold` takes the place of both.
    pub parts: Vec<StagePart>,
    /// Faults in force meanwhile, as name and target.
    pub faults: Vec<String>,
}

/// A named stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The phase's or the fault's name.
    pub name: String,
    /// Where it begins.
    pub from_us: u64,
    /// Where it ends.
    pub to_us: u64,
}

/// A fault, what it was done to, and whether it bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRow {
    /// When it was there.
    pub span: Span,
    /// What it was done to, or why it could not be made.
    pub target: String,
    /// What its efficacy probe said.
    pub bit: Option<bool>,
}

/// Operations of one kind and class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The kind.
    pub op: OpKind,
    /// The class.
    pub class: OutcomeClass,
    /// How many.
    pub count: u64,
}

/// Operations that ended for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonRow {
    /// The class.
    pub class: OutcomeClass,
    /// The reason with its codes, for example `password_policy event 33008 0000052D`.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// What became of one persona's operations, warm-up included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonaRow {
    /// The persona's name.
    pub persona: String,
    /// By outcome; each attempt counts.
    pub counts: history::OpCounts,
    /// Median response time over the measure phase, dropped and unknown ones slower than all others.
    pub response_p50_us: Option<u64>,
    /// 99th percentile of the same.
    pub response_p99_us: Option<u64>,
    /// How they ended, other than applied, the most frequent first.
    pub endings: Vec<ReasonRow>,
}

/// One stage of the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRow {
    /// `cloud`, `relay`, … or `network`.
    pub stage: String,
    /// Operations that carried it.
    pub count: u64,
    /// Mean.
    pub mean_us: f64,
    /// Median.
    pub p50_us: u64,
    /// 99th percentile.
    pub p99_us: u64,
}

/// A point of the percentile curves. Shares grow towards 1 by the distance to it (0.5, 0.75, … 0.9999, …, 1).
#[derive(Debug, Clone, PartialEq)]
pub struct CurvePoint {
    /// The share of operations, 0 to 1.
    pub share: f64,
    /// Response time; absent where only dropped or unknown operations are left.
    pub response_us: Option<u64>,
    /// Service time of finished operations.
    pub service_us: Option<u64>,
}

/// Delays from the acknowledgement of a write until one domain controller showed it. A percentile that falls on a write that
/// was never seen there is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct PropagationRow {
    /// The domain controller.
    pub dc: String,
    /// Writes that were seen.
    pub count: u64,
    /// Writes that were not seen, even by the last reading.
    pub unseen: u64,
    /// Median.
    pub p50_us: Option<u64>,
    /// 90th percentile.
    pub p90_us: Option<u64>,
    /// 99th percentile.
    pub p99_us: Option<u64>,
    /// The largest.
    pub max_us: Option<u64>,
    /// The distribution; it ends below 1 where writes were not seen.
    pub curve: Vec<DelayPoint>,
}

/// A point of a distribution of delays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelayPoint {
    /// The share of all writes, 0 to 1.
    pub share: f64,
    /// The delay within which they were seen, in microseconds.
    pub delay_us: u64,
}

/// What one part used: the harness, the load generator, or a container.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceRow {
    /// The part.
    pub part: String,
    /// Over the whole time it was sampled.
    pub used: history::Resource,
    /// Over time, about once a second, less often in a long run.
    pub points: Vec<UsePoint>,
}

/// What a part used at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsePoint {
    /// Microseconds since the run's start.
    pub at_us: u64,
    /// Processors used since the point before, 1 being one of them all the time.
    pub cores: f64,
    /// Memory, the most since the point before.
    pub memory_bytes: u64,
    /// Bytes written to disks each second since the point before, where that is told.
    pub written_per_s: Option<f64>,
    /// Sockets, the most since the point before, where that is told.
    pub sockets: Option<u64>,
}
