//! The generator's own process: reads tickets, feeds users, sends results.

use std::io::stdin;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::time::Duration;

use engine::clock::{RunClock, wait};
use engine::pipe::{Down, Hello, Ticket, Up, receive, send};
use history::DropWhy;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufReader, BufWriter};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use vocabulary::SystemClock;

use crate::LoadError;
use crate::portal::Portal;
use crate::users::{Crew, attack, dropped};

/// Results that may wait for the pipe.
const RESULTS: usize = 8192;
/// How long work in flight may go on after a stop.
const STOP_GRACE: Duration = Duration::from_millis(1500);

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
    let mut up = BufReader::new(up);
    let Some(Down::Hello(hello)) = receive(&mut up).await? else {
        return Err(LoadError::NoHello);
    };
    let (results, outgoing) = mpsc::channel(RESULTS);
    let writer = tokio::spawn(write_results(BufWriter::new(down), outgoing));
    let failed = results.clone();
    let went = run(*hello, up, results).await;
    if let Err(error) = &went {
        let _ = failed.send(Up::Failed(error.to_string())).await;
    }
    drop(failed);
    let _ = writer.await;
    went
}

async fn run<R>(hello: Hello, up: R, results: mpsc::Sender<Up>) -> Result<(), LoadError>
where
    R: tokio::io::AsyncRead + Send + Unpin + 'static,
{
    let queue_max = usize::try_from(hello.queue_max).unwrap_or(usize::MAX);
    let (queue, tickets) = async_channel::bounded(queue_max);
    let (cancel, cancelled) = watch::channel(false);
    let crew = Crew {
        portal: Portal::new(&hello)?,
        clock: RunClock::continuing(SystemClock::shared(), hello.at_us, hello.unix_us),
        tickets: tickets.clone(),
        again: queue.downgrade(),
        results: results.clone(),
        cancelled,
        users: hello.users,
        start_within_us: hello.start_within_us,
    };
    let feeding = tokio::spawn(feed(up, queue, tickets, results, cancel));
    let went = attack(Arc::new(crew), &hello.portal_url).await;
    feeding.abort();
    went
}

/// Puts each ticket into the bounded queue, or drops it there and then.
async fn feed<R>(
    mut up: R,
    queue: async_channel::Sender<Ticket>,
    waiting: async_channel::Receiver<Ticket>,
    results: mpsc::Sender<Up>,
    cancel: watch::Sender<bool>,
) where
    R: tokio::io::AsyncRead + Send + Unpin,
{
    loop {
        match receive(&mut up).await {
            Ok(Some(Down::Ticket(ticket))) => {
                if let Err(full) = queue.try_send(ticket) {
                    let _ = results.send(dropped(&full.into_inner(), DropWhy::QueueFull)).await;
                }
            }
            Ok(Some(Down::Hello(_))) => {}
            // Whoever is away holds the queue open until they are back.
            Ok(Some(Down::End)) => break,
            Ok(Some(Down::Stop)) => {
                queue.close();
                while let Ok(ticket) = waiting.try_recv() {
                    let _ = results.send(dropped(&ticket, DropWhy::RunEnded)).await;
                }
                wait(STOP_GRACE).await;
                let _ = cancel.send(true);
                break;
            }
            // The engine is gone: nobody reads the results any more.
            Ok(None) | Err(_) => {
                queue.close();
                let _ = cancel.send(true);
                return;
            }
        }
    }
    drop(queue);
    // From here on nothing comes but the end of the pipe.
    while let Ok(Some(_)) = receive::<Down>(&mut up).await {}
    let _ = cancel.send(true);
}

async fn write_results(mut down: impl AsyncWrite + Unpin, mut outgoing: mpsc::Receiver<Up>) {
    while let Some(result) = outgoing.recv().await {
        if send(&mut down, &result).await.is_err() {
            return;
        }
        if outgoing.is_empty() && down.flush().await.is_err() {
            return;
        }
    }
    let _ = down.flush().await;
}
