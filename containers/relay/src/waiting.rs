//! A sender that waits for what comes of its order. Dropping it, as hyper does when the sender goes away, forgets the
//! order.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::sync::oneshot;

use crate::broker::{Choice, Key, Kind, Order};
use crate::faults::Parcel;
use crate::namespace::EntityId;
use crate::refusal::Refusal;
use crate::shared::{Relay, Reply};

/// What is to be said to a listener, and to one of which entity.
#[derive(Debug, Clone)]
pub struct Errand {
    /// The name under which a sender waits for it; no two wait under one.
    pub key: Key,
    pub(crate) entity: EntityId,
    pub(crate) kind: Kind,
    pub(crate) choice: Choice,
    /// The message, as JSON.
    pub text: String,
    /// The body that belongs to it.
    pub body: Option<Bytes>,
}

/// An errand under way.
pub type Carrying<'a> = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send + 'a>>;

/// Gives a sender's request to a listener and brings back what comes of it. The port that wrong parts wrap.
pub trait Carrier: Send + Sync {
    /// Carries one errand. Dropping what is returned forgets it.
    fn carry(&self, errand: Errand) -> Carrying<'_>;
}

/// Carries errands by the listeners' queues.
pub(crate) struct Switchboard {
    relay: Weak<Relay>,
}

impl Switchboard {
    pub(crate) fn new(relay: Weak<Relay>) -> Self {
        Self { relay }
    }
}

impl Carrier for Switchboard {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        Box::pin(async move {
            let relay = self
                .relay
                .upgrade()
                .ok_or_else(|| Refusal::broken("The relay has ended"))?;
            Waiting::begin(&relay, errand)?.reply().await
        })
    }
}

pub(crate) struct Waiting {
    relay: Arc<Relay>,
    key: Key,
    reply: oneshot::Receiver<Reply>,
}

impl Waiting {
    /// Gives the errand to a listener.
    ///
    /// # Errors
    /// [`Refusal`] when no listener can take it.
    pub(crate) fn begin(relay: &Arc<Relay>, errand: Errand) -> Result<Self, Refusal> {
        let Errand {
            key,
            entity,
            kind,
            choice,
            text,
            body,
        } = errand;
        let (ticket, reply) = oneshot::channel();
        // Faults see a request once a listener has it: one that nobody takes must not come out of a fault later.
        let disturbed = (kind == Kind::Request && relay.disturbed()).then(|| Parcel {
            key,
            entity,
            text: text.clone(),
            body: body.clone(),
        });
        let order = Order {
            key,
            entity,
            kind,
            choice,
            text,
            body,
            roll: relay.mint.roll(),
            withheld: disturbed.is_some(),
            ticket,
        };
        let now = relay.now();
        let dispatched = relay.broker().dispatch(order, now);
        let nobody = match kind {
            Kind::Connect => StatusCode::NOT_FOUND,
            Kind::Request => StatusCode::BAD_GATEWAY,
        };
        let mailbox = dispatched.map_err(|why| Refusal::undelivered(why, nobody))?;
        match disturbed {
            Some(parcel) => relay.disturb(parcel, now),
            None => mailbox.wake.notify_one(),
        }
        Ok(Self {
            relay: Arc::clone(relay),
            key,
            reply,
        })
    }

    /// Waits; the broker's clock bounds it.
    ///
    /// # Errors
    /// [`Refusal`] when it came to nothing.
    pub(crate) async fn reply(mut self) -> Result<Reply, Refusal> {
        match (&mut self.reply).await {
            Ok(Reply::Failed(failure)) => Err(Refusal::failed(failure)),
            Ok(reply) => Ok(reply),
            Err(_) => Err(Refusal::broken("The relay gave the request up")),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.relay.broker().abandon(self.key);
    }
}

/// Which listeners a sender asked for.
pub(crate) fn choice(headers: &HeaderMap) -> Choice {
    let list = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok())?;
        Some(value.split(',').map(|id| id.trim().to_owned()).collect::<Vec<_>>())
    };
    Choice {
        allowed: list("microsoft-relay-allowedlisteners"),
        disallowed: list("microsoft-relay-disallowedlisteners").unwrap_or_default(),
    }
}
