//! How busy the generator is, counted as its users come and go.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use engine::pipe::Gauge;

/// Counts users with an operation and tickets that wait for one. All of it is telling, none of it decides anything.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    users: u32,
    ready: AtomicBool,
    busy: AtomicU32,
    waiting_max: AtomicU32,
}

impl Counts {
    /// Of so many users, all free.
    pub fn of(users: u32) -> Self {
        Self {
            users,
            ..Self::default()
        }
    }

    /// The engine was told that all users are up.
    pub fn ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// A user has taken a ticket.
    pub fn took(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    /// And is done with it.
    pub fn ended(&self) {
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }

    /// A ticket comes and finds so many before it. Tells whether a user is free for it.
    pub fn comes(&self, before: usize) -> bool {
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let busy = self.busy.load(Ordering::Relaxed);
        let free = busy.saturating_add(before) < self.users;
        // Tickets for which users are free are on their way, they do not wait.
        let waiting = if free { 0 } else { before.saturating_add(1) };
        self.waiting_max.fetch_max(waiting, Ordering::Relaxed);
        free
    }

    /// How it stands with so many in the queue, once all users are up; the most that waited is counted anew.
    pub fn gauge(&self, waiting: usize) -> Option<Gauge> {
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        self.ready.load(Ordering::Acquire).then(|| Gauge {
            waiting,
            waiting_max: self.waiting_max.swap(0, Ordering::Relaxed).max(waiting),
            busy: self.busy.load(Ordering::Relaxed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_finds_a_free_user_until_as_many_are_busy_or_on_their_way() {
        let counts = Counts::of(2);
        assert!(counts.comes(0) && counts.comes(1));
        counts.took();
        assert!(counts.comes(0) && !counts.comes(1), "one is busy, one is on its way");
        counts.took();
        assert!(!counts.comes(0));
        assert_eq!(counts.gauge(1), None, "nobody was told that users are up");
        counts.ready();
        let told = |counts: &Counts, waiting| {
            counts
                .gauge(waiting)
                .map(|gauge| (gauge.waiting, gauge.waiting_max, gauge.busy))
        };
        assert_eq!(told(&counts, 1), Some((1, 2, 2)));
        counts.ended();
        assert_eq!(told(&counts, 0), Some((0, 0, 1)));
    }
}
