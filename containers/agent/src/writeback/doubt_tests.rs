//! What a reading says, as a table.

use super::*;
use crate::writeback::port::Before;

/// Version and lock.
type Stand = (u64, i64);

fn facts((version, locked): Stand) -> Facts {
    Facts {
        key_version: Some(version),
        password_set: None,
        locked,
    }
}

fn doubt(before: Stand, quiet: bool, crowded: bool) -> Doubt {
    Doubt {
        before: Before {
            dc: "dc1.corp.test".to_owned(),
            facts: facts(before),
            unlocks: true,
        },
        crowded,
        quiet,
        ended: None,
    }
}

fn reading(now: &[Stand], complete: bool) -> Reading {
    Reading {
        facts: now.iter().copied().map(facts).collect(),
        complete,
    }
}

/// Judges a reading of everybody, when nothing can be under way any more and nobody else was there.
fn plain(kind: OpKind, before: Stand, now: &[Stand]) -> Verdict {
    judge(kind, &doubt(before, true, false), &reading(now, true))
}

#[test]
fn a_password_that_was_written_counts_one() {
    use OpKind::Reset;
    assert_eq!(plain(Reset, (3, 0), &[(4, 0)]), Verdict::Applied);
    assert_eq!(plain(Reset, (3, 0), &[(3, 0)]), Verdict::NotApplied);
    assert_eq!(
        plain(Reset, (3, 0), &[(5, 0)]),
        Verdict::Never,
        "somebody else wrote too"
    );
    assert_eq!(
        plain(Reset, (3, 0), &[(2, 0)]),
        Verdict::Never,
        "the domain controller went back in time"
    );
    assert_eq!(
        plain(Reset, (3, 0), &[(3, 0), (4, 0)]),
        Verdict::Applied,
        "it is on its way to the other"
    );
    assert_eq!(
        plain(Reset, (3, 0), &[]),
        Verdict::Never,
        "what cannot be read proves nothing"
    );
}

#[test]
fn a_reset_that_unlocks_took_effect_whole_or_cannot_be_told() {
    use OpKind::Reset;
    assert_eq!(plain(Reset, (3, 99), &[(4, 0)]), Verdict::Applied);
    assert_eq!(plain(Reset, (3, 99), &[(4, 99)]), Verdict::Never, "half of it");
    assert_eq!(
        plain(Reset, (3, 99), &[(4, 120)]),
        Verdict::Applied,
        "locked anew since"
    );
}

#[test]
fn a_modify_that_may_still_come_about_is_not_given_up() {
    use OpKind::Reset;
    for (quiet, complete) in [(false, true), (true, false), (false, false)] {
        let open = judge(Reset, &doubt((3, 0), quiet, false), &reading(&[(3, 0)], complete));
        assert_eq!(open, Verdict::Open, "quiet {quiet}, complete {complete}");
        let done = judge(Reset, &doubt((3, 0), quiet, false), &reading(&[(4, 0)], complete));
        assert_eq!(done, Verdict::Applied, "quiet {quiet}, complete {complete}");
    }
    assert_eq!(
        judge(Reset, &doubt((3, 0), true, false), &reading(&[], false)),
        Verdict::Open
    );
}

#[test]
fn what_another_operation_of_ours_explains_proves_nothing() {
    use OpKind::{Reset, Unlock};
    let crowded = |kind, before, now| judge(kind, &doubt(before, true, true), &reading(&[now], true));
    assert_eq!(crowded(Reset, (3, 0), (4, 0)), Verdict::Never);
    assert_eq!(
        crowded(Reset, (3, 0), (3, 0)),
        Verdict::NotApplied,
        "nobody wrote at all"
    );
    assert_eq!(crowded(Unlock, (3, 99), (3, 0)), Verdict::Never);
    assert_eq!(
        crowded(Unlock, (3, 0), (3, 0)),
        Verdict::Applied,
        "it is as it should be, whoever did it"
    );
}

#[test]
fn an_unlock_is_read_off_the_lock() {
    use OpKind::Unlock;
    assert_eq!(plain(Unlock, (3, 99), &[(3, 0)]), Verdict::Applied);
    assert_eq!(plain(Unlock, (3, 99), &[(3, 99), (3, 0)]), Verdict::Applied);
    assert_eq!(plain(Unlock, (3, 99), &[(3, 99)]), Verdict::NotApplied);
    assert_eq!(
        plain(Unlock, (3, 99), &[(3, 120)]),
        Verdict::Never,
        "locked anew: before or after?"
    );
    assert_eq!(plain(Unlock, (3, 0), &[(4, 0)]), Verdict::Applied);
    assert_eq!(plain(Unlock, (3, 99), &[]), Verdict::Never);
    let early = judge(Unlock, &doubt((3, 99), false, false), &reading(&[(3, 99)], true));
    assert_eq!(early, Verdict::Open);
}
