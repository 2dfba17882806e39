//! The event log: append-only JSON lines with the product's ids, names and texts. Never a secret.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use uuid::Uuid;
use vocabulary::{EventId, OutcomeClass, SharedClock};

use crate::AgentError;

/// An event source of the product.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) enum Source {
    PasswordResetService,
    #[serde(rename = "ADSync")]
    AdSync,
}

/// `ADSync` 6329: the directory refused a password operation.
pub(crate) const ADSYNC_PASSWORD_ERROR: EventId = EventId(6329);
/// `ADSync` 6800: the writeback endpoint failed to start.
pub(crate) const ADSYNC_ENDPOINT_FAILED: EventId = EventId(6800);
/// `ADSync` 6306: an unexpected error of the engine.
pub(crate) const ADSYNC_ENGINE_ERROR: EventId = EventId(6306);

/// One line. The final event of an operation carries `result` and `code`, which the harness reads, and the domain
/// controller that something was sent to.
#[derive(Serialize)]
struct Line<'a> {
    unix_ms: u64,
    source: Source,
    id: EventId,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    op_id: Option<Uuid>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<OutcomeClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dc: Option<&'a str>,
}

/// How an operation ended, for its final event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End<'a> {
    /// The class.
    pub(crate) result: OutcomeClass,
    /// The event that tells it.
    pub(crate) code: EventId,
    /// The domain controller that the write was sent to.
    pub(crate) dc: Option<&'a str>,
}

/// Takes the lines of the event log. The port that wrong parts wrap.
pub trait EventSink: Send + Sync {
    /// Appends one line, its end included.
    ///
    /// # Errors
    /// What the medium says.
    fn append(&self, line: &[u8]) -> io::Result<()>;
}

/// A file that the lines go to.
pub(crate) struct LogFile(Mutex<File>);

impl LogFile {
    /// Opens the file for appending.
    pub(crate) fn open(path: &Path) -> Result<Self, AgentError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| AgentError::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self(Mutex::new(file)))
    }
}

impl EventSink for LogFile {
    /// One write call per line, so that lines never mix.
    fn append(&self, line: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line)
    }
}

/// The open log.
pub(crate) struct EventLog {
    sink: Arc<dyn EventSink>,
    clock: SharedClock,
}

impl EventLog {
    /// A log whose lines go there.
    pub(crate) fn new(sink: Arc<dyn EventSink>, clock: SharedClock) -> Self {
        Self { sink, clock }
    }

    /// A log in a file.
    #[cfg(test)]
    pub(crate) fn open(path: &Path, clock: SharedClock) -> Result<Self, AgentError> {
        Ok(Self::new(Arc::new(LogFile::open(path)?), clock))
    }

    /// An event of the service itself.
    pub(crate) fn service(&self, id: EventId, text: &str) {
        self.line(Source::PasswordResetService, id, None, text, None);
    }

    /// An event of the sync engine.
    pub(crate) fn sync(&self, id: EventId, text: &str) {
        self.line(Source::AdSync, id, None, text, None);
    }

    /// An event on the way of an operation.
    pub(crate) fn step(&self, source: Source, id: EventId, op: Uuid, text: &str) {
        self.line(source, id, Some(op), text, None);
    }

    /// The final event of an operation.
    pub(crate) fn end(&self, id: EventId, op: Uuid, text: &str, end: End<'_>) {
        self.line(Source::PasswordResetService, id, Some(op), text, Some(end));
    }

    fn line(&self, source: Source, id: EventId, op: Option<Uuid>, text: &str, end: Option<End<'_>>) {
        let line = Line {
            unix_ms: u64::try_from(self.clock.unix().as_millis()).unwrap_or(u64::MAX),
            source,
            id,
            name: name(id),
            op_id: op,
            text,
            result: end.map(|end| end.result),
            code: end.map(|end| end.code),
            dc: end.and_then(|end| end.dc),
        };
        if let Err(error) = self.append(&line) {
            tracing::error!(event = id.0, %error, "the event log could not be written");
        }
    }

    fn append(&self, line: &Line<'_>) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.sink.append(&bytes)
    }
}

fn name(id: EventId) -> &'static str {
    match id {
        ADSYNC_PASSWORD_ERROR => "PasswordOperationError",
        ADSYNC_ENDPOINT_FAILED => "PasswordResetEndpointFailed",
        ADSYNC_ENGINE_ERROR => "ServerError",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn lines_are_appended_and_the_last_of_an_operation_says_how_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let op = Uuid::from_u128(7);
        let log = EventLog::open(&path, testing::FakeClock::at(100)).unwrap();
        log.service(EventId::SERVICE_STARTED, "ready");
        drop(log);
        let log = EventLog::open(&path, testing::FakeClock::at(101)).unwrap();
        log.end(
            EventId::PASSWORD_RESET_FAIL,
            op,
            "a \"b\"\nc",
            End {
                result: OutcomeClass::Rejected,
                code: EventId::AD_PASSWORD_POLICY,
                dc: Some("dc1.corp.test"),
            },
        );
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[0]["id"], &lines[0]["source"]),
            (&31015.into(), &"PasswordResetService".into())
        );
        assert!(lines[0].get("result").is_none());
        assert_eq!(lines[1]["unix_ms"], 101_000);
        assert_eq!(
            (&lines[1]["result"], &lines[1]["code"]),
            (&"rejected".into(), &33008.into())
        );
        assert_eq!(lines[1]["op_id"], op.to_string());
        assert_eq!(lines[1]["dc"], "dc1.corp.test");
        assert!(lines[0].get("dc").is_none());
    }
}
