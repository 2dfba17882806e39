//! A trap on the agent's work: it dies at a chosen point, or its journal's disk is full.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use agent::{Moment, Onlooker};
use scenario::KillMoment;

use crate::process::Switch;

/// What waits for the agent.
#[derive(Default)]
pub(crate) struct Trap {
    armed: Mutex<Option<KillMoment>>,
    /// Ends the agent.
    pub switch: Switch,
    sprung: AtomicBool,
    full: AtomicBool,
    refused: AtomicU64,
}

impl Trap {
    /// The next operation that comes to this point ends the agent there.
    pub fn arm(&self, moment: KillMoment) {
        self.sprung.store(false, Ordering::SeqCst);
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(moment);
    }

    /// Tells whether an operation came, and waits for none any more.
    pub fn disarm(&self) -> bool {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.sprung.load(Ordering::SeqCst)
    }

    /// From now on the journal's disk takes nothing.
    pub fn fill(&self) {
        self.refused.store(0, Ordering::SeqCst);
        self.full.store(true, Ordering::SeqCst);
    }

    /// From now on it takes everything; tells how often it did not.
    pub fn empty(&self) -> u64 {
        self.full.store(false, Ordering::SeqCst);
        self.refused.load(Ordering::SeqCst)
    }

    /// Whether this is the moment; true for one operation alone.
    fn springs(&self, moment: Moment) -> bool {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let here = armed.is_some_and(|awaited| same(awaited, moment));
        if here {
            *armed = None;
        }
        here
    }
}

fn same(awaited: KillMoment, moment: Moment) -> bool {
    matches!(
        (awaited, moment),
        (KillMoment::BeforeWrite, Moment::BeforeWrite)
            | (KillMoment::AfterWrite, Moment::AfterWrite)
            | (KillMoment::AfterAnswer, Moment::AfterAnswer)
    )
}

impl Onlooker for Trap {
    fn at(&self, moment: Moment) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            if self.springs(moment) {
                self.sprung.store(true, Ordering::SeqCst);
                self.switch.cut();
                std::future::pending::<()>().await;
            }
        })
    }

    fn disk_is_full(&self) -> bool {
        let full = self.full.load(Ordering::SeqCst);
        if full {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_springs_once_and_at_its_moment_alone() {
        let trap = Trap::default();
        trap.arm(KillMoment::AfterWrite);
        assert!(!trap.springs(Moment::BeforeWrite) && !trap.disarm());
        trap.arm(KillMoment::AfterWrite);
        assert!(trap.springs(Moment::AfterWrite));
        assert!(!trap.springs(Moment::AfterWrite), "one operation alone");
    }

    #[tokio::test]
    async fn whoever_springs_it_goes_no_further() {
        use futures_util::FutureExt as _;
        let trap = Trap::default();
        trap.at(Moment::BeforeWrite).await;
        trap.arm(KillMoment::BeforeWrite);
        assert!(trap.at(Moment::BeforeWrite).now_or_never().is_none());
        assert!(trap.disarm());
        assert!(trap.at(Moment::BeforeWrite).now_or_never().is_some());
    }

    #[test]
    fn a_full_disk_counts_what_it_refused() {
        let trap = Trap::default();
        assert!(!trap.disk_is_full());
        trap.fill();
        assert!(trap.disk_is_full() && trap.disk_is_full());
        assert_eq!(trap.empty(), 2);
        assert!(!trap.disk_is_full());
    }
}
