//! A visit to the portal: the requests behind each act, with the session's cookie.

use engine::attempt::attempt_id;
use engine::pipe::Ticket;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use vocabulary::lab::{LAB_TOKEN, OPERATION_ID, SERVER_TIMING};
use vocabulary::{Outcome, ReasonCode, StageTimes, UnknownWhy};

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
    client: &'a Client,
    ticket: &'a Ticket,
    attempt: u32,
    cookie: Option<String>,
    code: String,
    stages: Option<StageTimes>,
}

impl<'a> Visit<'a> {
    pub fn new(portal: &'a Portal, client: &'a Client, ticket: &'a Ticket) -> Self {
        Self {
            portal,
            client,
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
        let answer = self.dressed(self.request(act)).send().await;
        self.heard(act, answer).await
    }

    /// The same form twice at once: one operation, so both answers must say the same.
    async fn finish_twice(&mut self) -> Outcome {
        let form = || self.dressed(self.request(Act::Finish)).send();
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
        let Some(label) = self.ticket.writes_at(self.attempt) else {
            return Outcome::failed(ReasonCode::NotSent);
        };
        let password = self
            .portal
            .vault
            .password(self.ticket.person, self.ticket.persona, label);
        let operation = attempt_id(self.ticket.op_id, self.attempt);
        let called = self
            .portal
            .helpdesk
            .reset(
                self.client,
                &self.portal.lab_token,
                &self.ticket.upn,
                &password,
                operation,
            )
            .await;
        self.stages = called.stages;
        called.outcome
    }

    /// A request as the lab sends it: with its token, the operation's id, and the session's cookie.
    fn dressed(&self, request: RequestBuilder) -> RequestBuilder {
        let operation = attempt_id(self.ticket.op_id, self.attempt);
        let request = request
            .header(LAB_TOKEN, self.portal.lab_token.expose())
            .header(OPERATION_ID, operation.to_string());
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    async fn heard(&mut self, act: Act, answer: Result<Response, reqwest::Error>) -> Option<Outcome> {
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Some(unanswered(act.decides(), &error)),
        };
        let outcome = self.note(response.headers());
        let succeeded = response.status().is_success() || response.status().is_redirection();
        // The body is read to its end, so that the connection goes back to the pool; an outcome stands in the headers.
        match response.bytes().await {
            Err(error) if outcome.is_none() => Some(unanswered(act.decides(), &error)),
            _ => outcome.or_else(|| act.without_outcome(succeeded)),
        }
    }

    fn request(&self, act: Act) -> RequestBuilder {
        let url = |path: &str| format!("{}{path}", self.portal.url);
        let post = |path: &str| self.client.post(url(path));
        match act {
            Act::Identify => post("/passwordreset/identify").form(&[("userid", &self.ticket.upn)]),
            Act::SendCode => post("/passwordreset/code").form(&[("method", "email")]),
            Act::Verify | Act::Guess => post("/passwordreset/verify").form(&[("code", &self.code)]),
            Act::Finish | Act::FinishTwice => self.finish(post("/passwordreset/finish")),
            Act::OpenChange => self.client.get(url("/changepassword")),
            Act::Change => self.change(post("/changepassword"), false),
            Act::ChangeMistyped => self.change(post("/changepassword"), true),
            Act::Open | Act::CallHelpdesk | Act::Leave => self.client.get(url("/passwordreset")),
        }
    }

    fn finish(&self, request: RequestBuilder) -> RequestBuilder {
        let ticket = self.ticket;
        let Some(label) = ticket.writes_at(self.attempt) else {
            return request.form(&[("choice", "unlock")]);
        };
        let password = self.portal.vault.password(ticket.person, ticket.persona, label);
        let clear = password.expose();
        request.form(&[
            ("choice", "reset"),
            ("new_password", clear),
            ("confirm_password", clear),
        ])
    }

    fn change(&self, request: RequestBuilder, mistyped: bool) -> RequestBuilder {
        let (ticket, vault) = (self.ticket, &self.portal.vault);
        let old = if mistyped {
            vault.mistyped(ticket.person, ticket.persona, ticket.holds)
        } else {
            vault.password(ticket.person, ticket.persona, ticket.holds)
        };
        let label = ticket.writes_at(self.attempt).unwrap_or_default();
        let new = vault.password(ticket.person, ticket.persona, label);
        request.form(&[
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
        let url = format!("{}/lab/inbox", self.portal.url);
        let request = self
            .client
            .get(url)
            .query(&[("upn", &self.ticket.upn)])
            .header(LAB_TOKEN, self.portal.lab_token.expose());
        let failed = |error: reqwest::Error| unanswered(false, &error);
        let response: Response = request.send().await.map_err(failed)?;
        let messages: Vec<InboxMessage> = response.json().await.map_err(failed)?;
        messages
            .into_iter()
            .next_back()
            .map(|message| message.code)
            .ok_or(Outcome::failed(ReasonCode::CloudError))
    }
}
