//! Judgements that look like real ones, drawn from a seed: for pictures in the documents and for tests.

use std::collections::BTreeMap;

use history::{
    Capability, FORMAT_VERSION, FaultBit, Finding, Generator, GeneratorLateness, GoalLimit, GoalResult, Host, Latency,
    Manifest, Mark, OpCounts, OpsByKind, Percentiles, Phase, PlannedPhase, Probed, Propagation, Rates, Resource,
    StagePercentiles, UnknownResolved, Verdict,
};
use judge::{
    Case, CaseOp, CaseSight, CurvePoint, DelayPoint, FaultRow, Figures, Judgement, OutcomeRow, PropagationRow,
    ReasonRow, ResourceRow, Span, StageRow, UsePoint, Window,
};
use rand::{Rng as _, RngExt as _};
use vocabulary::{OpKind, OutcomeClass, Seed};

const SECOND: u64 = 1_000_000;

/// A run with so many windows of a second. `wrong`: the agent acknowledged writes that the directory does not hold.
pub fn judgement(seed: u64, windows: u64, wrong: bool) -> Judgement {
    let figures = figures(seed, windows);
    let verdict = verdict(seed, &figures, wrong);
    Judgement { verdict, figures }
}

fn figures(seed: u64, count: u64) -> Figures {
    let start = 8 * SECOND;
    let warm_up = count / 6;
    let measured = count - count / 12;
    let windows: Vec<Window> = (0..count).map(|index| window(seed, index, count, start)).collect();
    let span = |name: &str, from: u64, to: u64| Span {
        name: name.to_owned(),
        from_us: start + from * SECOND,
        to_us: start + to * SECOND,
    };
    let faults = if count > 20 {
        vec![
            span("agent-dc delay", count / 2, count / 2 + count / 8),
            span("move_pdc", count * 4 / 5, count * 4 / 5),
        ]
    } else {
        Vec::new()
    };
    Figures {
        window_us: SECOND,
        phases: vec![
            span("warm-up", 0, warm_up),
            span("measure", warm_up, measured),
            span("drain", measured, count),
        ],
        fault_rows: faults.iter().map(fault_row).collect(),
        faults,
        outcomes: outcomes(&windows),
        reasons: reasons(&windows),
        stages: stages(),
        curve: curve(),
        propagation: vec![
            propagation(seed, "dc1.corp.test", 0.0),
            propagation(seed, "dc2.corp.test", 900_000.0),
        ],
        resources: resources(seed, start, count),
        cases: if count > 20 { vec![case()] } else { Vec::new() },
        windows,
    }
}

/// Parts that use more while load runs, and memory that grows.
fn resources(seed: u64, start: u64, count: u64) -> Vec<ResourceRow> {
    let parts = [
        ("load", 0.3, 60.0),
        ("harness+world", 1.2, 240.0),
        ("dc1", 0.9, 380.0),
        ("dc2", 0.15, 320.0),
    ];
    let row = |(part, cores, mib): (&str, f64, f64)| {
        let mut dice = Seed::new(seed).child(part).rng();
        let mut point = |second: u64| UsePoint {
            at_us: start + second * SECOND,
            cores: cores * dice.random_range(0.7..1.1),
            memory_bytes: ((mib + second as f64 * 0.1) * 1048576.0) as u64,
        };
        let points: Vec<UsePoint> = (0..count).map(&mut point).collect();
        ResourceRow {
            part: part.to_owned(),
            used: Resource {
                cpu_mean_cores: (cores * 90.0).round() / 100.0,
                cpu_max_cores: (cores * 110.0).round() / 100.0,
                memory_max_bytes: points.last().map_or(0, |point| point.memory_bytes),
                threads_max: Some(12),
                sockets_max: part.contains('a').then_some(64),
                disk_written_bytes: Some(3 << 20),
                ..Resource::default()
            },
            points,
        }
    };
    parts.map(row).into()
}

/// A reset that expired in a held message and came after a newer one.
fn case() -> Case {
    let op = |name: &str, class, from: u64, to: u64, until: u64| CaseOp {
        name: name.to_owned(),
        class,
        from_us: 61 * SECOND + from * 1000,
        to_us: 61 * SECOND + to * 1000,
        until_us: 61 * SECOND + until * 1000,
    };
    let sight = |what: &str| CaseSight {
        at_us: 74 * SECOND,
        what: what.to_owned(),
    };
    Case {
        person: "anna.berg.17@corp.test".to_owned(),
        checks: vec!["one-order-explains-all".to_owned(), "no-stale-overwrite".to_owned()],
        story: vec![
            "anna.berg.17@corp.test breaks one-order-explains-all, no-stale-overwrite. Times count from 61.000 s of the run.".to_owned(),
            "0.000 s: reset 526a3eee: label 1 began; no answer by 2.000 s, and it could act until 5.000 s.".to_owned(),
            "7.100 s: reset 383ab532: label 2 began; the password was acknowledged at 7.240 s.".to_owned(),
            "13.000 s: dc1 holds label 1.".to_owned(),
        ],
        from_us: 61 * SECOND,
        to_us: 74 * SECOND,
        ops: vec![
            op("reset 526a3eee: label 1", OutcomeClass::Unknown, 0, 2000, 5000),
            op("reset 383ab532: label 2", OutcomeClass::Applied, 7100, 7240, 7240),
            op("unlock a5fb6637", OutcomeClass::Rejected, 8000, 8300, 8300),
        ],
        left_out: 3,
        sights: vec![sight("dc1: version 2 → 4"), sight("dc1 holds label 1"), sight("label 1 binds")],
        faults: vec![Span {
            name: "hold_requests (agent-relay)".to_owned(),
            from_us: 60 * SECOND,
            to_us: 69 * SECOND,
        }],
    }
}

/// Delays around a median, and until a watcher looks: none on a domain controller that is written to.
fn propagation(seed: u64, dc: &str, median_us: f64) -> PropagationRow {
    let mut dice = Seed::new(seed).child(dc).rng();
    let mut delay = || {
        // The sum of three dice is near enough to a bell.
        let bell: f64 = (0..3).map(|_| dice.random_range(-1.0..1.0)).sum();
        (median_us * (bell * 0.9).exp() + dice.random_range(0.0..50_000.0)) as u64
    };
    let mut delays: Vec<u64> = (0..200).map(|_| delay()).collect();
    delays.sort_unstable();
    let at = |share: f64| Some(delays[(share * 200.0) as usize - 1]);
    let point = |(index, delay_us): (usize, &u64)| DelayPoint {
        share: (index + 1) as f64 / 200.0,
        delay_us: *delay_us,
    };
    PropagationRow {
        dc: dc.to_owned(),
        count: 1600,
        unseen: 0,
        p50_us: at(0.5),
        p90_us: at(0.9),
        p99_us: at(0.99),
        max_us: at(1.0),
        curve: delays.iter().enumerate().map(point).collect(),
    }
}

fn window(seed: u64, index: u64, count: u64, start: u64) -> Window {
    let mut dice = Seed::new(seed).nth("window", index).rng();
    let offered = 44 + dice.next_u64() % 13;
    let slow = count > 20 && (count / 2..count / 2 + count / 8).contains(&index);
    let base = if slow { 160_000.0 } else { 21_000.0 };
    let noise = |dice: &mut dyn FnMut() -> f64| 1.0 + 0.25 * (dice() - 0.5);
    let mut roll = || dice.random_range(0.0..1.0);
    let p50 = base * noise(&mut roll);
    let p95 = p50 * (1.9 + 0.8 * roll());
    let p99 = p95 * (1.3 + 1.1 * roll());
    let dropped = if slow { (roll() * 6.0) as u64 } else { 0 };
    let loaded = index < count - count / 12 || count < 12;
    if !loaded {
        return Window {
            from_us: start + index * SECOND,
            finished: 1,
            achieved: 1,
            ..Window::default()
        };
    }
    Window {
        from_us: start + index * SECOND,
        offered,
        finished: offered - dropped,
        achieved: offered - dropped,
        dropped,
        response_p50_us: Some(p50 as u64),
        response_p95_us: Some(p95 as u64),
        response_p99_us: Some(p99 as u64),
        response_max_us: Some((p99 * 1.4) as u64),
    }
}

fn total(windows: &[Window], of: fn(&Window) -> u64) -> u64 {
    windows.iter().map(of).sum()
}

fn outcomes(windows: &[Window]) -> Vec<OutcomeRow> {
    let (achieved, dropped) = (
        total(windows, |window| window.achieved),
        total(windows, |window| window.dropped),
    );
    let (rejected, unknown) = (achieved / 60, achieved / 900);
    let resets = (achieved - rejected - unknown) * 4 / 5;
    let rows = [
        (OpKind::Reset, OutcomeClass::Applied, resets),
        (OpKind::Reset, OutcomeClass::Rejected, rejected),
        (OpKind::Reset, OutcomeClass::Unknown, unknown),
        (OpKind::Reset, OutcomeClass::Dropped, dropped),
        (
            OpKind::Unlock,
            OutcomeClass::Applied,
            achieved - rejected - unknown - resets,
        ),
    ];
    rows.into_iter()
        .filter(|row| row.2 > 0)
        .map(|(op, class, count)| OutcomeRow { op, class, count })
        .collect()
}

fn reasons(windows: &[Window]) -> Vec<ReasonRow> {
    let (achieved, dropped) = (
        total(windows, |window| window.achieved),
        total(windows, |window| window.dropped),
    );
    let rows = [
        (
            OutcomeClass::Rejected,
            "password_policy SSPR_0029 event 33008 0000052D",
            achieved / 60,
        ),
        (OutcomeClass::Dropped, "not_started_in_time", dropped),
        (OutcomeClass::Unknown, "timeout", achieved / 900),
    ];
    let mut rows: Vec<ReasonRow> = rows
        .into_iter()
        .filter(|row| row.2 > 0)
        .map(|(class, reason, count)| ReasonRow {
            class,
            reason: reason.to_owned(),
            count,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}

fn stages() -> Vec<StageRow> {
    let rows = [
        ("cloud", 3_100.0, 2_900, 7_400),
        ("relay", 900.0, 800, 2_600),
        ("queue", 1_900.0, 300, 24_000),
        ("crypto", 1_250.0, 1_200, 2_100),
        ("locate", 700.0, 600, 2_900),
        ("write", 11_800.0, 10_400, 38_000),
        ("cloudstore", 220.0, 200, 700),
        ("network", 1_600.0, 1_400, 4_800),
    ];
    rows.map(|(stage, mean_us, p50_us, p99_us)| StageRow {
        stage: stage.to_owned(),
        count: 2_000,
        mean_us,
        p50_us,
        p99_us,
    })
    .into()
}

fn curve() -> Vec<CurvePoint> {
    let point = |step: i32| {
        let share = 1.0 - 2f64.powf(-f64::from(step) / 4.0);
        let nines = f64::from(step) / 4.0;
        let service = 12_000.0 + 6_500.0 * nines + 900.0 * nines.powi(2);
        let response = service * (1.05 + 0.02 * nines.powi(2));
        let answered = share < 0.9985;
        CurvePoint {
            share,
            response_us: answered.then_some(response as u64),
            service_us: Some(service as u64),
        }
    };
    let mut points: Vec<CurvePoint> = (0..=44).map(point).collect();
    points.push(CurvePoint {
        share: 1.0,
        response_us: None,
        service_us: Some(241_000),
    });
    points
}

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

fn verdict(seed: u64, figures: &Figures, wrong: bool) -> Verdict {
    let ops = counts(figures, None);
    let kind = |kind| counts(figures, Some(kind));
    let seconds = figures.windows.len().max(1) as f64;
    Verdict {
        verdict: if wrong { Mark::Fail } else { Mark::Pass },
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

fn fault_row(span: &Span) -> FaultRow {
    FaultRow {
        span: span.clone(),
        target: "dc1.corp.test".to_owned(),
        bit: Some(true),
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

fn digest(seed: u64, what: &str) -> String {
    Seed::new(seed)
        .child(what)
        .bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn reproduce(seed: u64) -> String {
    format!("wblab run scenarios/quick.toml --seed {seed}")
}

fn sentences() -> Vec<String> {
    vec![
        "500 people in one forest with two domain controllers; every person is synchronised.".to_owned(),
        "50 arrivals a second with random gaps: four resets to one unlock.".to_owned(),
        "Every unlock victim, and a quarter of those who reset, is locked first, and the lock is proven.".to_owned(),
    ]
}

/// The manifest of such a run.
pub fn manifest(seed: u64, figures: &Figures) -> Manifest {
    let seconds = figures.windows.len() as u64 * SECOND;
    let facts = [
        ("kvno", "counts"),
        ("old_password_allowed", "0s"),
        ("history_on_reset", "not enforced"),
        ("policy_hints", "false"),
        ("lockout", "enforced"),
        ("lockoutThreshold", "5"),
        ("lockoutDuration", "-18000000000"),
        ("reset_unlocks", "false"),
        ("protected_groups", "enforced"),
        ("minPwdLength", "12"),
        ("pwdProperties", "1"),
        ("pwdHistoryLength", "24"),
        ("domainControllerFunctionality", "6"),
        ("vendor", "a directory with a name"),
    ];
    let map = |rows: &[(&str, &str)]| {
        rows.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Manifest {
        version: FORMAT_VERSION,
        scenario: "quick".to_owned(),
        why: "The whole path once, on one machine, in under a minute.".to_owned(),
        world: "embedded".to_owned(),
        seed,
        plan_hash: digest(seed, "plan"),
        people_sha256: digest(seed, "people"),
        arrivals_sha256: digest(seed, "arrivals"),
        executor: "poisson_arrival_rate".to_owned(),
        sentences: sentences(),
        people: 500,
        arrivals: total(&figures.windows, |window| window.offered),
        message_lifetime_us: 30 * SECOND,
        start_within_us: 10 * SECOND,
        closed_to: Vec::new(),
        goals: vec![GoalLimit {
            goal: "response_time_p99_max".to_owned(),
            limit: 250.0,
        }],
        phases: vec![PlannedPhase {
            phase: Phase::Measure,
            from_us: 0,
            for_us: seconds,
        }],
        samples_every_us: 0,
        started_unix_ms: 1_795_424_405_000,
        run: format!("20261123T090005Z-seed-{seed}"),
        versions: map(&[("wblab", "0.1.0"), ("goose", "0.19.0")]),
        host: Host {
            cpu: "a processor with a name".to_owned(),
            cores: 2,
            memory_mib: 16_384,
            kernel: "6.1.0".to_owned(),
        },
        image_digests: BTreeMap::new(),
        capabilities: ["dc1.corp.test", "dc2.corp.test"]
            .map(|dc| Capability {
                dc: dc.to_owned(),
                facts: map(&facts),
            })
            .into(),
        reproduce: reproduce(seed),
    }
}
