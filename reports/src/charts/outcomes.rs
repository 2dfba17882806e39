//! How operations ended, by kind.

use judge::Figures;
use vocabulary::{OpKind, OutcomeClass};

use super::bars::{self, Bar, Group};
use super::frame::{Entry, Heading, Sheet, sentence};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use crate::text;

const TITLE: &str = "Operations by kind and outcome";

/// The colour of a class, here and in the chart of reasons.
pub(crate) fn ink(class: OutcomeClass) -> Ink {
    match class {
        OutcomeClass::Applied => Ink::Blue,
        OutcomeClass::Rejected => Ink::Orange,
        OutcomeClass::Failed => Ink::Vermillion,
        OutcomeClass::Unknown => Ink::Purple,
        OutcomeClass::Dropped => Ink::Grey,
    }
}

/// The legend for the classes that occur.
pub(crate) fn legend(classes: impl Fn(OutcomeClass) -> bool) -> Vec<Entry> {
    let present = OutcomeClass::ALL.into_iter().filter(|class| classes(*class));
    present.map(|class| Entry::area(ink(class), class.as_str())).collect()
}

fn count(figures: &Figures, kind: OpKind, class: OutcomeClass) -> u64 {
    let of = figures
        .outcomes
        .iter()
        .filter(|row| row.op == kind && row.class == class);
    of.map(|row| row.count).sum()
}

fn group(figures: &Figures, kind: OpKind) -> Option<Group> {
    let counts = OutcomeClass::ALL.map(|class| (class, count(figures, kind, class)));
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let bar = |(class, count): (OutcomeClass, u64)| Bar {
        value: count as f64,
        text: format!("{} ({})", text::count(count), text::share(count, all)),
        ink: ink(class),
    };
    (all > 0).then(|| Group {
        name: kind.as_str().replace('_', " "),
        note: text::of(all, "operation", "operations"),
        bars: counts.into_iter().filter(|(_, count)| *count > 0).map(bar).collect(),
    })
}

/// A group of bars for each kind, a bar for each class.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let groups: Vec<Group> = OpKind::ALL
        .into_iter()
        .filter_map(|kind| group(figures, kind))
        .collect();
    if groups.is_empty() {
        return sentence(sheet, TITLE, "No operation was recorded.");
    }
    let present = |class| figures.outcomes.iter().any(|row| row.class == class && row.count > 0);
    let heading = Heading {
        title: TITLE.to_owned(),
        note: String::new(),
        legend: legend(present),
    };
    let most = groups
        .iter()
        .flat_map(|group| &group.bars)
        .map(|bar| bar.value)
        .fold(0.0, f64::max);
    let axis = Axis::from_zero(
        most,
        sheet.parts() / 2 + 1,
        true,
        "Operations (count, warm-up included)",
    );
    let mut drawing = bars::draw(sheet, &heading, &groups, &axis);
    drawing.summary = summary(&groups, figures);
    drawing
}

fn summary(groups: &[Group], figures: &Figures) -> String {
    let kinds: Vec<String> = groups
        .iter()
        .map(|group| format!("{}: {}", group.name, group.note))
        .collect();
    let applied: u64 = OpKind::ALL
        .map(|kind| count(figures, kind, OutcomeClass::Applied))
        .iter()
        .sum();
    format!("{TITLE}. {}; {} applied.", kinds.join(", "), text::count(applied))
}
