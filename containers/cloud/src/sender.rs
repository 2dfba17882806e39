//! The sender's side of writeback: seal, carry over a relay, open the answer. Dispatched at most once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::connection::ConnectionString;
use protocol::envelope::{Binding, Direction, Header};
use protocol::writeback::{AnswerBody, CONTENT_TYPE, Inquiry, RequestBody};
use protocol::{ProtocolError, lab};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response};
use uuid::Uuid;
use vocabulary::{NameTable, Outcome, Password, Reason, ReasonCode, SharedClock, StageTimes, UnknownWhy, lab_name};
use zeroize::Zeroizing;

use crate::config::{CloudConfig, connection_string};
use crate::dispatch::{Dispatcher, Dispatching, Sent};
use crate::placing::{Exchange, Placed, place};
use crate::secret;
use crate::tenant::Order;
use crate::{CloudError, server};

/// The relay's own word that no listener was given the request.
const DISPATCHED: &str = "relay-dispatched";

/// Lifetime of a relay token, and how much of it must be left for it to be used again.
const TOKEN_LIFETIME_S: u64 = 3600;
const TOKEN_LEFT_S: u64 = 300;

/// The largest answer that is read, in bytes; an answer normally is below 1 KiB.
const ANSWER_MAX: usize = 64 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const POOL_IDLE: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct Relay {
    url: String,
    /// Where the connection string stands: a relay's key may be replaced.
    file: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    connection: ConnectionString,
    token: Option<(String, u64)>,
}

/// Carries orders to the agent.
#[derive(Debug)]
pub(crate) struct Sender {
    client: Client,
    relays: Vec<Relay>,
    tenant: Uuid,
    clock: SharedClock,
}

impl Sender {
    pub(crate) fn new(
        config: &CloudConfig,
        relays: Vec<ConnectionString>,
        clock: SharedClock,
    ) -> Result<Self, CloudError> {
        Ok(Self {
            client: client(config, &relays)?,
            relays: relays
                .into_iter()
                .zip(&config.relays)
                .map(|(connection, files)| Relay::new(connection, &files.send_file))
                .collect(),
            tenant: config.tenant_id,
            clock,
        })
    }

    /// Seals an order and offers it to one relay after the other until one may have dispatched it.
    async fn send(&self, order: &Order, expires: u64, lab_token: Option<&Password>) -> Sent {
        let mut sent = Sent {
            outcome: Outcome::Failed(Reason::new(ReasonCode::CloudError)),
            stages: StageTimes::new(),
            waited: Duration::ZERO,
        };
        let Ok(sealed) = self.seal(order, None, expires) else {
            return sent;
        };
        for relay in &self.relays {
            let (left, used) = (self.clock.monotonic(), relay.token(self.clock.unix().as_secs()));
            let mut exchange = self.exchange(relay, order, &sealed, lab_token, &mut sent.stages).await;
            // The relay gave it to nobody, and the key that it refused may no longer be the one in the file.
            if is_refused(&exchange) && relay.reread().token(self.clock.unix().as_secs()) != used {
                exchange = self.exchange(relay, order, &sealed, lab_token, &mut sent.stages).await;
            }
            sent.waited += self.clock.monotonic().saturating_sub(left);
            match place(exchange) {
                Placed::Undispatched(outcome) => sent.outcome = outcome,
                Placed::Final(outcome) => {
                    sent.outcome = outcome;
                    break;
                }
            }
        }
        sent
    }

    /// Nothing that is asked can write anything, so it may be asked of one relay after the other until one brings the
    /// agent's answer.
    async fn inquire(&self, order: &Order, inquiry: Inquiry, expires: u64) -> Outcome {
        let mut outcome = Outcome::Unknown(UnknownWhy::Interrupted);
        let Ok(sealed) = self.seal(order, Some(inquiry), expires) else {
            return outcome;
        };
        for relay in &self.relays {
            let mut stages = StageTimes::new();
            let exchange = self.exchange(relay, order, &sealed, None, &mut stages).await;
            if matches!(exchange, Exchange::Answer(_))
                && let Placed::Final(told) = place(exchange)
            {
                outcome = told;
                break;
            }
        }
        outcome
    }

    fn seal(&self, order: &Order, ask: Option<Inquiry>, expires: u64) -> Result<String, ProtocolError> {
        let body = RequestBody {
            password: order.password.as_ref().map(|password| password.expose().to_owned()),
            current: None,
            unlock: ask.is_none() && order.kind.unlocks(),
            proof: order.proof.clone(),
            ask,
        };
        // Final size from the start: a buffer that grows leaves copies that no wipe reaches.
        let mut content = Zeroizing::new(Vec::with_capacity(2048));
        serde_json::to_writer(&mut *content, &body).map_err(|_| ProtocolError::Sealed)?;
        let binding = Binding {
            tenant: self.tenant,
            operation: order.operation,
            anchor: order.anchor.clone(),
            kind: order.kind,
            direction: Direction::Request,
            issued: self.clock.unix().as_secs(),
            expires,
        };
        order.keys.agent.seal(&binding, &content)
    }

    async fn exchange(
        &self,
        relay: &Relay,
        order: &Order,
        sealed: &str,
        lab_token: Option<&Password>,
        stages: &mut StageTimes,
    ) -> Exchange {
        let mut request = self
            .client
            .post(&relay.url)
            .header("servicebusauthorization", relay.token(self.clock.unix().as_secs()))
            .header("content-type", CONTENT_TYPE)
            .header(lab::OPERATION_ID, order.operation.to_string())
            .body(sealed.to_owned());
        if let Some(token) = lab_token {
            request = request.header(lab::LAB_TOKEN, token.expose());
        }
        match request.send().await {
            Ok(response) => self.read(response, order, stages).await,
            Err(error) => broken(&error),
        }
    }

    async fn read(&self, response: Response, order: &Order, stages: &mut StageTimes) -> Exchange {
        let status = response.status();
        if !status.is_success() {
            return match says_undispatched(response.headers()) {
                true => Exchange::NotDispatched {
                    status: status.as_u16(),
                },
                false => Exchange::Status(status.as_u16()),
            };
        }
        let timing = StageTimes::from_server_timing(&joined(response.headers(), lab::SERVER_TIMING));
        let body = match bounded(response).await {
            Ok(body) => body,
            Err(exchange) => return exchange,
        };
        match self.open(&body, order) {
            Some(answer) => {
                stages.merge(&timing);
                Exchange::Answer(answer)
            }
            None => Exchange::Unauthentic,
        }
    }

    /// The agent's answer, if it opens, is bound to this very order, and repeats its proof.
    fn open(&self, body: &[u8], order: &Order) -> Option<AnswerBody> {
        let (header, content) = order.keys.cloud.open(std::str::from_utf8(body).ok()?).ok()?;
        let answer: AnswerBody = serde_json::from_slice(&content).ok()?;
        (self.bound(&header, order) && secret::same(&answer.proof, &order.proof)).then_some(answer)
    }

    fn bound(&self, header: &Header, order: &Order) -> bool {
        header.tid == self.tenant
            && header.op == order.operation
            && header.anchor == order.anchor
            && header.kind == order.kind
            && header.dir == Direction::Answer
    }
}

impl Dispatcher for Sender {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        Box::pin(self.send(order, expires, lab_token))
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        Box::pin(self.inquire(order, inquiry, expires))
    }
}

impl Relay {
    fn new(connection: ConnectionString, file: &Path) -> Self {
        // No port here: the name table says where the name is, and an explicit port would go before it.
        let url = format!(
            "https://{}/{}",
            connection.host,
            connection.path.trim_start_matches('/')
        );
        Self {
            url,
            file: file.to_owned(),
            held: Mutex::new(Held {
                connection,
                token: None,
            }),
        }
    }

    fn token(&self, now_unix_s: u64) -> String {
        let mut held = self.held();
        match held.token.as_ref() {
            Some((token, expires)) if *expires > now_unix_s + TOKEN_LEFT_S => token.clone(),
            _ => {
                let expires = now_unix_s + TOKEN_LIFETIME_S;
                let token = held.connection.token(expires);
                held.token = Some((token.clone(), expires));
                token
            }
        }
    }

    /// Takes the connection string anew from its file; one that cannot be read changes nothing.
    fn reread(&self) -> &Self {
        match connection_string(&self.file) {
            Ok(fresh) => {
                let mut held = self.held();
                if held.connection != fresh {
                    *held = Held {
                        connection: fresh,
                        token: None,
                    };
                }
            }
            Err(error) => tracing::warn!(%error, "a connection string cannot be read again"),
        }
        self
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the relay refused the token, and gave the request to nobody.
fn is_refused(exchange: &Exchange) -> bool {
    matches!(exchange, Exchange::NotDispatched { status: 401 })
}

fn client(config: &CloudConfig, relays: &[ConnectionString]) -> Result<Client, CloudError> {
    let authorities = server::read_certificates(&config.ca_file)?;
    let wrong = |source| CloudError::Client {
        path: config.ca_file.clone(),
        source,
    };
    let authorities: Result<Vec<_>, _> = authorities.iter().map(|der| Certificate::from_der(der)).collect();
    let mut builder = Client::builder()
        .tls_certs_only(authorities.map_err(wrong)?)
        .https_only(true)
        .http1_only()
        .no_proxy()
        .redirect(Policy::none())
        // Shorter than any server keeps an idle connection: a request must not meet the end of one.
        .pool_idle_timeout(POOL_IDLE)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(config.relay_timeout);
    for relay in relays {
        let address = address(&config.names, &relay.host)?;
        builder = builder.resolve(&relay.host, address);
    }
    builder.build().map_err(wrong)
}

fn address(names: &NameTable, host: &str) -> Result<std::net::SocketAddr, CloudError> {
    if !lab_name(host) {
        return Err(CloudError::NotALab(host.to_owned()));
    }
    names.resolve(host).ok_or_else(|| CloudError::Unnamed(host.to_owned()))
}

fn broken(error: &reqwest::Error) -> Exchange {
    match (error.is_connect(), error.is_timeout()) {
        (true, _) => Exchange::NotConnected,
        (false, true) => Exchange::TimedOut,
        (false, false) => Exchange::Lost,
    }
}

fn says_undispatched(headers: &HeaderMap) -> bool {
    headers
        .get(DISPATCHED)
        .is_some_and(|value| value.as_bytes() == b"false")
}

/// All values of a header, joined as a list.
fn joined(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    values.join(", ")
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, Exchange> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(Exchange::Unauthentic);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
