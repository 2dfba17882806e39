//! The verdict in words: what it is, why, and what to do. The same on every face of the report.

use history::{Finding, GoalResult, Manifest, Mark, Verdict};
use judge::Judgement;
use vocabulary::{Goal, Measure, OpKind};

use crate::sheet;
use crate::text::{self, clean};

/// Checks of the run itself: what to do about them is the same whether they fail or cannot tell.
const ABOUT_THE_RUN: [&str; 6] = [
    "faults-bit",
    "generator-kept-up",
    "every-arrival-accounted",
    "probe-complete",
    "run-complete",
    "goals-known",
];

/// One thing that does not hold, or cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) mark: Mark,
    pub(crate) name: String,
    pub(crate) why: String,
}

/// A large number of the first screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) value: String,
    pub(crate) label: &'static str,
    pub(crate) note: String,
}

/// The verdict in a sentence.
pub(crate) fn headline(verdict: &Verdict) -> String {
    let checks = |mark| {
        verdict
            .findings
            .iter()
            .filter(|finding| finding.verdict == mark)
            .count() as u64
    };
    let goals = |mark| verdict.goals.iter().filter(|goal| goal.verdict == mark).count() as u64;
    let both = |mark| {
        let mut parts = Vec::new();
        if checks(mark) > 0 {
            parts.push(text::of(checks(mark), "check", "checks"));
        }
        if goals(mark) > 0 {
            parts.push(text::of(goals(mark), "goal", "goals"));
        }
        text::listed(&parts)
    };
    match verdict.verdict {
        Mark::Pass => format!("{} looked at, and everything holds.", capital(&both(Mark::Pass))),
        Mark::Fail if both(Mark::Fail).is_empty() => "The run failed.".to_owned(),
        Mark::Fail => format!("{} did not hold.", capital(&both(Mark::Fail))),
        Mark::Inconclusive if both(Mark::Inconclusive).is_empty() => {
            "The run cannot be judged: it did not reach its end.".to_owned()
        }
        Mark::Inconclusive => format!("Nothing failed, but of {} nobody can tell.", both(Mark::Inconclusive)),
    }
}

fn capital(words: &str) -> String {
    if words.is_empty() {
        "Nothing".to_owned()
    } else {
        words.to_owned()
    }
}

/// Everything that does not hold or cannot be told; failures first.
pub(crate) fn reasons(verdict: &Verdict) -> Vec<Reason> {
    let checks = verdict.findings.iter().map(finding_reason);
    let goals = verdict.goals.iter().map(goal_reason);
    let mut all: Vec<Reason> = checks.chain(goals).filter(|reason| reason.mark != Mark::Pass).collect();
    all.sort_by_key(|reason| std::cmp::Reverse(reason.mark));
    all
}

fn finding_reason(finding: &Finding) -> Reason {
    let mut why = clean(&finding.why);
    if let Some(first) = finding.violations.first() {
        why = format!("{}. First: {}", why.trim_end_matches('.'), clean(first));
    }
    Reason {
        mark: finding.verdict,
        name: clean(&finding.check),
        why,
    }
}

/// A goal in words; by its name where it is not known.
pub(crate) fn goal_name(name: &str) -> String {
    let known = name.parse::<Goal>();
    known.map_or_else(|_| clean(name), |goal| clean(&goal.words()))
}

/// Why a load ended before its time, where goals ended it.
pub(crate) fn ended_early(verdict: &Verdict) -> Option<String> {
    let early = verdict.ended_early.as_ref()?;
    let goals: Vec<String> = early.goals.iter().map(|goal| goal_name(goal)).collect();
    let lost = if goals.len() == 1 { "goal" } else { "goals" };
    Some(format!(
        "The load was ended early, after {} of {}, since the {lost} {} could no longer hold whatever followed; {} never came.",
        text::duration_us(early.measured_ms * 1e3),
        text::duration_us(early.planned_ms * 1e3),
        text::listed(&goals),
        text::of(early.spared, "planned arrival", "planned arrivals")
    ))
}

fn goal_reason(goal: &GoalResult) -> Reason {
    Reason {
        mark: goal.verdict,
        name: format!("goal {}", goal_name(&goal.goal)),
        why: goal_words(goal),
    }
}

/// What a goal measured beside its limit, in words.
pub(crate) fn goal_words(goal: &GoalResult) -> String {
    let limit = text::goal_value(&goal.goal, goal.limit);
    let Some(measured) = goal.measured else {
        return format!("nothing was measured, limit {limit}");
    };
    let words = format!("measured {}, limit {limit}", text::goal_value(&goal.goal, measured));
    let at_most = goal.goal.ends_with("max");
    match goal.verdict {
        Mark::Fail if at_most && measured <= goal.limit => {
            format!("{words}, but it falls on operations that never ended, slower than any limit")
        }
        Mark::Inconclusive => format!("{words}, but the run was cut short"),
        _ => words,
    }
}

/// What to do next, the most useful first.
pub(crate) fn next_steps(verdict: &Verdict, manifest: &Manifest) -> Vec<String> {
    let mut steps = Vec::new();
    match verdict.verdict {
        Mark::Fail => steps.extend(after_failure(verdict)),
        Mark::Inconclusive => {
            steps.extend(after_doubt(verdict));
            steps.extend(about_ground(manifest));
        }
        Mark::Pass => steps
            .push("Nothing needs doing. The run folder can serve as the one to compare later runs with.".to_owned()),
    }
    steps.extend(about_load(verdict));
    let replay = &manifest.reproduce;
    if !replay.is_empty() && verdict.verdict != Mark::Pass {
        steps.push(format!(
            "Replay the run with the same people and arrivals: {}",
            clean(replay)
        ));
    }
    steps
}

fn after_failure(verdict: &Verdict) -> Vec<String> {
    let failed = |finding: &&Finding| finding.verdict == Mark::Fail;
    let mut steps: Vec<String> = verdict.findings.iter().filter(failed).filter_map(hint).collect();
    if verdict
        .findings
        .iter()
        .any(|finding| finding.verdict == Mark::Fail && !finding.violations.is_empty())
    {
        steps.push("Read the violations below: each names whom and what to look for in logs/.".to_owned());
    }
    let missed = verdict.goals.iter().filter(|goal| goal.verdict == Mark::Fail);
    let (grown, slow): (Vec<&str>, Vec<&str>) = missed.map(|goal| goal.goal.as_str()).partition(|goal| is_growth(goal));
    if !slow.is_empty() {
        let stages = "For a missed goal, see which stage took the time, and whether faults or dropped arrivals fall in the same minutes.";
        steps.push(stages.to_owned());
    }
    if !grown.is_empty() {
        let parts = "For what grew, see the memory and the sockets of each part over time, and whether the steps fall in minutes in which people waited.";
        steps.push(parts.to_owned());
    }
    steps
}

fn is_growth(goal: &str) -> bool {
    let known: Option<Goal> = goal.parse().ok();
    known.is_some_and(|goal| matches!(goal.what, Measure::Growth(_)))
}

fn hint(finding: &Finding) -> Option<String> {
    let check = finding.check.as_str();
    let hint = of_effects(check)
        .or_else(|| of_order(check))
        .or_else(|| of_the_run(check))?;
    Some(format!("{}: {hint}.", clean(check)))
}

fn of_effects(check: &str) -> Option<&'static str> {
    Some(match check {
        "acknowledged-is-durable" | "acknowledged-is-visible" | "no-lost-ack" => {
            "the agent said yes to what the directory does not hold: look whether it acknowledges before its write is answered"
        }
        "directory-holds-acknowledged" => {
            "the directory holds another password than the history allows: look at what the agent wrote last, and to whom"
        }
        "acknowledged-opens-the-account" => {
            "a password is stored that nobody can sign in with: look at which characters the cloud lets through, and how the agent encodes them"
        }
        "replicas-agree" => {
            "domain controllers tell different things: look whether they still replicate, and on which of them the agent wrote"
        }
        "rejected-leaves-no-trace" => {
            "a refused operation changed the directory: look at the order of policy check and write"
        }
        "unlock-unlocks-and-changes-no-password" => {
            "an unlock left the lock or touched the password: look at what it writes"
        }
        "reset-also-unlocks" => "a reset left the account locked: the agent must also write lockoutTime = 0",
        "reset-is-whole" => "a reset was half done: write password and lock in one modify, or finish what was begun",
        "no-cross-user-write" => {
            "somebody else's account changed: look at how the agent finds the person behind an anchor"
        }
        "account-state-unchanged" => {
            "an account was enabled or disabled: the agent must leave userAccountControl alone"
        }
        "only-granted-attributes-change" => {
            "something else of an account was written: look at what the agent writes and as whom, and at who else writes there"
        }
        "no-lockout-by-writeback" => {
            "wrong passwords were counted that nobody gave: look whether the agent tries a change again with its old password"
        }
        "closed-gates-refuse" => {
            "the cloud let through what a licence or a switch refuses: ask every gate again before an order leaves"
        }
        "gates-hold" => {
            "somebody passed who must be refused: look at the gates of the cloud, and at what the agent locates"
        }
        "no-secret-at-rest" => "a secret was found in clear: remove it where it is written, and treat it as known",
        "no-secret-on-the-wire" => {
            "a secret left a part outside TLS: look at that connection's name, and at server names, which TLS does not hide"
        }
        _ => return None,
    })
}

fn of_order(check: &str) -> Option<&'static str> {
    Some(match check {
        "no-double-apply" | "replays-take-no-effect" => {
            "a password was written more than once: look at retries and at how the agent knows an operation again"
        }
        "one-order-explains-all" => "what was seen contradicts itself: follow the person told of step by step below",
        "no-stale-overwrite" | "no-late-apply" => {
            "an expired message was carried out: the agent must ask whether it has expired right before it writes"
        }
        "journals-agree" => "a person was told what agent or cloud did not write down: look where the answer came from",
        _ => return None,
    })
}

fn of_the_run(check: &str) -> Option<&'static str> {
    Some(match check {
        "faults-bit" => {
            "a fault had no effect that was seen, so nothing was put to the test: see logs/ for why it did not take"
        }
        "generator-kept-up" => {
            "the load generator itself was late, so that times and rates are its own as much as the chain's: lower the rate, \
             give the machine less else to do, or more processors"
        }
        "service-resumes-after-faults" => {
            "nothing succeeded although every fault was over: look which part did not find its way back, in logs/"
        }
        "every-operation-ends" => "operations hang: look which part waits without a bound",
        "every-arrival-accounted" => {
            "arrivals are missing from the history: trust none of its rates before that is understood"
        }
        "probe-complete" => "the directory was not read for everyone: see logs/ for why",
        "run-complete" => "the run was ended early: let it reach its end, and see logs/ for what stopped it",
        "goals-known" => "a goal is not known to this version: see how the scenario names it",
        _ => return None,
    })
}

fn after_doubt(verdict: &Verdict) -> Vec<String> {
    let doubted = |finding: &&Finding| finding.verdict == Mark::Inconclusive;
    let about_the_run = |finding: &&Finding| ABOUT_THE_RUN.contains(&finding.check.as_str());
    let mut steps: Vec<String> = verdict
        .findings
        .iter()
        .filter(doubted)
        .filter(about_the_run)
        .filter_map(hint)
        .collect();
    if verdict
        .findings
        .iter()
        .any(|finding| doubted(&finding) && finding.checked == 0 && !about_the_run(&finding))
    {
        let nothing =
            "A check that looked at nothing proves nothing: give the scenario load of the kind it needs, or more time.";
        steps.push(nothing.to_owned());
    }
    if verdict.unknown_resolved.open > 0 {
        let open = text::of(verdict.unknown_resolved.open, "operation stays", "operations stay");
        steps.push(format!(
            "{open} unknown even after the probe: see why in the chart of what was not applied."
        ));
    }
    if steps.is_empty() {
        steps.push("Read below why each finding is inconclusive; a longer run often settles it.".to_owned());
    }
    steps
}

fn about_ground(manifest: &Manifest) -> Option<String> {
    let lacking = !sheet::limits(manifest).is_empty();
    lacking.then(|| {
        "The directory lacks the ground for some checks: see what this run cannot show. Only a directory that has it settles them."
            .to_owned()
    })
}

fn about_load(verdict: &Verdict) -> Option<String> {
    let dropped = verdict.ops.dropped;
    let arrivals = dropped + verdict.ops.started();
    (dropped > 0).then(|| {
        format!(
            "{} of {} arrivals were dropped: the chain took less than was offered. Lower the rate, or see which stage is full.",
            text::count(dropped),
            text::count(arrivals)
        )
    })
}

/// The five figures of the first screen.
pub(crate) fn figures(judgement: &Judgement) -> [Figure; 5] {
    let verdict = &judgement.verdict;
    [
        applied(verdict),
        achieved(verdict),
        response(verdict),
        unknown(verdict),
        probed(verdict),
    ]
}

fn applied(verdict: &Verdict) -> Figure {
    let of = |kind: OpKind| verdict.ops_by_kind.of(kind).applied;
    let mut parts = vec![
        text::of(of(OpKind::Reset), "reset", "resets"),
        text::of(of(OpKind::Unlock), "unlock", "unlocks"),
    ];
    if of(OpKind::Change) > 0 {
        parts.push(text::of(of(OpKind::Change), "change", "changes"));
    }
    if of(OpKind::AdminReset) > 0 {
        parts.push(text::of(
            of(OpKind::AdminReset),
            "administrator's reset",
            "administrators' resets",
        ));
    }
    Figure {
        value: text::count(verdict.ops.applied),
        label: "operations applied",
        note: text::listed(&parts),
    }
}

fn achieved(verdict: &Verdict) -> Figure {
    Figure {
        value: text::rate(verdict.rates.achieved_per_s),
        label: "achieved",
        note: format!("of {} offered", text::rate(verdict.rates.offered_per_s)),
    }
}

fn response(verdict: &Verdict) -> Figure {
    let times = verdict.response_time_ms;
    let note = format!(
        "p50 {}, service p99 {}",
        text::millis(times.p50),
        text::millis(verdict.service_time_ms.p99)
    );
    Figure {
        value: text::millis(times.p99),
        label: "response time, p99",
        note,
    }
}

fn unknown(verdict: &Verdict) -> Figure {
    let resolved = verdict.unknown_resolved;
    let note = if verdict.ops.unknown == 0 {
        "every answer was clear".to_owned()
    } else {
        format!(
            "found {} applied, {} not applied, {} open",
            text::count(resolved.applied),
            text::count(resolved.not_applied),
            text::count(resolved.open)
        )
    };
    Figure {
        value: text::count(verdict.ops.unknown),
        label: "unknown when they ended",
        note,
    }
}

fn probed(verdict: &Verdict) -> Figure {
    let probed = verdict.probed;
    Figure {
        value: text::count(probed.people),
        label: "people probed",
        note: format!(
            "of {}, {}",
            text::count(probed.of),
            text::of(probed.binds, "bind", "binds")
        ),
    }
}

/// What happened in a fault, for people.
pub(crate) fn fault(name: &str) -> String {
    match name {
        "move_pdc" => "PDC role moves".to_owned(),
        other => clean(other).replace('_', " "),
    }
}

/// Whether a fault bit, for people.
pub(crate) fn bit(bit: Option<bool>) -> &'static str {
    match bit {
        Some(true) => "yes",
        Some(false) => "no: it proves nothing",
        None => "not known",
    }
}

/// How long writes took to reach one domain controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrivals {
    pub(crate) dc: String,
    pub(crate) cells: [String; 6],
}

/// What is said below a table of personas.
pub(crate) const PERSONAS_NOTE: &str =
    "Operations with the warm-up's. Whoever tries again has several: each attempt counts.";

/// Endings of a persona put into words; the rest is only counted.
const ENDINGS: usize = 4;

/// A name of a file as people write it.
pub(crate) fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// A reason as people read it: its name in words, the codes behind it as they are.
pub(crate) fn reason_words(reason: &str) -> String {
    match reason.split_once(' ') {
        Some((name, codes)) => format!("{} {codes}", spaced(name)),
        None => spaced(reason),
    }
}

/// How a persona's operations ended that were not applied: the most frequent first.
pub(crate) fn endings(row: &judge::PersonaRow) -> String {
    let told = row.endings.iter().take(ENDINGS);
    let mut told: Vec<String> = told
        .map(|ending| format!("{} {}", text::count(ending.count), reason_words(&ending.reason)))
        .collect();
    let rest: u64 = row.endings.iter().skip(ENDINGS).map(|ending| ending.count).sum();
    if rest > 0 {
        told.push(format!("{} more", text::count(rest)));
    }
    told.join(", ")
}

/// What the cells of [`Arrivals`] are.
pub(crate) const PROPAGATION_HEADS: [&str; 6] = ["seen", "not seen", "p50", "p90", "p99", "max"];

/// How to read them.
pub(crate) const PROPAGATION_NOTE: &str = "From the acknowledgement of a reset or unlock until a watcher of that domain controller saw its effect, \
     over the measure phase. Watchers look every 20 ms at first and later after a tenth of what has passed, so a time is up to that much too long; an effect seen before the \
     answer came counts as 0. A write that stands behind an unknown one is not timed: nobody can tell which version is whose.";

/// A line for each domain controller that has partners.
pub(crate) fn propagation(verdict: &Verdict) -> Vec<Arrivals> {
    let rows = verdict.propagation_ms.iter();
    rows.map(|(dc, times)| {
        let time = |ms: Option<f64>| match ms {
            None if times.unseen > 0 => "not seen".to_owned(),
            ms => text::millis(ms),
        };
        let [p50, p90, p99, max] = [times.p50, times.p90, times.p99, times.max].map(time);
        Arrivals {
            dc: clean(dc),
            cells: [text::count(times.count), text::count(times.unseen), p50, p90, p99, max],
        }
    })
    .collect()
}

/// The scenario's file, as the command names it that replays the run.
pub(crate) fn scenario_file(manifest: &Manifest) -> Option<&str> {
    let rest = manifest.reproduce.strip_prefix("wblab run ")?;
    let (file, _) = rest.split_once(" --seed ")?;
    (!file.is_empty()).then_some(file)
}

/// A mark in capitals.
pub(crate) fn shout(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "PASS",
        Mark::Fail => "FAIL",
        Mark::Inconclusive => "INCONCLUSIVE",
    }
}

/// A sign beside a mark, so that colour is never the only bearer.
pub(crate) fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "✓",
        Mark::Fail => "✗",
        Mark::Inconclusive => "?",
    }
}
