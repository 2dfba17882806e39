//! Ctrl-C and SIGTERM: the first ends the run early, the second skips drawing; nothing skips the tearing down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::progress;

/// How often a person wanted it to end.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    wanted: watch::Receiver<bool>,
    count: Arc<AtomicU32>,
}

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> std::io::Result<Self> {
        let (sender, wanted) = watch::channel(false);
        let count = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&count);
        let (mut int, mut term) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = int.recv() => {}
                    _ = term.recv() => {}
                }
                if seen.fetch_add(1, Ordering::Relaxed) == 0 {
                    progress::say(
                        "ending early: the history is sealed and the world taken down; again to skip drawing",
                    );
                    let _ = sender.send(true);
                }
            }
        });
        Ok(Self { wanted, count })
    }

    /// Becomes true at the first.
    pub fn wanted(&self) -> watch::Receiver<bool> {
        self.wanted.clone()
    }

    /// Waits for the first.
    pub async fn first(&self) {
        // An error means that nobody can interrupt any more; then it is over as well.
        let _ = self.wanted.clone().wait_for(|wanted| *wanted).await;
    }

    /// Whether it was asked for twice.
    pub fn twice(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 1
    }
}
