//! Tickets on their way to the generator, and the book of those that are out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, watch};

use crate::arrival::Arrival;
use crate::pipe::{Down, Ticket, send};
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
    open: HashMap<u64, Open>,
    holds: HashMap<u64, u32>,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An arrival goes out; gives the label that its person holds.
    fn goes_out(&self, arrival: Arrival) -> u32 {
        let mut pages = self.pages();
        pages.open.insert(arrival.number, Open { arrival, attempts: 0 });
        pages.holds.get(&arrival.person).copied().unwrap_or_default()
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

/// Writes tickets down the pipe as they are released, and at the end that none follows.
pub(crate) async fn write_tickets(
    mut down: Box<dyn AsyncWrite + Send + Unpin>,
    mut tickets: mpsc::Receiver<Released>,
    book: Arc<Book>,
    names: Vec<String>,
    start_us: u64,
    mut interrupt: watch::Receiver<bool>,
) {
    let ended = loop {
        let released = tokio::select! {
            released = tickets.recv() => released,
            _ = interrupt.changed() => break Down::Stop,
        };
        let Some(released) = released else { break Down::End };
        let holds = book.goes_out(released.arrival);
        let ticket = Down::Ticket(ticket(&released, &names, start_us, holds));
        if send(&mut down, &ticket).await.is_err() {
            return;
        }
        if tickets.is_empty() && down.flush().await.is_err() {
            return;
        }
    };
    if send(&mut down, &ended).await.is_ok() {
        let _ = down.flush().await;
    }
    // Closing the pipe would end the generator at once; it is held until the results are in.
    std::future::pending::<()>().await;
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

    #[test]
    fn an_arrival_is_out_until_its_last_attempt_has_ended_and_each_ends_once() {
        let book = Book::default();
        assert_eq!(book.goes_out(arrival(0)), 0);
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
        assert_eq!(book.goes_out(arrival(1)), 2);
    }
}
