//! What was sampled: resources, and whether the generator kept up.

use history::{GeneratorSample, Lateness, Mark, PartSample, Phase, Sample};
use vocabulary::{OpKind, Outcome};

use crate::world::*;

const KEPT_UP: &str = "generator-kept-up";

fn lateness(p99: u64) -> Lateness {
    Lateness {
        count: 100,
        p50: p99 / 10,
        p99,
        max: p99 * 2,
    }
}

fn generator(second: u64, phase: Phase) -> GeneratorSample {
    GeneratorSample {
        at_us: second * SECOND,
        phase,
        released: 5,
        release_us: lateness(200),
        begin_us: lateness(900),
        waiting: 0,
        waiting_max: 3,
        busy: 4,
        users: 8,
    }
}

fn load(second: u64, cpu_us: u64) -> Sample {
    Sample::Part(PartSample {
        at_us: second * SECOND,
        part: "load".to_owned(),
        cpu_us,
        memory_bytes: (second + 1) << 20,
        sockets: Some(second),
        disk_written_bytes: Some(1000 + second),
        ..PartSample::default()
    })
}

/// A clean run with samples: the generator's process takes a quarter of one of two processors.
fn sampled() -> World {
    let mut world = World::clean();
    world.manifest.samples_every_us = SECOND;
    world.manifest.host.cores = 2;
    for second in 0..14 {
        world.samples.push(load(second, second * SECOND / 4));
        let phase = if second < 2 { Phase::WarmUp } else { Phase::Measure };
        world.samples.push(Sample::Generator(generator(second, phase)));
    }
    world
}

fn bend(world: &mut World, bend: impl Fn(&mut GeneratorSample)) {
    for sample in &mut world.samples {
        if let Sample::Generator(sample) = sample {
            bend(sample);
        }
    }
}

#[test]
fn a_generator_that_keeps_up_is_told_and_passes() {
    let judgement = sampled().judge();
    assert_mark(&judgement, KEPT_UP, Mark::Pass);
    let told = judgement.verdict.generator.unwrap();
    assert_eq!((told.release_error_ms.p99, told.begin_error_ms.p99), (0.2, 0.9));
    assert_eq!((told.waiting_max, told.users, told.all_users_busy), (3, 8, 0.0));
    assert!((told.cpu_cores.unwrap() - 0.25).abs() < 1e-9, "{told:?}");
    let used = judgement.verdict.resources["load"];
    assert_eq!(
        (used.memory_max_bytes, used.sockets_max, used.disk_written_bytes),
        (14 << 20, Some(13), Some(13))
    );
    assert_eq!(judgement.figures.resources[0].points.len(), 13);
}

#[test]
fn an_older_folder_has_nothing_to_say_and_a_newer_one_without_samples_cannot_tell() {
    let mut world = World::clean();
    let judgement = world.judge();
    assert!(
        judgement
            .verdict
            .findings
            .iter()
            .all(|finding| finding.check != KEPT_UP)
    );
    assert_eq!(
        (judgement.verdict.resources.len(), judgement.verdict.generator),
        (0, None)
    );
    world.manifest.samples_every_us = SECOND;
    assert_mark(&world.judge(), KEPT_UP, Mark::Inconclusive);
}

#[test]
fn late_tickets_make_a_run_inconclusive_where_they_weigh() {
    let mut world = sampled();
    bend(&mut world, |sample| sample.release_us = lateness(400_000));
    let judgement = world.judge();
    assert_mark(&judgement, KEPT_UP, Mark::Inconclusive);
    let why = &finding(&judgement, KEPT_UP).why;
    assert!(why.contains("released up to 400.00 ms late"), "{why}");
    assert_eq!(judgement.verdict.verdict, Mark::Inconclusive);
    // Beside a response time of two seconds nobody minds.
    world.op(
        10,
        OpKind::Reset,
        5 * SECOND,
        2 * SECOND,
        Outcome::failed(vocabulary::ReasonCode::NoListener),
    );
    assert_mark(&world.judge(), KEPT_UP, Mark::Pass);
}

#[test]
fn operations_that_begin_late_although_users_are_free_are_the_generators_fault() {
    let mut world = sampled();
    bend(&mut world, |sample| sample.begin_us = lateness(400_000));
    let judgement = world.judge();
    assert_mark(&judgement, KEPT_UP, Mark::Inconclusive);
    assert!(finding(&judgement, KEPT_UP).why.contains("although users were free"));
}

#[test]
fn a_generator_without_a_processor_left_is_the_bottleneck_and_one_whose_users_are_all_busy_is_not() {
    let mut world = sampled();
    bend(&mut world, |sample| (sample.busy, sample.waiting_max) = (8, 400));
    let judgement = world.judge();
    assert_mark(&judgement, KEPT_UP, Mark::Pass);
    let why = &finding(&judgement, KEPT_UP).why;
    assert!(
        why.contains("at most 400 tickets waited, all 8 users busy in 12 of 12 looks"),
        "{why}"
    );
    world.samples = (0..14).map(|second| load(second, second * SECOND * 95 / 100)).collect();
    world.samples.push(Sample::Generator(generator(13, Phase::Measure)));
    let judgement = world.judge();
    assert_mark(&judgement, KEPT_UP, Mark::Inconclusive);
    assert!(
        finding(&judgement, KEPT_UP)
            .why
            .contains("its process used 0.95 processors, and its users share one")
    );
}
