//! Follows the domain controllers that have partners: when a change arrives on each is how long it took.

use std::time::Duration;

use history::Observation;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::wait;
use crate::ports::Watcher;
use crate::probe::observed;
use crate::recorder::Recorder;

/// Between two looks at a domain controller: the grain of what is learned.
const GRAIN: Duration = Duration::from_millis(50);

/// Watchers at work; they end when this is dropped.
pub(crate) struct Watching {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Watching {
    /// Starts them, each by itself: a slow domain controller delays nobody else's news.
    pub fn start(watchers: Vec<Box<dyn Watcher>>, recorder: &Recorder) -> Self {
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        for watcher in watchers {
            tasks.spawn(follow(watcher, recorder.clone(), stop.subscribe()));
        }
        Self { stop, tasks }
    }

    /// Lets each look once more, and waits for them.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn follow(mut watcher: Box<dyn Watcher>, recorder: Recorder, mut stop: watch::Receiver<bool>) {
    loop {
        let last = *stop.borrow_and_update();
        // A domain controller that does not answer has nothing to tell; what it holds in the end is read from everyone.
        for seen in watcher.changes().await.unwrap_or_default() {
            let phase = recorder.phase();
            let event = observed(
                phase,
                Some(seen.dc),
                Some(seen.user),
                None,
                Observation::Probe(seen.metadata),
            );
            recorder.record(event, phase).await;
        }
        if last {
            return;
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = wait(GRAIN) => {}
        }
    }
}
