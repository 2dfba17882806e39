//! How the parts of an operation's time look.

use judge::StagePart;

use super::frame::Entry;
use super::lanes::Piece;
use super::palette::Ink;
use crate::text;

/// Every part in the order of the chain, with its colour. The cloud works twice and has one colour; what is far apart on the way
/// and near in colour is not.
const PARTS: [(&str, Ink); 10] = [
    (WAIT, Ink::Grey),
    ("cloud", Ink::Blue),
    ("relay", Ink::Sky),
    ("queue", Ink::Orange),
    ("crypto", Ink::Purple),
    ("locate", Ink::Text),
    ("write", Ink::Vermillion),
    ("cloudstore", Ink::Blue),
    ("network", Ink::Green),
    ("untold", Ink::Grey),
];

/// What passes before an operation begins.
const WAIT: &str = "wait";

/// The colour of a part; of one that a newer version tells, one of its own.
fn ink(stage: &str) -> Ink {
    PARTS
        .iter()
        .find(|(name, _)| *name == stage)
        .map_or(Ink::Axis, |(_, ink)| *ink)
}

/// What a part is called beside its colour.
fn words(stage: &str) -> &str {
    match stage {
        WAIT => "wait to begin (thin)",
        "untold" => "no stage times",
        other => other,
    }
}

/// The parts one after the other, from 0 on.
pub(crate) fn pieces(parts: &[StagePart]) -> Vec<Piece> {
    let mut from = 0.0;
    let piece = |part: &StagePart| {
        let begin = from;
        from += part.us;
        Piece {
            from: begin,
            to: from,
            ink: ink(&part.stage),
            thin: part.stage == WAIT,
            told: format!("{} {}", text::clean(&part.stage), text::duration_us(part.us)),
        }
    };
    parts.iter().map(piece).collect()
}

/// The legend of those that occur.
pub(crate) fn legend<'a>(parts: &(impl Iterator<Item = &'a StagePart> + Clone)) -> Vec<Entry> {
    let occurs = |name: &str| parts.clone().any(|part| part.stage == name && part.us > 0.0);
    PARTS
        .iter()
        .filter(|(name, _)| occurs(name))
        .map(|(name, ink)| Entry::area(*ink, words(name)))
        .collect()
}

/// The sum of the parts.
pub(crate) fn whole(parts: &[StagePart]) -> f64 {
    parts.iter().map(|part| part.us).sum()
}
