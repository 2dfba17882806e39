//! A visit to the portal: the requests behind each act, with the session's cookie.

use engine::attempt::attempt_id;
use engine::pipe::Ticket;
use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};
use serde::Deserialize;
use vocabulary::lab::{LAB_TOKEN, OPERATION_ID, SERVER_TIMING};
use vocabulary::{Outcome, ReasonCode, StageTimes, UnknownWhy};

use crate::client::{Answer, Ask, Unanswered, encoded};
use crate::course::{Act, guess};
use crate::portal::{Portal, both, told, unanswered};

impl Act {
    /// Whether its request may have an effect on the directory.
    fn decides(self) -> bool {
        matches!(
            self,
            Self::Finish | Self::FinishTwice | Self::Change | Self::ChangeMistyped | Self::CallHelpdesk
        )
    }

    /// What an answer without an outcome means: in the middle to go on, unless it is an error.
    fn without_outcome(self, succeeded: bool) -> Option<Outcome> {
        match self {
            _ if self.decides() => Some(Outcome::Unknown(UnknownWhy::Unplaced)),
            _ if succeeded => None,
            _ => Some(Outcome::failed(ReasonCode::CloudError)),
        }
    }
}

#[derive(Deserialize)]
struct InboxMessage {
    code: String,
}

/// One person at the portal, over all attempts of an arrival.
pub(crate) struct Visit<'a> {
    portal: &'a Portal,
    ticket: &'a Ticket,
    attempt: u32,
    cookie: Option<String>,
    code: String,
    stages: Option<StageTimes>,
}

impl<'a> Visit<'a> {
    pub fn new(portal: &'a Portal, ticket: &'a Ticket) -> Self {
        Self {
            portal,
            ticket,
            attempt: ticket.attempt,
            cookie: None,
            code: String::new(),
            stages: None,
        }
    }

    /// Drives one attempt through its acts to its outcome, with the stage times that the answers carried.
    pub async fn drive(&mut self, attempt: u32, acts: &[Act]) -> (Outcome, Option<StageTimes>) {
        self.attempt = attempt;
        self.stages = None;
        for act in acts {
            if let Some(outcome) = self.take(*act).await {
                return (outcome, self.stages.take());
            }
        }
        (Outcome::Unknown(UnknownWhy::Unplaced), self.stages.take())
    }

    /// One act; an outcome ends the attempt.
    async fn take(&mut self, act: Act) -> Option<Outcome> {
        match act {
            Act::Open | Act::OpenChange => self.cookie = None,
            Act::Leave => return Some(Outcome::rejected(ReasonCode::Abandoned)),
            Act::CallHelpdesk => return Some(self.call_helpdesk().await),
            Act::FinishTwice => return Some(self.finish_twice().await),
            Act::Verify => match self.read_inbox().await {
                Ok(code) => self.code = code,
                Err(outcome) => return Some(outcome),
            },
            Act::Guess => self.code = guess(attempt_id(self.ticket.op_id, self.attempt)),
            Act::Identify | Act::SendCode | Act::Finish | Act::Change | Act::ChangeMistyped => {}
        }
        let answer = self.send(self.request(act)).await;
        self.heard(act, answer).await
    }

    /// The same form twice at once: one operation, so both answers must say the same.
    async fn finish_twice(&mut self) -> Outcome {
        let form = || self.send(self.request(Act::Finish));
        let (one, other) = tokio::join!(form(), form());
        let before = self.stages.clone();
        let first = self.heard(Act::Finish, one).await;
        let whole = std::mem::replace(&mut self.stages, before);
        let second = self.heard(Act::Finish, other).await;
        // The time of one operation counts once: the answer that followed it tells more than the one that waited for it.
        let total = |stages: &Option<StageTimes>| stages.as_ref().map(StageTimes::total);
        if total(&whole) > total(&self.stages) {
            self.stages = whole;
        }
        let unplaced = || Outcome::Unknown(UnknownWhy::Unplaced);
        both(first.unwrap_or_else(unplaced), second.unwrap_or_else(unplaced))
    }

    async fn call_helpdesk(&mut self) -> Outcome {
        let (portal, ticket) = (self.portal, self.ticket);
        let (Some(label), Some(helpdesk)) = (ticket.writes_at(self.attempt), &portal.helpdesk) else {
            return Outcome::failed(ReasonCode::NotSent);
        };
        let password = portal.vault.password(ticket.person, ticket.persona, label);
        let operation = attempt_id(ticket.op_id, self.attempt);
        let called = helpdesk
            .reset(&portal.lab_token, &ticket.upn, &password, operation)
            .await;
        self.stages = called.stages;
        called.outcome
    }

    /// Sends a request as the lab does: with its token, the operation's id, and the session's cookie.
    async fn send(&self, ask: Ask) -> Result<Answer, Unanswered> {
        let operation = attempt_id(self.ticket.op_id, self.attempt);
        let ask = ask
            .header(LAB_TOKEN, self.portal.lab_token.expose())
            .header(OPERATION_ID, &operation.to_string());
        let ask = match &self.cookie {
            Some(cookie) => ask.header(COOKIE, cookie),
            None => ask,
        };
        self.portal.server.send(ask).await
    }

    async fn heard(&mut self, act: Act, answer: Result<Answer, Unanswered>) -> Option<Outcome> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => return Some(unanswered(act.decides(), why)),
        };
        let outcome = self.note(&answer.headers);
        let succeeded = answer.status.is_success() || answer.status.is_redirection();
        // An outcome stands in the headers, whatever became of the body.
        match answer.body {
            Err(why) if outcome.is_none() => Some(unanswered(act.decides(), why)),
            _ => outcome.or_else(|| act.without_outcome(succeeded)),
        }
    }

    fn request(&self, act: Act) -> Ask {
        match act {
            Act::Identify => Ask::post("/passwordreset/identify").form(&[("userid", &self.ticket.upn)]),
            Act::SendCode => Ask::post("/passwordreset/code").form(&[("method", "email")]),
            Act::Verify | Act::Guess => Ask::post("/passwordreset/verify").form(&[("code", &self.code)]),
            Act::Finish | Act::FinishTwice => self.finish(Ask::post("/passwordreset/finish")),
            Act::OpenChange => Ask::get("/changepassword"),
            Act::Change => self.change(Ask::post("/changepassword"), false),
            Act::ChangeMistyped => self.change(Ask::post("/changepassword"), true),
            Act::Open | Act::CallHelpdesk | Act::Leave => Ask::get("/passwordreset"),
        }
    }

    fn finish(&self, ask: Ask) -> Ask {
        let ticket = self.ticket;
        let Some(label) = ticket.writes_at(self.attempt) else {
            return ask.form(&[("choice", "unlock")]);
        };
        let password = self.portal.vault.password(ticket.person, ticket.persona, label);
        let clear = password.expose();
        ask.form(&[
            ("choice", "reset"),
            ("new_password", clear),
            ("confirm_password", clear),
        ])
    }

    fn change(&self, ask: Ask, mistyped: bool) -> Ask {
        let (ticket, vault) = (self.ticket, &self.portal.vault);
        let old = if mistyped {
            vault.mistyped(ticket.person, ticket.persona, ticket.holds)
        } else {
            vault.password(ticket.person, ticket.persona, ticket.holds)
        };
        let label = ticket.writes_at(self.attempt).unwrap_or_default();
        let new = vault.password(ticket.person, ticket.persona, label);
        ask.form(&[
            ("userid", ticket.upn.as_str()),
            ("old_password", old.expose()),
            ("new_password", new.expose()),
            ("confirm_password", new.expose()),
        ])
    }

    /// Keeps the session's cookie, adds up the stage times, and reads the outcome where there is one.
    fn note(&mut self, headers: &HeaderMap) -> Option<Outcome> {
        let cookie = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok());
        if let Some((pair, _)) = cookie.map(|text| text.split_once(';').unwrap_or((text, ""))) {
            self.cookie = Some(pair.to_owned());
        }
        let timings = headers.get_all(SERVER_TIMING).iter();
        for timing in timings.filter_map(|value| value.to_str().ok()) {
            let stages = self.stages.get_or_insert_with(StageTimes::new);
            stages.merge(&StageTimes::from_server_timing(timing));
        }
        told(headers)
    }

    /// The newest code in the person's inbox.
    async fn read_inbox(&self) -> Result<String, Outcome> {
        let query = encoded(&[("upn", &self.ticket.upn)]);
        let ask = Ask::get(format!("/lab/inbox?{query}"));
        let ask = ask.header(LAB_TOKEN, self.portal.lab_token.expose());
        let answer = self.portal.server.send(ask).await;
        let answer = answer.map_err(|why| unanswered(false, why))?;
        let messages: Vec<InboxMessage> = answer.json().ok_or(Outcome::failed(ReasonCode::NotSent))?;
        messages
            .into_iter()
            .next_back()
            .map(|message| message.code)
            .ok_or(Outcome::failed(ReasonCode::CloudError))
    }
}
