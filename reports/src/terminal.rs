//! The end of a run on a terminal.

use std::fmt::Write as _;

use history::{Manifest, Mark, OpCounts};
use judge::Judgement;
use vocabulary::{OpKind, OutcomeClass};

use crate::screen::Screen;
use crate::sheet;
use crate::text::{self, clean};
use crate::usage;
use crate::words;

/// Violations of one check that are shown; the page has all.
const SHOWN: usize = 3;

/// The summary in plain text, ending in a line break. Where the report lies is for the caller to say.
#[must_use]
pub fn terminal(judgement: &Judgement, manifest: &Manifest) -> String {
    Screen::new(false).summary(judgement, manifest)
}

/// The same with ANSI colours (ECMA-48 SGR), for a terminal that has them.
#[must_use]
pub fn terminal_in_colour(judgement: &Judgement, manifest: &Manifest) -> String {
    Screen::new(true).summary(judgement, manifest)
}

impl Screen {
    fn summary(mut self, judgement: &Judgement, manifest: &Manifest) -> String {
        self.verdict(judgement, manifest);
        self.figures(judgement);
        self.checks(judgement);
        self.limits(manifest);
        self.goals(judgement);
        self.operations(judgement);
        self.personas(judgement);
        self.propagation(judgement);
        self.resources(judgement);
        if judgement.verdict.verdict != Mark::Pass {
            self.steps(judgement, manifest);
        }
        self.out
    }

    fn verdict(&mut self, judgement: &Judgement, manifest: &Manifest) {
        let verdict = &judgement.verdict;
        let mark = self.mark(
            verdict.verdict,
            &format!("{} {}", words::sign(verdict.verdict), words::shout(verdict.verdict)),
        );
        let (scenario, world) = (clean(&verdict.scenario), clean(&manifest.world));
        self.line("");
        self.line(&format!("{mark}  {scenario}, {world} world, seed {}", verdict.seed));
        self.line(&words::headline(verdict));
        if let Some(early) = words::ended_early(verdict) {
            self.line(&early);
        }
    }

    fn figures(&mut self, judgement: &Judgement) {
        self.line("");
        let figures = words::figures(judgement);
        let wide = figures
            .iter()
            .map(|figure| figure.value.chars().count())
            .max()
            .unwrap_or(0);
        for figure in figures {
            let value = self.paint(&pad_left(&figure.value, wide), "1");
            self.line(&format!("  {value}  {}: {}", figure.label, figure.note));
        }
    }

    fn checks(&mut self, judgement: &Judgement) {
        let findings = &judgement.verdict.findings;
        let wide = findings
            .iter()
            .map(|finding| clean(&finding.check).chars().count())
            .max()
            .unwrap_or(0);
        self.title("Checks");
        for finding in findings {
            let sign = self.mark(finding.verdict, words::sign(finding.verdict));
            let name = pad(&clean(&finding.check), wide);
            let checked = pad_left(&text::count(finding.checked), 7);
            self.line(&format!("  {sign} {name} {checked}  {}", clean(&finding.why)));
            for violation in finding.violations.iter().take(SHOWN) {
                self.line(&format!("      {}", clean(violation)));
            }
            let more = finding.violations.len().saturating_sub(SHOWN);
            if more > 0 {
                self.line(&format!("      and {} more in report.html", text::count(more as u64)));
            }
        }
    }

    fn goals(&mut self, judgement: &Judgement) {
        let goals = &judgement.verdict.goals;
        if goals.is_empty() {
            return;
        }
        let wide = goals
            .iter()
            .map(|goal| words::goal_name(&goal.goal).chars().count())
            .max()
            .unwrap_or(0);
        self.title("Goals");
        for goal in goals {
            let sign = self.mark(goal.verdict, words::sign(goal.verdict));
            self.line(&format!(
                "  {sign} {} {}",
                pad(&words::goal_name(&goal.goal), wide),
                words::goal_words(goal)
            ));
        }
    }

    fn operations(&mut self, judgement: &Judgement) {
        self.title("Operations");
        let head = OutcomeClass::ALL.map(|class| pad_left(class.as_str(), 10)).concat();
        self.line(&format!("  {}{head}", pad("", 12)));
        for kind in OpKind::ALL {
            let counts = judgement.verdict.ops_by_kind.of(kind);
            if counts.started() + counts.dropped > 0 {
                self.row(&kind.as_str().replace('_', " "), counts);
            }
        }
        self.row("all", judgement.verdict.ops);
    }

    fn personas(&mut self, judgement: &Judgement) {
        let rows = &judgement.figures.personas;
        if rows.is_empty() {
            return;
        }
        let names: Vec<String> = rows.iter().map(|row| clean(&words::spaced(&row.persona))).collect();
        let wide = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        self.title("Personas");
        let head = OutcomeClass::ALL.map(|class| pad_left(class.as_str(), 10)).concat();
        self.line(&format!("  {}{head}", pad("", wide)));
        for (row, name) in rows.iter().zip(names) {
            let cells = OutcomeClass::ALL.map(|class| pad_left(&text::count(row.counts.get(class)), 10));
            let ended = clean(&words::endings(row));
            self.line(format!("  {}{}  {ended}", pad(&name, wide), cells.concat()).trim_end());
        }
    }

    fn row(&mut self, name: &str, counts: OpCounts) {
        let cells = OutcomeClass::ALL
            .map(|class| pad_left(&text::count(counts.get(class)), 10))
            .concat();
        self.line(&format!("  {}{cells}", pad(name, 12)));
    }

    fn propagation(&mut self, judgement: &Judgement) {
        let rows = words::propagation(&judgement.verdict);
        if rows.is_empty() {
            return;
        }
        let wide = rows.iter().map(|row| row.dc.chars().count()).max().unwrap_or(0);
        self.title("Propagation, from the acknowledgement");
        let head = words::PROPAGATION_HEADS.map(|name| pad_left(name, 10)).concat();
        self.line(&format!("  {}{head}", pad("", wide)));
        for row in rows {
            let cells = row.cells.map(|cell| pad_left(&cell, 10)).concat();
            self.line(&format!("  {}{cells}", pad(&row.dc, wide)));
        }
    }

    fn resources(&mut self, judgement: &Judgement) {
        let rows = usage::resources(&judgement.verdict);
        if rows.is_empty() {
            return;
        }
        let wide = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        self.title("Resources");
        for row in rows {
            let [mean, most, memory, ..] = row.cells;
            let (mean, most, memory) = (pad_left(&mean, 6), pad_left(&most, 6), pad_left(&memory, 10));
            self.line(&format!(
                "  {}{mean} processors on average,{most} at most,{memory}",
                pad(&row.name, wide)
            ));
        }
    }

    fn limits(&mut self, manifest: &Manifest) {
        let limits = sheet::limits(manifest);
        if limits.is_empty() {
            return;
        }
        self.title("What this run cannot show");
        for limit in limits {
            self.line(&format!("  - {limit}"));
        }
    }

    fn steps(&mut self, judgement: &Judgement, manifest: &Manifest) {
        self.title("What to do");
        for step in words::next_steps(&judgement.verdict, manifest) {
            let mut line = String::new();
            let _ = write!(line, "  - {step}");
            self.line(&line);
        }
    }
}

fn pad(text: &str, width: usize) -> String {
    let room = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(room))
}

fn pad_left(text: &str, width: usize) -> String {
    let room = width.saturating_sub(text.chars().count());
    format!("{}{text}", " ".repeat(room))
}
