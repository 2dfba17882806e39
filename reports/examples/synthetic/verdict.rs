//! The verdict over drawn figures.

use std::collections::BTreeMap;

use history::{
    FaultBit, Finding, Generator, GeneratorLateness, GoalResult, Latency, Mark, OpCounts, OpsByKind, Percentiles,
    Probed, Propagation, Rates, StagePercentiles, UnknownResolved, Verdict,
};
use judge::{CurvePoint, Figures, PropagationRow, StageRow};
use vocabulary::{OpKind, OutcomeClass};

use super::manifest::{digest, reproduce};
use super::total;

fn counts(figures: &Figures, kind: Option<OpKind>) -> OpCounts {
    let of = |class| {
        let rows = figures
            .outcomes
            .iter()
            .filter(|row| row.class == class && kind.is_none_or(|kind| kind == row.op));
        rows.map(|row| row.count).sum()
    };
    OpCounts {
        applied: of(OutcomeClass::Applied),
        rejected: of(OutcomeClass::Rejected),
        failed: of(OutcomeClass::Failed),
        unknown: of(OutcomeClass::Unknown),
        dropped: of(OutcomeClass::Dropped),
    }
}

pub(super) fn verdict(seed: u64, figures: &Figures, wrong: bool) -> Verdict {
    let ops = counts(figures, None);
    let kind = |kind| counts(figures, Some(kind));
    let seconds = figures.windows.len().max(1) as f64;
    Verdict {
        verdict: if wrong { Mark::Fail } else { Mark::Pass },
        ended_early: None,
        scenario: "quick".to_owned(),
        world: "embedded".to_owned(),
        seed,
        plan_hash: digest(seed, "plan"),
        ops,
        ops_by_kind: OpsByKind {
            reset: kind(OpKind::Reset),
            unlock: kind(OpKind::Unlock),
            change: kind(OpKind::Change),
            admin_reset: kind(OpKind::AdminReset),
        },
        personas: figures
            .personas
            .iter()
            .map(|row| (row.persona.clone(), row.counts))
            .collect(),
        unknown_resolved: UnknownResolved {
            applied: ops.unknown - ops.unknown / 3,
            not_applied: ops.unknown / 3,
            open: 0,
        },
        probed: Probed {
            people: 500,
            of: 500,
            binds: 500.min(ops.applied),
        },
        locks_proven: 180,
        rates: Rates {
            offered_per_s: total(&figures.windows, |window| window.offered) as f64 / seconds,
            achieved_per_s: total(&figures.windows, |window| window.achieved) as f64 / seconds,
        },
        response_time_ms: percentiles(figures, |point| point.response_us),
        service_time_ms: percentiles(figures, |point| point.service_us),
        percentile_error: 0.001,
        latency_by_outcome: latency(figures, &[("applied", ops.applied), ("rejected", ops.rejected)]),
        latency_by_kind: latency(figures, &[("reset", ops.applied * 4 / 5), ("unlock", ops.applied / 5)]),
        latency_by_persona: latency(figures, &[("forgot", ops.applied / 2), ("locked_out", ops.applied / 4)]),
        stages_ms: stage_percentiles(figures),
        propagation_ms: figures.propagation.iter().map(propagation_ms).collect(),
        resources: figures
            .resources
            .iter()
            .map(|row| (row.part.clone(), row.used))
            .collect(),
        generator: Some(generator()),
        findings: findings(&ops, wrong),
        goals: goals(figures),
        faults: figures
            .faults
            .iter()
            .map(|span| FaultBit {
                fault: span.name.clone(),
                bit: Some(true),
            })
            .collect(),
        reproduce: reproduce(seed),
    }
}

fn propagation_ms(row: &PropagationRow) -> (String, Propagation) {
    let ms = |us: Option<u64>| us.map(|us| us as f64 / 1e3);
    let times = Propagation {
        count: row.count,
        unseen: row.unseen,
        p50: ms(row.p50_us),
        p90: ms(row.p90_us),
        p99: ms(row.p99_us),
        max: ms(row.max_us),
    };
    (row.dc.clone(), times)
}

fn latency(figures: &Figures, sorts: &[(&str, u64)]) -> BTreeMap<String, Latency> {
    let one = |(name, count): &(&str, u64)| {
        let latency = Latency {
            count: *count,
            response_time_ms: percentiles(figures, |point| point.response_us),
            service_time_ms: percentiles(figures, |point| point.service_us),
        };
        ((*name).to_owned(), latency)
    };
    sorts.iter().map(one).collect()
}

fn generator() -> Generator {
    let late = |p50, p99, max| GeneratorLateness {
        count: 2000,
        p50,
        p99,
        max,
    };
    Generator {
        release_error_ms: late(0.06, 0.21, 1.4),
        begin_error_ms: late(0.18, 0.9, 4.2),
        cpu_cores: Some(0.31),
        waiting_max: 3,
        users: 64,
        all_users_busy: 0.0,
    }
}

fn percentiles(figures: &Figures, of: fn(&CurvePoint) -> Option<u64>) -> Percentiles {
    let at = |share: f64| {
        figures
            .curve
            .iter()
            .find(|point| point.share >= share)
            .and_then(of)
            .map(|us| us as f64 / 1e3)
    };
    Percentiles {
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        max: at(1.0),
    }
}

fn stage_percentiles(figures: &Figures) -> BTreeMap<String, StagePercentiles> {
    let of = |row: &StageRow| StagePercentiles {
        p50: row.p50_us as f64 / 1e3,
        p99: row.p99_us as f64 / 1e3,
    };
    figures.stages.iter().map(|row| (row.stage.clone(), of(row))).collect()
}

fn findings(ops: &OpCounts, wrong: bool) -> Vec<Finding> {
    let checks = [
        ("acknowledged-is-durable", ops.applied),
        ("directory-holds-acknowledged", 500),
        ("no-lost-ack", ops.applied),
        ("no-double-apply", ops.applied),
        ("replicas-agree", 500),
        ("rejected-leaves-no-trace", ops.rejected),
        ("unlock-unlocks-and-changes-no-password", ops.applied / 5),
        ("reset-also-unlocks", ops.applied / 5),
        ("no-cross-user-write", 500),
        ("no-secret-at-rest", 500),
        ("faults-bit", 2),
        ("generator-kept-up", ops.started()),
        ("every-arrival-accounted", ops.started() + ops.dropped),
        ("probe-complete", 500),
        ("run-complete", 1),
    ];
    let finding = |(check, checked): (&str, u64)| Finding {
        check: check.to_owned(),
        verdict: Mark::Pass,
        checked,
        violations: Vec::new(),
        why: "every one held".to_owned(),
    };
    let mut findings: Vec<Finding> = checks.into_iter().map(finding).collect();
    if wrong {
        let lost = |person: &str, op: &str| {
            format!("{person}: reset {op} was acknowledged, msDS-KeyVersionNumber stayed 2, expected 3")
        };
        findings[0].verdict = Mark::Fail;
        findings[0].why = "2 acknowledged resets are not in the directory".to_owned();
        findings[0].violations = vec![
            lost("zoe.o'neill@corp.test", "8f14e45f-ceea-867f-b2f5-0c6e6a4d1c11"),
            lost("wang.wu@corp.test", "c9f0f895-fb98-8b91-9d2d-6d1b2b9a7e02"),
        ];
        let scans = findings
            .iter_mut()
            .filter(|finding| finding.check == "no-secret-at-rest");
        for scan in scans {
            scan.verdict = Mark::Inconclusive;
            scan.checked = 0;
            scan.why = "no scan was recorded, so there was nothing to look at".to_owned();
        }
    }
    findings
}

fn goals(figures: &Figures) -> Vec<GoalResult> {
    let p99 = percentiles(figures, |point| point.response_us).p99;
    let goal = |goal: &str, limit, measured, verdict| GoalResult {
        goal: goal.to_owned(),
        limit,
        measured,
        verdict,
    };
    vec![
        goal("response_time_p99_max", 250.0, p99, Mark::Pass),
        goal("unknown_ratio_max", 0.01, Some(0.0011), Mark::Pass),
    ]
}
