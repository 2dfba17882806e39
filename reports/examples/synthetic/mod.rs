//! Judgements that look like real ones, drawn from a seed: for pictures in the documents and for tests.

pub mod manifest;
mod times;
mod verdict;

use history::{OpCounts, Resource};
use judge::{
    Case, CaseOp, CaseSight, CurvePoint, DelayPoint, FaultRow, Figures, Judgement, OutcomeRow, PersonaRow,
    PropagationRow, ReasonRow, ResourceRow, Span, StageRow, UsePoint, Window,
};
use rand::{Rng as _, RngExt as _};
use vocabulary::{OpKind, OutcomeClass, Seed};

const SECOND: u64 = 1_000_000;

/// A run with so many windows of a second. `wrong`: the agent acknowledged writes that the directory does not hold.
pub fn judgement(seed: u64, windows: u64, wrong: bool) -> Judgement {
    let figures = figures(seed, windows);
    let verdict = verdict::verdict(seed, &figures, wrong);
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
        capacity: None,
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
        personas: personas(&windows),
        stages: stages(),
        heat: times::heat(seed, &windows),
        waterfalls: times::waterfalls(),
        slowest: times::slowest(&windows),
        unknown: times::unknown(&windows),
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
            written_per_s: Some(cores * 400_000.0 * dice.random_range(0.2..1.0)),
            sockets: part.contains('a').then(|| 40 + (dice.next_u64() % 24)),
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

/// Everybody's operations under two names, the last of whom were refused.
fn personas(windows: &[Window]) -> Vec<PersonaRow> {
    let reasons = reasons(windows);
    let of = |class: OutcomeClass| -> u64 {
        let rows = outcomes(windows).into_iter().filter(|row| row.class == class);
        rows.map(|row| row.count).sum()
    };
    let row = |persona: &str, counts: OpCounts, endings: Vec<ReasonRow>| PersonaRow {
        persona: persona.to_owned(),
        response_p50_us: Some(24_000),
        response_p99_us: Some(if counts.applied > 0 { 190_000 } else { 31_000 }),
        counts,
        endings,
    };
    let refused = OpCounts {
        rejected: of(OutcomeClass::Rejected),
        ..OpCounts::default()
    };
    let others = OpCounts {
        applied: of(OutcomeClass::Applied),
        rejected: 0,
        failed: of(OutcomeClass::Failed),
        unknown: of(OutcomeClass::Unknown),
        dropped: of(OutcomeClass::Dropped),
    };
    let (no, rest): (Vec<ReasonRow>, Vec<ReasonRow>) =
        reasons.into_iter().partition(|row| row.class == OutcomeClass::Rejected);
    vec![row("forgot", others, rest), row("weak_password", refused, no)]
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
    let p90 = p50 * (1.7 + 0.7 * roll());
    let p99 = p90 * (1.4 + 1.2 * roll());
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
        achieved: offered - dropped - index % 41 / 40,
        rejected: u64::from(index.is_multiple_of(3)),
        failed: 0,
        unknown: index % 41 / 40,
        dropped,
        in_flight: offered as f64 * p50 * 1.2 / 1e6,
        waiting: if slow { 3.0 + 4.0 * roll() } else { 0.02 },
        response_p50_us: Some(p50 as u64),
        response_p90_us: Some(p90 as u64),
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

fn fault_row(span: &Span) -> FaultRow {
    FaultRow {
        span: span.clone(),
        target: "dc1.corp.test".to_owned(),
        bit: Some(true),
    }
}
