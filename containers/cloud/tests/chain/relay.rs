//! A relay and an agent in one: takes what the cloud sends, opens it, and answers as it is told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use protocol::envelope::{Binding, Direction, Header, OpeningKey, SealingKey};
use protocol::writeback::{AgentResult, AnswerBody, Inquiry, RequestBody};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vocabulary::{EventId, OpKind, Reason, ReasonCode, Win32};

/// What the next requests meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Applied,
    Policy,
    /// The agent says that the old password was wrong.
    WrongOld,
    WrongProof,
    OtherPerson,
    Garbage,
    NotDispatched,
    LostListener,
    GatewayTimeout,
    HangUp,
    Silent,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) header: Header,
    pub(crate) password: Option<String>,
    pub(crate) current: Option<String>,
    pub(crate) unlock: bool,
    pub(crate) size: usize,
    pub(crate) ask: Option<Inquiry>,
}

/// The agent's keys.
#[derive(Debug)]
pub(crate) struct Agent {
    opening: OpeningKey,
    sealing: SealingKey,
}

impl Agent {
    pub(crate) fn new(opening: OpeningKey, sealing: SealingKey) -> Self {
        Self { opening, sealing }
    }

    fn open(&self, body: &[u8]) -> (Header, RequestBody) {
        let (header, content) = self.opening.open(std::str::from_utf8(body).unwrap()).unwrap();
        (header, serde_json::from_slice(&content).unwrap())
    }

    fn answer(&self, header: &Header, proof: &str, result: AgentResult, anchor: &str) -> String {
        let (event, win32) = match &result {
            AgentResult::Applied => (EventId::PASSWORD_RESET_SUCCESS, None),
            _ => (EventId::AD_PASSWORD_POLICY, Some(Win32::PASSWORD_RESTRICTION)),
        };
        let proof = proof.to_owned();
        let body = serde_json::to_vec(&AnswerBody {
            proof,
            result,
            event,
            win32,
        })
        .unwrap();
        let binding = Binding {
            tenant: header.tid,
            operation: header.op,
            anchor: anchor.to_owned(),
            kind: header.kind,
            direction: Direction::Answer,
            issued: header.iat,
            expires: header.exp,
        };
        self.sealing.seal(&binding, &body).unwrap()
    }
}

#[derive(Debug)]
struct State {
    mood: Mood,
    agent: Option<Agent>,
    seen: Vec<Seen>,
}

/// A listening relay; ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Relay {
    pub(crate) async fn start(tls: &Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = State {
            mood: Mood::Applied,
            agent: None,
            seen: Vec::new(),
        };
        let relay = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(Mutex::new(state)),
        };
        tokio::spawn(relay.clone().serve(listener, TlsAcceptor::from(Arc::clone(tls))));
        relay
    }

    pub(crate) fn seat(&self, agent: Agent) {
        self.state.lock().unwrap().agent = Some(agent);
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    async fn serve(self, listener: TcpListener, acceptor: TlsAcceptor) {
        while let Ok((stream, _)) = listener.accept().await {
            let (relay, acceptor) = (self.clone(), acceptor.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = service_fn(|request| relay.answer(request));
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }

    /// An error here makes hyper drop the connection: a hang-up.
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, HungUp> {
        let (head, body) = request.into_parts();
        let body = to_bytes(Body::new(body), 1 << 16).await.unwrap();
        let mood = self.state.lock().unwrap().mood;
        if mood == Mood::NotDispatched {
            return Ok(made(StatusCode::BAD_GATEWAY, "false"));
        }
        let response = self.perform(mood, &head, &body);
        match mood {
            Mood::HangUp => Err(HungUp),
            Mood::Silent => {
                tokio::time::timeout(Duration::from_secs(60), std::future::pending::<Infallible>())
                    .await
                    .ok();
                Err(HungUp)
            }
            _ => Ok(response),
        }
    }

    fn perform(&self, mood: Mood, head: &http::request::Parts, body: &[u8]) -> Response<Body> {
        let mut state = self.state.lock().unwrap();
        let agent = state.agent.as_ref().unwrap();
        let (header, asked) = agent.open(body);
        let policy = || AgentResult::Rejected(Reason::new(ReasonCode::PasswordPolicy));
        let say = |proof: &str, result, anchor: &str| agent.answer(&header, proof, result, anchor);
        let response = match mood {
            Mood::Applied => answered(say(&asked.proof, AgentResult::Applied, &header.anchor)),
            Mood::WrongOld => {
                let wrong = AgentResult::Rejected(Reason::new(ReasonCode::IncorrectPassword));
                answered(say(&asked.proof, wrong, &header.anchor))
            }
            Mood::Policy => answered(say(&asked.proof, policy(), &header.anchor)),
            Mood::WrongProof => answered(say("guessed", AgentResult::Applied, &header.anchor)),
            Mood::OtherPerson => answered(say(&asked.proof, AgentResult::Applied, "another")),
            Mood::Garbage => answered("this is no envelope".to_owned()),
            Mood::LostListener => made(StatusCode::BAD_GATEWAY, "true"),
            _ => made(StatusCode::GATEWAY_TIMEOUT, "true"),
        };
        let seen = Seen {
            path: head.uri.path().to_owned(),
            headers: head.headers.clone(),
            password: asked.password.clone(),
            current: asked.current.clone(),
            unlock: asked.unlock,
            header,
            size: body.len(),
            ask: asked.ask,
        };
        let writes = seen.header.kind.writes_password() && seen.ask.is_none();
        assert_eq!(seen.password.is_some(), writes);
        assert_eq!(seen.current.is_some(), writes && seen.header.kind == OpKind::Change);
        state.seen.push(seen);
        response
    }
}

#[derive(Debug)]
struct HungUp;

impl std::fmt::Display for HungUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up")
    }
}

impl std::error::Error for HungUp {}

fn answered(envelope: String) -> Response<Body> {
    let timing = "relay;dur=0.5, queue;dur=0.25, crypto;dur=1, locate;dur=0.1, write;dur=0.75";
    Response::builder()
        .header("server-timing", timing)
        .body(Body::from(envelope))
        .unwrap()
}

fn made(status: StatusCode, dispatched: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header("relay-dispatched", dispatched)
        .body(Body::empty())
        .unwrap()
}
