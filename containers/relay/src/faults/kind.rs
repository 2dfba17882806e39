//! What may be done to messages, as the laboratory orders it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vocabulary::Ratio;

/// A message fault. What senders see is what the vendor's service shows them when the same goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageFault {
    /// A request never reaches a listener, and the relay does not know: its sender waits until it gets 504.
    LoseRequests {
        /// Of the requests.
        share: Ratio,
    },
    /// A listener's response is lost: the sender waits until it gets 504.
    LoseResponses {
        /// Of the responses.
        share: Ratio,
    },
    /// A request reaches its listener several times, each with the same id.
    DuplicateRequests {
        /// How often in all.
        copies: u32,
        /// Of the requests.
        share: Ratio,
    },
    /// A request is kept back for a time, also past its sender's patience and its own expiry.
    HoldRequests {
        /// For that long; at the end of the fault it is let go.
        #[serde(with = "vocabulary::duration_text")]
        by: Duration,
    },
    /// Two requests that follow each other change places.
    ReorderRequests,
    /// The bodies of two requests that follow each other are exchanged.
    SwapRequests,
    /// A bit of the body flips.
    CorruptRequests,
    /// A request is sent once more later, up to [`REPLAYED_WITHIN`] after it came and not after the end of the fault.
    ReplayRequests,
    /// The body grows beyond what may travel on a control channel, and travels there all the same.
    OversizeRequests,
    /// The entity is deleted: its channels are closed with 1001, and it is not found until the fault is over.
    DeleteListener,
    /// The sender gets its 504 at once, while the listener goes on.
    Unanswered,
}

/// The longest time between a request and its replay.
pub const REPLAYED_WITHIN: Duration = Duration::from_secs(5);

/// A fault as it is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultOrder {
    /// What is done.
    pub what: MessageFault,
    /// It ends by itself after this time.
    #[serde(with = "vocabulary::duration_text")]
    pub lease: Duration,
}

/// How a fault stands, also after it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultState {
    /// Its name.
    pub id: String,
    /// What was ordered.
    pub order: FaultOrder,
    /// How long it still acts, in milliseconds.
    pub left_ms: u64,
    /// Messages that it has lost, copied, kept back, changed or left unanswered; of a deleted entity, channels that were closed and
    /// callers that did not find it.
    pub messages: u64,
}
