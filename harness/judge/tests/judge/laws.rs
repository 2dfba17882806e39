//! The other laws: what a correct run leaves, and one thing that breaks each.

use history::Mark;
use vocabulary::{OpKind, Outcome, ReasonCode, UnknownWhy, Win32};

use crate::world::*;

const JOURNALS: &str = "journals-agree";
const ENDS: &str = "every-operation-ends";
const RESUMES: &str = "service-resumes-after-faults";
const LOCKOUT: &str = "no-lockout-by-writeback";
const STATE: &str = "account-state-unchanged";
const OPENS: &str = "acknowledged-opens-the-account";
const WHOLE: &str = "reset-is-whole";
const REPLAYS: &str = "replays-take-no-effect";
const GATES: &str = "closed-gates-refuse";

#[test]
fn what_was_told_applied_is_applied_in_both_journals() {
    for (journal, result, words) in [
        ("cloud", "rejected", "the cloud's journal say otherwise"),
        ("cloud", "unknown", "the cloud's journal say otherwise"),
        ("agent", "failed", "the agent's journal say that it had no effect"),
    ] {
        let mut world = World::clean();
        let lines = if journal == "cloud" {
            &mut world.cloud_journal
        } else {
            &mut world.journal
        };
        lines
            .iter_mut()
            .filter(|line| line.op_id == op_id(2))
            .for_each(|line| line.result = result.into());
        let judgement = world.judge();
        assert_fails(
            &judgement,
            JOURNALS,
            &["person2@corp.test", &op_id(2).to_string(), words],
        );
        assert_eq!(failing(&judgement), [JOURNALS]);
    }
}

#[test]
fn an_answer_that_the_agent_never_gave_is_caught() {
    let mut world = World::clean();
    world.journal.retain(|line| line.op_id != op_id(2));
    assert_fails(&world.judge(), JOURNALS, &["person2@corp.test", "saw none"]);
    // Where parts were broken on purpose the line may be lost, and the directory's count is a witness.
    world.fault("kill", "agent", 3 * SECOND, 4 * SECOND);
    assert_mark(&world.judge(), JOURNALS, Mark::Pass);
    world.after(2).kvno -= 1;
    assert_mark(&world.judge(), JOURNALS, Mark::Inconclusive);
}

#[test]
fn what_was_refused_is_applied_in_no_journal() {
    for number in [6, 7] {
        let mut world = World::clean();
        world.journal.push(line(number, "applied"));
        assert_fails(
            &world.judge(),
            JOURNALS,
            &[&name(number), &op_id(number).to_string(), "no effect"],
        );
    }
}

#[test]
fn an_unknown_operation_may_be_anything_that_cloud_and_agent_agree_on() {
    let mut world = World::clean();
    let lost = world.lose_answer(9, 8 * SECOND, true);
    assert_eq!(failing(&world.judge()), [""; 0]);
    world.cloud_journal.push(line(lost, "applied"));
    assert_eq!(failing(&world.judge()), [""; 0]);
    world.journal.retain(|line| line.op_id != op_id(lost));
    world.journal.push(line(lost, "rejected"));
    assert_fails(&world.judge(), JOURNALS, &["person9@corp.test", "told unknown"]);
}

#[test]
fn without_a_journal_there_is_nothing_to_compare() {
    let mut world = World::clean();
    world.journal.clear();
    world.cloud_journal.clear();
    let findings = world.judge().verdict.findings;
    assert!(findings.iter().all(|finding| finding.check != JOURNALS));
}

#[test]
fn an_operation_that_took_too_long_and_one_that_never_ended_are_caught() {
    let mut world = World::clean();
    world.ops[2].started_us = 0;
    world.ops[2].finished_us = 121 * SECOND + 1;
    assert_fails(&world.judge(), ENDS, &["person2@corp.test", "within 121.000 s"]);

    let mut world = World::clean();
    let lines = world.cloud_journal.iter_mut();
    lines
        .filter(|line| line.op_id == op_id(7))
        .for_each(|line| line.result = "in_flight".into());
    let judgement = world.judge();
    assert_fails(
        &judgement,
        ENDS,
        &["person7@corp.test", &op_id(7).to_string(), "in flight"],
    );
    assert_eq!(failing(&judgement), [ENDS]);
}

/// A run of a minute and more in which a fault ends at 4 s.
fn healed() -> World {
    let mut world = World::clean();
    world.fault("kill", "agent", 3 * SECOND, 4 * SECOND);
    let load = [history::Phase::Heal, history::Phase::Drain, history::Phase::Quiet];
    for (phase, at_us) in &mut world.phases {
        if load.contains(phase) || *phase >= history::Phase::Probe {
            *at_us += 60 * SECOND;
        }
    }
    world
}

#[test]
fn operations_succeed_again_when_the_last_fault_is_over() {
    assert_mark(&healed().judge(), RESUMES, Mark::Pass);
    let fail = |world: &mut World, at_s: u64| {
        world.op(
            9,
            OpKind::Reset,
            at_s * SECOND,
            1000,
            Outcome::failed(ReasonCode::NoListener),
        )
    };
    let deaf = || {
        let mut world = healed();
        world.ops.retain(|op| op.started_us < 4 * SECOND);
        world
    };
    let mut world = deaf();
    fail(&mut world, 10);
    assert_mark(&world.judge(), RESUMES, Mark::Inconclusive);
    let last = fail(&mut world, 30);
    assert_fails(
        &world.judge(),
        RESUMES,
        &["person9@corp.test", "dc1.corp.test", "within 30.000 s", "at 4.000 s"],
    );
    world.ops[last].outcome = Outcome::rejected(ReasonCode::PasswordPolicy);
    assert_mark(&world.judge(), RESUMES, Mark::Pass);
    let mut world = deaf();
    fail(&mut world, 30);
    world.fault("kill", "relay", 5 * SECOND, 40 * SECOND);
    let findings = world.judge().verdict.findings;
    assert!(
        findings.iter().all(|finding| finding.check != RESUMES),
        "the next fault came at once"
    );
}

#[test]
fn wrong_passwords_that_nobody_gave_are_caught() {
    let mut world = World::clean();
    world.after(2).bad_pwd_count = 1;
    let judgement = world.judge();
    assert_fails(
        &judgement,
        LOCKOUT,
        &["person2@corp.test", "at most 0, saw 0 -> 1 on dc1.corp.test"],
    );
    assert_eq!(failing(&judgement), [LOCKOUT]);
    world.op(
        2,
        OpKind::Change,
        8 * SECOND,
        1000,
        Outcome::rejected(ReasonCode::IncorrectPassword),
    );
    assert_mark(&world.judge(), LOCKOUT, Mark::Pass);
}

#[test]
fn a_reset_that_enables_a_disabled_account_is_caught() {
    let mut world = World::clean();
    world.people[2].before.as_mut().unwrap().uac = 514;
    let judgement = world.judge();
    assert_fails(
        &judgement,
        STATE,
        &["person2@corp.test", "userAccountControl 514 -> 512"],
    );
    assert_eq!(failing(&judgement), [STATE]);
    // Whether somebody is locked is computed into the answer of some directories.
    world.people[2].before.as_mut().unwrap().uac = 512 | 0x10;
    assert_mark(&world.judge(), STATE, Mark::Pass);
}

#[test]
fn a_password_that_is_held_and_opens_nothing_is_caught() {
    let mut world = World::clean();
    world.oracle = true;
    assert_mark(&world.judge(), OPENS, Mark::Pass);
    world.people[2].binds = Some(vec![bind(1, false, Some(Win32::ACCOUNT_LOCKED_OUT))]);
    assert_mark(&world.judge(), OPENS, Mark::Pass);
    world.people[2].binds = Some(vec![bind(1, false, Some(Win32::LOGON_FAILURE))]);
    assert_fails(
        &world.judge(),
        OPENS,
        &["person2@corp.test", "label 1, which the directory holds"],
    );
}

#[test]
fn an_unknown_reset_does_both_or_nothing() {
    let torn = |password: bool, unlocked: bool| {
        let mut world = World::clean();
        world.lock(9);
        let number = world.op(
            9,
            OpKind::Reset,
            8 * SECOND,
            1000,
            Outcome::Unknown(UnknownWhy::Timeout),
        );
        let locked = world.after(9).lockout_time;
        if password {
            world.take_effect(number);
        }
        world.after(9).lockout_time = if unlocked { 0 } else { locked };
        world
    };
    for both in [true, false] {
        assert_mark(&torn(both, both).judge(), WHOLE, Mark::Pass);
    }
    for (password, words) in [
        (true, "moved and the lock is left"),
        (false, "did not move and the lock is gone"),
    ] {
        let judgement = torn(password, !password).judge();
        assert_fails(&judgement, WHOLE, &["person9@corp.test", &op_id(10).to_string(), words]);
        assert_eq!(failing(&judgement), [WHOLE]);
    }
}

#[test]
fn a_message_that_came_again_and_wrote_again_is_caught() {
    let mut world = World::clean();
    let replayed = |world: &World| {
        world
            .judge()
            .verdict
            .findings
            .into_iter()
            .any(|finding| finding.check == REPLAYS)
    };
    assert!(!replayed(&world), "nothing came again");
    world.fault("duplicate_requests", "relay", 3 * SECOND, 9 * SECOND);
    assert_mark(&world.judge(), REPLAYS, Mark::Pass);
    world.after(2).kvno += 1;
    let judgement = world.judge();
    assert_fails(&judgement, REPLAYS, &["person2@corp.test", "rise by 2 for 1 writes"]);
    assert_eq!(failing(&judgement), ["no-double-apply", REPLAYS]);
}

#[test]
fn whom_a_fault_deleted_is_held_to_nothing() {
    let mut world = World::clean();
    world.after(10).uac = 514;
    assert_eq!(failing(&world.judge()), ["no-cross-user-write"]);
    world.event("delete_people", 3 * SECOND, Some(true));
    world.faults[0].0.touched = vec![user(10)];
    assert_eq!(failing(&world.judge()), [""; 0]);
}

#[test]
fn every_law_is_told_of_with_the_invariants_that_it_holds_up() {
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/checks.md");
    let book = std::fs::read_to_string(book).unwrap();
    for (name, invariants) in judge::laws() {
        for invariant in invariants {
            let row = book.lines().find(|line| line.starts_with(&format!("| {invariant} |")));
            let row = row.unwrap_or_else(|| panic!("no row for {invariant}"));
            assert!(
                row.contains(&format!("`{name}`")),
                "{invariant} does not name {name}: {row}"
            );
        }
        assert!(book.contains(&format!("## `{name}`")), "no chapter on {name}");
    }
}

#[test]
fn what_a_closed_gate_lets_through_is_caught() {
    let mut world = World::clean();
    assert!(
        !world
            .judge()
            .verdict
            .findings
            .iter()
            .any(|finding| finding.check == GATES)
    );
    world.manifest.closed_to = vec![OpKind::Unlock];
    assert_fails(&world.judge(), GATES, &["expected the tenant's switches to refuse it"]);
    for op in world.ops.iter_mut().filter(|op| op.op == OpKind::Unlock) {
        op.outcome = Outcome::rejected(ReasonCode::UnlockDisabled);
    }
    assert_mark(&world.judge(), GATES, Mark::Pass);
    let op = world.ops.iter_mut().find(|op| op.op == OpKind::Unlock).unwrap();
    op.outcome = Outcome::Unknown(UnknownWhy::Timeout);
    assert_mark(&world.judge(), GATES, Mark::Inconclusive);
}
