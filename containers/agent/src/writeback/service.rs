//! The service's two ends: opening a request and sealing its answer. What lies between is in `carry`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use protocol::envelope::{Binding, Direction};
use protocol::lab;
use protocol::writeback::{CONTENT_TYPE, RequestBody};
use uuid::Uuid;
use vocabulary::{EventId, Password, SharedClock, Stage, StageTimes};

use super::journal::{Journal, Operation};
use super::keyring::{Keyring, Opened, Pair};
use super::operation::{self, Asked, Ending};
use super::port::{DirectoryReader, DirectoryWriter};
use crate::event::EventLog;
use crate::secret;
use crate::sync::SyncEngine;

/// How long an answer may live, in seconds: the longest that a relay holds one, with room.
const ANSWER_LIFE: u64 = 120;

/// A request as it came over a relay.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// The HTTP method.
    pub(crate) method: String,
    /// The headers.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Bytes,
    /// When it came, on the monotonic clock.
    pub(crate) received: Duration,
}

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Bytes,
}

impl Reply {
    /// An answer that could not be sealed: the event alone.
    pub(crate) fn event(status: u16, event: EventId) -> Self {
        let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        Self {
            status,
            headers,
            body: Bytes::from(format!(r#"{{"event":{}}}"#, event.0)),
        }
    }
}

/// A request that was opened and may be worked on.
pub(crate) struct Work {
    pub(super) operation: Operation,
    pub(super) asked: Asked,
    pub(super) received: Duration,
    pub(super) crypto: Duration,
    /// Whether it was sealed at a time that is yet to come.
    pub(super) premature: bool,
    pair: Arc<Pair>,
    proof: String,
    timed: bool,
}

impl Work {
    /// A request as if it had been opened.
    #[cfg(test)]
    pub(crate) fn of(operation: Operation, asked: Asked) -> Self {
        Self {
            operation,
            asked,
            received: Duration::ZERO,
            crypto: Duration::ZERO,
            premature: false,
            pair: Pair::of_tests(),
            proof: String::new(),
            timed: false,
        }
    }

    /// Whose it is.
    pub(crate) fn anchor(&self) -> &str {
        &self.operation.anchor
    }
}

/// What the service stands on.
pub(crate) struct Parts {
    /// The tenant it serves.
    pub(crate) tenant: Uuid,
    /// The keys that open requests and seal answers.
    pub(crate) keys: Keyring,
    /// The lab token, if this is a lab that has one.
    pub(crate) lab_token: Option<Password>,
    /// Who is who.
    pub(crate) engine: RwLock<SyncEngine>,
    /// How accounts stand.
    pub(crate) reader: Arc<dyn DirectoryReader>,
    /// What writes.
    pub(crate) writer: Arc<dyn DirectoryWriter>,
    /// What was done before.
    pub(crate) journal: Arc<dyn Journal>,
    /// The event log.
    pub(crate) log: Arc<EventLog>,
    /// The time.
    pub(crate) clock: SharedClock,
}

/// The service.
pub(crate) struct Service {
    pub(super) parts: Parts,
    served: AtomicU64,
}

impl Service {
    /// A service that has seen nothing yet.
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            served: AtomicU64::new(0),
        }
    }

    /// Requests answered so far.
    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Checks the form, opens the seal, and says what is to be done; or the reply to what cannot be.
    pub(crate) fn open(&self, incoming: &Incoming) -> Result<Work, Reply> {
        let invalid = |status| Reply::event(status, EventId::INPUT_VALIDATION_ERROR);
        if incoming.method != "POST" {
            return Err(invalid(405));
        }
        if !is_jose(header(incoming, "content-type")) {
            return Err(invalid(415));
        }
        let started = self.parts.clock.monotonic();
        let Opened { pair, header, content } = self.unseal(&incoming.body)?;
        let crypto = self.parts.clock.monotonic().saturating_sub(started);
        let refused = |why: &str| {
            let text = format!("TrackingId: {}, Details: {why}", header.op);
            self.parts.log.service(EventId::INPUT_VALIDATION_ERROR, &text);
            invalid(400)
        };
        operation::check_header(&header, self.parts.tenant).map_err(refused)?;
        let mut body: RequestBody =
            serde_json::from_slice(&content).map_err(|_| refused("the body has the wrong shape"))?;
        let asked = operation::asked(header.kind, &mut body).map_err(refused)?;
        let proof = body.proof.clone();
        let now = self.parts.clock.unix().as_secs();
        Ok(Work {
            operation: Operation {
                id: header.op,
                anchor: header.anchor,
                kind: header.kind,
                expires: header.exp,
            },
            premature: header.iat > now.saturating_add(operation::CLOCK_TOLERANCE),
            pair,
            proof,
            asked,
            received: incoming.received,
            crypto,
            timed: self.is_lab(incoming),
        })
    }

    /// Waits, while an onboarding is under way, for the key that a request needs.
    pub(crate) async fn ready_for(&self, incoming: &Incoming) {
        let now = self.parts.clock.monotonic();
        self.parts.keys.ready_for(&incoming.body, now).await;
    }

    /// Who is who from now on.
    pub(crate) fn takes(&self, engine: SyncEngine) {
        *self.parts.engine.write().unwrap_or_else(PoisonError::into_inner) = engine;
    }

    /// The keys of this agent.
    pub(crate) fn keys(&self) -> &Keyring {
        &self.parts.keys
    }

    /// The journal that outlives this agent, if it keeps one.
    pub(crate) fn journal_id(&self) -> Option<Uuid> {
        self.parts.journal.id()
    }

    fn unseal(&self, body: &[u8]) -> Result<Opened, Reply> {
        let opened = self.parts.keys.open(body, self.parts.clock.monotonic());
        opened.ok_or_else(|| {
            let text = "Details: the message opens with no key that is held";
            self.parts.log.service(EventId::DECRYPTION_ERROR, text);
            Reply::event(400, EventId::DECRYPTION_ERROR)
        })
    }

    fn is_lab(&self, incoming: &Incoming) -> bool {
        match (&self.parts.lab_token, header(incoming, lab::LAB_TOKEN)) {
            (Some(expected), Some(given)) => secret::same(expected, given),
            _ => false,
        }
    }

    /// Seals the answer to a request that was worked on.
    pub(super) fn sealed(&self, work: &Work, ending: &Ending, mut stages: StageTimes) -> Reply {
        self.served.fetch_add(1, Ordering::Relaxed);
        let started = self.parts.clock.monotonic();
        let Some(compact) = self.seal(work, ending) else {
            return Reply::event(500, EventId::UNKNOWN_ERROR);
        };
        stages.add(Stage::Crypto, self.parts.clock.monotonic().saturating_sub(started));
        let mut headers = BTreeMap::from([("content-type".to_owned(), CONTENT_TYPE.to_owned())]);
        if work.timed {
            headers.insert(lab::SERVER_TIMING.to_owned(), stages.to_server_timing());
        }
        Reply {
            status: 200,
            headers,
            body: Bytes::from(compact),
        }
    }

    fn seal(&self, work: &Work, ending: &Ending) -> Option<String> {
        let now = self.parts.clock.unix().as_secs();
        let binding = Binding {
            tenant: self.parts.tenant,
            operation: work.operation.id,
            anchor: work.operation.anchor.clone(),
            kind: work.operation.kind,
            direction: Direction::Answer,
            issued: now,
            expires: now.saturating_add(ANSWER_LIFE),
        };
        let content = serde_json::to_vec(&ending.answer(&work.proof)).ok()?;
        work.pair.cloud.seal(&binding, &content).ok()
    }
}

fn header<'a>(incoming: &'a Incoming, name: &str) -> Option<&'a str> {
    let found = incoming.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

fn is_jose(content_type: Option<&str>) -> bool {
    let media = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media.is_some_and(|media| media.eq_ignore_ascii_case(CONTENT_TYPE))
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
