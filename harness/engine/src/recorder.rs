//! One bounded channel, one recorder, one append-only file.

use std::sync::Arc;
use std::time::Duration;

use history::{Event, HistoryError, HistoryWriter, Phase, PhaseEvent};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::clock::{RunClock, rest, wait};

/// Events that may wait for the disk.
const CHANNEL: usize = 4096;

/// What a kill can lose of a run that records anything: half a second.
const FLUSH_EVERY_US: u64 = 500_000;

/// The recorder's rest after what it has written, while more gathers.
const REST: Duration = Duration::from_millis(1);

enum Entry {
    Event(Box<Event>, u64, Phase),
    Flush(oneshot::Sender<()>),
}

/// Hands events to the recorder's thread. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    entries: mpsc::Sender<Entry>,
    clock: RunClock,
    phase: Arc<watch::Sender<Phase>>,
}

/// The thread that writes.
#[derive(Debug)]
pub(crate) struct Recording {
    thread: JoinHandle<Result<u64, HistoryError>>,
}

impl Recorder {
    /// Starts the one recorder of a run.
    pub fn start(mut writer: HistoryWriter, clock: RunClock) -> (Self, Recording) {
        let (entries, mut incoming) = mpsc::channel(CHANNEL);
        let thread = tokio::task::spawn_blocking(move || {
            let (mut flushed_us, mut gathered) = (0, Vec::new());
            while incoming.blocking_recv_many(&mut gathered, CHANNEL) > 0 {
                for entry in gathered.drain(..) {
                    keep(&mut writer, entry, &mut flushed_us)?;
                }
                rest(REST);
            }
            writer.seal()
        });
        tokio::spawn(flush_idle(entries.downgrade()));
        let recorder = Self {
            entries,
            clock,
            phase: Arc::new(watch::Sender::new(Phase::Provision)),
        };
        (recorder, Recording { thread })
    }

    /// Writes an event down in a phase. Waits when the disk is behind; a dead recorder is found at the seal.
    pub async fn record(&self, event: Event, phase: Phase) {
        let at_us = self.clock.at_us();
        let _ = self.entries.send(Entry::Event(Box::new(event), at_us, phase)).await;
    }

    /// The phase that was entered last, now and later.
    pub fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// The phase that was entered last.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Writes down that a phase was entered, and hands all so far to the disk.
    pub async fn enter(&self, from: Phase, enter: Phase) {
        self.enter_since(from, enter, Vec::new()).await;
    }

    /// The same before its time, since these goals can no longer hold.
    pub async fn enter_since(&self, from: Phase, enter: Phase, broke: Vec<String>) {
        let event = PhaseEvent {
            seq: 0,
            at_us: 0,
            phase: from,
            enter,
            broke,
        };
        self.record(Event::Phase(event), from).await;
        self.phase.send_replace(enter);
        self.flush().await;
    }

    /// Hands all so far to the disk.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.entries.send(Entry::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
    }
}

/// Writes an entry; an event also hands everything to the disk when that was last done long ago.
fn keep(writer: &mut HistoryWriter, entry: Entry, flushed_us: &mut u64) -> Result<(), HistoryError> {
    match entry {
        Entry::Event(event, at_us, phase) => {
            writer.append(*event, at_us, phase)?;
            if at_us.saturating_sub(*flushed_us) >= FLUSH_EVERY_US {
                writer.flush()?;
                *flushed_us = at_us;
            }
        }
        Entry::Flush(done) => {
            writer.flush()?;
            let _ = done.send(());
        }
    }
    Ok(())
}

/// What came last would wait for the next event, however long none comes. Ends with the last recorder.
async fn flush_idle(entries: mpsc::WeakSender<Entry>) {
    loop {
        wait(Duration::from_micros(FLUSH_EVERY_US)).await;
        let Some(entries) = entries.upgrade() else { return };
        let (done, _) = oneshot::channel();
        if entries.send(Entry::Flush(done)).await.is_err() {
            return;
        }
    }
}

impl Recording {
    /// Waits until every event is on the disk; all recorders must be dropped by then.
    pub async fn seal(self) -> Result<u64, HistoryError> {
        match self.thread.await {
            Ok(sealed) => sealed,
            Err(error) => Err(HistoryError::Write {
                path: "history.jsonl.zst".into(),
                source: std::io::Error::other(error),
            }),
        }
    }
}
