//! What every connection of one relay shares.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use http::HeaderMap;
use hyper::upgrade::OnUpgrade;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::hybrid::{RemoteEndpoint, Response};
use protocol::lab::LAB_TOKEN;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use vocabulary::{Seed, SharedClock};

use crate::broker::{Broker, Close, Effect, Failure, Key, Limits, ListenerId};
use crate::faults::{Faults, Parcel};
use crate::namespace::{Denied, Entity, EntityId, Namespace, key_material, read_secret};
use crate::parts::RelayParts;
use crate::query;
use crate::refusal::Refusal;
use crate::waiting::{Carrier, Switchboard};
use crate::{RelayConfig, RelayError, Right};

/// How many bytes may wait for one listener; the vendor stalls a sender at about this much.
const BACKLOG_MAX: usize = 16 * 1024 * 1024;

/// One of the connections that the relay may hold at once; whoever owns a part of the connection owns the place.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) place: Place,
}

impl Peer {
    /// The address, as listeners are told it.
    pub(crate) fn endpoint(&self) -> RemoteEndpoint {
        RemoteEndpoint {
            address: self.address.ip().to_string(),
            port: self.address.port(),
        }
    }
}

/// Wakes a sender that waits.
pub(crate) type Ticket = oneshot::Sender<Reply>;

/// What a waiting sender is told.
#[derive(Debug)]
pub enum Reply {
    /// The response came on the control channel.
    Answered(Answer),
    /// The listener dialled the rendezvous address.
    Dialled(Dial),
    /// The listener turned a connect down.
    Rejected {
        /// The status to answer with.
        status: u16,
        /// Why.
        description: String,
    },
    /// It came to nothing.
    Failed(Failure),
}

/// A response with its body, when the request was written to the listener, and when the response was read.
#[derive(Debug)]
pub struct Answer {
    /// The response.
    pub response: Response,
    /// Its body.
    pub body: Bytes,
    /// When the request was written to the listener, if it was, on the relay's clock.
    pub sent_at: Option<Duration>,
    /// When the response was read, on the relay's clock.
    pub heard_at: Duration,
}

/// A listener's socket at a rendezvous, as soon as its upgrade is written.
#[derive(Debug)]
pub struct Dial {
    pub(crate) upgrade: OnUpgrade,
    pub(crate) place: Place,
    /// The sub-protocols that the listener repeated.
    pub(crate) protocols: Vec<String>,
    pub(crate) sent_at: Option<Duration>,
}

/// How a listener's tasks are woken.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    /// There is something to write.
    pub(crate) wake: Notify,
    /// The channel must end soon, whether or not its last word can be written.
    pub(crate) doomed: CancellationToken,
}

type Registry = Broker<Ticket, Arc<Mailbox>>;

/// One relay.
pub(crate) struct Relay {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) namespace: Namespace,
    pub(crate) limits: Limits,
    pub(crate) token_grace: Duration,
    pub(crate) clock: SharedClock,
    pub(crate) mint: Mint,
    pub(crate) ending: CancellationToken,
    /// All tasks but those of `channels`.
    pub(crate) tasks: TaskTracker,
    /// The control channels, which have a last word when the relay stops.
    pub(crate) channels: TaskTracker,
    /// Carries what senders ask.
    pub(crate) carrier: Arc<dyn Carrier>,
    /// Rung when a fault comes or goes, so that the tick keeps its time.
    pub(crate) disturbance: Notify,
    lab_token: Option<String>,
    broker: Mutex<Registry>,
    faults: Mutex<Faults>,
}

impl Relay {
    /// Reads the files that the configuration names.
    ///
    /// # Errors
    /// [`RelayError`] when one cannot be read or the configuration contradicts itself.
    pub(crate) fn new(
        config: &RelayConfig,
        port: u16,
        clock: SharedClock,
        parts: &RelayParts,
    ) -> Result<Arc<Self>, RelayError> {
        let namespace = Namespace::load(config)?;
        let limits = limits(config);
        let lab_token = config.lab_token_file.as_deref().map(read_secret).transpose()?;
        Ok(Arc::new_cyclic(|relay| Self {
            carrier: (parts.carrier)(Arc::new(Switchboard::new(Weak::clone(relay)))),
            host: config.host.clone(),
            port: config.public_port.unwrap_or(port),
            broker: Mutex::new(Broker::new(namespace.len(), limits.clone())),
            faults: Mutex::new(Faults::new(Seed::new(config.seed).child("faults").child(&config.host))),
            disturbance: Notify::new(),
            mint: Mint::new(config.seed, &key_material(&namespace), clock.unix()),
            namespace,
            limits,
            token_grace: config.token_grace,
            clock,
            ending: CancellationToken::new(),
            tasks: TaskTracker::new(),
            channels: TaskTracker::new(),
            lab_token,
        }))
    }

    /// The registry; held for the length of one event, never across an await.
    pub(crate) fn broker(&self) -> MutexGuard<'_, Registry> {
        self.broker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults; held for the length of one event, and never together with the registry.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a fault acts.
    pub(crate) fn disturbed(&self) -> bool {
        self.faults().any(self.now())
    }

    /// Gives a request to the faults, and what comes out of them to a listener.
    pub(crate) fn disturb(&self, parcel: Parcel, now: Duration) {
        let key = parcel.key;
        let treated = self.faults().request(parcel, now);
        self.broker().muffle(key, treated.hearing, now);
        self.deliver(treated.parcels);
    }

    /// Says what has come out of the faults.
    pub(crate) fn deliver(&self, parcels: Vec<Parcel>) {
        for parcel in parcels {
            let delivered = self.broker().deliver(parcel, self.mint.roll());
            if let Some(mailbox) = delivered {
                mailbox.wake.notify_one();
            }
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Whether a request is the laboratory's own.
    pub(crate) fn is_lab(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(LAB_TOKEN).map(http::HeaderValue::as_bytes);
        let pair = self.lab_token.as_ref().zip(given);
        pair.is_some_and(|(own, given)| verify_slices_are_equal(own.as_bytes(), given).is_ok())
    }

    /// When a token that expires then ends, grace included, on the monotonic clock.
    pub(crate) fn valid_until(&self, expires_unix_s: u64) -> Duration {
        let left = Duration::from_secs(expires_unix_s).saturating_sub(self.clock.unix());
        self.now().saturating_add(left).saturating_add(self.token_grace)
    }

    /// Runs a task that ends with the relay.
    pub(crate) fn spawn(&self, tracker: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
        tracker.spawn(self.ending.clone().run_until_cancelled_owned(task));
    }

    /// Finds the entity of a path.
    pub(crate) fn entity(&self, path: &str) -> Result<(EntityId, &Entity), Refusal> {
        if self.faults().deleted(1, self.now()) {
            return Err(Refusal::unknown_endpoint(path));
        }
        self.namespace.find(path).ok_or_else(|| Refusal::unknown_endpoint(path))
    }

    /// Checks a token; answers when it expires, in Unix seconds.
    pub(crate) fn authorize(
        &self,
        entity: EntityId,
        path: &str,
        token: Option<&str>,
        right: Right,
    ) -> Result<u64, Denied> {
        self.namespace
            .authorize(entity, path, token, right, self.clock.unix().as_secs())
    }

    /// The address that a listener is to dial. What the sender asked for stays in it; what is the relay's comes last.
    pub(crate) fn address(&self, path: &str, query: &str, action: &str, id: &str, key: Key) -> String {
        let Self { host, port, .. } = self;
        let kept = query::strip(query)
            .filter(|kept| !kept.is_empty())
            .map(|kept| kept + "&")
            .unwrap_or_default();
        let id = utf8_percent_encode(id, NON_ALPHANUMERIC);
        let path = path.trim_start_matches('/');
        let key = key.0;
        format!("wss://{host}:{port}/$hc/{path}?{kept}sb-hc-action={action}&sb-hc-id={id}&sb-hc-key={key}")
    }

    /// Gives a listener up.
    pub(crate) fn expel(&self, listener: ListenerId, close: Close) {
        let effects = self.broker().expel(listener, close);
        carry_out(effects);
    }
}

/// Does what the broker asked for.
pub(crate) fn carry_out(effects: Vec<Effect<Ticket, Arc<Mailbox>>>) {
    for effect in effects {
        match effect {
            Effect::Wake(mailbox) => mailbox.wake.notify_one(),
            Effect::Doom(mailbox) => {
                mailbox.doomed.cancel();
                mailbox.wake.notify_one();
            }
            Effect::Fail(ticket, failure) => {
                // A sender that is gone no longer needs to know.
                let _ = ticket.send(Reply::Failed(failure));
            }
        }
    }
}

fn limits(config: &RelayConfig) -> Limits {
    Limits {
        listeners_max: config.listeners_max,
        in_flight_max: config.in_flight_max,
        backlog_max: BACKLOG_MAX,
        request_timeout: config.request_timeout,
        accept_timeout: config.accept_timeout,
        idle_timeout: config.idle_timeout,
        ping_every: config.ping_every,
        listener_lifetime: config.listener_lifetime,
    }
}

/// Where identifiers and dice come from. Seeded with the keys too, so that a rendezvous address cannot be guessed, and
/// with the time of the start, so that no address of an earlier life is good again.
#[derive(Debug)]
pub(crate) struct Mint {
    ids: Mutex<ChaCha8Rng>,
    dice: Mutex<ChaCha8Rng>,
}

impl Mint {
    fn new(seed: u64, secret: &str, started: Duration) -> Self {
        let root = Seed::new(seed).child("relay");
        let ids = root.child(secret).child(&started.as_nanos().to_string());
        Self {
            ids: Mutex::new(ids.rng()),
            dice: Mutex::new(root.child("dice").rng()),
        }
    }

    /// A fresh name.
    pub(crate) fn key(&self) -> Key {
        let mut bytes = [0; 16];
        self.ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        Key(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// A throw of the die.
    pub(crate) fn roll(&self) -> u64 {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// A tracking id, as the vendor writes them.
    pub(crate) fn tracking_id(&self) -> String {
        hop_id(self.key())
    }
}

/// An identifier with the suffix that the vendor adds per hop.
pub(crate) fn hop_id(key: Key) -> String {
    format!("{}_G1", key.0)
}

/// Reads an identifier back, with or without the suffix.
pub(crate) fn read_id(text: &str) -> Option<Key> {
    let guid = text.split_once('_').map_or(text, |(guid, _)| guid);
    Uuid::try_parse(guid).ok().map(Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mint_replays_and_differs_by_seed_secret_and_start() {
        let first = |seed, secret, start| Mint::new(seed, secret, Duration::from_secs(start)).key();
        assert_eq!(first(1, "a", 1), first(1, "a", 1));
        for other in [first(2, "a", 1), first(1, "b", 1), first(1, "a", 2)] {
            assert_ne!(first(1, "a", 1), other);
        }
        let dice = |seed| Mint::new(seed, "a", Duration::ZERO).roll();
        assert_ne!(dice(1), dice(2));
    }

    #[test]
    fn ids_are_read_with_and_without_their_suffix() {
        let key = Mint::new(1, "a", Duration::ZERO).key();
        assert_eq!(read_id(&hop_id(key)), Some(key));
        assert_eq!(read_id(&key.0.to_string()), Some(key));
        assert_eq!(read_id("nonsense"), None);
    }
}
