//! Tickets on their way to the generator, and the book of those that are out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::arrival::Arrival;
use crate::pipe::{Down, Ticket, encode, send};
use crate::release::Released;

/// An arrival whose last attempt has not ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    pub arrival: Arrival,
    /// Attempts that have.
    pub attempts: u32,
}

/// The arrivals that are out, and which password each person has as far as they were told.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    open: FxHashMap<u64, Open>,
    holds: FxHashMap<u64, u32>,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arrivals go out; gives the labels that their people hold.
    fn go_out(&self, released: &[Released]) -> Vec<u32> {
        let mut pages = self.pages();
        let holds = released.iter().map(|Released { arrival, .. }| {
            let open = Open {
                arrival: *arrival,
                attempts: 0,
            };
            pages.open.insert(arrival.number, open);
            pages.holds.get(&arrival.person).copied().unwrap_or_default()
        });
        holds.collect()
    }

    /// The next attempt of an arrival has ended, with or without another to follow; nothing if that attempt is not due.
    pub fn attempted(&self, number: u64, attempt: u32, more: bool) -> Option<Arrival> {
        let mut pages = self.pages();
        let open = pages.open.get_mut(&number)?;
        if attempt != open.attempts + 1 {
            return None;
        }
        open.attempts = attempt;
        let arrival = open.arrival;
        if !more {
            pages.open.remove(&number);
        }
        Some(arrival)
    }

    /// A person was told that they have a new password.
    pub fn now_holds(&self, person: u64, label: Option<u32>) {
        if let Some(label) = label {
            self.pages().holds.insert(person, label);
        }
    }

    /// The arrivals that are still out, in their order.
    pub fn open(&self) -> Vec<Open> {
        let mut open: Vec<Open> = self.pages().open.values().copied().collect();
        open.sort_unstable_by_key(|open| open.arrival.number);
        open
    }
}

/// Where tickets go out: down the pipe, by the thread that releases them, so that no other must be woken for it.
pub(crate) struct Desk {
    pub down: Box<dyn AsyncWrite + Send + Unpin>,
    pub book: Arc<Book>,
    /// The people's names, by their numbers.
    pub names: Vec<String>,
    /// Where the load begins on the run's axis.
    pub start_us: u64,
    /// Whether a person wants the run to end.
    pub interrupt: watch::Receiver<bool>,
    pub runtime: Handle,
}

impl Desk {
    /// All of an instant in one write: each would be a call of the kernel, and wake the generator. Tells whether it still listens.
    pub fn hand_out(&mut self, released: &[Released]) -> bool {
        let mut frames = Vec::new();
        let held = self.book.go_out(released);
        let written = released.iter().zip(held).try_for_each(|(released, holds)| {
            let ticket = ticket(released, &self.names, self.start_us, holds);
            encode(&Down::Ticket(ticket), &mut frames)
        });
        written.is_ok() && self.runtime.block_on(self.down.write_all(&frames)).is_ok()
    }

    /// Says that no ticket follows. The desk is kept until the results are in: closing the pipe would end the generator at once.
    pub fn close(&mut self) {
        let end = if *self.interrupt.borrow() {
            Down::Stop
        } else {
            Down::End
        };
        // That the generator is gone is heard of at the other end of the pipe.
        let _ = self.runtime.block_on(send(&mut self.down, &end));
    }
}

fn ticket(Released { arrival, at_us }: &Released, names: &[String], start_us: u64, holds: u32) -> Ticket {
    let name = usize::try_from(arrival.person).ok().and_then(|index| names.get(index));
    Ticket {
        number: arrival.number,
        intended_us: start_us + arrival.at_us,
        released_us: *at_us,
        person: arrival.person,
        persona: arrival.persona,
        upn: name.cloned().unwrap_or_default(),
        op: arrival.op,
        writes: arrival.writes,
        then: arrival.then,
        holds,
        op_id: arrival.op_id,
        attempt: 1,
    }
}

#[cfg(test)]
mod tests {
    use scenario::Persona;
    use uuid::Uuid;
    use vocabulary::OpKind;

    use super::*;

    fn arrival(number: u64) -> Arrival {
        Arrival {
            number,
            at_us: 0,
            person: 5,
            persona: Persona::WeakThenGood,
            op: OpKind::Reset,
            writes: Some(1),
            then: Some(2),
            op_id: Uuid::from_u128(1),
        }
    }

    /// Gives the label that its person holds.
    fn goes_out(book: &Book, number: u64) -> u32 {
        let arrival = arrival(number);
        book.go_out(&[Released { arrival, at_us: 0 }])[0]
    }

    #[test]
    fn an_arrival_is_out_until_its_last_attempt_has_ended_and_each_ends_once() {
        let book = Book::default();
        assert_eq!(goes_out(&book, 0), 0);
        assert!(book.attempted(0, 2, false).is_none(), "the first comes first");
        assert!(book.attempted(0, 1, true).is_some());
        assert!(book.attempted(0, 1, false).is_none(), "an attempt ends once");
        assert_eq!(book.open()[0].attempts, 1);
        let ended = book.attempted(0, 2, false).unwrap();
        assert_eq!(
            [1, 2, 3].map(|attempt| ended.writes_at(attempt)),
            [Some(1), Some(2), Some(2)]
        );
        assert!(book.open().is_empty() && book.attempted(0, 3, false).is_none());
    }

    #[test]
    fn whoever_comes_again_holds_what_they_were_told() {
        let book = Book::default();
        book.now_holds(5, Some(2));
        book.now_holds(5, None);
        assert_eq!(goes_out(&book, 1), 2);
    }
}
