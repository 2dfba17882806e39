//! What the service does with one request: open, look back, locate, write, seal the answer.

use std::collections::BTreeMap;
use std::str;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use protocol::envelope::{Binding, Direction, Header, OpeningKey, SealingKey};
use protocol::lab;
use protocol::writeback::{CONTENT_TYPE, RequestBody};
use uuid::Uuid;
use vocabulary::{EventId, OpKind, Password, ReasonCode, SharedClock, Stage, StageTimes};

use super::journal::{Journal, Seen};
use super::operation::{self, Ending, failed, rejected};
use super::port::{Change, DirectoryReader, DirectoryWriter, Remark, Standing, Target, WriteResult};
use super::telling::Telling;
use crate::event::EventLog;
use crate::secret;
use crate::sync::{Missing, SyncEngine};

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
    header: Header,
    proof: String,
    change: Change,
    received: Duration,
    crypto: Duration,
    timed: bool,
}

impl Work {
    /// Whose it is.
    pub(crate) fn anchor(&self) -> &str {
        &self.header.anchor
    }
}

/// What the service stands on.
pub(crate) struct Parts {
    /// The tenant it serves.
    pub(crate) tenant: Uuid,
    /// The key that opens requests.
    pub(crate) own_key: OpeningKey,
    /// The key that seals answers.
    pub(crate) cloud_key: SealingKey,
    /// The lab token, if this is a lab that has one.
    pub(crate) lab_token: Option<Password>,
    /// Who is who.
    pub(crate) engine: RwLock<SyncEngine>,
    /// How accounts stand.
    pub(crate) reader: Arc<dyn DirectoryReader>,
    /// What writes.
    pub(crate) writer: Arc<dyn DirectoryWriter>,
    /// The event log.
    pub(crate) log: Arc<EventLog>,
    /// The time.
    pub(crate) clock: SharedClock,
}

/// The service.
pub(crate) struct Service {
    parts: Parts,
    journal: Mutex<Journal>,
    served: AtomicU64,
}

impl Service {
    /// A service that has seen nothing yet.
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            journal: Mutex::default(),
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
        let (header, content) = self.unseal(&incoming.body)?;
        let crypto = self.parts.clock.monotonic().saturating_sub(started);
        let refused = |why: &str| {
            let text = format!("TrackingId: {}, Details: {why}", header.op);
            self.parts.log.service(EventId::INPUT_VALIDATION_ERROR, &text);
            invalid(400)
        };
        operation::check_header(&header, self.parts.tenant).map_err(refused)?;
        let mut body: RequestBody =
            serde_json::from_slice(&content).map_err(|_| refused("the body has the wrong shape"))?;
        let change = operation::change(header.kind, &mut body).map_err(refused)?;
        let proof = body.proof.clone();
        Ok(Work {
            header,
            proof,
            change,
            received: incoming.received,
            crypto,
            timed: self.is_lab(incoming),
        })
    }

    fn unseal(&self, body: &[u8]) -> Result<(Header, zeroize::Zeroizing<Vec<u8>>), Reply> {
        let opened = str::from_utf8(body)
            .ok()
            .and_then(|text| self.parts.own_key.open(text).ok());
        opened.ok_or_else(|| {
            let text = "Details: the message does not open with the current key";
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

    /// Does the work and seals the answer. The caller holds the person's lane.
    pub(crate) async fn perform(&self, work: &Work) -> Reply {
        let mut stages = StageTimes::new();
        let waited = self.parts.clock.monotonic().saturating_sub(work.received);
        stages.add(Stage::Queue, waited.saturating_sub(work.crypto));
        stages.add(Stage::Crypto, work.crypto);
        let telling = self.telling(work);
        telling.start();
        let ending = self.settle(work, &telling, &mut stages).await;
        self.served.fetch_add(1, Ordering::Relaxed);
        self.sealed(work, &ending, stages)
    }

    fn telling<'a>(&'a self, work: &'a Work) -> Telling<'a> {
        let engine = self.parts.engine.read().unwrap_or_else(PoisonError::into_inner);
        Telling {
            log: &self.parts.log,
            header: &work.header,
            upn: engine.upn(work.anchor()).map(str::to_owned),
            unlock: matches!(work.change, Change::Reset { unlock: true, .. } | Change::Unlock),
        }
    }

    /// Looks back before it acts: what was done under this id is told again, not done again.
    async fn settle(&self, work: &Work, telling: &Telling<'_>, stages: &mut StageTimes) -> Ending {
        let seen = self.journal().begin(&work.header, self.parts.clock.unix().as_secs());
        match seen {
            Seen::New => {
                let (result, remark) = self.execute(work, stages).await;
                let ending = Ending::of(result, work.header.kind);
                self.journal().finish(work.header.op, &ending);
                telling.end(&ending, &remark);
                ending
            }
            Seen::Ended(ending) => {
                telling.repeated("the message came again and was answered from the journal");
                ending
            }
            Seen::Other => {
                telling.repeated("the operation id was used for something else");
                Ending::of(
                    failed(ReasonCode::Replayed, EventId::INPUT_VALIDATION_ERROR),
                    work.header.kind,
                )
            }
        }
    }

    async fn execute(&self, work: &Work, stages: &mut StageTimes) -> (WriteResult, Remark) {
        let expires = Duration::from_secs(work.header.exp);
        let silently = |result| (result, Remark::default());
        if self.parts.clock.unix() >= expires {
            return silently(operation::expired());
        }
        if !operation::presentable(&work.change) {
            return silently(rejected(ReasonCode::PasswordPolicy, EventId::AD_PASSWORD_POLICY));
        }
        let started = self.parts.clock.monotonic();
        let found = self.find(&work.header);
        let standing = match &found {
            Ok(target) => self.parts.reader.standing(target).await,
            Err(refusal) => Standing::Refused(refusal.clone()),
        };
        let located = self.parts.clock.monotonic();
        stages.add(Stage::Locate, located.saturating_sub(started));
        let result = match (&found, standing) {
            (Ok(target), Standing::Enabled) => {
                let result = self.parts.writer.write(target, &work.change, expires).await;
                stages.add(Stage::Write, self.parts.clock.monotonic().saturating_sub(located));
                result
            }
            (_, Standing::Refused(result)) => result,
            _ => rejected(ReasonCode::AccountDisabled, EventId::AD_ACCOUNT_DISABLED),
        };
        let remark = found.map(|target| self.parts.reader.remark(&target));
        (result, remark.unwrap_or_default())
    }

    /// The metaverse says who; the directory is asked afterwards whether the account may be written now.
    fn find(&self, header: &Header) -> Result<Target, WriteResult> {
        let engine = self.parts.engine.read().unwrap_or_else(PoisonError::into_inner);
        let located = engine.locate(&header.anchor).map_err(|missing| match missing {
            Missing::NotFound => rejected(ReasonCode::NotFoundOnPremises, EventId::AD_USER_NOT_FOUND),
            Missing::Multiple => rejected(ReasonCode::MultipleMatches, EventId::AD_MULTI_MATCH),
        })?;
        if header.kind == OpKind::AdminReset && located.protected {
            return Err(rejected(ReasonCode::PermissionDenied, EventId::AD_PERMISSIONS));
        }
        Ok(located.target)
    }

    fn sealed(&self, work: &Work, ending: &Ending, mut stages: StageTimes) -> Reply {
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
            operation: work.header.op,
            anchor: work.header.anchor.clone(),
            kind: work.header.kind,
            direction: Direction::Answer,
            issued: now,
            expires: now.saturating_add(ANSWER_LIFE),
        };
        let content = serde_json::to_vec(&ending.answer(&work.proof)).ok()?;
        self.parts.cloud_key.seal(&binding, &content).ok()
    }

    fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
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
