//! Wrong agents.

mod answers_before_writing;
mod behind_the_time;
mod crosses_envelopes;
mod cuts_password;
mod deaf;
mod dials_passwords;
mod extends_expiry;
mod forgets_too_soon;
mod forgets_unlock;
mod gives_up_early;
mod journal;
mod keeps_the_older;
mod leaves_a_note;
mod logs_passwords;
mod loses_lines;
mod loses_write;
mod no_dedup;
mod previous_answer;
mod previous_password;
mod refuses_what_it_wrote;
mod seals_applied;
mod short_ids;
mod short_names;
mod skips_the_second;
mod slow_journal;
mod swallows_refusal;
mod tells_passwords;
mod tells_twice;
mod tries_an_old_password;
mod unlock_resets;
mod unlocks_without_reset;
mod writes_after_expiry;
mod writes_the_older_again;
mod writes_twice;
mod wrong_person;

use std::sync::Arc;

use agent::{AgentParts, DirectoryWriter, EventSink, Journal, Opener, Sealer};
use environment::Parts;

use super::Planted;

/// Every wrong agent.
pub(super) const ALL: &[Planted] = &[
    loses_write::PLANTED,
    answers_before_writing::PLANTED,
    swallows_refusal::PLANTED,
    seals_applied::PLANTED,
    previous_answer::PLANTED,
    refuses_what_it_wrote::PLANTED,
    gives_up_early::PLANTED,
    writes_twice::PLANTED,
    writes_the_older_again::PLANTED,
    keeps_the_older::PLANTED,
    skips_the_second::PLANTED,
    wrong_person::PLANTED,
    short_names::PLANTED,
    crosses_envelopes::PLANTED,
    previous_password::PLANTED,
    cuts_password::PLANTED,
    forgets_unlock::PLANTED,
    unlock_resets::PLANTED,
    unlocks_without_reset::PLANTED,
    tries_an_old_password::PLANTED,
    leaves_a_note::PLANTED,
    writes_after_expiry::PLANTED,
    extends_expiry::PLANTED,
    behind_the_time::PLANTED,
    no_dedup::PLANTED,
    forgets_too_soon::PLANTED,
    short_ids::PLANTED,
    tells_twice::PLANTED,
    loses_lines::PLANTED,
    logs_passwords::PLANTED,
    tells_passwords::PLANTED,
    dials_passwords::PLANTED,
    slow_journal::PLANTED,
];

/// An agent with other parts; they are made anew whenever one starts.
fn with(parts: Parts, made: impl Fn() -> AgentParts + Send + Sync + 'static) -> Parts {
    Parts {
        agent: Arc::new(move |config, clock| Box::pin(agent::start_with(config, clock, made()))),
        ..parts
    }
}

/// An agent that writes by this writer.
fn writing(parts: Parts, wrap: fn(Arc<dyn DirectoryWriter>) -> Arc<dyn DirectoryWriter>) -> Parts {
    with(parts, move || AgentParts {
        writer: Box::new(wrap),
        ..AgentParts::default()
    })
}

/// An agent that keeps this journal.
fn remembering(parts: Parts, wrap: fn(Arc<dyn Journal>) -> Arc<dyn Journal>) -> Parts {
    with(parts, move || AgentParts {
        journal: Box::new(wrap),
        ..AgentParts::default()
    })
}

/// An agent that opens requests by this.
fn opening(parts: Parts, wrap: fn(Arc<dyn Opener>) -> Arc<dyn Opener>) -> Parts {
    with(parts, move || AgentParts {
        opener: Box::new(wrap),
        ..AgentParts::default()
    })
}

/// An agent that seals answers by this.
fn sealing(parts: Parts, wrap: fn(Arc<dyn Sealer>) -> Arc<dyn Sealer>) -> Parts {
    with(parts, move || AgentParts {
        sealer: Box::new(wrap),
        ..AgentParts::default()
    })
}

/// An agent whose event log goes there.
fn logging(parts: Parts, wrap: fn(Arc<dyn EventSink>) -> Arc<dyn EventSink>) -> Parts {
    with(parts, move || AgentParts {
        events: Box::new(wrap),
        ..AgentParts::default()
    })
}
