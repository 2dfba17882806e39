//! What the page shows now, and who looks at it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use engine::Pulse;
use reports::Running;
use tokio::sync::Notify;
use vocabulary::{Clock as _, SystemClock};

/// Shared by the run, which tells, whoever draws, and the server.
#[derive(Debug)]
pub(super) struct Board {
    clock: SystemClock,
    state: Mutex<State>,
    /// Somebody was given the last page.
    pub shown: Notify,
}

#[derive(Debug, Default)]
struct State {
    doing: Doing,
    page: Bytes,
    /// Whether nothing comes after this page.
    last: bool,
    /// When somebody looked last.
    seen: Option<Duration>,
}

/// What the run does.
#[derive(Debug, Default, Clone)]
struct Doing {
    name: String,
    total: Option<u64>,
    done: u64,
    /// The share of the load that is over, and what is said of it.
    load: Option<(f64, String)>,
}

impl Board {
    pub fn new() -> Self {
        let state = State {
            doing: Doing {
                name: "starting".to_owned(),
                ..Doing::default()
            },
            ..State::default()
        };
        Self {
            clock: SystemClock::new(),
            state: Mutex::new(state),
            shown: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A step begins.
    pub fn step(&self, name: &str, total: Option<u64>) {
        self.lock().doing = Doing {
            name: name.to_owned(),
            total,
            ..Doing::default()
        };
    }

    /// The step has come so far.
    pub fn at(&self, done: u64) {
        self.lock().doing.done = done;
    }

    /// How the load goes.
    pub fn load(&self, pulse: &Pulse) {
        self.lock().doing.load = Some((pulse.share(), crate::pulse::words(pulse)));
    }

    /// What the run does, for the page that loads itself anew after that time.
    pub fn running(&self, refresh: Duration) -> Running {
        let Doing {
            name,
            total,
            done,
            load,
        } = self.lock().doing.clone();
        let of_total = |total: u64| (total > 0).then(|| done as f64 / total as f64);
        let (share, words) = match load {
            Some((share, words)) => (Some(share), words),
            None => (total.and_then(of_total), String::new()),
        };
        Running {
            doing: name,
            share: share.map(|share| share.clamp(0.0, 1.0)),
            words,
            refresh,
        }
    }

    /// Shows a page from now on, unless the last one is shown already.
    pub fn show(&self, page: String) {
        let mut state = self.lock();
        if !state.last {
            state.page = page.into();
        }
    }

    /// Shows the last page from now on.
    pub fn show_last(&self, page: String) {
        let mut state = self.lock();
        (state.page, state.last) = (page.into(), true);
    }

    /// The page, for somebody who looks.
    pub fn look(&self) -> Bytes {
        let mut state = self.lock();
        state.seen = Some(self.clock.monotonic());
        if state.last {
            self.shown.notify_one();
        }
        state.page.clone()
    }

    /// Whether somebody looked within that time.
    pub fn is_watched(&self, within: Duration) -> bool {
        let seen = self.lock().seen;
        seen.is_some_and(|seen| self.clock.monotonic().saturating_sub(seen) <= within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFRESH: Duration = Duration::from_secs(2);

    #[test]
    fn the_page_is_told_what_the_run_does() {
        let board = Board::new();
        assert_eq!(board.running(REFRESH).doing, "starting");
        board.step("populate", Some(200));
        board.at(50);
        let running = board.running(REFRESH);
        assert_eq!((running.doing.as_str(), running.share), ("populate", Some(0.25)));
        board.step("measure", Some(1000));
        board.at(900);
        board.load(&crate::pulse::tests::pulse());
        let running = board.running(REFRESH);
        assert!(running.share.unwrap() < 0.2, "of a load its time counts: {running:?}");
        assert!(running.words.contains("in flight"), "{running:?}");
        board.step("quiet", None);
        assert_eq!(
            (board.running(REFRESH).share, board.running(REFRESH).words),
            (None, String::new())
        );
    }

    #[tokio::test]
    async fn whoever_is_given_the_last_page_is_noticed() {
        let board = Board::new();
        assert!(!board.is_watched(REFRESH), "nobody has looked");
        board.show("first".to_owned());
        assert_eq!(board.look(), "first");
        assert!(board.is_watched(REFRESH));
        board.show_last("last".to_owned());
        board.show("drawn too late".to_owned());
        assert_eq!(board.look(), "last");
        board.shown.notified().await;
    }
}
