//! `--live`: the report while load runs, served on the loopback to whoever knows its address.
//!
//! The history as far as it is on the disk is judged by the same judge, on a thread of its own, seldom enough to take at most
//! a tenth of one processor. Nothing of the run waits for it.

mod board;
mod server;
mod token;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::Pulse;
use engine::clock::wait;
use engine::ports::Progress;
use history::RunFolder;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use vocabulary::{Clock as _, SystemClock};

use crate::args::LiveArguments;
use crate::error::CliError;
use crate::interrupt::Interrupt;
use crate::progress::{Teller, say};
use board::Board;
use server::{Door, serve};
use token::Token;

/// The page is drawn anew no sooner …
const DRAWN_EVERY: Duration = Duration::from_secs(2);
/// … and no sooner than so many times as long as the last drawing took.
const SPARED: u32 = 10;
/// A page that is drawn seldom still asks whether there is a new one.
const REFRESHED_EVERY: Duration = Duration::from_secs(10);
/// How much longer than a browser waits until it looks again the last page stays.
const LINGER: Duration = Duration::from_secs(2);

/// A page that follows a run. Dropping it ends the server.
pub(crate) struct Live {
    board: Arc<Board>,
    drawing: Option<JoinHandle<()>>,
    // Held for its end: with it the server goes.
    _serving: JoinSet<()>,
}

impl Live {
    /// Begins to serve where that is asked, and says where.
    ///
    /// # Errors
    /// [`CliError::Usage`] when the port is taken.
    pub async fn when(arguments: LiveArguments) -> Result<Option<Self>, CliError> {
        match arguments.live {
            Some(port) => Self::start(port).await.map(Some),
            None => Ok(None),
        }
    }

    async fn start(port: u16) -> Result<Self, CliError> {
        let taken = |error| {
            CliError::Usage(format!(
                "could not serve on 127.0.0.1:{port}: {error}; give --live another port"
            ))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?;
        let port = listener.local_addr().map_err(CliError::Runtime)?.port();
        let board = Arc::new(Board::new());
        let door = Door {
            board: Arc::clone(&board),
            token: Token::new()?,
            port,
        };
        board.show(reports::waiting_page(&board.running(DRAWN_EVERY)));
        say(&format!("live: http://127.0.0.1:{port}{}", door.token.path()));
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, Arc::new(door)));
        Ok(Self {
            board,
            drawing: None,
            _serving: serving,
        })
    }

    /// From now on the page shows that run, as far as it is known.
    pub fn follow(&mut self, folder: &RunFolder) {
        self.stop_drawing();
        self.drawing = Some(tokio::spawn(draw(folder.clone(), Arc::clone(&self.board))));
    }

    /// The run is over: shows its page to whoever still looks, for a moment; a person who wants it to end does not wait.
    pub async fn end(mut self, page: &Path, interrupt: &Interrupt) {
        self.stop_drawing();
        let page = std::fs::read_to_string(page);
        let page = page.unwrap_or_else(|_| reports::ended_page("This run has no page."));
        self.board.show_last(page);
        if !self.board.is_watched(REFRESHED_EVERY + LINGER) {
            return;
        }
        say("live: the last page is shown");
        tokio::select! {
            () = self.board.shown.notified() => wait(LINGER / 4).await,
            () = interrupt.first() => {}
            () = wait(REFRESHED_EVERY + LINGER) => {}
        }
    }

    fn stop_drawing(&mut self) {
        if let Some(drawing) = self.drawing.take() {
            drawing.abort();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop_drawing();
    }
}

/// Draws again and again; what takes long is done seldom.
async fn draw(folder: RunFolder, board: Arc<Board>) {
    let clock = SystemClock::new();
    let mut pause = DRAWN_EVERY;
    loop {
        let (folder, showing) = (folder.clone(), Arc::clone(&board));
        let begun = clock.monotonic();
        let refresh = pause.min(REFRESHED_EVERY);
        let drawn = tokio::task::spawn_blocking(move || page(&folder, &showing, refresh)).await;
        if let Ok(page) = drawn {
            board.show(page);
        }
        let took = clock.monotonic().saturating_sub(begun);
        pause = DRAWN_EVERY.max(took * SPARED);
        wait(pause).await;
    }
}

/// The page of an unfinished run. What does not read yet is only not there yet.
fn page(folder: &RunFolder, board: &Board, refresh: Duration) -> String {
    let judged = folder.manifest().ok().zip(judge::judge(folder).ok());
    let running = board.running(refresh);
    judged
        .and_then(|(manifest, judgement)| reports::live_page(&judgement, &manifest, &running).ok())
        .unwrap_or_else(|| reports::waiting_page(&running))
}

/// Tells the terminal, and the page where there is one.
pub(crate) struct Telling<'a> {
    pub teller: &'a Teller,
    pub live: Option<&'a Live>,
}

impl Progress for Telling<'_> {
    fn step(&self, name: &str, total: Option<u64>) {
        self.teller.step(name, total);
        if let Some(live) = self.live {
            live.board.step(name, total);
        }
    }

    fn at(&self, done: u64) {
        self.teller.at(done);
        if let Some(live) = self.live {
            live.board.at(done);
        }
    }

    fn note(&self, text: &str) {
        self.teller.note(text);
    }

    fn load(&self, pulse: &Pulse) {
        self.teller.load(pulse);
        if let Some(live) = self.live {
            live.board.load(pulse);
        }
    }
}
