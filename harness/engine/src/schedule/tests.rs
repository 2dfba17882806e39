//! What every schedule keeps, whatever it is made of.

use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use scenario::{Choices, Load, Plan, ThinkTime};
use vocabulary::{OpKind, Seed};

use super::*;

fn plan(load: &str) -> Plan {
    let text = format!("schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = 40\n[load.{load}");
    let scenario = scenario::parse("a.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}"));
    Plan::resolve(&scenario, &Choices::default())
}

fn load(load: &str) -> Load {
    plan(load).load
}

fn seed() -> Seed {
    Seed::new(7)
}

fn instants(load: &Load) -> Vec<u64> {
    Fires::of(load, seed()).map(|fire| fire.at_us).collect()
}

/// In order, before the end, and as many as are planned.
fn check(load: &Load) -> Vec<u64> {
    let all = instants(load);
    assert!(all.is_sorted(), "{load:?}");
    assert!(all.last().is_none_or(|last| *last < micros(load.length())), "{load:?}");
    assert_eq!(Fires::of(load, seed()).planned(), Some(all.len() as u64), "{load:?}");
    all
}

fn micros(duration: Duration) -> u64 {
    crate::clock::micros(duration)
}

fn between(all: &[u64], from_s: u64, to_s: u64) -> usize {
    let span = from_s * 1_000_000..to_s * 1_000_000;
    all.iter().filter(|at_us| span.contains(at_us)).count()
}

#[test]
fn a_constant_rate_is_even_to_the_microsecond() {
    let all = check(&load(
        "constant_arrival_rate]\nrate = \"20/s\"\nwarm_up = \"1s\"\nmeasure = \"9s\"\n",
    ));
    let expected: Vec<u64> = (0..200).map(|number| number * 50_000).collect();
    assert_eq!(all, expected);
}

#[test]
fn stages_of_one_rate_are_a_constant_rate() {
    let all = check(&load(
        "staged_arrival_rate]\nwarm_up = \"1s\"\nstages = [{ duration = \"4s\", rate = \"20/s\" }, { duration = \"5s\", rate = \"20/s\" }]\n",
    ));
    let expected: Vec<u64> = (0..200).map(|number| number * 50_000).collect();
    assert_eq!(all, expected);
}

#[test]
fn stages_hold_their_rates_and_a_pause_is_one() {
    let all = check(&load(
        "staged_arrival_rate]\nwarm_up = \"2s\"\nstages = [{ duration = \"3s\", rate = \"10/s\" }, { duration = \"4s\", rate = \"0/s\" }, { duration = \"2s\", rate = \"50/s\" }]\n",
    ));
    let counts = [(0, 2), (2, 5), (5, 9), (9, 11)].map(|(from, to)| between(&all, from, to));
    assert_eq!(counts, [20, 30, 0, 100]);
    assert_eq!(all[50], 9_000_000, "the first after the pause comes when it ends");
}

#[test]
fn a_stage_that_begins_with_a_pause_lets_nobody_in_before_it_ends() {
    let all = check(&load(
        "staged_arrival_rate]\nstages = [{ duration = \"3s\", rate = \"0/s\" }, { duration = \"2s\", rate = \"2/s\" }, { duration = \"9s\", rate = \"0/s\" }]\n",
    ));
    assert_eq!(all, [3_000_000, 3_500_000, 4_000_000, 4_500_000]);
}

#[test]
fn a_ramp_reaches_each_whole_number_where_its_integral_does() {
    let all = check(&load(
        "ramping_arrival_rate]\nstart_rate = \"0/s\"\nstages = [{ duration = \"10s\", target = \"20/s\" }, { duration = \"0s\", target = \"5/s\" }, { duration = \"4s\", target = \"5/s\" }, { duration = \"10s\", target = \"0/s\" }]\n",
    ));
    // t^2 reaches n at the root of n; then 5/s; then the mirror of a ramp.
    for (number, at_us) in [(0, 0), (1, 1_000_000), (4, 2_000_000), (25, 5_000_000), (81, 9_000_000)] {
        assert_eq!(all[number], at_us);
    }
    assert_eq!((all[100], all[101], all[120]), (10_000_000, 10_200_000, 14_000_000));
    assert_eq!(all.len(), 145);
    assert_eq!(all[144], 22_000_000, "5 t - t^2 / 4 reaches 24 after eight seconds");
}

#[test]
fn a_warm_up_before_a_ramp_has_its_first_rate() {
    let all = check(&load(
        "ramping_arrival_rate]\nstart_rate = \"10/s\"\nwarm_up = \"3s\"\nstages = [{ duration = \"10s\", target = \"30/s\" }]\n",
    ));
    assert_eq!((between(&all, 0, 3), all.len()), (30, 230));
    assert_eq!(all[30], 3_000_000);
}

#[test]
fn a_spike_rises_holds_and_halves() {
    let load = load(
        "spike_arrival_rate]\nbase_rate = \"10/s\"\npeak_rate = \"410/s\"\nwarm_up = \"2s\"\ncalm = \"3s\"\nrise = \"4s\"\nhold = \"2s\"\nhalf_life = \"5s\"\nmeasure = \"200s\"\n",
    );
    let all = check(&load);
    let counts = [(0, 2), (2, 5), (5, 9), (9, 11)].map(|(from, to)| between(&all, from, to));
    assert_eq!(counts, [20, 30, 840, 820]);
    // What is above the calm: 400 * h / ln 2 * (1/2)^k of it within the k-th half-life.
    let mut above = 400.0 * 5.0 / std::f64::consts::LN_2 / 2.0;
    for half_life in 0..4 {
        let from = 11 + half_life * 5;
        let count = between(&all, from, from + 5) as f64 - 50.0;
        assert!(
            (count - above).abs() <= 1.0 + above * 1e-3,
            "{half_life}: {count} {above}"
        );
        above /= 2.0;
    }
    assert_eq!(between(&all, 150, 200), 500, "the tail ends in the calm");
}

#[test]
fn a_tail_that_is_cut_off_is_the_begin_of_the_whole_tail() {
    let spike = |measure: &str| {
        check(&load(&format!(
            "spike_arrival_rate]\nbase_rate = \"0/s\"\npeak_rate = \"100/s\"\nrise = \"0s\"\nhalf_life = \"8s\"\nmeasure = \"{measure}\"\n"
        )))
    };
    let (short, long) = (spike("11s"), spike("60s"));
    assert!((short.len() as i64 - between(&long, 0, 11) as i64).abs() <= 1);
    assert_eq!(short[..short.len() - 1], long[..short.len() - 1]);
}

#[test]
fn random_gaps_are_exponential_and_the_seed_decides() {
    let load = load("poisson_arrival_rate]\nrate = \"100/s\"\nmeasure = \"1000s\"\n");
    let all = check(&load);
    assert!((all.len() as f64 - 1e5).abs() < 4.0 * 1e5_f64.sqrt(), "{}", all.len());
    let gaps: Vec<f64> = all.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e4).collect();
    let longer = |than: f64| gaps.iter().filter(|gap| **gap > than).count() as f64 / gaps.len() as f64;
    for than in [0.1_f64, 0.5, 1.0, 2.0, 4.0] {
        let expected = (-than).exp();
        let sigma = (expected * (1.0 - expected) / gaps.len() as f64).sqrt();
        assert!(
            (longer(than) - expected).abs() < 4.0 * sigma + 1e-4,
            "{than}: {}",
            longer(than)
        );
    }
    assert_eq!(all, instants(&load));
    let other: Vec<u64> = Fires::of(&load, Seed::new(8)).map(|fire| fire.at_us).collect();
    assert_ne!(all, other);
}

#[test]
fn random_curves_keep_what_every_schedule_keeps() {
    let mut dice = seed().rng();
    for _ in 0..300 {
        let stages: usize = dice.random_range(1..8);
        let rate = |dice: &mut ChaCha8Rng| dice.random_range(0..400_u32);
        let mut ramps = String::new();
        let mut steps = String::new();
        let (start, mut before) = (rate(&mut dice) + 1, 0);
        before += start;
        let warm_up = dice.random_range(0..3000_u32);
        let mut ramped = f64::from(start) * f64::from(warm_up) / 1e3;
        let mut stepped = 0.0;
        for stage in 0..stages {
            let (milliseconds, target) = (dice.random_range(0..5000_u32) + u32::from(stage == 0), rate(&mut dice));
            let target = if stage == 0 { target + 1 } else { target };
            ramps.push_str(&format!(
                "{{ duration = \"{milliseconds}ms\", target = \"{target}/min\" }},"
            ));
            steps.push_str(&format!(
                "{{ duration = \"{milliseconds}ms\", rate = \"{target}/s\" }},"
            ));
            let seconds = f64::from(milliseconds) / 1e3;
            ramped += f64::from(before + target) / 2.0 * seconds;
            stepped += f64::from(target) * seconds;
            if stage == 0 {
                stepped += f64::from(target) * f64::from(warm_up) / 1e3;
            }
            before = target;
        }
        let near = |count: usize, integral: f64| (count as f64 - integral).abs() <= 0.5 + 1e-6;
        let ramping = check(&load(&format!(
            "ramping_arrival_rate]\nstart_rate = \"{start}/min\"\nwarm_up = \"{warm_up}ms\"\nstages = [{ramps}]\n"
        )));
        assert!(near(ramping.len(), ramped / 60.0), "{ramps}");
        let staged = check(&load(&format!(
            "staged_arrival_rate]\nwarm_up = \"{warm_up}ms\"\nstages = [{steps}]\n"
        )));
        assert!(near(staged.len(), stepped), "{steps}");
    }
}

#[test]
fn random_spikes_keep_what_every_schedule_keeps() {
    let mut dice = seed().rng();
    for _ in 0..300 {
        let mut time = |most: u64| dice.random_range(0..most);
        let (calm, rise, hold, half_life) = (time(4_000), time(4_000), time(2_000), time(9_000_000) + 1);
        let measure = calm + rise + hold + time(40_000) + 1;
        let (base, above) = (time(50) + 1, time(300) + 1);
        check(&load(&format!(
            "spike_arrival_rate]\nbase_rate = \"{base}/s\"\npeak_rate = \"{}/s\"\nwarm_up = \"500ms\"\ncalm = \"{calm}ms\"\nrise = \"{rise}ms\"\nhold = \"{hold}ms\"\nhalf_life = \"{half_life}us\"\nmeasure = \"{measure}ms\"\n",
            base + above
        )));
    }
}

#[test]
fn a_recording_comes_once_more_as_fast_as_asked() {
    let dir = tempfile::tempdir().unwrap();
    let recording = "at_s,op\n0.5,reset\n2,unlock\n2,reset\n9.999999,reset\n10,unlock\n";
    std::fs::write(dir.path().join("monday.csv"), recording).unwrap();
    let text = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = 40\n[load.replay]\nfile = \"monday.csv\"\nspeed = 2\nwarm_up = \"1s\"\nmeasure = \"4s\"\n";
    let read = scenario::parse(&dir.path().join("a.toml").display().to_string(), text, &[]).unwrap();
    let plan = Plan::resolve(&read, &Choices::default());
    assert_eq!(check(&plan.load), [250_000, 1_000_000, 1_000_000, 4_999_999]);
    let people = scenario::people(&plan);
    let asked: Vec<OpKind> = crate::arrivals(&plan, &people).map(|arrival| arrival.op).collect();
    assert_eq!(asked, [OpKind::Reset, OpKind::Unlock, OpKind::Reset, OpKind::Reset]);
}

#[test]
fn ten_million_arrivals_need_no_memory_and_little_time() {
    for executor in [
        "constant_arrival_rate]\nrate = \"10000/s\"\nmeasure = \"1000s\"\n",
        "ramping_arrival_rate]\nstart_rate = \"0/s\"\nstages = [{ duration = \"1000s\", target = \"20000/s\" }]\n",
        "spike_arrival_rate]\nbase_rate = \"9000/s\"\npeak_rate = \"30000/s\"\nrise = \"20s\"\nhalf_life = \"30s\"\nmeasure = \"1000s\"\n",
    ] {
        let load = load(executor);
        let fires = Fires::of(&load, seed());
        let planned = fires.planned().unwrap();
        let (count, last) = fires.fold((0_u64, 0), |(count, last), fire| {
            assert!(fire.at_us >= last);
            (count + 1, fire.at_us)
        });
        assert!(
            planned >= 10_000_000 && count == planned && last < micros(load.length()),
            "{executor}"
        );
    }
}

#[test]
fn phases_are_those_of_the_executor() {
    for (executor, warm_up, measure) in [
        (
            "poisson_arrival_rate]\nrate = \"9/s\"\nwarm_up = \"2s\"\nmeasure = \"7s\"\n",
            2,
            7,
        ),
        (
            "staged_arrival_rate]\nwarm_up = \"3s\"\nstages = [{ duration = \"3s\", rate = \"10/s\" }, { duration = \"4s\", rate = \"0/s\" }]\n",
            3,
            7,
        ),
        (
            "ramping_arrival_rate]\nstart_rate = \"1/s\"\nstages = [{ duration = \"3s\", target = \"10/s\" }]\n",
            0,
            3,
        ),
        (
            "closed]\nusers = 3\nthink_time = { constant = \"1s\" }\nwarm_up = \"1s\"\nmeasure = \"5s\"\n",
            1,
            5,
        ),
    ] {
        let phases = crate::planned_phases(&plan(executor));
        let spans: Vec<(u64, u64)> = phases.iter().map(|phase| (phase.from_us, phase.for_us)).collect();
        assert_eq!(
            spans,
            [(0, warm_up * 1_000_000), (warm_up * 1_000_000, measure * 1_000_000)]
        );
    }
}

fn users(count: u32, think_time: &str) -> Users {
    let load = load(&format!(
        "closed]\nusers = {count}\nthink_time = {think_time}\nwarm_up = \"1s\"\nmeasure = \"9s\"\n"
    ));
    let Executor::Closed { users, think_time } = load.executor else {
        panic!("{load:?}");
    };
    Users::of(users, think_time, load.length(), seed())
}

/// What becomes of users of a system that takes `service_us` for everything: instants of all begins.
fn lived(mut users: Users, service_us: u64) -> Vec<u64> {
    let mut begun = Vec::new();
    let mut ends = std::collections::BTreeSet::new();
    loop {
        let due = users.due();
        if let Some((at_us, number)) = ends
            .first()
            .copied()
            .filter(|(at_us, _)| due.is_none_or(|due| *at_us <= due))
        {
            ends.remove(&(at_us, number));
            users.ended(number, at_us);
            continue;
        }
        let number = begun.len() as u64;
        let Some(at_us) = users.begin(number) else {
            return begun;
        };
        begun.push(at_us);
        ends.insert((at_us + service_us, number));
    }
}

#[test]
fn a_user_begins_again_a_think_time_after_the_end() {
    let begun = lived(users(5, "{ constant = \"1s\" }"), 500_000);
    assert!(begun.is_sorted() && begun.iter().all(|at_us| *at_us < 10_000_000));
    assert!(
        begun[..5].iter().all(|at_us| *at_us < 1_000_000),
        "all begin within a think time"
    );
    for pair in begun.windows(6) {
        assert_eq!(pair[5] - pair[0], 1_500_000);
    }
    let slow = lived(users(5, "{ constant = \"1s\" }"), 4_000_000);
    assert_eq!(slow.len(), 10, "a slow system is asked less");
}

#[test]
fn users_who_never_rest_are_bounded_by_the_system_alone() {
    assert_eq!(lived(users(5, "{ constant = \"0s\" }"), 1_000_000).len(), 50);
}

#[test]
fn think_times_keep_their_bounds_and_means() {
    let gaps = |think_time: &str| -> Vec<u64> {
        let begun = lived(users(1, think_time), 0);
        begun.windows(2).map(|pair| pair[1] - pair[0]).collect()
    };
    let mean = |gaps: &[u64]| gaps.iter().sum::<u64>() as f64 / gaps.len() as f64;
    let uniform = gaps("{ uniform = { min = \"10ms\", max = \"30ms\" } }");
    assert!(uniform.iter().all(|gap| (10_000..=30_000).contains(gap)));
    assert!(uniform.iter().any(|gap| *gap < 11_000) && uniform.iter().any(|gap| *gap > 29_000));
    assert!((mean(&uniform) - 20_000.0).abs() < 1_500.0, "{}", mean(&uniform));
    let exponential = gaps("{ exponential = { mean = \"20ms\" } }");
    assert!(
        (mean(&exponential) - 20_000.0).abs() < 4_000.0,
        "{}",
        mean(&exponential)
    );
    assert!(exponential.iter().any(|gap| *gap > 60_000));
}

#[test]
fn what_is_known_of_a_closed_model_beforehand_is_who_begins_first() {
    let plan = plan("closed]\nusers = 5\nthink_time = { exponential = { mean = \"1s\" } }\nmeasure = \"900s\"\n");
    let people = scenario::people(&plan);
    let arrivals = crate::arrivals(&plan, &people);
    assert_eq!(arrivals.planned(), None);
    let known: Vec<u64> = arrivals.map(|arrival| arrival.at_us).collect();
    assert_eq!(known.len(), 5);
    assert!(known.is_sorted());
    let other = crate::arrivals_sha256(crate::arrivals(
        &Plan {
            seed: 2,
            ..plan.clone()
        },
        &people,
    ));
    assert_ne!(crate::arrivals_sha256(crate::arrivals(&plan, &people)), other);
}

#[test]
fn an_end_that_nobody_waits_for_lets_nobody_begin() {
    let mut users = users(5, "{ constant = \"1s\" }");
    let first = users.begin(0).unwrap();
    users.ended(9, first);
    let others: Vec<u64> = (1..9).map_while(|number| users.begin(number)).collect();
    assert_eq!(others.len(), 4);
    assert!(matches!(
        load("closed]\nusers = 5\nthink_time = { constant = \"1s\" }\nmeasure = \"9s\"\n").executor,
        Executor::Closed {
            users: 5,
            think_time: ThinkTime::Constant(_)
        }
    ));
}
