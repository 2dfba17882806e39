//! One listener: its queue, its signs of life, its last word.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::{Key, Limits};
use crate::namespace::EntityId;

/// How many messages are taken from a queue at once: enough to fill TLS records, few enough that a channel that breaks
/// takes little with it.
const BATCH_MAX: usize = 64;

/// A listener's place in the registry; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ListenerId(pub(super) u64);

/// How a control channel ends (RFC 6455 section 7.4; the codes are those of the protocol guide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl Close {
    /// The listener went away by itself.
    pub(crate) const GONE: Self = Self { code: 1000, reason: "" };
    /// The relay is going away.
    pub(crate) const STOPPING: Self = Self {
        code: 1001,
        reason: "the relay is stopping",
    };
    /// The entity is deleted.
    pub(crate) const DELETED: Self = Self {
        code: 1001,
        reason: "the entity was deleted",
    };
    /// The token and its grace have ended.
    pub(crate) const EXPIRED: Self = Self {
        code: 1008,
        reason: "the token has expired",
    };
    /// The key that the token was signed with is no longer valid.
    pub(crate) const REKEYED: Self = Self {
        code: 1008,
        reason: "the key of the token was replaced",
    };
    /// The listener has been silent for too long.
    pub(crate) const IDLE: Self = Self {
        code: 1008,
        reason: "idle timeout",
    };
    /// The service restarts its listeners' connections on purpose, once a day.
    pub(crate) const RESTART: Self = Self {
        code: 1011,
        reason: "NameRenewalFailed",
    };
}

/// Something to write to a control channel.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Outgoing {
    /// JSON and, right after it, its body.
    Message {
        key: Key,
        text: String,
        body: Option<Bytes>,
    },
    /// The same out of a fault: it is said also when nobody waits for what comes of it.
    Stray { text: String, body: Option<Bytes> },
    /// A WebSocket ping.
    Ping,
}

impl Outgoing {
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Message { text, body, .. } | Self::Stray { text, body } => {
                text.len() + body.as_ref().map_or(0, Bytes::len)
            }
            Self::Ping => 0,
        }
    }
}

/// What to write now; after `close` nothing more.
#[derive(Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Batch {
    pub(crate) messages: Vec<Outgoing>,
    pub(crate) close: Option<Close>,
}

pub(super) struct Listener<W> {
    pub(super) entity: EntityId,
    pub(super) activity: Option<String>,
    pub(super) waker: W,
    pub(super) valid_until: Duration,
    pub(super) last_heard: Duration,
    joined_at: Duration,
    pinged_at: Duration,
    queue: VecDeque<Outgoing>,
    backlog: usize,
    closing: Option<Close>,
}

impl<W: Clone> Listener<W> {
    pub(super) fn new(
        entity: EntityId,
        activity: Option<String>,
        waker: W,
        valid_until: Duration,
        now: Duration,
    ) -> Self {
        Self {
            entity,
            activity,
            waker,
            valid_until,
            last_heard: now,
            joined_at: now,
            pinged_at: now,
            queue: VecDeque::new(),
            backlog: 0,
            closing: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.closing.is_none()
    }

    /// How many bytes wait.
    pub(super) fn backlog(&self) -> usize {
        self.backlog
    }

    pub(super) fn push(&mut self, outgoing: Outgoing) {
        self.backlog += outgoing.size();
        self.queue.push_back(outgoing);
    }

    /// Nothing that waits is worth saying any longer, but `close`.
    pub(super) fn close(&mut self, close: Close) {
        self.queue.clear();
        self.backlog = 0;
        self.closing = Some(close);
    }

    /// The next messages for which `wanted` holds.
    pub(super) fn take(&mut self, mut wanted: impl FnMut(Key) -> bool) -> Batch {
        let mut batch = Batch {
            close: self.closing,
            ..Batch::default()
        };
        while batch.messages.len() < BATCH_MAX
            && let Some(next) = self.queue.pop_front()
        {
            self.backlog -= next.size();
            let keep = match &next {
                Outgoing::Message { key, .. } => wanted(*key),
                Outgoing::Stray { .. } | Outgoing::Ping => true,
            };
            if keep {
                batch.messages.push(next);
            }
        }
        batch
    }

    /// Why this listener must end now, if it must.
    pub(super) fn end(&self, limits: &Limits, now: Duration) -> Option<Close> {
        let reasons = [
            (self.valid_until, Close::EXPIRED),
            (self.last_heard + limits.idle_timeout, Close::IDLE),
            (self.joined_at + limits.listener_lifetime, Close::RESTART),
        ];
        let due = reasons.into_iter().find(|(end, _)| now >= *end);
        due.filter(|_| self.is_open()).map(|(_, close)| close)
    }

    /// Queues a ping if one is due; answers with whom to wake.
    pub(super) fn ping(&mut self, limits: &Limits, now: Duration) -> Option<W> {
        if !self.is_open() || now < self.pinged_at + limits.ping_every {
            return None;
        }
        self.pinged_at = now;
        if !self.queue.contains(&Outgoing::Ping) {
            self.push(Outgoing::Ping);
        }
        Some(self.waker.clone())
    }
}
