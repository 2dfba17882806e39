//! The generator's own process: reads tickets, feeds users, sends results.

use std::io::stdin;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::time::Duration;

use engine::clock::{RunClock, rest, wait};
use engine::pipe::{Down, Frames, Hello, PACE, Ticket, Up, encode};
use history::DropWhy;
use tokio::io::{AsyncRead, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use vocabulary::SystemClock;

use crate::LoadError;
use crate::gauge::Counts;
use crate::portal::Portal;
use crate::users::{Crew, Queued, attack, dropped};

/// Results that may wait for the pipe.
const RESULTS: usize = 8192;
/// How long work in flight may go on after a stop.
const STOP_GRACE: Duration = Duration::from_millis(1500);
/// Between two words about how the generator stands.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Serves the engine at the other end of the standard input until it says that no ticket follows, or goes away.
///
/// # Errors
/// [`LoadError`] when there is no engine there, or goose fails; the engine is told too.
pub async fn serve() -> Result<(), LoadError> {
    // goose would take Ctrl-C for itself; the engine alone decides when a run ends.
    let _ = ctrlc::set_handler(|| {});
    let socket = stdin().as_fd().try_clone_to_owned().map_err(LoadError::Pipe)?;
    let socket = StdUnixStream::from(socket);
    socket.set_nonblocking(true).map_err(LoadError::Pipe)?;
    let (up, down) = UnixStream::from_std(socket).map_err(LoadError::Pipe)?.into_split();
    let mut up = Frames::of(up);
    let Some(Down::Hello(hello)) = up.receive().await? else {
        return Err(LoadError::NoHello);
    };
    let (results, outgoing) = mpsc::channel(RESULTS);
    let runtime = Handle::current();
    let writer = tokio::task::spawn_blocking(move || write_results(down, outgoing, &runtime));
    let failed = results.clone();
    let went = run(*hello, up, results).await;
    if let Err(error) = &went {
        let _ = failed.send(Up::Failed(error.to_string())).await;
    }
    drop(failed);
    let _ = writer.await;
    went
}

async fn run(
    hello: Hello,
    up: Frames<impl AsyncRead + Send + Unpin + 'static>,
    results: mpsc::Sender<Up>,
) -> Result<(), LoadError> {
    let queue_max = usize::try_from(hello.queue_max).unwrap_or(usize::MAX);
    let (queue, tickets) = async_channel::bounded(queue_max);
    let (cancel, cancelled) = watch::channel(false);
    let counts = Arc::new(Counts::of(hello.users));
    let clock = RunClock::continuing(SystemClock::shared(), hello.at_us, hello.unix_us);
    let crew = Crew {
        portal: Portal::new(&hello, &clock)?,
        counts: Arc::clone(&counts),
        clock,
        tickets: tickets.clone(),
        again: queue.downgrade(),
        results: results.clone(),
        cancelled,
        users: hello.users,
        start_within_us: hello.start_within_us,
    };
    let telling = tokio::spawn(tell(tickets.clone(), results.clone(), Arc::clone(&counts)));
    let feeder = Feeder {
        queue,
        waiting: tickets,
        results,
        counts,
        cancel,
    };
    let feeding = tokio::spawn(feeder.feed(up));
    let went = attack(Arc::new(crew), &hello.portal_url).await;
    telling.abort();
    feeding.abort();
    went
}

/// Tells the engine how the generator stands, as long as it works.
async fn tell(waiting: async_channel::Receiver<Queued>, results: mpsc::Sender<Up>, counts: Arc<Counts>) {
    loop {
        wait(TELL_EVERY).await;
        if let Some(gauge) = counts.gauge(waiting.len())
            && results.send(Up::Gauge(gauge)).await.is_err()
        {
            return;
        }
    }
}

/// Brings tickets from the pipe to the users.
struct Feeder {
    queue: async_channel::Sender<Queued>,
    waiting: async_channel::Receiver<Queued>,
    results: mpsc::Sender<Up>,
    counts: Arc<Counts>,
    cancel: watch::Sender<bool>,
}

impl Feeder {
    /// Until the engine says that no ticket follows, or goes away.
    async fn feed(self, mut up: Frames<impl AsyncRead + Send + Unpin>) {
        loop {
            match up.receive().await {
                Ok(Some(Down::Ticket(ticket))) => self.put(ticket).await,
                Ok(Some(Down::Hello(_))) => {}
                // Whoever is away holds the queue open until they are back.
                Ok(Some(Down::End)) => break,
                Ok(Some(Down::Stop)) => {
                    self.stop().await;
                    break;
                }
                // The engine is gone: nobody reads the results any more.
                Ok(None) | Err(_) => {
                    self.queue.close();
                    let _ = self.cancel.send(true);
                    return;
                }
            }
        }
        let Self { queue, cancel, .. } = self;
        drop(queue);
        // From here on nothing comes but the end of the pipe.
        while let Ok(Some(_)) = up.receive::<Down>().await {}
        let _ = cancel.send(true);
    }

    /// Into the bounded queue, or dropped there and then.
    async fn put(&self, ticket: Ticket) {
        let free = self.counts.comes(self.queue.len());
        if let Err(full) = self.queue.try_send(Queued { ticket, free }) {
            self.drop_ticket(&full.into_inner().ticket, DropWhy::QueueFull).await;
        }
    }

    /// Drops what waits, and gives what is in flight a moment.
    async fn stop(&self) {
        self.queue.close();
        while let Ok(queued) = self.waiting.try_recv() {
            self.drop_ticket(&queued.ticket, DropWhy::RunEnded).await;
        }
        wait(STOP_GRACE).await;
        let _ = self.cancel.send(true);
    }

    async fn drop_ticket(&self, ticket: &Ticket, why: DropWhy) {
        let _ = self.results.send(dropped(ticket, why)).await;
    }
}

/// Writes results up the pipe on a thread of its own, which rests after each write while more gather: so the engine is woken once
/// for many. When a request began and ended was noted before.
fn write_results(mut down: OwnedWriteHalf, mut outgoing: mpsc::Receiver<Up>, runtime: &Handle) {
    let (mut results, mut frames) = (Vec::new(), Vec::new());
    while outgoing.blocking_recv_many(&mut results, RESULTS) > 0 {
        frames.clear();
        let encoded = results.drain(..).try_for_each(|result| encode(&result, &mut frames));
        if encoded.is_err() || runtime.block_on(down.write_all(&frames)).is_err() {
            return;
        }
        rest(PACE);
    }
}
