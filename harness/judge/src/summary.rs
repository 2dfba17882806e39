//! Everything put together.

use std::collections::{BTreeMap, HashMap};
use std::panic::resume_unwind;
use std::thread;

use history::{
    DropWhy, EndedEarly, FaultBit, Finding, Generator, GeneratorLateness, GoalResult, Lateness, Mark, OpCounts,
    OpsByKind, Phase, Probed, Propagation, Resource, StagePercentiles, Verdict,
};
use vocabulary::{OpKind, Outcome, OutcomeClass, Percentile, Times};

use crate::figures::{
    FaultRow, Figures, Judgement, OutcomeRow, PersonaRow, PropagationRow, ReasonRow, ResourceRow, Span, StageRow,
};
use crate::latency::Latency;
use crate::ledger::{FaultWindow, Ledger};
use crate::statistics::{self, Statistics};
use crate::subject::Subject;
use crate::windows::Windows;
use crate::{capacity, case, check, goals, propagation, resolve, traces};

/// The verdict and the figures of a run.
pub(crate) fn judgement(ledger: &Ledger) -> Judgement {
    // What must hold and what it came to are asked of the same ledger, side by side.
    let (findings, statistics, mut figures) = thread::scope(|scope| {
        let findings = scope.spawn(|| check::findings(ledger));
        let statistics = Statistics::of(ledger);
        let figures = figures(ledger, &statistics);
        let findings = findings.join().unwrap_or_else(|panic| resume_unwind(panic));
        (findings, statistics, figures)
    });
    let verdict = verdict(ledger, findings, &statistics, &figures);
    figures.cases = case::cases(ledger, &verdict.findings);
    Judgement { verdict, figures }
}

fn verdict(ledger: &Ledger, mut findings: Vec<Finding>, statistics: &Statistics, figures: &Figures) -> Verdict {
    let manifest = &ledger.manifest;
    findings.extend(goals::unknown_goals(&manifest.goals));
    findings.extend(ledger.climb.as_ref().map(|climb| capacity::finding(ledger, climb)));
    let goals = goals::results(ledger, statistics);
    let by_kind = ops_by_kind(ledger);
    let latency = statistics.all.stored();
    Verdict {
        verdict: merged(&findings, &goals),
        ended_early: ended_early(ledger),
        scenario: manifest.scenario.clone(),
        world: manifest.world.clone(),
        seed: manifest.seed,
        plan_hash: manifest.plan_hash.clone(),
        ops: total(by_kind),
        ops_by_kind: by_kind,
        personas: figures
            .personas
            .iter()
            .map(|row| (row.persona.clone(), row.counts))
            .collect(),
        unknown_resolved: resolve::unknown_resolved(ledger),
        probed: probed(ledger),
        locks_proven: ledger.subjects().filter(Subject::lock_proven).count() as u64,
        rates: statistics.rates.unwrap_or_default(),
        response_time_ms: latency.response_time_ms,
        service_time_ms: latency.service_time_ms,
        percentile_error: Times::ERROR,
        latency_by_outcome: stored(&statistics.by_outcome),
        latency_by_kind: stored(&statistics.by_kind),
        latency_by_persona: stored(&statistics.by_persona),
        stages_ms: figures.stages.iter().map(stage_percentiles).collect(),
        propagation_ms: figures.propagation.iter().map(propagation_percentiles).collect(),
        resources: figures.resources.iter().map(resource).collect(),
        generator: generator(ledger),
        findings,
        goals,
        faults: fault_bits(&ledger.faults),
        reproduce: manifest.reproduce.clone(),
    }
}

fn stored<K: ToString>(sorts: &BTreeMap<K, Latency>) -> BTreeMap<String, history::Latency> {
    let sorts = sorts.iter();
    sorts
        .map(|(sort, latency)| (sort.to_string(), latency.stored()))
        .collect()
}

/// Fail > inconclusive > pass.
fn merged(findings: &[Finding], goals: &[GoalResult]) -> Mark {
    let findings = findings.iter().map(|finding| finding.verdict);
    let goals = goals.iter().map(|goal| goal.verdict);
    findings.chain(goals).max().unwrap_or(Mark::Inconclusive)
}

fn ended_early(ledger: &Ledger) -> Option<EndedEarly> {
    let early = ledger.early.as_ref()?;
    let (from_us, to_us) = ledger.phases.span(Phase::Measure, ledger.ended_us)?;
    Some(EndedEarly {
        goals: early.goals.clone(),
        measured_ms: statistics::to_ms(to_us - from_us),
        planned_ms: statistics::to_ms(ledger.planned_us().unwrap_or_default()),
        spared: early.spared(),
    })
}

fn ops_by_kind(ledger: &Ledger) -> OpsByKind {
    let mut counts = OpsByKind::default();
    for op in &ledger.ops {
        counts.of_mut(op.kind).add(op.class);
    }
    for dropped in &ledger.drops {
        counts.of_mut(dropped.kind).add(OutcomeClass::Dropped);
    }
    counts
}

fn total(by_kind: OpsByKind) -> OpCounts {
    let sum = |class| OpKind::ALL.into_iter().map(|kind| by_kind.of(kind).get(class)).sum();
    OpCounts {
        applied: sum(OutcomeClass::Applied),
        rejected: sum(OutcomeClass::Rejected),
        failed: sum(OutcomeClass::Failed),
        unknown: sum(OutcomeClass::Unknown),
        dropped: sum(OutcomeClass::Dropped),
    }
}

/// What the final probe reached.
pub(crate) fn probed(ledger: &Ledger) -> Probed {
    Probed {
        people: ledger.subjects().filter(Subject::complete).count() as u64,
        of: ledger.population().saturating_sub(ledger.deleted()),
        binds: ledger
            .subjects()
            .map(|subject| subject.final_binds().count() as u64)
            .sum(),
    }
}

fn stage_percentiles(row: &StageRow) -> (String, StagePercentiles) {
    let percentiles = StagePercentiles {
        p50: statistics::to_ms(row.p50_us),
        p99: statistics::to_ms(row.p99_us),
    };
    (row.stage.clone(), percentiles)
}

fn propagation_percentiles(row: &PropagationRow) -> (String, Propagation) {
    let ms = |micros: Option<u64>| micros.map(statistics::to_ms);
    let percentiles = Propagation {
        count: row.count,
        unseen: row.unseen,
        p50: ms(row.p50_us),
        p90: ms(row.p90_us),
        p99: ms(row.p99_us),
        max: ms(row.max_us),
    };
    (row.dc.clone(), percentiles)
}

fn resource(row: &ResourceRow) -> (String, Resource) {
    (row.part.clone(), row.used)
}

fn generator(ledger: &Ledger) -> Option<Generator> {
    let sample = ledger.usage.generator?;
    let ms = |late: Lateness| GeneratorLateness {
        count: late.count,
        p50: statistics::to_ms(late.p50),
        p99: statistics::to_ms(late.p99),
        max: statistics::to_ms(late.max),
    };
    let span = ledger.measured_span();
    Some(Generator {
        release_error_ms: ms(sample.release_us),
        begin_error_ms: ms(sample.begin_us),
        cpu_cores: span.and_then(|span| ledger.usage.cores("load", span)),
        waiting_max: ledger.usage.waiting_max,
        users: sample.users,
        all_users_busy: share(ledger.usage.all_busy, ledger.usage.generator_samples),
    })
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// One line for each fault by name: it bit when every injection of it that was probed did.
fn fault_bits(faults: &[FaultWindow]) -> Vec<FaultBit> {
    let mut bits: Vec<FaultBit> = Vec::new();
    for window in faults {
        if let Some(known) = bits.iter_mut().find(|known| known.fault == window.fault) {
            let both = known.bit.into_iter().chain(window.bit);
            known.bit = both.reduce(|one, other| one && other);
        } else {
            bits.push(FaultBit {
                fault: window.fault.clone(),
                bit: window.bit,
            });
        }
    }
    bits
}

fn figures(ledger: &Ledger, statistics: &Statistics) -> Figures {
    let Windows {
        width_us,
        windows,
        heat,
    } = Windows::of(ledger);
    let (slowest, unknown) = traces::of(ledger);
    let waterfall = |percentile| ledger.stages.splits.waterfall(percentile);
    Figures {
        window_us: width_us,
        windows,
        heat,
        phases: phases(ledger),
        faults: ledger.faults.iter().map(|fault| fault_span(ledger, fault)).collect(),
        fault_rows: ledger.faults.iter().map(|fault| fault_row(ledger, fault)).collect(),
        outcomes: outcomes(ops_by_kind(ledger)),
        reasons: reasons(ledger),
        personas: personas(ledger, statistics),
        stages: statistics::stages(ledger),
        waterfalls: [Percentile::P50, Percentile::P99]
            .into_iter()
            .filter_map(waterfall)
            .collect(),
        slowest,
        unknown,
        curve: statistics.curve(),
        propagation: propagation::rows(ledger),
        resources: ledger.usage.rows(),
        capacity: capacity::capacity(ledger),
        cases: Vec::new(),
    }
}

fn phases(ledger: &Ledger) -> Vec<Span> {
    let span = |(phase, from_us, to_us): (Phase, u64, u64)| Span {
        name: phase.as_str().to_owned(),
        from_us,
        to_us,
    };
    ledger.phases.spans(ledger.ended_us).map(span).collect()
}

fn fault_span(ledger: &Ledger, fault: &FaultWindow) -> Span {
    Span {
        name: fault.fault.clone(),
        from_us: fault.from_us,
        to_us: fault.until_us(ledger.ended_us),
    }
}

fn fault_row(ledger: &Ledger, fault: &FaultWindow) -> FaultRow {
    FaultRow {
        span: fault_span(ledger, fault),
        target: fault.target.clone(),
        bit: fault.bit,
    }
}

fn outcomes(by_kind: OpsByKind) -> Vec<OutcomeRow> {
    let row = |op, class| OutcomeRow {
        op,
        class,
        count: by_kind.of(op).get(class),
    };
    OpKind::ALL
        .into_iter()
        .flat_map(|op| OutcomeClass::ALL.map(|class| row(op, class)))
        .filter(|row| row.count > 0)
        .collect()
}

fn reasons(ledger: &Ledger) -> Vec<ReasonRow> {
    let mut drops: HashMap<DropWhy, u64> = HashMap::new();
    for dropped in &ledger.drops {
        *drops.entry(dropped.why).or_default() += 1;
    }
    let drops = drops.into_iter().map(|(why, count)| ReasonRow {
        class: OutcomeClass::Dropped,
        reason: why.as_str().to_owned(),
        count,
    });
    sorted(ended(&ledger.endings).chain(drops))
}

/// By name; those that came.
fn personas(ledger: &Ledger, statistics: &Statistics) -> Vec<PersonaRow> {
    let named = ledger.personas.iter().zip(&ledger.persona_counts);
    let came = named.filter(|(_, persona)| persona.counts != OpCounts::default());
    let response = |name: &str, percentile| statistics.by_persona.get(name)?.response(percentile);
    let mut rows: Vec<PersonaRow> = came
        .map(|(name, persona)| PersonaRow {
            persona: name.clone(),
            counts: persona.counts,
            response_p50_us: response(name, Percentile::P50),
            response_p99_us: response(name, Percentile::P99),
            endings: sorted(ended(&persona.endings)),
        })
        .collect();
    rows.sort_by(|one, other| one.persona.cmp(&other.persona));
    rows
}

fn ended(endings: &HashMap<Outcome, u64>) -> impl Iterator<Item = ReasonRow> {
    endings.iter().map(|(outcome, count)| ReasonRow {
        class: outcome.class(),
        reason: reason(outcome),
        count: *count,
    })
}

/// The most frequent first.
fn sorted(rows: impl Iterator<Item = ReasonRow>) -> Vec<ReasonRow> {
    let mut rows: Vec<ReasonRow> = rows.collect();
    rows.sort_by(|one, other| {
        let by_count = other.count.cmp(&one.count);
        by_count.then_with(|| (one.class, &one.reason).cmp(&(other.class, &other.reason)))
    });
    rows
}

/// Why an operation was not applied, with its codes.
pub(crate) fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied => String::new(),
        Outcome::Rejected(reason) | Outcome::Failed(reason) => reason.to_string(),
        Outcome::Unknown(why) => why.as_str().to_owned(),
    }
}
