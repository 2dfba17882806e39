//! What is drawn beside the numbers: levels, the heat map, waterfalls, and operations one by one.

use judge::{Figures, Trace};
use vocabulary::{OpKind, Outcome, OutcomeClass, Reason, ReasonCode, UnknownWhy, Win32};

use crate::world::*;

/// Resets of ten people, a second apart, that take 100 ms, of which they wait 40.
fn ten() -> World {
    let mut world = World::of(12);
    for number in 0..10 {
        let at_us = MEASURE.start + number as u64 * SECOND;
        let op = world.op(number, OpKind::Reset, at_us, 100_000, Outcome::Applied);
        world.ops[op].started_us = at_us + 40_000;
        world.stages(op, "write;dur=30.000, cloud;dur=10.000");
        world.take_effect(op);
    }
    world
}

#[test]
fn levels_are_means_of_each_window_from_begin_to_end_and_from_intended_to_begin() {
    let mut world = ten();
    let long = world.op(
        10,
        OpKind::Unlock,
        MEASURE.start + SECOND / 2,
        2 * SECOND,
        Outcome::Unknown(UnknownWhy::Timeout),
    );
    world.ops[long].started_us = MEASURE.start + SECOND;
    let figures = world.judge().figures;
    let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
    // Windows of a second, the first of them the warm-up's.
    let levels: Vec<(f64, f64)> = figures
        .windows
        .iter()
        .map(|window| (window.in_flight, window.waiting))
        .collect();
    assert!(near(levels[0].0, 0.0) && near(levels[0].1, 0.0), "{levels:?}");
    assert!(near(levels[1].0, 0.06) && near(levels[1].1, 0.54), "{levels:?}");
    assert!(near(levels[2].0, 1.06) && near(levels[2].1, 0.04), "{levels:?}");
    assert!(near(levels[3].0, 0.56), "{levels:?}");
    let sum: f64 = levels.iter().map(|(in_flight, _)| in_flight).sum();
    assert!(near(sum, 10.0 * 0.06 + 1.5), "the time of every operation: {sum}");
}

#[test]
fn the_heat_map_has_every_operation_once_and_tells_apart_what_never_ended() {
    let mut world = ten();
    world.op(
        10,
        OpKind::Unlock,
        MEASURE.start + SECOND / 2,
        SECOND,
        Outcome::Unknown(UnknownWhy::Timeout),
    );
    world.drop_arrival(11, MEASURE.start + 3 * SECOND);
    let Figures { windows, heat, .. } = world.judge().figures;
    assert_eq!((heat.counts.len(), heat.endless.len()), (windows.len(), windows.len()));
    assert_eq!(heat.counts.iter().flatten().sum::<u64>(), 10);
    assert_eq!(
        (heat.endless[1], heat.endless[4], heat.endless.iter().sum::<u64>()),
        (1, 1, 2)
    );
    let row = heat.counts[1].iter().position(|count| *count > 0).unwrap();
    let reach = (heat.edges_us[row], heat.edges_us[row + 1]);
    assert!(reach.0 <= 100_100.0 && reach.1 > 100_000.0, "{reach:?}");
    let ended: u64 = windows
        .iter()
        .map(|window| window.achieved + window.failed + window.unknown)
        .sum();
    assert_eq!(ended, 11);
}

#[test]
fn a_waterfall_begins_with_the_wait_and_ends_with_the_network() {
    let figures = ten().judge().figures;
    let names: Vec<&str> = figures.waterfalls.iter().map(|fall| fall.percentile.as_str()).collect();
    assert_eq!(names, ["p50", "p99"]);
    let fall = &figures.waterfalls[0];
    let told: Vec<(&str, f64)> = fall.parts.iter().map(|part| (part.stage.as_str(), part.us)).collect();
    assert_eq!(told[0], ("wait", 40_000.0));
    assert_eq!(told[1], ("cloud", 10_000.0));
    assert_eq!(told[6], ("write", 30_000.0));
    assert_eq!(told[8], ("network", 20_000.0));
    assert_eq!((fall.count, fall.from_us, fall.to_us), (10, 100_000, 100_000));
    assert!(
        World::clean().judge().figures.waterfalls.is_empty(),
        "no answer told its stages"
    );
}

fn lengths(traces: &[Trace]) -> Vec<u64> {
    traces
        .iter()
        .map(|trace| trace.finished_us - trace.intended_us)
        .collect()
}

#[test]
fn the_slowest_are_of_the_measure_phase_and_carry_their_stages_reasons_and_faults() {
    let mut world = ten();
    let policy = Reason::new(ReasonCode::PasswordPolicy).with_win32(Some(Win32(1325)));
    let slow = world.op(10, OpKind::Reset, 5 * SECOND, 900_000, Outcome::Rejected(policy));
    world.op(
        11,
        OpKind::Reset,
        SECOND,
        950_000,
        Outcome::failed(ReasonCode::NoListener),
    );
    world.fault("delay", "agent-dc", 5 * SECOND + 100_000, 6 * SECOND);
    let traces = world.judge().figures.slowest;
    assert_eq!(
        lengths(&traces),
        [900_000, 100_000, 100_000, 100_000, 100_000, 100_000, 100_000, 100_000]
    );
    let first = &traces[0];
    assert_eq!(first.id, op_id(slow).to_string());
    assert_eq!(
        (first.person.as_str(), first.class),
        (name(10).as_str(), OutcomeClass::Rejected)
    );
    assert_eq!(
        (first.reason.as_str(), first.faults.as_slice()),
        ("password_policy 0000052D", ["delay (agent-dc)".to_owned()].as_slice())
    );
    let parts = |trace: &Trace| {
        trace
            .parts
            .iter()
            .map(|part| (part.stage.clone(), part.us))
            .collect::<Vec<_>>()
    };
    assert_eq!(parts(first), [("untold".to_owned(), 900_000.0)], "no stage is made up");
    let told = parts(&traces[1]);
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["wait", "cloud", "write", "network"]);
    assert!(told.iter().map(|(_, us)| us).sum::<f64>() == 100_000.0);
    let ids: Vec<&String> = traces[1..].iter().map(|trace| &trace.id).collect();
    assert!(ids.is_sorted(), "those that took as long stand by their ids");
}

#[test]
fn the_first_unknown_are_told_of_in_their_order_and_no_more_than_eight() {
    let mut world = World::of(12);
    for number in (0..12).rev() {
        let at_us = MEASURE.start + number as u64 * 100_000;
        world.lose_answer(number, at_us, false);
    }
    let traces = world.judge().figures.unknown;
    let begins: Vec<u64> = traces.iter().map(|trace| trace.intended_us).collect();
    let first: Vec<u64> = (0..8).map(|number| MEASURE.start + number * 100_000).collect();
    assert_eq!(begins, first);
    assert!(
        traces
            .iter()
            .all(|trace| trace.class == OutcomeClass::Unknown && trace.reason == "timeout")
    );
}
