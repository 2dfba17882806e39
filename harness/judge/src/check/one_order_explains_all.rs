//! Some order of a person's writes explains everything that was seen of their password.

use history::Finding;

use super::{Ground, Tally};
use crate::ledger::Ledger;
use crate::order::{Case, Unfit, counters};
use crate::story;

pub(super) const NAME: &str = "one-order-explains-all";

const GROUND: Ground = Ground {
    of: "people with a write whose number is right",
    open: "a write does not say what it wrote",
};

/// Writes may come in any order that their begins and deadlines leave, and an unknown one may be left out; beside that, the
/// directory's count, the instants at which versions were seen, every password read, and what each change proved must fit.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = Tally::default();
    for subject in ledger.subjects() {
        match Case::of(&subject) {
            Err(Unfit::Unlabelled) => tally.leave_open(1),
            // Where domain controllers part, `replicas-agree` says so; equal values tell nothing apart.
            Err(Unfit::Divided | Unfit::Repeated | Unfit::Nothing) => {}
            // Numbers that are wrong by themselves are for `no-lost-ack` and `no-double-apply`.
            Ok(case) if !counters::agree(&case.register) => {}
            Ok(case) if case.register.is_explained() => tally.hold(),
            Ok(case) => {
                tally.hold();
                tally.violate(|| story::sentence(&subject, &case));
            }
        }
    }
    tally.finding(NAME, GROUND)
}
