//! Byte faults as a plain state machine: what passes, the time and seeded dice come in; when and how it leaves comes out.
//!
//! Each fault has its end beside it, so that it ends by itself whatever becomes of whoever ordered it.

mod kind;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use vocabulary::Seed;

pub(crate) use kind::Direction;
pub use kind::{ByteFault, FaultOrder, FaultState, Ways};
use standing::Standing;

/// How many faults are remembered at once, ended ones among them.
const FAULTS_MAX: usize = 256;

/// The pieces of each direction that a TLS handshake takes.
const HANDSHAKE_PIECES: u32 = 2;

/// A connection's place in the registry; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId(u64);

/// What becomes of a piece of a connection when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It goes on, in slices of that size if one is given.
    Carry { slice: Option<usize> },
    /// Only that many bytes of it go on, and the connection ends.
    Truncate(usize),
    /// The connection is reset.
    Reset,
}

/// When and how a piece leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passing {
    pub(crate) at: Duration,
    pub(crate) then: Then,
}

/// Whether a connection still has its two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It has; to be asked again at that time, or when a fault comes or goes.
    Lives { ask_again: Option<Duration> },
    /// The server's end is gone, and the client does not know.
    ServerGone,
    /// Neither end knows that the way between them is gone.
    Forgotten,
}

#[derive(Debug)]
struct Connection {
    name: String,
    /// The faults that have touched it, by their serial numbers.
    touched: Vec<u64>,
    last_piece: Duration,
    /// The fault that took an end away.
    killer: Option<u64>,
    pieces: [u32; 2],
    /// When the last piece leaves each way: nothing overtakes it.
    leaves: [Duration; 2],
}

/// All faults, and all connections that they may touch.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: Seed,
    serial: u64,
    standing: BTreeMap<String, Standing>,
    opened: u64,
    connections: HashMap<ConnectionId, Connection>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed: Seed::new(seed).child("gateway"),
            serial: 0,
            standing: BTreeMap::new(),
            opened: 0,
            connections: HashMap::new(),
        }
    }

    /// Sets a fault, in the place of one of the same name; says whether there was room.
    pub(crate) fn put(&mut self, id: &str, order: FaultOrder, now: Duration) -> bool {
        if self.standing.len() >= FAULTS_MAX && !self.standing.contains_key(id) {
            return false;
        }
        self.serial += 1;
        let dice = self.seed.child(id).rng();
        self.standing
            .insert(id.to_owned(), Standing::new(order, self.serial, self.opened, dice, now));
        true
    }

    /// Ends a fault; gives how it stood.
    pub(crate) fn remove(&mut self, id: &str, now: Duration) -> Option<FaultState> {
        self.standing.remove(id).map(|fault| fault.state(id, now))
    }

    /// How every fault stands.
    pub(crate) fn list(&self, now: Duration) -> Vec<FaultState> {
        self.standing.iter().map(|(id, fault)| fault.state(id, now)).collect()
    }

    /// Whether any fault acts.
    pub(crate) fn any(&self, now: Duration) -> bool {
        self.standing.values().any(|fault| fault.acts(now))
    }

    /// A connection has been asked for.
    pub(crate) fn opened(&mut self, name: &str, now: Duration) -> ConnectionId {
        self.opened += 1;
        let id = ConnectionId(self.opened);
        let connection = Connection {
            name: name.to_owned(),
            touched: Vec::new(),
            last_piece: now,
            killer: None,
            pieces: [0; 2],
            leaves: [Duration::ZERO; 2],
        };
        self.connections.insert(id, connection);
        id
    }

    /// A connection is over.
    pub(crate) fn closed(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    /// Until when nothing may pass that way, if something cuts it; without a direction, until when no connection can be opened,
    /// which needs both. `bytes` wait for it.
    pub(crate) fn held(
        &mut self,
        id: ConnectionId,
        direction: Option<Direction>,
        bytes: usize,
        now: Duration,
    ) -> Option<Duration> {
        let connection = self.connections.get_mut(&id)?;
        let mut until = None;
        for fault in self.standing.values_mut() {
            let ByteFault::Partition { direction: ways } = fault.order.what else {
                continue;
            };
            let cuts = direction.is_none_or(|direction| ways.hold(direction));
            if cuts && fault.concerns(&connection.name, now) {
                fault.touch(&mut connection.touched, bytes);
                until = until.max(Some(fault.until));
            }
        }
        until
    }

    /// A piece has arrived; it may be changed.
    pub(crate) fn pass(&mut self, id: ConnectionId, direction: Direction, bytes: &mut [u8], now: Duration) -> Passing {
        let mut passing = Passing {
            at: now,
            then: Then::Carry { slice: None },
        };
        let Some(connection) = self.connections.get_mut(&id) else {
            return passing;
        };
        let way = direction as usize;
        let number = connection.pieces.get(way).copied().unwrap_or_default();
        connection.last_piece = now;
        for fault in self.standing.values_mut() {
            // A connection that there was before the fault has its handshake behind it.
            let settled = id.0 <= fault.youngest || number >= HANDSHAKE_PIECES;
            if fault.concerns(&connection.name, now) && fault.act(way, settled, bytes, &mut passing) {
                fault.touch(&mut connection.touched, bytes.len());
            }
        }
        if let Some(pieces) = connection.pieces.get_mut(way) {
            *pieces = pieces.saturating_add(1);
        }
        if let Some(leaves) = connection.leaves.get_mut(way) {
            *leaves = passing.at.max(*leaves);
            passing.at = *leaves;
        }
        passing
    }

    /// How a connection stands.
    pub(crate) fn fate(&mut self, id: ConnectionId, now: Duration) -> Fate {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Fate::Lives { ask_again: None };
        };
        let mut ask_again: Option<Duration> = None;
        for fault in self.standing.values_mut() {
            if !fault.concerns(&connection.name, now) {
                continue;
            }
            match fault.order.what {
                // A connection that was opened later has found the server again.
                ByteFault::HalfOpen if id.0 <= fault.youngest => return kill(connection, fault, Fate::ServerGone),
                ByteFault::IdleDrop { after } => {
                    let forgotten = connection.last_piece.max(fault.since) + after;
                    if forgotten <= now {
                        return kill(connection, fault, Fate::Forgotten);
                    }
                    ask_again = Some(ask_again.map_or(forgotten, |earlier| earlier.min(forgotten)));
                }
                _ => {}
            }
        }
        Fate::Lives { ask_again }
    }

    /// Bytes were written into the void; whether they are answered with RST, because the fault that took the other end away is
    /// over.
    pub(crate) fn lost(&mut self, id: ConnectionId, bytes: usize, now: Duration) -> bool {
        let killer = self.connections.get(&id).and_then(|connection| connection.killer);
        let mut faults = self.standing.values_mut();
        let Some(fault) = faults.find(|fault| Some(fault.serial) == killer && fault.acts(now)) else {
            return true;
        };
        fault.bytes += bytes as u64;
        false
    }
}

fn kill(connection: &mut Connection, fault: &mut Standing, fate: Fate) -> Fate {
    connection.killer = Some(fault.serial);
    fault.touch(&mut connection.touched, 0);
    fate
}
