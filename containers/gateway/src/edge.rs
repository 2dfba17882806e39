//! The edge: the one place where bytes pass from one side to the other. Byte faults act here, and nowhere else.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use crate::clock::wait;
use crate::faults::{Direction, Fate, Passing, Then};
use crate::line::Line;

/// The most that is read at once.
const PIECE_MAX: usize = 16 * 1024;

/// How many bytes may wait on the way each way: what a long fat pipe holds.
const WAITING_MAX: usize = 1024 * 1024;

/// How a connection ended.
#[derive(Debug)]
pub(crate) enum End {
    /// Both sides have said all.
    Said,
    /// One side broke.
    Broken(io::Error),
    /// A fault cut it in the middle.
    Truncated,
    /// A fault reset it.
    Reset,
    /// A fault took an end away.
    Taken(Fate),
}

/// Replays what was read of the client, then copies both ways until both sides have ended or a fault ends them.
pub(crate) async fn carry(line: &Line, mut client: TcpStream, mut server: TcpStream, seen: Vec<u8>) -> End {
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let out = Pipe::new(line, Direction::ToServer, from_client, to_server).run(seen);
        let back = Pipe::new(line, Direction::ToClient, from_server, to_client).run(Vec::new());
        tokio::select! {
            ended = async { tokio::try_join!(out, back) } => ended.map_or_else(|end| end, |_| End::Said),
            fate = line.fate() => End::Taken(fate),
        }
    };
    match &end {
        End::Reset => {
            reset(client);
            reset(server);
        }
        End::Taken(Fate::ServerGone) => {
            drop(server);
            silent(line, Direction::ToServer, client).await;
        }
        End::Taken(_) => {
            tokio::join!(
                silent(line, Direction::ToServer, client),
                silent(line, Direction::ToClient, server)
            );
        }
        End::Said | End::Broken(_) | End::Truncated => {}
    }
    end
}

/// Closes a socket with RST in place of FIN.
fn reset(socket: TcpStream) {
    // A socket that refuses the option is gone already.
    let _ = socket.set_zero_linger();
    drop(socket);
}

/// Takes what a side writes to a peer that is gone, and says nothing; when the fault is over, the next that it writes is
/// answered with RST, as by a host that knows of no such connection.
async fn silent(line: &Line, direction: Direction, mut side: TcpStream) {
    let mut buffer = vec![0; PIECE_MAX];
    loop {
        match side.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => {
                line.heard(direction, buffer.get(..read).unwrap_or_default());
                if line.lost(read) {
                    return reset(side);
                }
            }
        }
    }
}

/// Something on its way.
enum Piece {
    Bytes(Vec<u8>, Then),
    /// The side has said all.
    Last,
    Broken(io::Error),
}

impl Piece {
    fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes, _) => bytes.len(),
            Self::Last | Self::Broken(_) => 0,
        }
    }
}

/// One way.
struct Pipe<'l, 's> {
    line: &'l Line,
    direction: Direction,
    from: ReadHalf<'s>,
    to: WriteHalf<'s>,
    queue: VecDeque<(Duration, Piece)>,
    waiting: usize,
    open: bool,
}

impl<'l, 's> Pipe<'l, 's> {
    fn new(line: &'l Line, direction: Direction, from: ReadHalf<'s>, to: WriteHalf<'s>) -> Self {
        Self {
            line,
            direction,
            from,
            to,
            queue: VecDeque::new(),
            waiting: 0,
            open: true,
        }
    }

    /// Copies until the side has said all and it has been passed on.
    async fn run(mut self, first: Vec<u8>) -> Result<(), End> {
        let mut buffer = vec![0; PIECE_MAX];
        if !first.is_empty() {
            self.arrived(first).await?;
        }
        loop {
            let due = self.queue.front().map(|(at, _)| at.saturating_sub(self.line.now()));
            tokio::select! {
                biased;
                () = wait(due), if due.is_some() => {
                    if self.leave(&mut buffer).await? {
                        return Ok(());
                    }
                }
                read = self.from.read(&mut buffer), if self.open && self.waiting < WAITING_MAX => {
                    match read {
                        Ok(read) => self.heard(buffer.get(..read).unwrap_or_default()).await?,
                        Err(error) => self.ended(Piece::Broken(error)),
                    }
                }
            }
        }
    }

    /// Takes what was read; nothing means that the side has said all.
    async fn heard(&mut self, bytes: &[u8]) -> Result<(), End> {
        if bytes.is_empty() {
            self.ended(Piece::Last);
            return Ok(());
        }
        self.line.heard(self.direction, bytes);
        self.arrived(bytes.to_vec()).await
    }

    /// Puts what has arrived on its way; straight through while nothing is in the way.
    async fn arrived(&mut self, mut bytes: Vec<u8>) -> Result<(), End> {
        let passing = self.line.pass(self.direction, &mut bytes);
        if passing.is_none() && self.queue.is_empty() {
            return self.to.write_all(&bytes).await.map_err(End::Broken);
        }
        let Passing { at, then } = passing.unwrap_or(Passing {
            at: self.line.now(),
            then: Then::Carry { slice: None },
        });
        self.waiting += bytes.len();
        self.queue.push_back((at, Piece::Bytes(bytes, then)));
        Ok(())
    }

    /// The end is passed on behind all that came before it.
    fn ended(&mut self, end: Piece) {
        self.open = false;
        let at = self.queue.back().map_or(Duration::ZERO, |(at, _)| *at);
        self.queue.push_back((at, end));
    }

    /// Passes the next piece on; says whether it was the last.
    async fn leave(&mut self, buffer: &mut [u8]) -> Result<bool, End> {
        let size = self.queue.front().map_or(0, |(_, piece)| piece.size());
        self.passable(size, buffer).await?;
        let Some((_, piece)) = self.queue.pop_front() else {
            return Ok(false);
        };
        self.waiting -= piece.size();
        match piece {
            Piece::Bytes(bytes, then) => self.give(&bytes, then).await.map(|()| false),
            Piece::Last => {
                // A side that is gone needs no end.
                let _ = self.to.shutdown().await;
                Ok(true)
            }
            Piece::Broken(error) => Err(End::Broken(error)),
        }
    }

    /// Waits while something cuts this way. What a side had not got through when it resets the connection is lost: on a real
    /// network it would still be in that side's own buffers, which a reset empties.
    async fn passable(&mut self, size: usize, buffer: &mut [u8]) -> Result<(), End> {
        let line = self.line;
        let mut passable = pin!(line.passable(Some(self.direction), size));
        loop {
            tokio::select! {
                biased;
                () = &mut passable => return Ok(()),
                read = self.from.read(buffer), if self.open && self.waiting < WAITING_MAX => match read {
                    Ok(read) => self.heard(buffer.get(..read).unwrap_or_default()).await?,
                    Err(error) => {
                        passable.await;
                        return Err(End::Broken(error));
                    }
                }
            }
        }
    }

    async fn give(&mut self, bytes: &[u8], then: Then) -> Result<(), End> {
        match then {
            Then::Reset => Err(End::Reset),
            Then::Truncate(kept) => {
                let kept = bytes.get(..kept).unwrap_or(bytes);
                // It is cut whether or not these are taken.
                let _ = self.to.write_all(kept).await;
                Err(End::Truncated)
            }
            Then::Carry { slice } => {
                for part in bytes.chunks(slice.unwrap_or(bytes.len()).max(1)) {
                    self.to.write_all(part).await.map_err(End::Broken)?;
                    if slice.is_some() {
                        tokio::task::yield_now().await;
                    }
                }
                Ok(())
            }
        }
    }
}
