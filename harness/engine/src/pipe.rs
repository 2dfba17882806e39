//! The pipe between the engine and the load generator: frames of JSON, each with its length before it.

use scenario::Persona;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use uuid::Uuid;
use vocabulary::{NameTable, OpKind, Outcome, StageTimes};

use crate::ports::Flow;

/// The largest frame in bytes; a longer one is a broken pipe's noise.
const FRAME_MAX: u32 = 1 << 20;

/// The pipe broke.
#[derive(Debug, Error)]
pub enum PipeError {
    /// Reading or writing failed.
    #[error("the pipe broke: {0}")]
    Broken(#[from] std::io::Error),
    /// A frame is longer than any message.
    #[error("a frame of {0} bytes came over the pipe")]
    Oversized(u32),
    /// A frame does not read.
    #[error("a frame does not read: {0}")]
    Shape(#[from] serde_json::Error),
}

/// Engine to generator.
#[derive(Debug, Serialize, Deserialize)]
pub enum Down {
    /// Comes first.
    Hello(Box<Hello>),
    /// An arrival is due.
    Ticket(Ticket),
    /// No ticket follows: finish what waits and what is in flight.
    End,
    /// Drop what waits, give what is in flight a moment, end.
    Stop,
}

/// What the generator must know.
#[derive(Serialize, Deserialize)]
pub struct Hello {
    /// Where the run's axis stood …
    pub at_us: u64,
    /// … at this wall time.
    pub unix_us: u64,
    /// What is done there.
    pub flow: Flow,
    /// The portal.
    pub portal_url: String,
    /// Where the names are.
    pub names: NameTable,
    /// The run's certificate authority.
    pub ca_pem: String,
    /// Opens the lab's inbox, stage times and outcomes.
    pub lab_token: String,
    /// The seed of the people's passwords.
    pub seed: u64,
    /// Operations in flight at most.
    pub users: u32,
    /// Tickets waiting at most.
    pub queue_max: u32,
    /// A ticket that has not begun within this is dropped.
    pub start_within_us: u64,
    /// How long one request may take.
    pub request_timeout_us: u64,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hello({}, {} users)", self.portal_url, self.users)
    }
}

/// One arrival, on its way to a free user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// The arrival's number.
    pub number: u64,
    /// The intended start on the run's axis.
    pub intended_us: u64,
    /// When it was released.
    pub released_us: u64,
    /// The person's number.
    pub person: u64,
    /// The person's persona.
    pub persona: Persona,
    /// The person's sign-in name.
    pub upn: String,
    /// What is asked.
    pub op: OpKind,
    /// The label of the new password.
    pub writes: Option<u32>,
    /// The operation id.
    pub op_id: Uuid,
}

/// Generator to engine.
#[derive(Debug, Serialize, Deserialize)]
pub enum Up {
    /// Every user waits for tickets.
    Ready,
    /// An operation ended.
    Done(Done),
    /// A ticket was dropped.
    Dropped {
        /// The arrival's number.
        number: u64,
        /// Why.
        why: history::DropWhy,
    },
    /// How the generator stands, once a second.
    Gauge(Gauge),
    /// Everything was answered; the generator ends.
    Ended,
    /// The generator cannot go on.
    Failed(String),
}

/// How the generator stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    /// Tickets that wait for a free user now.
    pub waiting: u32,
    /// The most that waited since the last time.
    pub waiting_max: u32,
    /// Users with an operation now.
    pub busy: u32,
}

/// The end of an operation.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// The arrival's number.
    pub number: u64,
    /// Whether a user was free when its ticket came: then it could begin at once.
    pub free: bool,
    /// When it began, on the run's axis.
    pub started_us: u64,
    /// When its end was known.
    pub finished_us: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Stage times, when the answers carried them.
    pub stages: Option<StageTimes>,
}

/// Writes one frame; flushing is the caller's.
///
/// # Errors
/// [`PipeError::Broken`] when the other side is gone.
pub async fn send<T: Serialize>(pipe: &mut (impl AsyncWrite + Unpin), message: &T) -> Result<(), PipeError> {
    let bytes = serde_json::to_vec(message)?;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    if length > FRAME_MAX {
        return Err(PipeError::Oversized(length));
    }
    pipe.write_all(&length.to_be_bytes()).await?;
    pipe.write_all(&bytes).await?;
    Ok(())
}

/// Reads one frame; `None` when the pipe was closed between frames.
///
/// # Errors
/// [`PipeError`] when it closed within a frame, or the frame does not read.
pub async fn receive<T: DeserializeOwned>(pipe: &mut (impl AsyncRead + Unpin)) -> Result<Option<T>, PipeError> {
    let mut length = [0; 4];
    match pipe.read_exact(&mut length).await {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let length = u32::from_be_bytes(length);
    if length > FRAME_MAX {
        return Err(PipeError::Oversized(length));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    pipe.read_exact(&mut bytes).await?;
    Ok(Some(serde_json::from_slice(&bytes)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_round_trip_and_noise_is_refused() {
        let mut bytes = Vec::new();
        send(&mut bytes, &Up::Ready).await.unwrap();
        send(&mut bytes, &Up::Failed("no".into())).await.unwrap();
        let mut reader = bytes.as_slice();
        assert!(matches!(receive::<Up>(&mut reader).await.unwrap(), Some(Up::Ready)));
        assert!(matches!(receive::<Up>(&mut reader).await.unwrap(), Some(Up::Failed(_))));
        assert!(receive::<Up>(&mut reader).await.unwrap().is_none());
        let mut noise = [255_u8; 8].as_slice();
        assert!(matches!(receive::<Up>(&mut noise).await, Err(PipeError::Oversized(_))));
        let mut torn = [0_u8, 0, 0, 9, 1].as_slice();
        assert!(matches!(receive::<Up>(&mut torn).await, Err(PipeError::Broken(_))));
    }
}
