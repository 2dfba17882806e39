//! One fault: its order, its dice, its end, and what it has touched.

use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{ByteFault, FaultOrder, FaultState, Passing, Then};

/// What TCP carries in one segment over Ethernet with IPv4 and timestamps, in bytes.
const SEGMENT: usize = 1_448;

/// The first retransmission timeout: Linux never waits less.
const RETRANSMISSION_TIMEOUT: Duration = Duration::from_millis(200);

/// How often the same segment may be lost: the timeout doubles each time.
const LOST_MAX: u32 = 8;

#[derive(Debug)]
pub(super) struct Standing {
    pub(super) order: FaultOrder,
    pub(super) serial: u64,
    pub(super) since: Duration,
    pub(super) until: Duration,
    pub(super) bytes: u64,
    connections: u64,
    dice: ChaCha8Rng,
    /// The youngest connection at its beginning.
    pub(super) youngest: u64,
    /// When a slow link is free again, each way.
    free: [Duration; 2],
}

impl Standing {
    pub(super) fn new(order: FaultOrder, serial: u64, youngest: u64, dice: ChaCha8Rng, now: Duration) -> Self {
        Self {
            until: now.saturating_add(order.lease),
            order,
            serial,
            since: now,
            bytes: 0,
            connections: 0,
            dice,
            youngest,
            free: [Duration::ZERO; 2],
        }
    }

    pub(super) fn acts(&self, now: Duration) -> bool {
        now < self.until
    }

    /// Whether it acts on connections of this name now.
    pub(super) fn concerns(&self, name: &str, now: Duration) -> bool {
        let names = &self.order.names;
        self.acts(now) && (names.is_empty() || names.iter().any(|pattern| matches(pattern, name)))
    }

    pub(super) fn state(&self, id: &str, now: Duration) -> FaultState {
        let left = self.until.saturating_sub(now).as_millis();
        FaultState {
            id: id.to_owned(),
            order: self.order.clone(),
            left_ms: u64::try_from(left).unwrap_or(u64::MAX),
            connections: self.connections,
            bytes: self.bytes,
        }
    }

    /// Counts what it has touched, a connection once.
    pub(super) fn touch(&mut self, touched: &mut Vec<u64>, bytes: usize) {
        self.bytes += bytes as u64;
        if !touched.contains(&self.serial) {
            touched.push(self.serial);
            self.connections += 1;
        }
    }

    /// Does to a piece what is to be done; says whether anything was. `settled` means that the TLS handshake is over.
    pub(super) fn act(&mut self, way: usize, settled: bool, bytes: &mut [u8], passing: &mut Passing) -> bool {
        match self.order.what {
            ByteFault::Partition { .. } | ByteFault::HalfOpen | ByteFault::IdleDrop { .. } => false,
            ByteFault::Delay { by, jitter } => {
                passing.at += self.delay(by, jitter);
                true
            }
            ByteFault::Loss { ratio } => {
                let stall = self.stall(ratio.as_f64(), bytes.len());
                passing.at += stall;
                !stall.is_zero()
            }
            ByteFault::Reset { ratio } => {
                let reset = self.dice.random_bool(ratio.as_f64());
                if reset {
                    passing.then = Then::Reset;
                }
                reset
            }
            ByteFault::SlowLink { bytes_per_s } => self.queue(way, bytes.len(), bytes_per_s, passing),
            ByteFault::Corrupt { ratio } => self.dice.random_bool(ratio.as_f64()) && self.flip(bytes),
            ByteFault::Truncate => {
                let cut = settled && bytes.len() > 1;
                if cut {
                    passing.then = Then::Truncate(self.dice.random_range(1..bytes.len()));
                }
                cut
            }
            ByteFault::Slice { bytes: size } => slice(size, bytes.len(), passing),
        }
    }

    fn delay(&mut self, by: Duration, jitter: Duration) -> Duration {
        let shortest = by.saturating_sub(jitter);
        let longest = by.saturating_add(jitter);
        self.dice.random_range(shortest..=longest)
    }

    /// How long the segments of a piece are late in all: each lost one stops what is behind it.
    fn stall(&mut self, ratio: f64, bytes: usize) -> Duration {
        let mut stall = Duration::ZERO;
        for _ in 0..bytes.div_ceil(SEGMENT) {
            let mut timeout = RETRANSMISSION_TIMEOUT;
            let mut lost = 0;
            while lost < LOST_MAX && self.dice.random_bool(ratio) {
                stall += timeout;
                timeout *= 2;
                lost += 1;
            }
        }
        stall
    }

    /// Takes a piece's turn on the link.
    fn queue(&mut self, way: usize, bytes: usize, bytes_per_s: u64, passing: &mut Passing) -> bool {
        let Some(free) = self.free.get_mut(way) else {
            return false;
        };
        let micros = (bytes as u64).saturating_mul(1_000_000) / bytes_per_s.max(1);
        *free = passing.at.max(*free) + Duration::from_micros(micros);
        passing.at = *free;
        true
    }

    fn flip(&mut self, bytes: &mut [u8]) -> bool {
        if bytes.is_empty() {
            return false;
        }
        let at = self.dice.random_range(0..bytes.len());
        let bit = self.dice.random_range(0..8_u32);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
        true
    }
}

fn slice(size: u32, bytes: usize, passing: &mut Passing) -> bool {
    let size = usize::try_from(size.max(1)).unwrap_or(usize::MAX);
    if let Then::Carry { slice } = &mut passing.then
        && size < bytes
    {
        *slice = Some(slice.map_or(size, |smaller| smaller.min(size)));
        return true;
    }
    false
}

/// `*.suffix` means one label or more before the suffix; case does not matter.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => {
            let head = name.len().checked_sub(suffix.len());
            head.is_some_and(|head| head > 0 && name.get(head..).is_some_and(|tail| tail.eq_ignore_ascii_case(suffix)))
        }
        None => pattern.eq_ignore_ascii_case(name),
    }
}
