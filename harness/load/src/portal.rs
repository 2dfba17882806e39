//! What a person does at the portal: a small state machine over its pages, and the client that fetches them.

use std::time::Duration;

use engine::pipe::{Hello, Ticket};
use engine::ports::Flow;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Certificate, Client, RequestBuilder, Response};
use scenario::Vault;
use serde::Deserialize;
use vocabulary::lab::{LAB_TOKEN, OPERATION_ID, OUTCOME, SERVER_TIMING};
use vocabulary::{OpKind, Outcome, Password, ReasonCode, StageTimes, UnknownWhy};

use crate::LoadError;

/// The portal as every user sees it. The session's cookie is kept by hand, so that all share one pool of connections.
pub(crate) struct Portal {
    flow: Flow,
    client: Client,
    url: String,
    lab_token: Password,
    vault: Vault,
}

/// The requests of a flow, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Open,
    Identify,
    SendCode,
    Verify,
    Finish,
}

impl Step {
    const ALL: [Self; 5] = [Self::Open, Self::Identify, Self::SendCode, Self::Verify, Self::Finish];

    /// What a request that got no answer means: before the last one nothing was dispatched, after it nobody knows.
    fn unanswered(self, error: &reqwest::Error) -> Outcome {
        match self {
            Self::Finish if error.is_connect() => Outcome::failed(ReasonCode::NotSent),
            Self::Finish if error.is_timeout() => Outcome::Unknown(UnknownWhy::Timeout),
            Self::Finish => Outcome::Unknown(UnknownWhy::ConnectionLost),
            _ => Outcome::failed(ReasonCode::NotSent),
        }
    }

    /// What an answer without an outcome means: in the middle to go on, unless it is an error.
    fn without_outcome(self, succeeded: bool) -> Option<Outcome> {
        match self {
            Self::Finish => Some(Outcome::Unknown(UnknownWhy::Unplaced)),
            _ if succeeded => None,
            _ => Some(Outcome::failed(ReasonCode::CloudError)),
        }
    }
}

#[derive(Deserialize)]
struct InboxMessage {
    code: String,
}

struct Session<'a> {
    portal: &'a Portal,
    client: &'a Client,
    ticket: &'a Ticket,
    cookie: Option<String>,
    code: String,
    stages: Option<StageTimes>,
}

impl Portal {
    pub fn new(hello: &Hello) -> Result<Self, LoadError> {
        let authority = match hello.flow {
            Flow::Portal => Some(Certificate::from_pem(hello.ca_pem.as_bytes())?),
            Flow::Count => None,
        };
        let mut builder = Client::builder()
            .tls_certs_only(authority)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_micros(hello.request_timeout_us))
            .pool_max_idle_per_host(usize::try_from(hello.users).unwrap_or(usize::MAX))
            .user_agent(concat!("wblab-load/", env!("CARGO_PKG_VERSION")));
        for (name, address) in hello.names.iter() {
            builder = builder.resolve(name, address);
        }
        Ok(Self {
            flow: hello.flow,
            client: builder.build()?,
            url: hello.portal_url.clone(),
            lab_token: Password::new(hello.lab_token.clone()),
            vault: Vault::new(hello.seed),
        })
    }

    /// The client that all users share.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Drives one operation through the pages to its outcome, with the stage times that the answers carried.
    pub async fn drive(&self, client: &Client, ticket: &Ticket) -> (Outcome, Option<StageTimes>) {
        if self.flow == Flow::Count {
            return (self.count(client, ticket).await, None);
        }
        let mut session = Session {
            portal: self,
            client,
            ticket,
            cookie: None,
            code: String::new(),
            stages: None,
        };
        for step in Step::ALL {
            if let Some(outcome) = session.take(step).await {
                return (outcome, session.stages);
            }
        }
        (Outcome::Unknown(UnknownWhy::Unplaced), session.stages)
    }
}

impl Portal {
    /// One request that the target counts; it is told which ticket's it is, and when that was released.
    async fn count(&self, client: &Client, ticket: &Ticket) -> Outcome {
        let url = format!("{}/{}/{}", self.url, ticket.number, ticket.released_us);
        let answered = async {
            let response = client.get(url).send().await?;
            let succeeded = response.status().is_success();
            response.bytes().await.map(|_| succeeded)
        };
        match answered.await {
            Ok(true) => Outcome::Applied,
            Ok(false) => Outcome::failed(ReasonCode::CloudError),
            Err(error) => Step::Finish.unanswered(&error),
        }
    }
}

impl Session<'_> {
    /// One step; an outcome ends the flow.
    async fn take(&mut self, step: Step) -> Option<Outcome> {
        if step == Step::Verify {
            match self.read_inbox().await {
                Ok(code) => self.code = code,
                Err(outcome) => return Some(outcome),
            }
        }
        let mut request = self.request(step).header(LAB_TOKEN, self.portal.lab_token.expose());
        request = request.header(OPERATION_ID, self.ticket.op_id.to_string());
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Some(step.unanswered(&error)),
        };
        let outcome = self.note(response.headers());
        let succeeded = response.status().is_success() || response.status().is_redirection();
        // The body is read to its end, so that the connection goes back to the pool; an outcome stands in the headers.
        match response.bytes().await {
            Err(error) if outcome.is_none() => Some(step.unanswered(&error)),
            _ => outcome.or_else(|| step.without_outcome(succeeded)),
        }
    }

    fn request(&self, step: Step) -> RequestBuilder {
        let url = |path: &str| format!("{}{path}", self.portal.url);
        match step {
            Step::Open => self.client.get(url("/passwordreset")),
            Step::Identify => self
                .client
                .post(url("/passwordreset/identify"))
                .form(&[("userid", &self.ticket.upn)]),
            Step::SendCode => self
                .client
                .post(url("/passwordreset/code"))
                .form(&[("method", "email")]),
            Step::Verify => self
                .client
                .post(url("/passwordreset/verify"))
                .form(&[("code", &self.code)]),
            Step::Finish => self.finish(self.client.post(url("/passwordreset/finish"))),
        }
    }

    fn finish(&self, request: RequestBuilder) -> RequestBuilder {
        let ticket = self.ticket;
        match (ticket.op, ticket.writes) {
            (OpKind::Unlock, _) | (_, None) => request.form(&[("choice", "unlock")]),
            (_, Some(label)) => {
                let password = self.portal.vault.password(ticket.person, ticket.persona, label);
                let clear = password.expose();
                request.form(&[
                    ("choice", "reset"),
                    ("new_password", clear),
                    ("confirm_password", clear),
                ])
            }
        }
    }

    /// Keeps the session's cookie, adds up the stage times, and reads the outcome where there is one.
    fn note(&mut self, headers: &HeaderMap) -> Option<Outcome> {
        let cookie = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok());
        if let Some((pair, _)) = cookie.map(|text| text.split_once(';').unwrap_or((text, ""))) {
            self.cookie = Some(pair.to_owned());
        }
        for timing in headers
            .get_all(SERVER_TIMING)
            .iter()
            .filter_map(|value| value.to_str().ok())
        {
            let stages = self.stages.get_or_insert_with(StageTimes::new);
            stages.merge(&StageTimes::from_server_timing(timing));
        }
        let outcome = headers.get(OUTCOME)?.to_str().ok()?;
        Some(serde_json::from_str(outcome).unwrap_or(Outcome::Unknown(UnknownWhy::AnswerInvalid)))
    }

    /// The newest code in the person's inbox.
    async fn read_inbox(&self) -> Result<String, Outcome> {
        let url = format!("{}/lab/inbox", self.portal.url);
        let request = self
            .client
            .get(url)
            .query(&[("upn", &self.ticket.upn)])
            .header(LAB_TOKEN, self.portal.lab_token.expose());
        let unanswered = |error: reqwest::Error| Step::Verify.unanswered(&error);
        let response: Response = request.send().await.map_err(unanswered)?;
        let messages: Vec<InboxMessage> = response.json().await.map_err(unanswered)?;
        messages
            .into_iter()
            .next_back()
            .map(|message| message.code)
            .ok_or(Outcome::failed(ReasonCode::CloudError))
    }
}
