//! The helpdesk as an API client: signs in, asks Graph to reset a password, and looks until that has ended.

use std::time::Duration;

use engine::clock::{RunClock, wait};
use engine::pipe::Hello;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;
use uuid::Uuid;
use vocabulary::lab::{LAB_TOKEN, OPERATION_ID, SERVER_TIMING};
use vocabulary::{Outcome, Password, ReasonCode, StageTimes, UnknownWhy};

use crate::LoadError;
use crate::client::{Ask, Server, Unanswered};
use crate::portal::{told, unanswered};

/// The fixed id of everybody's password among their authentication methods (Microsoft Graph, `authenticationMethod: resetPassword`).
const PASSWORD_METHOD: &str = "28c10230-6103-485e-b985-444c60001490";

/// Between two looks at an operation: short at first, so that a fast answer is not measured as slow, then longer each time.
const FIRST_LOOK: Duration = Duration::from_millis(15);
const LOOK_MAX: Duration = Duration::from_millis(500);

/// How a call ended.
pub(crate) struct Called {
    pub outcome: Outcome,
    pub stages: Option<StageTimes>,
}

/// The helpdesk's account and its token, which all calls share until it expires.
pub(crate) struct Helpdesk {
    graph: Server,
    /// Where tokens are: its path is the whole one.
    sign_in: Server,
    upn: String,
    password: Password,
    token: Mutex<Option<Password>>,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Deserialize)]
struct Operation {
    id: Uuid,
    status: String,
}

impl Helpdesk {
    pub fn new(hello: &Hello, clock: &RunClock) -> Result<Self, LoadError> {
        Ok(Self {
            graph: Server::new(&hello.graph_url, hello, clock)?,
            sign_in: Server::new(&hello.token_url, hello, clock)?,
            upn: hello.helpdesk_upn.clone(),
            password: Password::new(hello.helpdesk_password.clone()),
            token: Mutex::new(None),
            timeout: Duration::from_micros(hello.request_timeout_us),
        })
    }

    /// Sets somebody's password and waits for its end.
    pub async fn reset(&self, lab_token: &Password, upn: &str, password: &Password, operation: Uuid) -> Called {
        let call = Call {
            helpdesk: self,
            lab_token,
            upn,
            operation,
        };
        match call.ask(password).await {
            Ok(()) => call.follow().await,
            Err(outcome) => Called { outcome, stages: None },
        }
    }

    /// The token, asked for where there is none yet.
    async fn token(&self) -> Result<Password, Outcome> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref() {
            return Ok(token.clone());
        }
        let form = [
            ("grant_type", "password"),
            ("username", self.upn.as_str()),
            ("password", self.password.expose()),
        ];
        let failed = |why: Unanswered| unanswered(false, why);
        let answer = self.sign_in.send(Ask::post("").form(&form)).await.map_err(failed)?;
        if !answer.status.is_success() {
            return Err(Outcome::failed(ReasonCode::CloudError));
        }
        let granted: Granted = answer.json().ok_or(Outcome::failed(ReasonCode::NotSent))?;
        let token = Password::new(granted.access_token);
        *held = Some(token.clone());
        Ok(token)
    }

    /// Forgets a token that was refused, so that the next call asks for another.
    async fn forget(&self, token: &Password) {
        let mut held = self.token.lock().await;
        if held.as_ref() == Some(token) {
            *held = None;
        }
    }
}

/// One call about one person.
struct Call<'a> {
    helpdesk: &'a Helpdesk,
    lab_token: &'a Password,
    upn: &'a str,
    operation: Uuid,
}

impl Call<'_> {
    fn path(&self, rest: &str) -> String {
        let mut user = String::new();
        for byte in self.upn.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
                user.push(char::from(byte));
            } else {
                user.push_str(&format!("%{byte:02X}"));
            }
        }
        format!("/v1.0/users/{user}/authentication/{rest}")
    }

    /// Asks for the reset; an outcome where it is not under way. An expired token is renewed once.
    async fn ask(&self, password: &Password) -> Result<(), Outcome> {
        for _ in 0..2 {
            let token = self.helpdesk.token().await?;
            let ask = Ask::post(self.path(&format!("methods/{PASSWORD_METHOD}/resetPassword")))
                .bearer(token.expose())
                .header(LAB_TOKEN, self.lab_token.expose())
                .header(OPERATION_ID, &self.operation.to_string())
                .json(&serde_json::json!({ "newPassword": password.expose() }));
            let answer = self
                .helpdesk
                .graph
                .send(ask)
                .await
                .map_err(|why| unanswered(true, why))?;
            let (status, outcome) = (answer.status, told(&answer.headers));
            match (status, outcome) {
                (StatusCode::ACCEPTED, _) => return Ok(()),
                (_, Some(outcome)) => return Err(outcome),
                (StatusCode::UNAUTHORIZED, None) => self.helpdesk.forget(&token).await,
                // Nothing leaves the cloud for a request that it did not accept.
                (status, None) if status.is_client_error() => return Err(Outcome::failed(ReasonCode::CloudError)),
                (_, None) => return Err(Outcome::Unknown(UnknownWhy::Unplaced)),
            }
        }
        Err(Outcome::failed(ReasonCode::CloudError))
    }

    /// Looks at the operation until it has ended, or the time of a request is over.
    async fn follow(&self) -> Called {
        let looking = async {
            let mut between = FIRST_LOOK;
            loop {
                wait(between).await;
                between = (between * 3 / 2).min(LOOK_MAX);
                // The operation goes on, whoever looks: one look that failed says nothing of it.
                if let Some(called) = self.look().await {
                    return called;
                }
            }
        };
        let called = tokio::time::timeout(self.helpdesk.timeout, looking).await;
        called.unwrap_or(Called {
            outcome: Outcome::Unknown(UnknownWhy::Timeout),
            stages: None,
        })
    }

    async fn look(&self) -> Option<Called> {
        let token = self.helpdesk.token().await.ok()?;
        let ask = Ask::get(self.path(&format!("operations/{}", self.operation)))
            .bearer(token.expose())
            .header(LAB_TOKEN, self.lab_token.expose());
        let answer = self.helpdesk.graph.send(ask).await.ok()?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.helpdesk.forget(&token).await;
            return None;
        }
        let (outcome, stages) = (told(&answer.headers), stages(&answer.headers));
        let shown: Operation = answer.json()?;
        let ended = matches!(shown.status.as_str(), "succeeded" | "failed") && shown.id == self.operation;
        ended.then(|| Called {
            outcome: outcome.unwrap_or(Outcome::Unknown(UnknownWhy::AnswerInvalid)),
            stages,
        })
    }
}

/// The stage times of an operation, which its terminal state carries.
fn stages(headers: &HeaderMap) -> Option<StageTimes> {
    let timings = headers.get_all(SERVER_TIMING).iter();
    let mut timings = timings.filter_map(|value| value.to_str().ok()).peekable();
    timings.peek()?;
    let mut stages = StageTimes::new();
    timings.for_each(|timing| stages.merge(&StageTimes::from_server_timing(timing)));
    Some(stages)
}
