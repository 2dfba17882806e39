//! Rounds of a death without a last word at random instants under load: nothing acknowledged is lost, nothing is done twice or late.

use std::fmt::Write as _;
use std::fs;

use history::{Event, Mark};
use serde_json::{Value, json};

use crate::support::{Job, scratch};

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
        let finished = Job::new(&["run", file.to_str().unwrap()]).into_out().finish();
        if !matches!(finished.code(), Some(0..=2)) || finished.folder().verdict().is_err() {
            return json!({ "held": false, "code": finished.code(), "said": finished.stderr });
        }
        let verdict = finished.verdict();
        let broken: Vec<String> = verdict
            .findings
            .iter()
            .filter(|finding| finding.verdict != Mark::Pass)
            .map(|finding| format!("{}: {}", finding.check, finding.why))
            .collect();
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
            "broken": broken,
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
        let mut dice = dice_of(round);
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

/// Dice of one round: SplitMix64.
fn dice_of(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
