//! The self-service flow: identify, prove, choose, write back. Every refusal has its reason and, where one is public, its code.

use std::sync::Arc;

use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Password, Reason, ReasonCode, SsprCode, UnknownWhy};

use super::agent::Keys;
use super::disturbed::Disturbance;
use super::gates::Gate;
use super::journal::{JournalEntry, SentOrder};
use super::people::Person;
use super::records::Activity;
use super::session::{Code, Step};
use super::{Now, Tenant};

/// Characters that a new password may have (Microsoft Learn, "Password policies": 256).
const PASSWORD_MAX: usize = 256;

/// What a person sends to the portal.
#[derive(Debug)]
pub(crate) enum PortalEvent {
    Identify { userid: String },
    SendCode,
    Verify { code: String },
    Finish(Choice),
}

/// What a proven person asks for.
#[derive(Debug)]
pub(crate) enum Choice {
    Reset {
        password: Password,
        confirmed: Password,
    },
    Unlock,
    /// Neither of the two.
    Unclear,
}

/// What the shell must do, in this order.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Give the browser this session.
    OpenSession(String),
    /// Take the session from the browser.
    CloseSession,
    /// Deliver a code.
    SendCode(Message),
    /// Answer with this page.
    Show(Page),
    /// Carry this to the agent, then settle it.
    Writeback(Order),
    /// Wait for the end of an operation that left before, and show it.
    Await(Uuid),
}

/// A code on its way to a person. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) upn: String,
    pub(crate) code: String,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message(to {})", self.upn)
    }
}

/// A page of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Page {
    AskCode {
        mail: String,
    },
    EnterCode,
    /// The code was wrong or too old; another may be tried.
    WrongCode {
        operation: Uuid,
    },
    Choose {
        unlock: bool,
        problem: Option<Problem>,
    },
    End(Ending),
}

/// Why a new password was not even sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    Unclear,
    Empty,
    Differs,
    TooLong,
    Unusable,
}

/// How a flow ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) operation: Uuid,
    pub(crate) kind: Option<OpKind>,
    pub(crate) outcome: Outcome,
    /// Whether the cloud's own write followed the on-premises one.
    pub(crate) in_cloud: bool,
}

/// An operation that is ready to leave.
#[derive(Debug, Clone)]
pub struct Order {
    /// The operation id.
    pub operation: Uuid,
    /// The person's object id.
    pub person: Uuid,
    /// The name that the person signs in with.
    pub upn: String,
    /// The person's source anchor.
    pub anchor: String,
    /// What is asked.
    pub kind: OpKind,
    /// The new password, for a reset.
    pub password: Option<Password>,
    pub(crate) proof: String,
    pub(crate) keys: Arc<Keys>,
    /// The journal of the agent that it is sealed for.
    pub(crate) journal: Option<Uuid>,
}

/// What the flow needs of a person once every gate is open.
struct Admitted {
    person: Uuid,
    upn: String,
    anchor: String,
    mail: String,
    keys: Arc<Keys>,
    journal: Option<Uuid>,
}

impl Tenant {
    /// Takes one step. `operation` is the harness's id for what this step belongs to; without one it is thrown.
    pub(crate) fn portal(
        &mut self,
        session: Option<&str>,
        operation: Option<Uuid>,
        event: PortalEvent,
        now: Now,
    ) -> Vec<Effect> {
        let session = session.unwrap_or_default();
        let same = self
            .finished(session, now)
            .filter(|first| operation.is_none_or(|given| given == *first));
        if let (Some(first), PortalEvent::Finish(_)) = (same, &event) {
            // The same form twice is one operation.
            return vec![Effect::CloseSession, Effect::Await(first)];
        }
        let operation = operation.unwrap_or_else(|| self.dice.uuid("operation"));
        let result = match event {
            PortalEvent::Identify { userid } => self.identify(&userid, now),
            PortalEvent::SendCode => self.send_code(session, now),
            PortalEvent::Verify { code } => self.verify(session, operation, &code, now),
            PortalEvent::Finish(choice) => self.finish(session, operation, choice, now),
        };
        result.unwrap_or_else(|outcome| self.refuse(session, operation, outcome, now))
    }

    fn identify(&mut self, userid: &str, now: Now) -> Result<Vec<Effect>, Outcome> {
        let admitted = self.admit(self.people.by_upn(userid), now)?;
        let id = self.dice.text("session");
        if !self.sessions.open(id.clone(), admitted.person, now.monotonic) {
            return Err(Outcome::failed(ReasonCode::CloudError));
        }
        Ok(vec![
            Effect::OpenSession(id),
            Effect::Show(Page::AskCode {
                mail: masked(&admitted.mail),
            }),
        ])
    }

    fn send_code(&mut self, session: &str, now: Now) -> Result<Vec<Effect>, Outcome> {
        let code = self.dice.code();
        let current = self.sessions.get(session, now.monotonic).ok_or_else(invalid)?;
        let person = self.people.by_id(current.person).ok_or_else(invalid)?;
        if self.throttle.locked(current.person, now.monotonic) {
            return Err(Outcome::rejected(ReasonCode::Throttled));
        }
        if matches!(current.step, Step::Verified | Step::Finished(_)) {
            return Err(invalid());
        }
        current.step = Step::CodeSent(Code::new(code.clone(), now.monotonic));
        let message = Message {
            upn: person.object.upn.clone(),
            code,
        };
        Ok(vec![Effect::SendCode(message), Effect::Show(Page::EnterCode)])
    }

    fn verify(&mut self, session: &str, operation: Uuid, offered: &str, now: Now) -> Result<Vec<Effect>, Outcome> {
        let current = self.sessions.get(session, now.monotonic).ok_or_else(invalid)?;
        let Step::CodeSent(code) = &current.step else {
            return Err(invalid());
        };
        if self.throttle.locked(current.person, now.monotonic) {
            return Err(Outcome::rejected(ReasonCode::Throttled));
        }
        if code.good(offered, now.monotonic) {
            current.step = Step::Verified;
            let unlock = self.settings(now).unlock_without_reset;
            return Ok(vec![Effect::Show(Page::Choose { unlock, problem: None })]);
        }
        let person = current.person;
        if self.throttle.wrong(person, now.monotonic) {
            self.note_blocked(person, operation, now);
            return Err(Outcome::rejected(ReasonCode::Throttled));
        }
        self.journal
            .refuse(operation, &Outcome::rejected(ReasonCode::WrongCode), now.unix);
        Ok(vec![Effect::Show(Page::WrongCode { operation })])
    }

    fn finish(&mut self, session: &str, operation: Uuid, choice: Choice, now: Now) -> Result<Vec<Effect>, Outcome> {
        let current = self.sessions.get(session, now.monotonic).ok_or_else(invalid)?;
        if current.step != Step::Verified {
            return Err(invalid());
        }
        let person = current.person;
        let (kind, password) = match checked(choice) {
            Ok(asked) => asked,
            Err(problem) => {
                let unlock = self.settings(now).unlock_without_reset;
                return Ok(vec![Effect::Show(Page::Choose {
                    unlock,
                    problem: Some(problem),
                })]);
            }
        };
        if self.has_left(operation) {
            self.sessions.close(session);
            return Ok(vec![Effect::CloseSession, Effect::Await(operation)]);
        }
        let order = self.order(person, operation, kind, password, now)?;
        self.sessions.finish(session, operation);
        Ok(vec![Effect::CloseSession, Effect::Writeback(order)])
    }

    /// The operation that a session ended in.
    fn finished(&mut self, session: &str, now: Now) -> Option<Uuid> {
        match self.sessions.get(session, now.monotonic)?.step {
            Step::Finished(operation) => Some(operation),
            _ => None,
        }
    }

    /// A text that only who opens the request can repeat.
    pub(crate) fn proof(&mut self) -> String {
        self.dice.short_text("proof")
    }

    /// Whether an operation left: what is sent under its id again is the same operation.
    fn has_left(&self, operation: Uuid) -> bool {
        self.journal.get(operation).is_some_and(JournalEntry::is_dispatched)
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

    /// To whom an operation went, if it left.
    pub(crate) fn sent(&self, operation: Uuid) -> Option<SentOrder> {
        self.journal.get(operation)?.sent().cloned()
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

    /// Every gate is asked again: switches and heartbeats may have changed since the person came in.
    fn order(
        &mut self,
        person: Uuid,
        operation: Uuid,
        kind: OpKind,
        password: Option<Password>,
        now: Now,
    ) -> Result<Order, Outcome> {
        let admitted = self.admit(self.people.by_id(person), now)?;
        if kind == OpKind::Unlock && !self.is_open(Gate::Unlock, now) {
            self.disturbed.touch(Disturbance::DisableUnlock, now.monotonic);
            return Err(Outcome::rejected(ReasonCode::UnlockDisabled));
        }
        if !self.journal.dispatch(operation, now.unix) {
            // The first one may have had its effect: nobody may say here that nothing happened.
            return Err(Outcome::Unknown(UnknownWhy::Unplaced));
        }
        Ok(Order {
            operation,
            person,
            upn: admitted.upn,
            anchor: admitted.anchor,
            kind,
            password,
            proof: self.proof(),
            keys: self.disturbed.keys(admitted.keys, now.monotonic),
            journal: admitted.journal,
        })
    }

    fn is_open(&self, gate: Gate, now: Now) -> bool {
        self.gates.is_open(gate, &self.settings(now))
    }

    /// The gates, in the order in which the product asks them.
    fn admit(&self, person: Option<&Person>, now: Now) -> Result<Admitted, Outcome> {
        let refused = |code, sspr| Outcome::Rejected(Reason::new(code).with_sspr(sspr));
        if !self.is_open(Gate::SelfService, now) {
            return Err(refused(ReasonCode::SsprDisabled, SsprCode::TenantSsprFlagDisabled));
        }
        let person = person.ok_or_else(|| Outcome::rejected(ReasonCode::UnknownUser))?;
        if self.throttle.locked(person.id, now.monotonic) {
            return Err(Outcome::rejected(ReasonCode::Throttled));
        }
        if !self.is_open(Gate::Licence, now) {
            self.disturbed.touch(Disturbance::RevokeLicence, now.monotonic);
            return Err(refused(ReasonCode::NotLicensed, SsprCode::UserNotLicensed));
        }
        let mail = person.object.mail.clone().filter(|mail| !mail.trim().is_empty());
        let mail = mail.ok_or_else(|| refused(ReasonCode::NotRegistered, SsprCode::UserNotProperlyConfigured))?;
        if !self.is_open(Gate::Writeback, now) {
            self.disturbed.touch(Disturbance::DisableWriteback, now.monotonic);
            return Err(refused(ReasonCode::WritebackDisabled, SsprCode::WritebackNotEnabled));
        }
        let outdated = || Reason::new(ReasonCode::AgentOutdated).with_sspr(SsprCode::OnPremisesConnectivityError);
        if !self
            .agent
            .as_ref()
            .is_none_or(|agent| self.lets_in(&agent.version, now))
        {
            return Err(Outcome::Failed(outdated()));
        }
        let down = || Reason::new(ReasonCode::NoListener).with_sspr(SsprCode::OnPremisesConnectivityError);
        let (keys, journal) = self.alive_agent(now).ok_or_else(|| Outcome::Failed(down()))?;
        Ok(Admitted {
            person: person.id,
            upn: person.object.upn.clone(),
            anchor: person.object.source_anchor.clone(),
            mail,
            keys,
            journal,
        })
    }

    fn refuse(&mut self, session: &str, operation: Uuid, outcome: Outcome, now: Now) -> Vec<Effect> {
        self.sessions.close(session);
        if self.has_left(operation) {
            // The same form twice, or a browser that comes back: the first one may have had its effect.
            return vec![Effect::CloseSession, Effect::Await(operation)];
        }
        self.journal.refuse(operation, &outcome, now.unix);
        self.note_about(operation, Activity::Progress, None, false, &told(&outcome), now);
        let ending = Ending {
            operation,
            kind: None,
            outcome,
            in_cloud: false,
        };
        vec![Effect::CloseSession, Effect::Show(Page::End(ending))]
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

    fn note_blocked(&mut self, person: Uuid, operation: Uuid, now: Now) {
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
        (_, false) => &[Activity::Progress, Activity::ResetSelfService],
        (_, true) => &[
            Activity::Progress,
            Activity::ResetUserPassword,
            Activity::UpdateRefreshTokens,
            Activity::ResetSelfService,
            Activity::Progress,
        ],
    }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied => "Successfully completed.".to_owned(),
        Outcome::Rejected(reason) | Outcome::Failed(reason) => reason.to_string(),
        Outcome::Unknown(why) => why.as_str().to_owned(),
    }
}

fn invalid() -> Outcome {
    Outcome::rejected(ReasonCode::SessionInvalid)
}

/// Only what no directory should ever be asked is held back here; the domain's policy is the domain's to judge.
fn checked(choice: Choice) -> Result<(OpKind, Option<Password>), Problem> {
    let (password, confirmed) = match choice {
        Choice::Unlock => return Ok((OpKind::Unlock, None)),
        Choice::Unclear => return Err(Problem::Unclear),
        Choice::Reset { password, confirmed } => (password, confirmed),
    };
    let text = password.expose();
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    if password != confirmed {
        return Err(Problem::Differs);
    }
    if text.chars().count() > PASSWORD_MAX {
        return Err(Problem::TooLong);
    }
    if text.chars().any(unusable) {
        return Err(Problem::Unusable);
    }
    Ok((OpKind::Reset, Some(password)))
}

/// Control characters, and what stands in the place of bytes that were no UTF-8.
fn unusable(character: char) -> bool {
    character.is_control() || character == char::REPLACEMENT_CHARACTER
}

/// Enough of an address for its owner, too little for anybody else.
fn masked(mail: &str) -> String {
    let (name, domain) = mail.split_once('@').unwrap_or((mail, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests;
