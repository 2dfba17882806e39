//! What may be done to the bytes of an edge, as the laboratory orders it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vocabulary::Ratio;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}

/// Which ways a partition cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ways {
    /// Both ways.
    Both,
    /// What clients say does not arrive.
    ToServer,
    /// What servers say does not arrive.
    ToClient,
}

impl Ways {
    pub(super) fn hold(self, direction: Direction) -> bool {
        match self {
            Self::Both => true,
            Self::ToServer => direction == Direction::ToServer,
            Self::ToClient => direction == Direction::ToClient,
        }
    }
}

/// A byte fault. It acts above TCP, so what the network loses is seen as TCP shows it to its users: late, never missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByteFault {
    /// Packets are dropped: nothing arrives, neither bytes nor ends of connections, and a new connection is neither accepted nor
    /// refused (its ClientHello is never answered). When it heals, TCP's retransmissions bring what was held.
    Partition {
        /// Which ways.
        direction: Ways,
    },
    /// The server is gone from the clients' connections, and no FIN and no RST says so. What a client writes is lost; once the
    /// fault is over, the next thing it writes is answered with RST.
    HalfOpen,
    /// A connection that was idle for longer is forgotten, as a NAT forgets it: from then on both sides write into the void.
    IdleDrop {
        /// How long a connection may be silent.
        #[serde(with = "vocabulary::duration_text")]
        after: Duration,
    },
    /// Bytes arrive later, in order.
    Delay {
        /// By this much.
        #[serde(with = "vocabulary::duration_text")]
        by: Duration,
        /// And by up to this much more or less.
        #[serde(default, with = "vocabulary::duration_text")]
        jitter: Duration,
    },
    /// Segments are lost. TCP sends a lost segment again after a retransmission timeout, twice as long each time (RFC 6298), and
    /// all that comes behind it waits.
    Loss {
        /// Of the segments.
        ratio: Ratio,
    },
    /// Connections are reset, both ways, when something passes.
    Reset {
        /// Of what passes: one piece is what arrives at once, at most 16 KiB.
        ratio: Ratio,
    },
    /// The link carries no more than this; all connections share it, each way for itself.
    SlowLink {
        /// Bytes in a second.
        bytes_per_s: u64,
    },
    /// A bit flips.
    Corrupt {
        /// Of the pieces.
        ratio: Ratio,
    },
    /// A connection ends in the middle of what passes, with a FIN, once its TLS handshake is behind it.
    Truncate,
    /// Bytes arrive in small slices, each in a segment of its own.
    Slice {
        /// The size of a slice.
        bytes: u32,
    },
}

/// A fault as it is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultOrder {
    /// The server names of the connections that it touches, `*.suffix` among them; none means all.
    #[serde(default)]
    pub names: Vec<String>,
    /// What is done.
    pub what: ByteFault,
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
    /// Connections that it has touched.
    pub connections: u64,
    /// Bytes that it has touched: held, lost, delayed, changed or cut off.
    pub bytes: u64,
}
