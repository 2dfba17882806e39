//! One fault: its order, its dice, its end, and what it keeps back.

use std::time::Duration;

use bytes::Bytes;
use protocol::hybrid::BODY_MAX;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{FaultOrder, FaultState, Hearing, MessageFault, Parcel, REPLAYED_WITHIN, Treated};

/// How long a request waits for another to change places with.
const PARTNER_WITHIN: Duration = Duration::from_secs(1);

/// The shortest time between a request and its replay.
const REPLAYED_AFTER: Duration = Duration::from_millis(500);

/// How many messages one fault keeps back; more pass by it.
const KEPT_MAX: usize = 10_000;

/// A message that is kept back.
#[derive(Debug)]
struct Kept {
    parcel: Parcel,
    due: Duration,
}

pub(super) struct Standing {
    order: FaultOrder,
    until: Duration,
    messages: u64,
    dice: ChaCha8Rng,
    kept: Vec<Kept>,
}

impl Standing {
    pub(super) fn new(order: FaultOrder, dice: ChaCha8Rng, now: Duration) -> Self {
        Self {
            until: now.saturating_add(order.lease),
            order,
            messages: 0,
            dice,
            kept: Vec::new(),
        }
    }

    pub(super) fn acts(&self, now: Duration) -> bool {
        now < self.until
    }

    pub(super) fn keeps(&self) -> bool {
        !self.kept.is_empty()
    }

    pub(super) fn state(&self, id: &str, now: Duration) -> FaultState {
        let left = self.until.saturating_sub(now).as_millis();
        FaultState {
            id: id.to_owned(),
            order: self.order.clone(),
            left_ms: u64::try_from(left).unwrap_or(u64::MAX),
            messages: self.messages,
        }
    }

    /// What it kept back, at its end: what was to be sent once more is not.
    pub(super) fn let_go(self) -> Vec<Parcel> {
        match self.order.what {
            MessageFault::ReplayRequests => Vec::new(),
            _ => self.kept.into_iter().map(|kept| kept.parcel).collect(),
        }
    }

    /// Whether it deletes entities; counts those who met that.
    pub(super) fn deletes(&mut self, callers: usize, now: Duration) -> bool {
        let deletes = self.order.what == MessageFault::DeleteListener && self.acts(now);
        if deletes {
            self.messages += callers as u64;
        }
        deletes
    }

    /// What it kept back and whose time has come; all of it once the fault is over.
    pub(super) fn due(&mut self, now: Duration) -> Vec<Parcel> {
        if self.kept.is_empty() {
            return Vec::new();
        }
        let over = !self.acts(now);
        let due = self.kept.extract_if(.., |kept| over || kept.due <= now);
        let due: Vec<_> = due.map(|kept| kept.parcel).collect();
        if self.order.what != MessageFault::ReplayRequests {
            return due;
        }
        if over {
            return Vec::new();
        }
        self.messages += due.len() as u64;
        due
    }

    /// Does to a request what is to be done.
    pub(super) fn treat(&mut self, treated: &mut Treated, now: Duration) {
        match self.order.what {
            MessageFault::LoseRequests { share } => {
                if self.dice.random_bool(share.as_f64()) {
                    self.messages += 1;
                    treated.parcels.clear();
                }
            }
            MessageFault::LoseResponses { share } => {
                if self.dice.random_bool(share.as_f64()) {
                    self.mute(treated, Hearing::Lost);
                }
            }
            MessageFault::Unanswered => self.mute(treated, Hearing::Unanswered),
            MessageFault::DuplicateRequests { copies, share } => {
                if self.dice.random_bool(share.as_f64()) {
                    self.copy(treated, copies);
                }
            }
            MessageFault::HoldRequests { by } => {
                for parcel in std::mem::take(&mut treated.parcels) {
                    self.keep(parcel, now + by, treated);
                }
            }
            MessageFault::ReorderRequests => self.pair(treated, now, |_, _| true),
            MessageFault::SwapRequests => self.pair(treated, now, exchange),
            MessageFault::CorruptRequests => self.change(treated, flip),
            MessageFault::OversizeRequests => self.change(treated, |_, body| Some(grown(body))),
            MessageFault::ReplayRequests => self.remember(treated, now),
            MessageFault::DeleteListener => {}
        }
    }

    fn mute(&mut self, treated: &mut Treated, hearing: Hearing) {
        self.messages += 1;
        treated.hearing = hearing;
    }

    fn copy(&mut self, treated: &mut Treated, copies: u32) {
        let more = copies.saturating_sub(1) as usize;
        let added: Vec<_> = treated
            .parcels
            .iter()
            .flat_map(|parcel| std::iter::repeat_n(parcel, more))
            .cloned()
            .collect();
        self.messages += added.len() as u64;
        treated.parcels.extend(added);
    }

    fn keep(&mut self, parcel: Parcel, due: Duration, treated: &mut Treated) {
        if self.kept.len() >= KEPT_MAX {
            return treated.parcels.push(parcel);
        }
        self.messages += 1;
        self.kept.push(Kept { parcel, due });
    }

    /// Keeps a request until the next comes, and sends that one first. `meet` says whether the two have anything to exchange.
    fn pair(&mut self, treated: &mut Treated, now: Duration, meet: impl Fn(&mut Parcel, &mut Parcel) -> bool) {
        for mut late in std::mem::take(&mut treated.parcels) {
            match self.kept.pop() {
                Some(mut early) => {
                    if meet(&mut early.parcel, &mut late) {
                        self.messages += 2;
                    }
                    treated.parcels.extend([late, early.parcel]);
                }
                None => self.kept.push(Kept {
                    parcel: late,
                    due: now + PARTNER_WITHIN,
                }),
            }
        }
    }

    fn change(&mut self, treated: &mut Treated, change: impl Fn(&mut ChaCha8Rng, &Bytes) -> Option<Bytes>) {
        for parcel in &mut treated.parcels {
            let changed = parcel.body.as_ref().and_then(|body| change(&mut self.dice, body));
            if let Some(changed) = changed {
                self.messages += 1;
                parcel.body = Some(changed);
            }
        }
    }

    fn remember(&mut self, treated: &Treated, now: Duration) {
        for parcel in &treated.parcels {
            let after = self.dice.random_range(REPLAYED_AFTER..=REPLAYED_WITHIN);
            if self.kept.len() < KEPT_MAX {
                self.kept.push(Kept {
                    parcel: parcel.clone(),
                    due: now + after,
                });
            }
        }
    }
}

fn exchange(one: &mut Parcel, other: &mut Parcel) -> bool {
    let both = one.body.is_some() && other.body.is_some() && one.body != other.body;
    if both {
        std::mem::swap(&mut one.body, &mut other.body);
    }
    both
}

fn flip(dice: &mut ChaCha8Rng, body: &Bytes) -> Option<Bytes> {
    let mut bytes = body.to_vec();
    let at = dice.random_range(0..bytes.len().max(1));
    let bit = dice.random_range(0..8_u32);
    *bytes.get_mut(at)? ^= 1 << bit;
    Some(Bytes::from(bytes))
}

/// One byte more than a control channel may carry.
fn grown(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    bytes.resize(BODY_MAX + 1, b' ');
    Bytes::from(bytes)
}
