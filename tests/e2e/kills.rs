//! Rounds of a death without a last word at random instants under load: nothing acknowledged is lost, nothing is done twice or late.

use std::fmt::Write as _;
use std::fs;

use history::{Event, Mark, Verdict};
use serde_json::{Value, json};
use vocabulary::Seed;

use crate::support::{Finished, Job, scratch};

/// Which parts die, and how often in one run.
pub struct Deaths {
    /// `embedded` or `docker`.
    pub world: &'static str,
    /// They die in turns.
    pub parts: &'static [&'static str],
    /// How often, all parts together.
    pub count: u64,
    /// From one death to the next at least, in milliseconds: longer than a part is dead, or nobody would see it alive.
    pub apart_ms: u64,
    /// Arrivals a second.
    pub rate: u64,
}

impl Deaths {
    /// Lets them die in one run and tells what became of it.
    pub fn survived(&self, round: u64) -> Value {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        let file = folder.path().join("kills.toml");
        fs::write(&file, self.scenario(round)).unwrap();
        let finished = match judged(file.to_str().unwrap()) {
            Ok(finished) => finished,
            Err(told) => return told,
        };
        let verdict = finished.verdict();
        let events = finished.folder().events().unwrap().map(Result::unwrap);
        let seen = events.filter(|event| matches!(event, Event::Inject(fault) if fault.bit == Some(true)));
        let deaths = seen.count() as u64;
        finished.expect_nothing_left();
        json!({
            "held": verdict.verdict == Mark::Pass && deaths == self.count && verdict.ops.applied > 0,
            "deaths": deaths,
            "applied": verdict.ops.applied,
            "unknown": verdict.ops.unknown,
            "unknown_applied": verdict.unknown_resolved.applied,
            "unknown_not_applied": verdict.unknown_resolved.not_applied,
            "broken": unheld(&verdict),
        })
    }

    /// Each death falls anywhere in the first half of its share of the time, and lasts for up to a quarter of it.
    fn scenario(&self, round: u64) -> String {
        let length_ms = 1000 + self.apart_ms * self.count;
        let people = (self.rate * length_ms / 1000 * 5 / 4).max(100);
        let mut text = format!(
            "schema = 1\nname = \"kills\"\nwhy = \"Parts die at random instants under load.\"\nseed = {seed}\n[world]\nkind = \"{world}\"\n\
             message_lifetime = \"4s\"\n[population]\npeople = {people}\npersonas = {{ forgot = 14, locked_out_and_forgot = 1, locked_out = 1 }}\n\
             [load.constant_arrival_rate]\nrate = \"{rate}/s\"\nunlocks = \"1/16\"\nwarm_up = \"1s\"\nmeasure = \"{length_ms}ms\"\nrequest_timeout = \"8s\"\n",
            seed = 1 + round,
            world = self.world,
            rate = self.rate,
        );
        let dice = Seed::new(round).child("deaths");
        let mut thrown = (0..).map(|number| thrown(&dice, number));
        let mut dice = || thrown.next().unwrap();
        for number in 0..self.count {
            let part = self.parts[usize::try_from(number).unwrap() % self.parts.len()];
            let at = 1000 + number * self.apart_ms + dice() % (self.apart_ms / 2);
            let lasts = 50 + dice() % (self.apart_ms / 4);
            writeln!(
                text,
                "[[faults]]\nat = \"{at}ms\"\nfor = \"{lasts}ms\"\nwhat.kill.part = \"{part}\""
            )
            .unwrap();
        }
        text
    }
}

fn thrown(dice: &Seed, number: u64) -> u64 {
    let seed = dice.nth("throw", number);
    u64::from_le_bytes(seed.bytes()[..8].try_into().unwrap())
}

/// Runs a scenario to its verdict; otherwise tells how it ended.
pub fn judged(file: &str) -> Result<Finished, Value> {
    let finished = Job::new(&["run", file]).into_out().finish();
    if matches!(finished.code(), Some(0..=2)) && finished.folder().verdict().is_ok() {
        return Ok(finished);
    }
    Err(json!({ "held": false, "code": finished.code(), "said": finished.stderr }))
}

/// Every check that does not pass, with why.
pub fn unheld(verdict: &Verdict) -> Vec<String> {
    let findings = verdict.findings.iter().filter(|finding| finding.verdict != Mark::Pass);
    findings
        .map(|finding| format!("{}: {} {:?}", finding.check, finding.why, finding.violations.first()))
        .collect()
}
