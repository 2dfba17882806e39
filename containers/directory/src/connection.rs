//! One connection: requests in, answers out, one after the other.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapBindResponse, LdapExtendedRequest, LdapExtendedResponse, LdapMsg, LdapOp,
    LdapResult, LdapResultCode, OID_WHOAMI,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use vocabulary::Password;

use crate::clock::spend;
use crate::host::Host;
use crate::paging::Pages;
use crate::state::answer::{result, success};
use crate::state::{Refusal, Session, writes_password};
use crate::wire::ber::BerError;
use crate::wire::controls::Controls;
use crate::wire::frame::Frames;

/// The notice of disconnection (RFC 4511 4.4.1).
const OID_DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";
/// A client that reads nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// Answers of so many bytes wait for no more.
const SEND_AT: usize = 1 << 16;

/// A connection and who speaks on it.
pub(crate) struct Connection<S> {
    stream: S,
    pub(crate) host: Arc<Host>,
    pub(crate) session: Session,
    pub(crate) pages: Pages,
    frames: Frames,
    inbound: BytesMut,
    outbound: BytesMut,
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// The client said goodbye, or is gone.
    #[error("closed by the client")]
    ByClient,
    /// The client sent what is no request.
    #[error("not LDAP: {0}")]
    NotLdap(#[from] BerError),
    /// The network failed.
    #[error("{0}")]
    Network(#[from] io::Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(stream: S, host: Arc<Host>) -> Self {
        Self {
            stream,
            host,
            session: Session::default(),
            pages: Pages::default(),
            frames: Frames::default(),
            inbound: BytesMut::new(),
            outbound: BytesMut::new(),
        }
    }

    /// Serves until the client leaves or breaks the protocol. A write that has begun is finished though its client is gone.
    pub(crate) async fn run(mut self) -> Ended {
        loop {
            if let Err(ended) = self.turn().await {
                if matches!(ended, Ended::NotLdap(_)) {
                    self.say_goodbye().await;
                }
                return ended;
            }
        }
    }

    /// Answers what has arrived, or waits for more. Answers go out together where nobody can be kept waiting by that: when all
    /// requests at hand are answered, and after each where answers take time.
    async fn turn(&mut self) -> Result<(), Ended> {
        match self.frames.take(&mut self.inbound) {
            Ok(Some(message)) => {
                self.serve(message).await?;
                if !self.host.is_instant() || self.outbound.len() > SEND_AT {
                    self.flush().await?;
                }
                return Ok(());
            }
            Ok(None) => {}
            Err(broken) => {
                self.flush().await?;
                return Err(broken.into());
            }
        }
        self.flush().await?;
        if self.stream.read_buf(&mut self.inbound).await? == 0 {
            return Err(Ended::ByClient);
        }
        Ok(())
    }

    async fn serve(&mut self, message: LdapMsg) -> Result<(), Ended> {
        let LdapMsg { msgid, op, ctrl } = message;
        let answer = match &op {
            LdapOp::UnbindRequest => return Err(Ended::ByClient),
            // Requests are answered in turn, so what could be abandoned was answered already.
            LdapOp::AbandonRequest(_) => return Ok(()),
            op => answer_to(op).ok_or(BerError::Undecodable)?,
        };
        match Controls::read(ctrl) {
            Ok(controls) => self.perform(msgid, op, controls, answer).await?,
            Err(refusal) => self.put(msgid, answer(refusal.into()), Vec::new())?,
        }
        Ok(())
    }

    async fn perform(&mut self, id: i32, op: LdapOp, controls: Controls, answer: Answer) -> Result<(), Ended> {
        let outcome = match op {
            LdapOp::SearchRequest(request) => return self.search(id, &request, controls).await,
            LdapOp::ExtendedRequest(request) => return self.extended(id, &request),
            LdapOp::BindRequest(request) => self.bind(request).await,
            op => self.write(op, &controls).await,
        };
        self.put(id, answer(outcome), Vec::new())
    }

    async fn bind(&mut self, request: LdapBindRequest) -> LdapResult {
        spend(self.host.slowed(self.host.service.bind)).await;
        self.pages = Pages::default();
        let before = std::mem::take(&mut self.session);
        let password = match request.cred {
            LdapBindCred::Simple(clear) => Password::new(clear),
            _ => return no_sasl(),
        };
        if request.version != 3 {
            self.session = before;
            return result(Err(Refusal::protocol("only version 3 is spoken here")));
        }
        let (host, session) = (&self.host, &mut self.session);
        let now = host.now();
        if let Some(known) = host.read(|domain| domain.bind_at_a_glance(&request.dn, &password, now)) {
            *session = known;
            return success();
        }
        result(host.change(|domain| domain.bind(session, &request.dn, &password, now)))
    }

    async fn write(&mut self, op: LdapOp, controls: &Controls) -> LdapResult {
        let (host, session) = (&self.host, &self.session);
        let times = &host.service;
        if !matches!(op, LdapOp::CompareRequest(_))
            && let Some(refusal) = host.refuses_writes()
        {
            return refusal.into();
        }
        let outcome = match op {
            LdapOp::ModifyRequest(request) if request.dn.is_empty() => host.operate(session, &request.changes).await,
            LdapOp::ModifyRequest(request) => {
                let resets = writes_password(&request.changes);
                let time = if resets { times.reset } else { times.unlock };
                let (name, changes) = (request.dn, request.changes);
                let outcome = host.write(time, |domain| {
                    domain.let_grants_hold(host.rights_hold());
                    domain.modify(session, &name, changes, controls.hints, host.now())
                });
                outcome.await.inspect_err(|refusal| {
                    if refusal.code == LdapResultCode::InsufficentAccessRights {
                        host.was_denied();
                    }
                })
            }
            LdapOp::AddRequest(request) => {
                let (name, attributes) = (request.dn, request.attributes);
                host.write(times.add, |domain| domain.add(session, &name, attributes, host.now()))
                    .await
            }
            LdapOp::DelRequest(name) => {
                host.write(times.add, |domain| domain.delete(session, &name, controls.tree_delete))
                    .await
            }
            LdapOp::ModifyDNRequest(request) => {
                host.write(times.add, |domain| domain.rename(session, &request, host.now()))
                    .await
            }
            LdapOp::CompareRequest(request) => {
                spend(host.slowed(times.search)).await;
                let (name, attr, value) = (&request.dn, &request.atype, &request.val);
                let now = host.now();
                return compared(host.read(|domain| domain.compare(session, name, attr, value, now)));
            }
            _ => Err(Refusal::protocol("not a request")),
        };
        result(outcome)
    }

    fn extended(&mut self, id: i32, request: &LdapExtendedRequest) -> Result<(), Ended> {
        let (res, value) = if request.name == OID_WHOAMI {
            let name = self.host.read(|domain| domain.whoami(&self.session));
            (success(), Some(name.into_bytes()))
        } else {
            (result(Err(Refusal::protocol("unknown extended request"))), None)
        };
        let response = LdapExtendedResponse { res, name: None, value };
        self.put(id, LdapOp::ExtendedResponse(response), Vec::new())
    }

    /// Queues an answer.
    pub(crate) fn put(&mut self, msgid: i32, op: LdapOp, ctrl: Vec<LdapControl>) -> Result<(), Ended> {
        let message = LdapMsg { msgid, op, ctrl };
        Ok(self.frames.put(message, &mut self.outbound)?)
    }

    /// Sends what is queued.
    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        if self.outbound.is_empty() {
            return Ok(());
        }
        let sending = async {
            self.stream.write_all_buf(&mut self.outbound).await?;
            self.stream.flush().await
        };
        let sent = tokio::time::timeout(WRITE_TIMEOUT, sending).await;
        Ok(sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?)
    }

    async fn say_goodbye(&mut self) {
        let response = LdapExtendedResponse {
            res: result(Err(Refusal::protocol("not an LDAP request"))),
            name: Some(OID_DISCONNECTION.to_owned()),
            value: None,
        };
        let queued = self.put(0, LdapOp::ExtendedResponse(response), Vec::new());
        if queued.is_ok() && self.flush().await.is_ok() {
            // The client may be gone already; then there is nobody to tell.
            self.stream.shutdown().await.unwrap_or_default();
        }
    }
}

type Answer = fn(LdapResult) -> LdapOp;

/// How a request is answered; none for what is no request.
fn answer_to(op: &LdapOp) -> Option<Answer> {
    Some(match op {
        LdapOp::BindRequest(_) => |res| LdapOp::BindResponse(LdapBindResponse { res, saslcreds: None }),
        LdapOp::SearchRequest(_) => LdapOp::SearchResultDone,
        LdapOp::ModifyRequest(_) => LdapOp::ModifyResponse,
        LdapOp::AddRequest(_) => LdapOp::AddResponse,
        LdapOp::DelRequest(_) => LdapOp::DelResponse,
        LdapOp::ModifyDNRequest(_) => LdapOp::ModifyDNResponse,
        LdapOp::CompareRequest(_) => LdapOp::CompareResult,
        LdapOp::ExtendedRequest(_) => |res| {
            LdapOp::ExtendedResponse(LdapExtendedResponse {
                res,
                name: None,
                value: None,
            })
        },
        _ => return None,
    })
}

fn no_sasl() -> LdapResult {
    let text = "00002027: LdapErr: DSID-0C090567, comment: only simple binds are taken here, data 0, v4563";
    result(Err(Refusal::new(
        LdapResultCode::AuthMethodNotSupported,
        text.to_owned(),
    )))
}

fn compared(outcome: Result<LdapResultCode, Refusal>) -> LdapResult {
    match outcome {
        Ok(code) => LdapResult { code, ..success() },
        Err(refusal) => refusal.into(),
    }
}
