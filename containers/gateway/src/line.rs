//! One connection as the faults see it: the shell's way to ask them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use vocabulary::SharedClock;

use crate::capture::Kept;
use crate::clock::wait;
use crate::faults::{ConnectionId, Direction, Fate, FaultOrder, FaultState, Faults, Passing};

/// The faults, shared by all connections and the laboratory.
#[derive(Debug)]
pub(crate) struct Board {
    faults: Mutex<Faults>,
    /// Whether any may act: spares what passes the lock while none does.
    any: AtomicBool,
    changed: watch::Sender<()>,
    clock: SharedClock,
}

impl Board {
    pub(crate) fn new(seed: u64, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            faults: Mutex::new(Faults::new(seed)),
            any: AtomicBool::new(false),
            changed: watch::Sender::new(()),
            clock,
        })
    }

    /// Sets a fault; says whether there was room.
    pub(crate) fn put(&self, id: &str, order: FaultOrder) -> bool {
        let put = self.faults().put(id, order, self.clock.monotonic());
        self.tell();
        put
    }

    /// Ends a fault; gives how it stood.
    pub(crate) fn remove(&self, id: &str) -> Option<FaultState> {
        let removed = self.faults().remove(id, self.clock.monotonic());
        self.tell();
        removed
    }

    /// How every fault stands.
    pub(crate) fn list(&self) -> Vec<FaultState> {
        self.faults().list(self.clock.monotonic())
    }

    fn tell(&self) {
        let any = self.faults().any(self.clock.monotonic());
        self.any.store(any, Ordering::Release);
        self.changed.send_replace(());
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Line {
    board: Arc<Board>,
    id: ConnectionId,
    kept: Option<Kept>,
}

impl Line {
    /// A connection for this name.
    pub(crate) fn open(board: &Arc<Board>, name: &str, kept: Option<Kept>) -> Self {
        let id = board.faults().opened(name, board.clock.monotonic());
        Self {
            board: Arc::clone(board),
            id,
            kept,
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.board.clock.monotonic()
    }

    /// Waits while something cuts that way; without a direction, while no connection can be opened.
    pub(crate) async fn passable(&self, direction: Option<Direction>, bytes: usize) {
        if !self.board.any.load(Ordering::Acquire) {
            return;
        }
        let mut changed = self.board.changed.subscribe();
        let mut waiting = bytes;
        loop {
            changed.mark_unchanged();
            let now = self.now();
            let held = self.board.faults().held(self.id, direction, waiting, now);
            let Some(until) = held else { return };
            waiting = 0;
            tokio::select! {
                () = wait(Some(until.saturating_sub(now))) => {}
                _ = changed.changed() => {}
            }
        }
    }

    /// A side said something; it is kept if anybody keeps what passes.
    pub(crate) fn heard(&self, direction: Direction, bytes: &[u8]) {
        if let Some(kept) = &self.kept {
            kept.said(direction, bytes);
        }
    }

    /// When and how a piece that has arrived leaves; nothing when no fault acts.
    pub(crate) fn pass(&self, direction: Direction, bytes: &mut [u8]) -> Option<Passing> {
        if !self.board.any.load(Ordering::Acquire) {
            return None;
        }
        let now = self.now();
        let mut faults = self.board.faults();
        if !faults.any(now) {
            self.board.any.store(false, Ordering::Release);
        }
        Some(faults.pass(self.id, direction, bytes, now))
    }

    /// Returns once an end of the connection is gone.
    pub(crate) async fn fate(&self) -> Fate {
        let mut changed = self.board.changed.subscribe();
        loop {
            changed.mark_unchanged();
            let now = self.now();
            let fate = self.board.faults().fate(self.id, now);
            let Fate::Lives { ask_again } = fate else {
                return fate;
            };
            tokio::select! {
                () = wait(ask_again.map(|at| at.saturating_sub(now))) => {}
                _ = changed.changed() => {}
            }
        }
    }

    /// Bytes were written into the void; whether they are answered with RST.
    pub(crate) fn lost(&self, bytes: usize) -> bool {
        self.board.faults().lost(self.id, bytes, self.now())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.board.faults().closed(self.id);
    }
}
