//! Where the time of an operation went on each side.

use judge::StageRow;
use judge::compare::SideFigures;

use super::{inked, left_out, legend};
use crate::charts::bars::{self, Bar, Group};
use crate::charts::frame::{Entry, Heading, Sheet, sentence};
use crate::charts::scale::Axis;
use crate::charts::shape::Drawing;
use crate::text;

const TITLE: &str = "Median time in each stage";

/// A bar for each side, stage by stage, in the order of the chain.
pub(super) fn draw(sides: &[SideFigures], sheet: Sheet) -> Drawing {
    let names = names(sides);
    if names.is_empty() {
        return sentence(
            sheet,
            TITLE,
            "No answer carried stage times, so the time cannot be split.",
        );
    }
    let groups: Vec<Group> = names.iter().map(|name| group(sides, name)).collect();
    let heading = Heading {
        title: TITLE.to_owned(),
        note: left_out(sides),
        legend: legend(sides, Entry::area),
    };
    let longest = groups
        .iter()
        .flat_map(|group| &group.bars)
        .map(|bar| bar.value)
        .fold(0.0, f64::max);
    let axis = Axis::latency_from_zero(longest, sheet.parts() / 2 + 1, "Exclusive time");
    let mut drawing = bars::draw(sheet, &heading, &groups, &axis);
    let told = |group: &Group| {
        let values: Vec<&str> = group.bars.iter().map(|bar| bar.text.as_str()).collect();
        format!("{} {}", group.name, values.join(" and "))
    };
    drawing.summary = format!("{TITLE}: {}.", groups.iter().map(told).collect::<Vec<_>>().join(", "));
    drawing
}

/// Stages of any side, in the order of the first that has them.
fn names(sides: &[SideFigures]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in sides.iter().flat_map(|side| &side.stages).filter(|row| row.count > 0) {
        if !names.contains(&row.stage.as_str()) {
            names.push(&row.stage);
        }
    }
    names
}

fn group(sides: &[SideFigures], name: &str) -> Group {
    let row = |side: &SideFigures| -> Option<StageRow> { side.stages.iter().find(|row| row.stage == name).cloned() };
    let rows: Vec<Option<StageRow>> = inked(sides).map(|(side, _)| row(side)).collect();
    let bar = |(row, (_, ink)): (&Option<StageRow>, (&SideFigures, _))| {
        let us = row.as_ref().map(|row| row.p50_us as f64);
        Bar {
            value: us.unwrap_or(0.0),
            text: us.map_or_else(|| "not measured".to_owned(), text::duration_us),
            ink,
        }
    };
    let tails = rows.iter().flatten().map(|row| text::duration_us(row.p99_us as f64));
    Group {
        name: text::clean(name),
        note: format!("p99 {}", tails.collect::<Vec<_>>().join(", ")),
        bars: rows.iter().zip(inked(sides)).map(bar).collect(),
    }
}
