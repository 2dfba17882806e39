//! What took how long: the heat map, waterfalls, and operations one by one.

use judge::{HeatMap, StagePart, Trace, Waterfall, Window};
use rand::RngExt as _;
use vocabulary::{OpKind, OutcomeClass, Seed};

use super::manifest::digest;

/// Rows to a power of ten.
const PER_DECADE: f64 = 20.0;

/// Response times spread around the median as the percentiles say, sorted into rows from 1 ms to 10 s.
pub(super) fn heat(seed: u64, windows: &[Window]) -> HeatMap {
    let edges_us: Vec<f64> = (0..=80)
        .map(|step| 10f64.powf(3.0 + f64::from(step) / PER_DECADE))
        .collect();
    let column = |window: &Window| {
        let mut dice = Seed::new(seed).nth("heat", window.from_us).rng();
        let mut counts = vec![0; edges_us.len() - 1];
        let (Some(p50), Some(p99)) = (window.response_p50_us, window.response_p99_us) else {
            return counts;
        };
        for _ in window.dropped..window.offered {
            let tail: f64 = dice.random_range(-0.7..1.0);
            let us = p50 as f64 * (p99 as f64 / p50 as f64).powf(tail.powi(3) + tail * 0.2);
            let row = ((us.log10() - 3.0) * PER_DECADE) as usize;
            counts[row.min(79)] += 1;
        }
        counts
    };
    let counts: Vec<Vec<u64>> = windows.iter().map(column).collect();
    let used = |row: &usize| counts.iter().any(|column| column[*row] > 0);
    let (first, last) = ((0..80).find(used).unwrap_or(0), (0..80).rev().find(used).unwrap_or(79));
    HeatMap {
        edges_us: if windows.is_empty() {
            Vec::new()
        } else {
            edges_us[first..=last + 1].to_vec()
        },
        counts: counts.iter().map(|column| column[first..=last].to_vec()).collect(),
        endless: windows.iter().map(|window| window.dropped + window.unknown).collect(),
    }
}

const STAGES: [&str; 9] = [
    "wait",
    "cloud",
    "relay",
    "queue",
    "crypto",
    "locate",
    "write",
    "cloudstore",
    "network",
];

fn parts(us: [u64; 9]) -> Vec<StagePart> {
    let parts = STAGES.into_iter().zip(us);
    parts
        .filter(|(_, us)| *us > 0)
        .map(|(stage, us)| StagePart {
            stage: stage.to_owned(),
            us: us as f64,
        })
        .collect()
}

/// The median waits for the directory's write; the slow one for a worker too.
pub(super) fn waterfalls() -> Vec<Waterfall> {
    let fall = |percentile: &str, count, us: [u64; 9]| {
        let whole: u64 = us.iter().sum();
        Waterfall {
            percentile: percentile.to_owned(),
            count,
            from_us: whole - whole / 90,
            to_us: whole + whole / 80,
            example: digest(count, percentile),
            parts: parts(us),
        }
    };
    vec![
        fall("p50", 214, [420, 2_900, 800, 310, 1_200, 600, 12_400, 200, 2_140]),
        fall(
            "p99",
            11,
            [31_000, 7_200, 2_600, 64_300, 2_000, 2_700, 71_900, 700, 9_400],
        ),
    ]
}

fn trace(number: u64, from_us: u64, us: [u64; 9]) -> Trace {
    let ops = [OpKind::Reset, OpKind::Unlock, OpKind::Change];
    let endings = [
        (OutcomeClass::Applied, ""),
        (OutcomeClass::Rejected, "password_policy SSPR_0029 event 33008 0000052D"),
        (OutcomeClass::Applied, ""),
    ];
    let (class, reason) = endings[number as usize % 3];
    Trace {
        id: digest(number, "operation"),
        op: ops[number as usize % 3],
        person: format!("anna.berg.{number}@corp.test"),
        persona: "locked_out_and_forgot".to_owned(),
        class,
        reason: reason.to_owned(),
        intended_us: from_us,
        finished_us: from_us + us.iter().sum::<u64>(),
        parts: parts(us),
        faults: if number.is_multiple_of(3) {
            vec!["delay (agent-dc)".to_owned()]
        } else {
            Vec::new()
        },
    }
}

/// Eight that took ever less.
pub(super) fn slowest(windows: &[Window]) -> Vec<Trace> {
    let Some(window) = windows.get(windows.len() / 2) else {
        return Vec::new();
    };
    let one = |number: u64| {
        let (wait, queue) = (400_000 - number * 31_000, 380_000 - number * 40_000);
        let us = [
            wait,
            9_000,
            3_100,
            queue,
            2_400,
            41_000 + number * 2_000,
            290_000,
            900,
            14_000,
        ];
        trace(number, window.from_us + number * 210_000, us)
    };
    (0..8).map(one).collect()
}

/// Those of which nobody heard again; without an answer no stage is told.
pub(super) fn unknown(windows: &[Window]) -> Vec<Trace> {
    let given_up = windows.iter().filter(|window| window.unknown > 0);
    let one = |(number, window): (u64, &Window)| {
        let mut trace = trace(100 + number, window.from_us - 300_000, [12_000, 0, 0, 0, 0, 0, 0, 0, 0]);
        trace.parts.push(StagePart {
            stage: "untold".to_owned(),
            us: 5_000_000.0,
        });
        Trace {
            class: OutcomeClass::Unknown,
            reason: "timeout".to_owned(),
            finished_us: trace.intended_us + 5_012_000,
            ..trace
        }
    };
    (0..8).zip(given_up).map(one).collect()
}
