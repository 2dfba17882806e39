//! What a person does, as a small state machine for each persona: the acts of each attempt, and whether another follows.
//!
//! Pure: outcomes come in, acts go out. How an act is done is in `visit` and `helpdesk`.

use engine::attempt::{ATTEMPTS_MAX, choice};
use engine::pipe::Ticket;
use scenario::Persona;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, ReasonCode};

/// One thing that somebody does at a page, or that somebody's helpdesk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Opens the first page of the portal.
    Open,
    /// Says who they are.
    Identify,
    /// Asks for a code.
    SendCode,
    /// Enters the code from the mail.
    Verify,
    /// Enters a code that they guess.
    Guess,
    /// Sends the last form: a reset or an unlock.
    Finish,
    /// Sends the last form twice at once.
    FinishTwice,
    /// Opens the page for changing a password.
    OpenChange,
    /// Sends the old password and a new one.
    Change,
    /// Sends a mistyped old password and a new one.
    ChangeMistyped,
    /// Has the helpdesk set a password.
    CallHelpdesk,
    /// Leaves.
    Leave,
}

use Act::{
    CallHelpdesk, Change, ChangeMistyped, Finish, FinishTwice, Guess, Identify, Leave, Open, OpenChange, SendCode,
    Verify,
};

/// The pages up to the last form.
const TO_THE_FORM: [Act; 4] = [Open, Identify, SendCode, Verify];

/// What follows on an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing.
    Done,
    /// Another attempt at once.
    Again,
    /// Another attempt after a while away.
    Later,
}

/// The acts of an attempt, counted from 1, in order; the first that is answered by an outcome ends it.
pub(crate) fn acts(ticket: &Ticket, attempt: u32) -> Vec<Act> {
    let with = |last: Act| TO_THE_FORM.into_iter().chain([last]).collect();
    match (ticket.persona, attempt) {
        (Persona::VoluntaryChange, 1) if ticket.then.is_some() => vec![OpenChange, ChangeMistyped],
        (Persona::VoluntaryChange, _) => vec![OpenChange, Change],
        (Persona::Helpdesk, _) => vec![CallHelpdesk],
        (Persona::Impostor, 1) => vec![Open, Identify, SendCode, Guess, Leave],
        (Persona::Impostor, _) => vec![Guess, Leave],
        (Persona::GivesUp, _) | (Persona::ComesBackLater, 1) => leaves(ticket.op_id),
        (Persona::DoubleClicker, _) => with(FinishTwice),
        _ => with(Finish),
    }
}

/// Half-way: after one, two, three or all of the pages before the last form.
fn leaves(op_id: Uuid) -> Vec<Act> {
    let pages = 1 + usize::try_from(choice(op_id, "leaves", 4)).unwrap_or_default();
    TO_THE_FORM.into_iter().take(pages).chain([Leave]).collect()
}

/// What follows on an attempt that ended so.
pub(crate) fn next(ticket: &Ticket, attempt: u32, outcome: &Outcome) -> Next {
    let Outcome::Rejected(reason) = outcome else {
        return Next::Done;
    };
    match (ticket.persona, attempt, reason.code) {
        (_, ATTEMPTS_MAX.., _) => Next::Done,
        (Persona::WeakThenGood | Persona::ReusedThenGood, 1, ReasonCode::PasswordPolicy) => Next::Again,
        (Persona::VoluntaryChange, 1, ReasonCode::IncorrectPassword) if ticket.then.is_some() => Next::Again,
        (Persona::Impostor, _, ReasonCode::WrongCode) => Next::Again,
        (Persona::ComesBackLater, 1, ReasonCode::Abandoned) => Next::Later,
        _ => Next::Done,
    }
}

/// The label that a person proves with an attempt: none that is mistyped.
pub(crate) fn proves(ticket: &Ticket, attempt: u32) -> Option<u32> {
    let is_right = ticket.op == OpKind::Change && !acts(ticket, attempt).contains(&ChangeMistyped);
    is_right.then_some(ticket.holds)
}

/// A code that somebody guesses who has not read the mail.
pub(crate) fn guess(attempt: Uuid) -> String {
    format!("{:06}", choice(attempt, "guess", 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(persona: Persona) -> Ticket {
        Ticket {
            number: 0,
            intended_us: 0,
            released_us: 0,
            person: 0,
            persona,
            upn: String::new(),
            op: persona.asks_for(),
            writes: Some(1),
            then: None,
            holds: 7,
            op_id: Uuid::from_u128(9),
            attempt: 1,
        }
    }

    fn rejected(code: ReasonCode) -> Outcome {
        Outcome::rejected(code)
    }

    #[test]
    fn everybody_has_something_to_do_and_most_do_it_once() {
        for persona in Persona::ALL {
            let ticket = ticket(persona);
            assert!(!acts(&ticket, 1).is_empty(), "{persona:?}");
            for outcome in [Outcome::Applied, Outcome::failed(ReasonCode::NotSent)] {
                assert_eq!(next(&ticket, 1, &outcome), Next::Done, "{persona:?}");
            }
            let again = [ReasonCode::PasswordPolicy, ReasonCode::WrongCode, ReasonCode::Abandoned]
                .iter()
                .any(|code| next(&ticket, 1, &rejected(*code)) != Next::Done);
            let once_more = persona.may_try_again() && persona != Persona::VoluntaryChange;
            assert_eq!(again, once_more, "{persona:?}");
        }
    }

    #[test]
    fn a_refused_password_is_followed_by_a_good_one_and_no_third() {
        for persona in [Persona::WeakThenGood, Persona::ReusedThenGood] {
            let ticket = ticket(persona);
            let refusal = rejected(ReasonCode::PasswordPolicy);
            assert_eq!(next(&ticket, 1, &refusal), Next::Again);
            assert_eq!(next(&ticket, 2, &refusal), Next::Done);
            assert_eq!(next(&ticket, 1, &rejected(ReasonCode::PermissionDenied)), Next::Done);
        }
    }

    #[test]
    fn whoever_mistypes_proves_nothing_and_then_what_they_have() {
        let once = ticket(Persona::VoluntaryChange);
        assert_eq!(acts(&once, 1), [OpenChange, Change]);
        assert_eq!(proves(&once, 1), Some(7));
        let mistyper = Ticket { then: Some(1), ..once };
        assert_eq!(acts(&mistyper, 1), [OpenChange, ChangeMistyped]);
        assert_eq!((proves(&mistyper, 1), proves(&mistyper, 2)), (None, Some(7)));
        let refusal = rejected(ReasonCode::IncorrectPassword);
        assert_eq!(next(&mistyper, 1, &refusal), Next::Again);
        assert_eq!(next(&mistyper, 2, &refusal), Next::Done, "once is enough");
        assert_eq!(proves(&ticket(Persona::Forgot), 1), None);
    }

    #[test]
    fn an_impostor_guesses_until_nothing_more_is_taken_and_never_finishes() {
        let ticket = ticket(Persona::Impostor);
        for attempt in 1..=5 {
            let acts = acts(&ticket, attempt);
            assert_eq!(acts.contains(&Open), attempt == 1, "one session");
            assert!(!acts.contains(&Finish) && acts.ends_with(&[Guess, Leave]));
            assert_eq!(next(&ticket, attempt, &rejected(ReasonCode::WrongCode)), Next::Again);
        }
        assert_eq!(next(&ticket, 5, &rejected(ReasonCode::Throttled)), Next::Done);
        assert_eq!(
            next(&ticket, ATTEMPTS_MAX, &rejected(ReasonCode::WrongCode)),
            Next::Done
        );
        assert_eq!(guess(Uuid::from_u128(3)).len(), 6);
    }

    #[test]
    fn whoever_leaves_has_seen_a_page_and_not_the_last_form() {
        for number in 0..50 {
            let acts = leaves(Uuid::from_u128(number));
            assert!(
                (2..=5).contains(&acts.len()) && acts[0] == Open && acts.ends_with(&[Leave]),
                "{acts:?}"
            );
        }
        let ticket = ticket(Persona::ComesBackLater);
        assert_eq!(next(&ticket, 1, &rejected(ReasonCode::Abandoned)), Next::Later);
        assert_eq!(acts(&ticket, 2).last(), Some(&Finish));
    }
}
