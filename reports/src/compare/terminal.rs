//! A comparison on a terminal.

use history::{Change, Compared, Comparison};

use super::words;
use crate::screen::Screen;
use crate::text::clean;
use crate::words::{shout, sign};

/// The comparison in plain text, ending in a line break. Where the page lies is for the caller to say.
#[must_use]
pub fn comparison_in_terminal(comparison: &Comparison) -> String {
    told(comparison, false)
}

/// The same with ANSI colours (ECMA-48 SGR), for a terminal that has them.
#[must_use]
pub fn comparison_in_terminal_in_colour(comparison: &Comparison) -> String {
    told(comparison, true)
}

fn told(comparison: &Comparison, colour: bool) -> String {
    let mut screen = Screen::new(colour);
    for compared in &comparison.compared {
        screen.run(comparison, compared);
    }
    screen.out
}

impl Screen {
    fn run(&mut self, comparison: &Comparison, compared: &Compared) {
        let mark = self.mark(
            compared.verdict,
            &format!("{} {}", sign(compared.verdict), shout(compared.verdict)),
        );
        let (run, base) = (clean(&compared.party.name), clean(&comparison.base.name));
        self.line("");
        self.line(&format!(
            "{mark}  {run} against {base}, {}",
            clean(&comparison.scenario)
        ));
        self.line(&words::headline(compared));
        self.changes(compared);
        let known: Vec<String> = compared
            .notes
            .iter()
            .map(|note| clean(note))
            .chain(words::differences(compared))
            .collect();
        self.list("What has to be known", &known);
        self.list("What to do next", &words::next_steps(compared));
    }

    fn changes(&mut self, compared: &Compared) {
        let row = |change: &Change| {
            let [base, run, by, interval, _, p_adjusted, _, noise] = words::cells(change);
            [words::measure(change), base, run, by, interval, p_adjusted, noise]
        };
        let heads = [
            "",
            "base",
            "run",
            "change",
            "95 % interval",
            "p, adjusted",
            "noise floor",
        ]
        .map(str::to_owned);
        let rows: Vec<[String; 7]> = compared.changes.iter().map(row).collect();
        let wide = |column: usize| {
            let cells = rows.iter().chain([&heads]).map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: [usize; 7] = std::array::from_fn(wide);
        self.title("Measures");
        self.line(&format!("    {}  became", laid_out(&heads, &widths)));
        for (change, row) in compared.changes.iter().zip(&rows) {
            let sign = self.mark(change.verdict, sign(change.verdict));
            let decides = if change.decides { ' ' } else { '·' };
            self.line(&format!(
                " {decides}{sign} {}  {}",
                laid_out(row, &widths),
                words::judged(change.judged)
            ));
        }
    }

    fn list(&mut self, title: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.title(title);
        items.iter().for_each(|item| self.line(&format!("  {item}")));
    }
}

/// The first cell to the left, the others to the right.
fn laid_out(cells: &[String; 7], widths: &[usize; 7]) -> String {
    let pad = |(column, (cell, wide)): (usize, (&String, &usize))| {
        let blanks = " ".repeat(wide.saturating_sub(cell.chars().count()));
        if column == 0 {
            format!("{cell}{blanks}")
        } else {
            format!("{blanks}{cell}")
        }
    };
    let padded: Vec<String> = cells.iter().zip(widths).enumerate().map(pad).collect();
    padded.join("  ")
}
