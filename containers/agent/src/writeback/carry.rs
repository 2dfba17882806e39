//! What is done with one request that was opened: look back, locate, note, write, note, tell.

use std::sync::PoisonError;
use std::time::Duration;

use protocol::writeback::Inquiry;
use vocabulary::{EventId, OpKind, ReasonCode, Stage, StageTimes, UnknownWhy};

use super::journal::{GRACE, JournalFuture, Operation, Seen, Unnoted};
use super::operation::{self, Asked, Ending, failed, rejected};
use super::port::{Change, Remark, Standing, Target, WriteResult};
use super::service::{Reply, Service, Work};
use super::telling::Telling;
use crate::clock;
use crate::sync::Missing;

/// Between two tries to note an ending that could not be stored.
const NOTE_AGAIN: Duration = Duration::from_secs(1);

/// An operation that was worked on: its person's lane is free again, its answer not yet sent.
pub(crate) struct Finished {
    ending: Ending,
    /// What is to be told once the ending is on the disk; nothing when it was told before.
    untold: Option<Untold>,
    stages: StageTimes,
}

#[cfg(test)]
impl Finished {
    /// How it ended.
    pub(crate) fn result(&self) -> &WriteResult {
        &self.ending.result
    }
}

struct Untold {
    remark: Remark,
    noted: JournalFuture<'static, Result<(), Unnoted>>,
    /// Whether the journal holds that the directory was about to be written.
    started: bool,
}

/// What came of the work.
struct Done {
    result: WriteResult,
    remark: Remark,
    started: bool,
}

impl Done {
    /// Nothing was asked of the directory.
    fn silently(result: WriteResult) -> Self {
        Self {
            result,
            remark: Remark::default(),
            started: false,
        }
    }
}

/// An ending that is known and answered, but could not be stored.
pub(crate) struct Unstored {
    ending: Ending,
    remark: Remark,
}

impl Service {
    /// Does the work. The caller holds the person's lane; when this returns, the next one for that person may begin.
    pub(crate) async fn perform(&self, work: &Work) -> Finished {
        let mut stages = StageTimes::new();
        let waited = self.parts.clock.monotonic().saturating_sub(work.received);
        stages.add(Stage::Queue, waited.saturating_sub(work.crypto));
        stages.add(Stage::Crypto, work.crypto);
        let telling = self.telling(&work.operation, unlocks(work));
        match &work.asked {
            Asked::Do(change) => {
                telling.start();
                self.settle(work, change, &telling, stages).await
            }
            Asked::Tell(inquiry) => self.look_up(work, *inquiry, &telling, stages).await,
        }
    }

    /// Seals the answer once the ending is on the disk, so that the answer outlives this process. What could not be
    /// stored is answered all the same, and given back to be tried again.
    pub(crate) async fn answer(&self, work: &Work, finished: Finished) -> (Reply, Option<Unstored>) {
        let Finished {
            ending,
            untold,
            mut stages,
        } = finished;
        let mut unstored = None;
        let begun = self.parts.clock.monotonic();
        if let Some(Untold { remark, noted, started }) = untold {
            let noted = noted.await;
            if let Err(error) = &noted {
                tracing::error!(operation = %work.operation.id, %error, "an ending could not be noted");
            }
            if noted.is_err() && started {
                let ending = ending.clone();
                unstored = Some(Unstored { ending, remark });
            } else {
                self.telling(&work.operation, unlocks(work)).end(&ending, &remark);
            }
        }
        stages.add(Stage::Queue, self.parts.clock.monotonic().saturating_sub(begun));
        (self.sealed(work, &ending, stages), unstored)
    }

    /// Stores an ending late. It is told only then: a restart before would settle the operation by reading and tell that,
    /// and an operation is told as applied once.
    pub(crate) async fn store_late(&self, work: &Work, late: Unstored) {
        let Unstored { ending, remark } = late;
        while self.parts.journal.end(work.operation.id, ending.clone()).await.is_err() {
            clock::sleep(NOTE_AGAIN).await;
        }
        self.telling(&work.operation, unlocks(work)).end(&ending, &remark);
    }

    pub(super) fn telling<'a>(&'a self, operation: &'a Operation, unlock: bool) -> Telling<'a> {
        let engine = self.parts.engine.read().unwrap_or_else(PoisonError::into_inner);
        Telling {
            log: &self.parts.log,
            operation,
            upn: engine.upn(&operation.anchor).map(str::to_owned),
            unlock,
        }
    }

    /// Looks back before it acts: what was done under this id is told again, not done again.
    async fn settle(&self, work: &Work, change: &Change, telling: &Telling<'_>, mut stages: StageTimes) -> Finished {
        let seen = self.parts.journal.begin(&work.operation).await;
        if seen != Seen::New {
            let ending = self.seen_before(&work.operation, seen, telling).await;
            return Finished {
                ending,
                untold: None,
                stages,
            };
        }
        let Done {
            result,
            remark,
            started,
        } = self.execute(work, change, &mut stages).await;
        let ending = Ending::of(result, work.operation.kind);
        let noted = self.parts.journal.end(work.operation.id, ending.clone());
        Finished {
            ending,
            untold: Some(Untold { remark, noted, started }),
            stages,
        }
    }

    /// How an operation stands that is not new.
    async fn seen_before(&self, operation: &Operation, seen: Seen, telling: &Telling<'_>) -> Ending {
        let ended = |result| Ending::of(result, operation.kind);
        match seen {
            Seen::Ended(ending) => {
                telling.repeated("redelivered: answered from the journal");
                ending
            }
            Seen::Doubtful => {
                telling.repeated("redelivered: in doubt, to be settled by reading the directory");
                self.settle_by_reading(operation).await
            }
            Seen::New | Seen::Running => {
                telling.repeated("redelivered: still in work");
                ended(WriteResult::Unknown(UnknownWhy::Interrupted))
            }
            Seen::Other => {
                telling.repeated("the operation id was used for something else");
                ended(failed(ReasonCode::Replayed, EventId::INPUT_VALIDATION_ERROR))
            }
            Seen::Full => {
                telling.repeated("the journal is full: nothing is done");
                ended(unnoted())
            }
        }
    }

    /// Tells how an operation ended. One that the journal would know and does not know is ended here and now, so that its
    /// message has no effect if it still comes; where the journal cannot know it, nobody can tell.
    async fn look_up(&self, work: &Work, ask: Inquiry, telling: &Telling<'_>, stages: StageTimes) -> Finished {
        let operation = Operation {
            expires: work.operation.expires.max(ask.expires),
            ..work.operation.clone()
        };
        let seen = self.parts.journal.begin(&operation).await;
        let ending = match seen {
            Seen::New => {
                telling.repeated("asked about: never seen, and not to be carried out any more");
                let remembered = self.parts.clock.unix().as_secs() < ask.expires.saturating_add(GRACE);
                let ending = if self.parts.journal.id() == Some(ask.journal) && remembered {
                    Ending::of(
                        failed(ReasonCode::NotApplied, EventId::INPUT_VALIDATION_ERROR),
                        operation.kind,
                    )
                } else {
                    Ending::in_doubt(operation.kind)
                };
                self.ended_unseen(&operation, ending).await
            }
            Seen::Full => Ending::in_doubt(operation.kind),
            seen => self.seen_before(&operation, seen, telling).await,
        };
        Finished {
            ending,
            untold: None,
            stages,
        }
    }

    async fn ended_unseen(&self, operation: &Operation, ending: Ending) -> Ending {
        match self.parts.journal.end(operation.id, ending.clone()).await {
            Ok(()) => ending,
            Err(error) => {
                tracing::error!(operation = %operation.id, %error, "the end of an unseen operation could not be noted");
                Ending::in_doubt(operation.kind)
            }
        }
    }

    async fn execute(&self, work: &Work, change: &Change, stages: &mut StageTimes) -> Done {
        if work.premature {
            let text = format!(
                "TrackingId: {}, Details: sealed later than now: the clocks of cloud and agent differ",
                work.operation.id
            );
            self.parts.log.service(EventId::INPUT_VALIDATION_ERROR, &text);
            return Done::silently(operation::expired());
        }
        if let Some(late) = self.too_late(&work.operation) {
            return Done::silently(late);
        }
        if !operation::presentable(change) {
            return Done::silently(rejected(ReasonCode::PasswordPolicy, EventId::AD_PASSWORD_POLICY));
        }
        let found = self.find(&work.operation.anchor, work.operation.kind);
        let target = match found {
            Ok(target) => target,
            Err(refusal) => return Done::silently(refusal),
        };
        self.settle_earlier(&work.operation.anchor).await;
        let started = self.parts.clock.monotonic();
        let standing = self.parts.reader.standing(&target).await;
        stages.add(Stage::Locate, self.parts.clock.monotonic().saturating_sub(started));
        let (result, started) = match standing {
            Standing::Enabled => self.write(work, &target, change, stages).await,
            Standing::Disabled => (
                rejected(ReasonCode::AccountDisabled, EventId::AD_ACCOUNT_DISABLED),
                false,
            ),
            Standing::Refused(result) => (result, false),
        };
        let remark = self.parts.reader.remark(&target);
        Done {
            result,
            remark,
            started,
        }
    }

    /// What to say of a message that came too late. One so old that the journal may have known and forgotten it may have
    /// been carried out in its time.
    fn too_late(&self, operation: &Operation) -> Option<WriteResult> {
        let now = self.parts.clock.unix().as_secs();
        if now < operation.expires {
            return None;
        }
        if now < operation.expires.saturating_add(GRACE) {
            return Some(operation::expired());
        }
        Some(WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate))
    }

    /// Notes what is about to be done, with what tells afterwards whether it was, and then does it. Says whether the note
    /// was made.
    async fn write(
        &self,
        work: &Work,
        target: &Target,
        change: &Change,
        stages: &mut StageTimes,
    ) -> (WriteResult, bool) {
        let expires = Duration::from_secs(work.operation.expires);
        let begun = self.parts.clock.monotonic();
        let before = self.parts.reader.before(target, change, expires).await;
        let located = self.parts.clock.monotonic();
        stages.add(Stage::Locate, located.saturating_sub(begun));
        let before = match before {
            Ok(before) => before,
            Err(refusal) => return (refusal, false),
        };
        let noted = self.parts.journal.start(work.operation.id, before).await;
        let started = self.parts.clock.monotonic();
        stages.add(Stage::Queue, started.saturating_sub(located));
        if let Err(error) = noted {
            let text = format!("TrackingId: {}, Details: {error}", work.operation.id);
            self.parts.log.service(EventId::UNKNOWN_ERROR, &text);
            return (unnoted(), false);
        }
        let result = self.parts.writer.write(target, change, expires).await;
        stages.add(Stage::Write, self.parts.clock.monotonic().saturating_sub(started));
        (result, true)
    }

    /// The metaverse says who; the directory is asked afterwards whether the account may be written now.
    pub(super) fn find(&self, anchor: &str, kind: OpKind) -> Result<Target, WriteResult> {
        let engine = self.parts.engine.read().unwrap_or_else(PoisonError::into_inner);
        let located = engine.locate(anchor).map_err(|missing| match missing {
            Missing::NotFound => rejected(ReasonCode::NotFoundOnPremises, EventId::AD_USER_NOT_FOUND),
            Missing::Multiple => rejected(ReasonCode::MultipleMatches, EventId::AD_MULTI_MATCH),
        })?;
        if kind == OpKind::AdminReset && located.protected {
            return Err(rejected(ReasonCode::PermissionDenied, EventId::AD_PERMISSIONS));
        }
        Ok(located.target)
    }
}

fn unlocks(work: &Work) -> bool {
    matches!(&work.asked, Asked::Do(change) if change.unlocks())
}

/// Without a note nothing is written: a restart could not tell whether it was.
fn unnoted() -> WriteResult {
    failed(ReasonCode::JournalUnavailable, EventId::UNKNOWN_ERROR)
}
