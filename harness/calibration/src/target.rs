//! The counting target: answers every request at once, or when its stall is over, and remembers what came when.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::clock::{RunClock, wait};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::Stall;

/// The one answer.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
/// Where a request without a body ends.
const END: &[u8] = b"\r\n\r\n";
/// A longer request is none of a generator's.
const REQUEST_MAX: usize = 16 * 1024;

/// A request that came: which ticket's, when that was released, and when the request's first byte arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The ticket's number, as its path told.
    pub number: u64,
    /// When the ticket was released, on the run's axis, as its path told.
    pub released_us: u64,
    /// When the first byte arrived, on the run's axis.
    pub arrived_us: u64,
}

/// A server of HTTP/1.1 on loopback, on a thread of its own.
#[derive(Debug)]
pub struct CountingTarget {
    address: SocketAddr,
    log: Arc<Log>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Log {
    clock: RunClock,
    stall: Option<Stall>,
    count: AtomicU64,
    /// Requests whose path says which ticket's they are.
    requests: Mutex<Vec<Request>>,
}

impl CountingTarget {
    /// Listens on that port of loopback, 0 for any; its times are of that axis.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start(port: u16, clock: RunClock, stall: Option<Stall>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log {
            clock,
            stall,
            count: AtomicU64::new(0),
            requests: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, Arc::clone(&log));
        let thread = std::thread::Builder::new()
            .name("counting-target".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        _ = serving => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            log,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests answered so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.log.count.load(Ordering::Relaxed)
    }

    /// Those whose path said which ticket's they are, as they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.log.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for CountingTarget {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: std::net::TcpListener, log: Arc<Log>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(converse(stream, Arc::clone(&log)));
    }
}

/// One connection until its end.
async fn converse(mut stream: TcpStream, log: Arc<Log>) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(1024);
    let mut arrived_us = 0;
    loop {
        let begins = bytes.is_empty();
        if stream.read_buf(&mut bytes).await? == 0 || bytes.len() > REQUEST_MAX {
            return Ok(());
        }
        if begins {
            arrived_us = log.clock.at_us();
        }
        while let Some(end) = bytes.windows(END.len()).position(|part| part == END) {
            log.note(&bytes[..end], arrived_us);
            log.stall().await;
            log.count.fetch_add(1, Ordering::Relaxed);
            stream.write_all(ANSWER).await?;
            bytes.drain(..end + END.len());
        }
    }
}

impl Log {
    fn note(&self, request: &[u8], arrived_us: u64) {
        if let Some((number, released_us)) = ticket(request) {
            let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            requests.push(Request {
                number,
                released_us,
                arrived_us,
            });
        }
    }

    /// Until the stall is over, if there is one.
    async fn stall(&self) {
        let now = self.clock.at_us();
        if let Some(end_us) = self.stall.and_then(|stall| stall.end_at(now)) {
            wait(Duration::from_micros(end_us - now)).await;
        }
    }
}

/// The ticket of `GET /<number>/<released> HTTP/1.1`.
fn ticket(request: &[u8]) -> Option<(u64, u64)> {
    let line = request.split(|byte| *byte == b'\r').next()?;
    let path = std::str::from_utf8(line).ok()?.split(' ').nth(1)?;
    let (number, released) = path.strip_prefix('/')?.split_once('/')?;
    Some((number.parse().ok()?, released.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use vocabulary::SystemClock;

    use super::*;

    fn ask(stream: &mut std::net::TcpStream, path: &str) {
        write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let mut answer = vec![0; ANSWER.len()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, ANSWER);
    }

    #[test]
    fn every_request_is_counted_and_tickets_are_remembered() {
        let clock = RunClock::starting_now(SystemClock::shared());
        let target = CountingTarget::start(0, clock.clone(), None).unwrap();
        let mut stream = std::net::TcpStream::connect(target.address).unwrap();
        ask(&mut stream, "/7/123");
        ask(&mut stream, "/");
        stream
            .write_all(b"GET /8/1 HTTP/1.1\r\n\r\nGET /9/2 HTTP/1.1\r\n\r\n")
            .unwrap();
        let mut both = vec![0; 2 * ANSWER.len()];
        stream.read_exact(&mut both).unwrap();
        let told: Vec<_> = target
            .requests()
            .iter()
            .map(|request| (request.number, request.released_us))
            .collect();
        assert_eq!(told, [(7, 123), (8, 1), (9, 2)]);
        assert!(
            target
                .requests()
                .iter()
                .all(|request| request.arrived_us <= clock.at_us())
        );
        drop(stream);
        assert_eq!(target.count(), 4);
    }

    #[test]
    fn what_comes_in_a_stall_is_answered_at_its_end() {
        let clock = RunClock::starting_now(SystemClock::shared());
        // Nothing but stalls: each ends a whole number of periods after the begin of the axis.
        let stall = Stall {
            every_us: 100_000,
            for_us: 100_000,
        };
        let target = CountingTarget::start(0, clock.clone(), Some(stall)).unwrap();
        let mut stream = std::net::TcpStream::connect(target.address).unwrap();
        for number in 0..3 {
            ask(&mut stream, &format!("/{number}/0"));
            let end_us = stall.end_at(target.requests()[number].arrived_us).unwrap();
            assert!(clock.at_us() >= end_us, "it was answered before {end_us}");
        }
    }
}
