//! Every kind of person through the whole chain: what each is told, with which codes, and what of it reached the agent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use history::{Mark, OpEvent, RunFolder, Verdict};
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, OutcomeClass, ReasonCode, SsprCode, Win32};

use crate::support::{Job, alone, ops, plan_of};

/// How long somebody waits is no question here.
const UNHURRIED: &str = "goals.response_time_p99_max=5min";

struct Ran {
    folder: RunFolder,
    verdict: Verdict,
    _finished: crate::support::Finished,
}

fn run(scenario: &str, sets: &[&str]) -> Ran {
    let job = Job::new(&["run", scenario]).sets(sets).sets(&[UNHURRIED]).into_out();
    let finished = job.finish().expect_code(0, "each gets the answer that is theirs");
    let (folder, verdict) = (finished.folder(), finished.verdict());
    assert_eq!(verdict.verdict, Mark::Pass);
    finished.expect_nothing_left();
    Ran {
        folder,
        verdict,
        _finished: finished,
    }
}

#[track_caller]
fn expect_pass(verdict: &Verdict, check: &str) {
    let finding = verdict.findings.iter().find(|finding| finding.check == check);
    assert_eq!(finding.map(|finding| finding.verdict), Some(Mark::Pass), "{check}");
}

/// Everybody's attempts by persona and arrival, in order.
fn by_persona(folder: &RunFolder) -> BTreeMap<String, Vec<Vec<OpEvent>>> {
    let mut arrivals: BTreeMap<u64, Vec<OpEvent>> = BTreeMap::new();
    for op in ops(folder) {
        arrivals.entry(op.arrival.unwrap()).or_default().push(op);
    }
    let mut personas: BTreeMap<String, Vec<Vec<OpEvent>>> = BTreeMap::new();
    for mut attempts in arrivals.into_values() {
        attempts.sort_by_key(|op| op.attempt);
        personas.entry(attempts[0].persona.clone()).or_default().push(attempts);
    }
    personas
}

fn code(op: &OpEvent) -> Option<ReasonCode> {
    match &op.outcome {
        Outcome::Rejected(reason) | Outcome::Failed(reason) => Some(reason.code),
        Outcome::Applied | Outcome::Unknown(_) => None,
    }
}

fn codes(attempts: &[OpEvent]) -> Vec<Option<ReasonCode>> {
    attempts.iter().map(code).collect()
}

/// The operations that the agent saw.
fn seen_by_agent(folder: &RunFolder) -> BTreeSet<Uuid> {
    let events = fs::read_to_string(folder.logs().join("agent-events.jsonl")).unwrap();
    let ids = events.lines().filter_map(|line| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        event["op_id"].as_str()?.parse().ok()
    });
    ids.collect()
}

#[test]
fn in_a_mixed_day_everybody_gets_the_answer_that_is_theirs() {
    let _alone = alone();
    let ran = run(
        "scenarios/mixed-day.toml",
        &[
            "population.people=330",
            "load.poisson_arrival_rate.rate=24/s",
            "load.poisson_arrival_rate.warm_up=1s",
            "load.poisson_arrival_rate.measure=10s",
        ],
    );
    let personas = by_persona(&ran.folder);
    let names: Vec<&str> = scenario::Persona::ALL.iter().map(|persona| persona.as_str()).collect();
    assert!(
        names.iter().all(|name| personas.contains_key(*name)),
        "{:?}",
        personas.keys()
    );
    use ReasonCode as R;
    let once: [(&str, Option<R>); 11] = [
        ("forgot", None),
        ("locked_out", None),
        ("locked_out_and_forgot", None),
        ("double_clicker", None),
        ("helpdesk", None),
        ("weak_password", Some(R::PasswordPolicy)),
        ("gives_up", Some(R::Abandoned)),
        ("unlicensed", Some(R::NotLicensed)),
        ("outside_sspr_group", Some(R::NotInScope)),
        ("disabled_on_premises", Some(R::AccountDisabled)),
        ("voluntary_change", None),
    ];
    for (persona, expected) in once {
        for attempts in &personas[persona] {
            let last = attempts.last().unwrap();
            assert_eq!(code(last), expected, "{last:?}");
            assert!(attempts.len() == 1 || persona == "voluntary_change", "{attempts:?}");
        }
    }
    for persona in ["weak_then_good", "reused_then_good", "comes_back_later"] {
        let refusal = if persona == "comes_back_later" {
            R::Abandoned
        } else {
            R::PasswordPolicy
        };
        for attempts in &personas[persona] {
            assert_eq!(codes(attempts), [Some(refusal), None], "{attempts:?}");
            assert!(attempts[1].started_us >= attempts[0].finished_us);
            assert_ne!(attempts[0].op_id, attempts[1].op_id);
        }
    }
    for attempts in &personas["impostor"] {
        let wrong = Some(R::WrongCode);
        assert_eq!(codes(attempts), [wrong, wrong, wrong, wrong, Some(R::Throttled)]);
    }
    changes_prove_what_is_held(&personas["voluntary_change"]);
    let agent = seen_by_agent(&ran.folder);
    for persona in ["impostor", "gives_up", "unlicensed", "outside_sspr_group"] {
        let mut all = personas[persona].iter().flatten();
        assert!(
            all.all(|op| !agent.contains(&op.op_id)),
            "{persona}: nothing of it reached the agent"
        );
    }
    for check in ["gates-hold", "no-lockout-by-writeback", "every-arrival-accounted"] {
        expect_pass(&ran.verdict, check);
    }
    assert_eq!(ran.verdict.personas.len(), names.len());
}

fn changes_prove_what_is_held(arrivals: &[Vec<OpEvent>]) {
    for attempts in arrivals {
        let last = attempts.last().unwrap();
        assert_eq!((last.op, last.proves), (OpKind::Change, Some(0)), "nobody came twice");
        for mistyped in &attempts[..attempts.len() - 1] {
            let Outcome::Rejected(reason) = &mistyped.outcome else {
                panic!("{mistyped:?}")
            };
            assert_eq!(reason.code, ReasonCode::IncorrectPassword);
            assert_eq!(
                (reason.event.unwrap().0, reason.win32),
                (33007, Some(Win32::INVALID_PASSWORD))
            );
            assert_eq!(mistyped.proves, None);
        }
    }
}

#[test]
fn a_lockout_storm_locks_by_real_binds_and_unlocks() {
    let _alone = alone();
    let sets = [
        "population.people=300",
        "load.spike_arrival_rate.base_rate=4/s",
        "load.spike_arrival_rate.peak_rate=30/s",
        "load.spike_arrival_rate.warm_up=1s",
        "load.spike_arrival_rate.calm=0s",
        "load.spike_arrival_rate.rise=1s",
        "load.spike_arrival_rate.hold=1s",
        "load.spike_arrival_rate.half_life=2s",
        "load.spike_arrival_rate.measure=8s",
    ];
    let ran = run("scenarios/lockout-storm.toml", &sets);
    let plan = plan_of("scenarios/lockout-storm.toml", &sets);
    let everyone = scenario::people(&plan);
    let locked = everyone.iter().filter(|person| person.persona.starts_locked()).count();
    assert!(locked > 290, "{locked}");
    assert_eq!(ran.verdict.locks_proven, locked as u64);
    assert!(
        ran.verdict.ops_by_kind.unlock.applied > 40,
        "{:?}",
        ran.verdict.ops_by_kind
    );
    for check in ["unlock-unlocks-and-changes-no-password", "reset-also-unlocks"] {
        expect_pass(&ran.verdict, check);
    }
}

#[test]
fn a_reused_password_is_refused_where_the_policy_remembers_and_taken_where_it_forgets() {
    let _alone = alone();
    let ran = run(
        "scenarios/policy-rejects.toml",
        &["population.people=200", "load.constant_arrival_rate.measure=6s"],
    );
    let personas = by_persona(&ran.folder);
    let (mut refused, mut taken) = (0, 0);
    for attempts in &personas["reused_then_good"] {
        assert_eq!(attempts[0].writes, Some(0), "the password they have");
        match attempts[0].outcome.class() {
            OutcomeClass::Applied => taken += usize::from(attempts.len() == 1),
            _ => refused += usize::from(codes(attempts) == [Some(ReasonCode::PasswordPolicy), None]),
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
    assert_eq!(taken + refused, personas["reused_then_good"].len());
    let weak = personas["weak_then_good"].iter().flatten().filter(|op| op.attempt == 1);
    for op in weak {
        let Outcome::Rejected(reason) = &op.outcome else {
            panic!("{op:?}")
        };
        assert_eq!(
            (reason.event.unwrap().0, reason.win32),
            (33008, Some(Win32::PASSWORD_RESTRICTION))
        );
    }
}

#[test]
fn the_helpdesk_resets_behind_its_back_and_its_times_are_told() {
    let _alone = alone();
    let ran = run(
        "scenarios/helpdesk.toml",
        &["population.people=160", "load.poisson_arrival_rate.measure=6s"],
    );
    let personas = by_persona(&ran.folder);
    let calls: Vec<&OpEvent> = personas["helpdesk"].iter().flatten().collect();
    assert!(calls.len() > 20, "{}", calls.len());
    for op in calls {
        assert_eq!((op.op, &op.outcome), (OpKind::AdminReset, &Outcome::Applied));
        let stages = op.stages_us.as_ref().unwrap();
        assert!(stages.get(vocabulary::Stage::Write).is_some(), "{stages:?}");
        assert!(stages.total().as_micros() <= u128::from(op.service_us()), "{op:?}");
    }
    let events = fs::read_to_string(ran.folder.logs().join("agent-events.jsonl")).unwrap();
    assert!(
        events.contains("31009") && events.contains("31010"),
        "the events of an administrator's reset"
    );
}

#[test]
fn impostors_and_whoever_may_not_are_kept_out() {
    let _alone = alone();
    let ran = run(
        "scenarios/impostors.toml",
        &["population.people=260", "load.poisson_arrival_rate.measure=8s"],
    );
    for check in ["gates-hold", "rejected-leaves-no-trace"] {
        expect_pass(&ran.verdict, check);
    }
    let personas = by_persona(&ran.folder);
    let shown = |persona: &str| -> BTreeSet<Option<SsprCode>> {
        let all = personas[persona].iter().flatten();
        all.map(|op| match &op.outcome {
            Outcome::Rejected(reason) => reason.sspr,
            other => panic!("{other:?}"),
        })
        .collect()
    };
    assert_eq!(shown("unlicensed"), [Some(SsprCode::UserNotLicensed)].into());
    assert_eq!(
        shown("outside_sspr_group"),
        [Some(SsprCode::UserNotMemberOfScopedAccessGroup)].into()
    );
    let agent = seen_by_agent(&ran.folder);
    assert!(personas["impostor"].len() > 10);
    let mut guesses = personas["impostor"].iter().flatten();
    assert!(guesses.all(|op| op.writes.is_none() && !agent.contains(&op.op_id)));
}
