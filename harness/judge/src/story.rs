//! A violation told so that a person can follow it: the smallest part of a history that still contradicts itself.

mod core;

use crate::order::{Case, exhaustive};
use crate::subject::{Subject, seconds};

pub(crate) use core::Core;

/// The contradiction in one sentence.
pub(crate) fn sentence(subject: &Subject<'_>, case: &Case<'_>) -> String {
    let core = Core::of(case);
    let told = core.told(case);
    let tried = match exhaustive::explains(&core.register(case)) {
        Some(false) => ", and every order was tried",
        _ => "",
    };
    format!(
        "{}: expected an order of the writes that explains what was seen, saw none{tried}: {}",
        subject.name(),
        told.join("; ")
    )
}

/// From when until when, for a sentence.
fn span(from_us: u64, until_us: u64) -> String {
    match until_us {
        u64::MAX => format!("after {}", seconds(from_us)),
        _ => format!("between {} and {}", seconds(from_us), seconds(until_us)),
    }
}
