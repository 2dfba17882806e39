//! The heart: which listeners there are, what waits for them, what is to be said next, and what has come too late.
//!
//! A plain state machine. Events, the time and the dice come in; what to do comes out. It knows no socket: `P` is
//! whatever the shell wakes a waiting sender with, `W` whatever it wakes a listener's writer with.

mod listener;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use crate::faults::{Hearing, Parcel};
use crate::namespace::EntityId;
use listener::Listener;
pub(crate) use listener::{Batch, Close, ListenerId, Outgoing};

/// The bounds, all of them from the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) listeners_max: usize,
    pub(crate) in_flight_max: usize,
    /// How many bytes may wait for one listener.
    pub(crate) backlog_max: usize,
    pub(crate) request_timeout: Duration,
    pub(crate) accept_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) ping_every: Duration,
    pub(crate) listener_lifetime: Duration,
}

/// The relay's own name for something that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub Uuid);

/// What a sender waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A listener that dials the address of an accept.
    Connect,
    /// A response, or a listener that dials the address of a request.
    Request,
}

/// Which listeners a sender wants, by their activity ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) allowed: Option<Vec<String>>,
    pub(crate) disallowed: Vec<String>,
}

impl Choice {
    fn takes(&self, activity: Option<&str>) -> bool {
        let is = |wanted: &String| activity.is_some_and(|activity| activity.eq_ignore_ascii_case(wanted));
        self.allowed.as_ref().is_none_or(|allowed| allowed.iter().any(is)) && !self.disallowed.iter().any(is)
    }
}

/// A message for any one listener of an entity, and who waits for what comes of it.
pub(crate) struct Order<P> {
    pub(crate) key: Key,
    pub(crate) entity: EntityId,
    pub(crate) kind: Kind,
    pub(crate) choice: Choice,
    pub(crate) text: String,
    pub(crate) body: Option<Bytes>,
    /// The die that picks among the listeners.
    pub(crate) roll: u64,
    /// A fault has the message: it goes to no queue now, and the relay believes that it has.
    pub(crate) withheld: bool,
    pub(crate) ticket: P,
}

/// Why an order reached no listener's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undelivered {
    NoListener,
    NoneAllowed,
    TooMany,
    Backlogged,
}

/// Why something that waited came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureWhy {
    /// The listener's channel ended.
    Lost,
    /// No response in time.
    TimedOut,
    /// The address of an accept was not dialled in time.
    NotAccepted,
}

/// How something that waited ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub why: FailureWhy,
    /// The listener may have seen it.
    pub dispatched: bool,
}

/// What the shell must do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect<P, W> {
    /// There is something to say to this listener.
    Wake(W),
    /// This listener is to be closed; its last word is in its queue.
    Doom(W),
    /// Tell the one who waits.
    Fail(P, Failure),
}

/// What had waited, and when its message was written to the listener, if it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled<P> {
    pub(crate) ticket: P,
    pub(crate) sent_at: Option<Duration>,
}

struct Pending<P> {
    listener: ListenerId,
    kind: Kind,
    ticket: P,
    deadline: Duration,
    sent_at: Option<Duration>,
    /// Whether what a listener says of it is lost.
    deaf: bool,
}

impl<P> Pending<P> {
    fn fail<W>(self, why: FailureWhy) -> Effect<P, W> {
        Effect::Fail(
            self.ticket,
            Failure {
                why,
                dispatched: self.sent_at.is_some(),
            },
        )
    }
}

/// The registry of listeners and of all that waits for them.
pub(crate) struct Broker<P, W> {
    limits: Limits,
    entities: Vec<Vec<ListenerId>>,
    listeners: HashMap<ListenerId, Listener<W>>,
    pending: HashMap<Key, Pending<P>>,
    joined: u64,
}

impl<P, W: Clone> Broker<P, W> {
    pub(crate) fn new(entities: usize, limits: Limits) -> Self {
        Self {
            limits,
            entities: vec![Vec::new(); entities],
            listeners: HashMap::new(),
            pending: HashMap::new(),
            joined: 0,
        }
    }

    /// How many listeners can be given work.
    pub(crate) fn listeners(&self) -> usize {
        self.entities.iter().map(Vec::len).sum()
    }

    /// How much waits.
    pub(crate) fn in_flight(&self) -> usize {
        self.pending.len()
    }

    /// A listener has come; `valid_until` is when its token with its grace ends. `None` if there are too many.
    pub(crate) fn join(
        &mut self,
        entity: EntityId,
        activity: Option<String>,
        waker: W,
        valid_until: Duration,
        now: Duration,
    ) -> Option<ListenerId> {
        let of_entity = self.entities.get_mut(entity.0)?;
        if of_entity.len() >= self.limits.listeners_max {
            return None;
        }
        self.joined += 1;
        let id = ListenerId(self.joined);
        of_entity.push(id);
        self.listeners
            .insert(id, Listener::new(entity, activity, waker, valid_until, now));
        Some(id)
    }

    /// Queues an order for one listener; answers with the one to wake.
    pub(crate) fn dispatch(&mut self, order: Order<P>, now: Duration) -> Result<W, Undelivered> {
        if self.pending.len() >= self.limits.in_flight_max {
            return Err(Undelivered::TooMany);
        }
        let id = self.pick(&order)?;
        let listener = self.listeners.get_mut(&id).ok_or(Undelivered::NoListener)?;
        let Order {
            key,
            kind,
            text,
            body,
            withheld,
            ticket,
            ..
        } = order;
        if !withheld {
            listener.push(Outgoing::Message { key, text, body });
        }
        let timeout = match kind {
            Kind::Connect => self.limits.accept_timeout,
            Kind::Request => self.limits.request_timeout,
        };
        let pending = Pending {
            listener: id,
            kind,
            ticket,
            deadline: now + timeout,
            sent_at: withheld.then_some(now),
            deaf: false,
        };
        self.pending.insert(key, pending);
        Ok(listener.waker.clone())
    }

    /// What a sender is to hear of a request that a fault has touched.
    pub(crate) fn muffle(&mut self, key: Key, hearing: Hearing, now: Duration) {
        if let Some(pending) = self.pending.get_mut(&key) {
            pending.deaf = hearing != Hearing::Heard;
            if hearing == Hearing::Unanswered {
                pending.deadline = now;
            }
        }
    }

    /// Queues what comes out of a fault, whether or not anybody waits for it: for the listener that the request was given to, or
    /// for any of the entity. Answers with the one to wake.
    pub(crate) fn deliver(&mut self, parcel: Parcel, roll: u64) -> Option<W> {
        let given = self.pending.get(&parcel.key).map(|pending| pending.listener);
        let any = || {
            let all = self.entities.get(parcel.entity.0)?;
            let at = roll.checked_rem(all.len() as u64)?;
            all.get(usize::try_from(at).ok()?).copied()
        };
        let id = given.filter(|id| self.is_open(*id)).or_else(any)?;
        let listener = self.listeners.get_mut(&id)?;
        let Parcel { text, body, .. } = parcel;
        let stray = Outgoing::Stray { text, body };
        if listener.backlog() + stray.size() > self.limits.backlog_max {
            return None;
        }
        listener.push(stray);
        Some(listener.waker.clone())
    }

    fn pick(&self, order: &Order<P>) -> Result<ListenerId, Undelivered> {
        let all = self.entities.get(order.entity.0).map_or(&[][..], Vec::as_slice);
        if all.is_empty() {
            return Err(Undelivered::NoListener);
        }
        let listener = |id: &ListenerId| self.listeners.get(id);
        let takes = |id: &&ListenerId| listener(id).is_some_and(|one| order.choice.takes(one.activity.as_deref()));
        let willing: Vec<_> = all.iter().filter(takes).collect();
        if willing.is_empty() {
            return Err(Undelivered::NoneAllowed);
        }
        let size = order.text.len() + order.body.as_ref().map_or(0, Bytes::len);
        let room = |id: &ListenerId| listener(id).is_some_and(|one| one.backlog() + size <= self.limits.backlog_max);
        let first = usize::try_from(order.roll % willing.len() as u64).unwrap_or_default();
        let (before, after) = willing.split_at(first);
        let found = after.iter().chain(before).find(|id| room(id));
        found.map(|id| **id).ok_or(Undelivered::Backlogged)
    }

    /// The next messages for a listener; what nobody waits for any longer is left out. From now on the listener may
    /// have seen them.
    pub(crate) fn take(&mut self, id: ListenerId, now: Duration) -> Batch {
        let Some(listener) = self.listeners.get_mut(&id) else {
            return Batch::default();
        };
        let pending = &mut self.pending;
        listener.take(|key| {
            let waiting = pending.get_mut(&key);
            waiting.map(|pending| pending.sent_at = Some(now)).is_some()
        })
    }

    /// The messages of these keys have left the relay.
    pub(crate) fn written(&mut self, keys: &[Key], now: Duration) {
        for key in keys {
            if let Some(pending) = self.pending.get_mut(key) {
                pending.sent_at = Some(now);
            }
        }
    }

    /// A listener gave a sign of life.
    pub(crate) fn heard(&mut self, id: ListenerId, now: Duration) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.last_heard = now;
        }
    }

    /// A listener answered; `None` when nobody waits for it, or it was not this listener's to answer.
    pub(crate) fn responded(&mut self, id: ListenerId, key: Key) -> Option<Settled<P>> {
        let pending = self.pending.get(&key)?;
        let fits = pending.listener == id && pending.kind == Kind::Request && !pending.deaf && self.is_open(id);
        fits.then(|| self.settle(key)).flatten()
    }

    /// A rendezvous address was dialled; once, and only while someone waits.
    pub(crate) fn claim(&mut self, key: Key, kind: Kind) -> Option<Settled<P>> {
        let pending = self.pending.get(&key);
        let fits = pending.is_some_and(|pending| pending.kind == kind && !pending.deaf);
        fits.then(|| self.settle(key)).flatten()
    }

    /// The one who waited has gone away.
    pub(crate) fn abandon(&mut self, key: Key) {
        self.pending.remove(&key);
    }

    fn settle(&mut self, key: Key) -> Option<Settled<P>> {
        let Pending { ticket, sent_at, .. } = self.pending.remove(&key)?;
        Some(Settled { ticket, sent_at })
    }

    fn is_open(&self, id: ListenerId) -> bool {
        self.listeners.get(&id).is_some_and(Listener::is_open)
    }

    /// A listener brought a fresh token.
    pub(crate) fn renewed(&mut self, id: ListenerId, valid_until: Duration) {
        if let Some(listener) = self.listeners.get_mut(&id) {
            listener.valid_until = valid_until;
        }
    }

    /// Gives a listener up: it gets no more work, what waits for it fails at once, and `close` is its last word. The
    /// first reason stands.
    pub(crate) fn expel(&mut self, id: ListenerId, close: Close) -> Vec<Effect<P, W>> {
        let Some(listener) = self.listeners.get_mut(&id).filter(|listener| listener.is_open()) else {
            return Vec::new();
        };
        listener.close(close);
        let mut effects = vec![Effect::Doom(listener.waker.clone())];
        if let Some(of_entity) = self.entities.get_mut(listener.entity.0) {
            of_entity.retain(|other| *other != id);
        }
        let lost = self.pending.extract_if(|_, pending| pending.listener == id);
        effects.extend(lost.map(|(_, pending)| pending.fail(FailureWhy::Lost)));
        effects
    }

    /// Every listener is given up.
    pub(crate) fn expel_all(&mut self, close: Close) -> Vec<Effect<P, W>> {
        let ids: Vec<_> = self.listeners.keys().copied().collect();
        ids.into_iter().flat_map(|id| self.expel(id, close)).collect()
    }

    /// A listener's socket is gone.
    pub(crate) fn leave(&mut self, id: ListenerId) -> Vec<Effect<P, W>> {
        let effects = self.expel(id, Close::GONE);
        self.listeners.remove(&id);
        effects
    }

    /// Time has passed: what waited too long fails, who was silent too long is cut, who is due is pinged.
    pub(crate) fn tick(&mut self, now: Duration) -> Vec<Effect<P, W>> {
        let late = self.pending.extract_if(|_, pending| pending.deadline <= now);
        let mut effects: Vec<_> = late.map(|(_, pending)| late_effect(pending)).collect();
        let limits = self.limits.clone();
        let ended: Vec<_> = self
            .listeners
            .iter()
            .filter_map(|(id, listener)| Some((*id, listener.end(&limits, now)?)))
            .collect();
        effects.extend(ended.into_iter().flat_map(|(id, close)| self.expel(id, close)));
        let due = self
            .listeners
            .values_mut()
            .filter_map(|listener| listener.ping(&limits, now));
        effects.extend(due.map(Effect::Wake));
        effects
    }
}

fn late_effect<P, W>(pending: Pending<P>) -> Effect<P, W> {
    let why = match pending.kind {
        Kind::Connect => FailureWhy::NotAccepted,
        Kind::Request => FailureWhy::TimedOut,
    };
    pending.fail(why)
}
