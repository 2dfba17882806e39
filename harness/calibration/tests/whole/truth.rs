//! A small calibration against a generator in this process: what is reported of a stalling target is what the target knows.

use std::time::Duration;

use calibration::{CalibrationError, Size, Stall, calibrate};
use engine::pipe::{Done, Down, Frames, Gauge, Hello, Ticket, Up, send};
use engine::ports::{Generator, Generators, PortError, Progress};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, split};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use vocabulary::{Outcome, SystemClock};

/// A generator of the simplest kind: a task for each ticket, a connection for each task.
struct Simple {
    /// Whether it hides what people waited.
    omits: bool,
}

struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str, _: Option<u64>) {}
    fn at(&self, _: u64) {}
    fn note(&self, _: &str) {}
}

impl Generators for Simple {
    fn start(&mut self) -> Result<Generator, PortError> {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let serving = tokio::spawn(serve(theirs, self.omits));
        let (up, down) = split(ours);
        Ok(Generator {
            down: Box::new(down),
            up: Frames::of(Box::new(up)),
            pid: Some(std::process::id()),
            guard: Box::new(serving),
        })
    }
}

async fn serve(pipe: DuplexStream, omits: bool) {
    let (up, mut down) = split(pipe);
    let mut up = Frames::of(up);
    let Ok(Some(Down::Hello(hello))) = up.receive().await else {
        return;
    };
    // Only in an open model is there a wait to hide.
    let omits = omits && hello.start_within_us < u64::MAX;
    send(&mut down, &Up::Ready).await.unwrap();
    let (results, mut outgoing) = mpsc::channel::<Up>(1024);
    let writer = tokio::spawn(async move {
        while let Some(result) = outgoing.recv().await {
            if send(&mut down, &result).await.is_err() {
                return;
            }
        }
        let _ = send(&mut down, &Up::Ended).await;
    });
    let _ = results.send(Up::Gauge(Gauge::default())).await;
    while let Ok(Some(Down::Ticket(ticket))) = up.receive().await {
        let (results, url) = (results.clone(), hello.portal_url.clone());
        let clock = clock_of(&hello);
        tokio::spawn(async move {
            let _ = results.send(Up::Done(ask(&clock, &url, &ticket, omits).await)).await;
        });
    }
    drop(results);
    let _ = writer.await;
}

fn clock_of(hello: &Hello) -> engine::clock::RunClock {
    engine::clock::RunClock::continuing(SystemClock::shared(), hello.at_us, hello.unix_us)
}

async fn ask(clock: &engine::clock::RunClock, url: &str, ticket: &Ticket, omits: bool) -> Done {
    let started_us = clock.at_us();
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /{}/{} HTTP/1.1\r\n\r\n", ticket.number, ticket.released_us);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 16];
    stream.read_exact(&mut answer).await.unwrap();
    let finished_us = if omits { ticket.intended_us + 100 } else { clock.at_us() };
    Done {
        number: ticket.number,
        free: true,
        attempt: 1,
        more: false,
        proves: None,
        intended_us: ticket.intended_us,
        started_us,
        finished_us,
        outcome: Outcome::Applied,
        stages: None,
    }
}

const SMALL: Size = Size {
    seconds: 1,
    stall: Stall {
        every_us: 1_000_000,
        for_us: 400_000,
    },
    stalls: 2,
    idle_users: 10,
};

async fn calibrated(omits: bool) -> calibration::Calibration {
    let home = tempfile::tempdir().unwrap();
    let (_keep, interrupt) = watch::channel(false);
    calibrate(&mut Simple { omits }, home.path(), SMALL, &Quiet, interrupt)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reported_is_held_against_what_the_target_knows() {
    let honest = calibrated(false).await;
    assert!(honest.ceiling.per_s > 0.0);
    assert_eq!(
        honest.steps.iter().map(|step| step.share).collect::<Vec<_>>(),
        [0.25, 0.5]
    );
    assert!(
        honest
            .steps
            .iter()
            .all(|step| step.arrived_per_s > 0.0 && step.first_byte_ms.max > 0.0)
    );
    // Of even arrivals four in ten wait, up to 400 ms.
    let truth = honest.stalled.truth_p99_ms;
    assert!((350.0..=400.0).contains(&truth), "{truth}");
    assert!(
        honest.stalled.response_p99_ms >= truth,
        "nobody was answered in a stall: {:?}",
        honest.stalled
    );
    let omitting = calibrated(true).await;
    assert!(
        omitting.stalled.error > 0.9,
        "a generator that hides the wait is caught: {:?}",
        omitting.stalled
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calibration_that_is_interrupted_says_so() {
    let home = tempfile::tempdir().unwrap();
    let (interrupt, wanted) = watch::channel(false);
    let late = async {
        engine::clock::wait(Duration::from_millis(300)).await;
        interrupt.send_replace(true);
    };
    let mut generators = Simple { omits: false };
    let (went, ()) = tokio::join!(calibrate(&mut generators, home.path(), SMALL, &Quiet, wanted), late);
    assert!(matches!(went, Err(CalibrationError::Interrupted)), "{went:?}");
}
