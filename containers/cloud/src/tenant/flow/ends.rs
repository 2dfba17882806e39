//! How orders leave and end: what the journal and the audit log keep of them.

use uuid::Uuid;
use vocabulary::{OpKind, Outcome, ReasonCode};

use super::{Ending, Order};
use crate::tenant::journal::SentOrder;
use crate::tenant::records::Activity;
use crate::tenant::{Now, Tenant};

impl Tenant {
    /// A text that only who opens the request can repeat.
    pub(crate) fn proof(&mut self) -> String {
        self.dice.short_text("proof")
    }

    /// Whether an operation left: what is sent under its id again is the same operation.
    pub(super) fn has_left(&self, operation: Uuid) -> bool {
        self.journal.left(operation)
    }

    /// How an operation ended that left.
    pub(crate) fn ended(&self, operation: Uuid) -> Option<Ending> {
        let (outcome, kind, in_cloud) = self.journal.get(operation)?.ended()?;
        Some(Ending {
            operation,
            kind,
            outcome,
            in_cloud,
        })
    }

    /// Notes to whom an order goes and until when it lives, right before it leaves.
    pub(crate) fn sends(&mut self, order: &Order, expires: u64, now: Now) {
        let sent = SentOrder {
            person: order.person,
            upn: order.upn.clone(),
            anchor: order.anchor.clone(),
            kind: order.kind,
            expires,
            journal: order.journal,
        };
        self.journal.send(order.operation, sent, now.unix);
    }

    /// To whom an operation went, if it left and may not have ended.
    pub(crate) fn sent(&self, operation: Uuid) -> Option<SentOrder> {
        self.journal.sent(operation).cloned()
    }

    /// Records what the agent told later about an operation in doubt. Its password is kept nowhere, so the cloud's own write
    /// cannot follow.
    pub(crate) fn settle_late(&mut self, operation: Uuid, sent: &SentOrder, outcome: &Outcome, now: Now) {
        self.journal
            .settle(operation, outcome, sent.kind == OpKind::Unlock, now.unix);
        self.note_end(
            operation,
            sent.kind,
            (sent.person, &sent.upn),
            outcome,
            sent.kind == OpKind::Unlock,
            now,
        );
    }

    /// Records how an order ended. `stored` says whether the cloud's own write followed.
    pub(crate) fn settle(&mut self, order: &Order, outcome: Outcome, stored: bool, now: Now) -> Ending {
        let applied = outcome == Outcome::Applied;
        let in_cloud = applied && stored;
        self.journal.settle(order.operation, &outcome, in_cloud, now.unix);
        self.note_end(
            order.operation,
            order.kind,
            (order.person, &order.upn),
            &outcome,
            stored,
            now,
        );
        Ending {
            operation: order.operation,
            kind: Some(order.kind),
            outcome,
            in_cloud,
        }
    }

    /// The audit rows of an end.
    fn note_end(
        &mut self,
        operation: Uuid,
        kind: OpKind,
        (person, upn): (Uuid, &str),
        outcome: &Outcome,
        stored: bool,
        now: Now,
    ) {
        let applied = *outcome == Outcome::Applied;
        if applied {
            self.throttle.clear(person);
            self.smart_lockout.clear(person);
        }
        if matches!(outcome, Outcome::Rejected(reason) if reason.code == ReasonCode::IncorrectPassword) {
            self.smart_lockout.wrong(person, now.monotonic);
        }
        let reason = if applied && !stored {
            "OnPremisesSuccessCloudFailure".to_owned()
        } else {
            told(outcome)
        };
        for activity in activities(kind, applied) {
            let target = Some((person, upn.to_owned()));
            self.note_about(operation, *activity, target, applied, &reason, now);
        }
    }

    pub(super) fn note_blocked(&mut self, person: Uuid, operation: Uuid, now: Now) {
        let target = self
            .people
            .by_id(person)
            .map(|person| (person.id, person.object.upn.clone()));
        self.note_about(operation, Activity::Blocked, target, true, "too many wrong codes", now);
    }
}

/// The rows of one operation, in the order of the public trace of a good reset.
fn activities(kind: OpKind, applied: bool) -> &'static [Activity] {
    match (kind, applied) {
        (OpKind::Unlock, _) => &[Activity::Progress, Activity::UnlockSelfService],
        (OpKind::Change, false) => &[Activity::ChangeSelfService],
        (OpKind::Change, true) => &[
            Activity::ResetUserPassword,
            Activity::UpdateRefreshTokens,
            Activity::ChangeSelfService,
        ],
        (OpKind::AdminReset, false) => &[Activity::ResetByAdmin],
        (OpKind::AdminReset, true) => &[
            Activity::ResetUserPassword,
            Activity::UpdateRefreshTokens,
            Activity::ResetByAdmin,
        ],
        (OpKind::Reset, false) => &[Activity::Progress, Activity::ResetSelfService],
        (OpKind::Reset, true) => &[
            Activity::Progress,
            Activity::ResetUserPassword,
            Activity::UpdateRefreshTokens,
            Activity::ResetSelfService,
            Activity::Progress,
        ],
    }
}

pub(super) fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied => "Successfully completed.".to_owned(),
        Outcome::Rejected(reason) | Outcome::Failed(reason) => reason.to_string(),
        Outcome::Unknown(why) => why.as_str().to_owned(),
    }
}
