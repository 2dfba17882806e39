//! A queue without a clock.

use history::{DropWhy, DroppedEvent, Event, OpEvent, Phase, StepEvent};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Seed};

use crate::capacity::search::{Order, Search};
use crate::capacity::usl::Usl;

/// When people come.
pub(super) enum Arrivals {
    /// One interval after another.
    Even,
    /// As a Poisson process.
    Random,
}

/// How long it takes.
pub(super) enum Service {
    /// Always as long.
    Even(f64),
    /// Exponentially distributed, with this mean.
    Exponential(f64),
    /// All that are there share what the law gives.
    Shared(Usl),
}

/// A queue, first come, first served.
pub(super) struct Queue {
    arrivals: Arrivals,
    service: Service,
    servers: usize,
    dice: ChaCha8Rng,
    at_us: u64,
}

/// Whoever waits longer is dropped.
const PATIENCE_S: f64 = 10.0;

impl Queue {
    pub(super) fn of(arrivals: Arrivals, service: Service, servers: usize, seed: u64) -> Self {
        Self {
            arrivals,
            service,
            servers,
            dice: Seed::new(seed).rng(),
            at_us: 0,
        }
    }

    fn exponential(&mut self) -> f64 {
        -f64::ln(1.0 - self.dice.random::<f64>())
    }

    /// One step, from an empty queue on.
    pub(super) fn step(&mut self, search: &mut Search, order: Order, number: u32) {
        let step = StepEvent {
            seq: 0,
            at_us: self.at_us,
            phase: Phase::Measure,
            number,
            rate_millis: order.rate_millis,
            from_us: self.at_us,
            measured_from_us: self.at_us + order.warm_up_us,
            until_us: self.at_us + order.warm_up_us + order.measure_us,
        };
        search.begins(step);
        let length_s = (step.until_us - step.from_us) as f64 / 1e6;
        let instants = self.instants(order.rate_millis as f64 / 1e3, length_s);
        for (at_s, ended) in instants.iter().zip(self.ends(&instants)) {
            search.sees(&event(&step, *at_s, ended));
        }
        self.at_us = step.until_us + 60_000_000;
    }

    fn instants(&mut self, rate: f64, length_s: f64) -> Vec<f64> {
        let mut instants = Vec::new();
        let mut at = 0.0;
        while at < length_s {
            instants.push(at);
            at += match self.arrivals {
                Arrivals::Even => 1.0 / rate,
                Arrivals::Random => self.exponential() / rate,
            };
        }
        instants
    }

    /// Begin and end of each, in seconds; none of one that is dropped.
    fn ends(&mut self, instants: &[f64]) -> Vec<Option<(f64, f64)>> {
        if let Service::Shared(law) = self.service {
            return shared(law, instants);
        }
        let mut free = vec![0.0_f64; self.servers];
        let mut ends = Vec::with_capacity(instants.len());
        for at in instants {
            let first = (0..free.len())
                .min_by(|one, other| free[*one].total_cmp(&free[*other]))
                .unwrap();
            let begin = at.max(free[first]);
            if begin - at > PATIENCE_S {
                ends.push(None);
                continue;
            }
            let takes = match self.service {
                Service::Even(takes) => takes,
                Service::Exponential(mean) => mean * self.exponential(),
                Service::Shared(_) => unreachable!("handled above"),
            };
            free[first] = begin + takes;
            ends.push(Some((begin, begin + takes)));
        }
        ends
    }
}

/// Of N that are there each gets an N-th of what the law gives N: whose work ends next is known until somebody comes.
fn shared(law: Usl, instants: &[f64]) -> Vec<Option<(f64, f64)>> {
    let mut ends = vec![None; instants.len()];
    let mut there: Vec<(usize, f64)> = Vec::new();
    let mut now = 0.0;
    let mut next = 0;
    while next < instants.len() || !there.is_empty() {
        let each = law.throughput(there.len().max(1) as f64) / there.len().max(1) as f64;
        let least = there.iter().map(|(_, left)| *left).fold(f64::INFINITY, f64::min);
        let ends_at = now + least / each;
        let comes_at = instants.get(next).copied().unwrap_or(f64::INFINITY);
        let until = ends_at.min(comes_at);
        there.iter_mut().for_each(|(_, left)| *left -= (until - now) * each);
        now = until;
        if comes_at <= ends_at {
            there.push((next, 1.0));
            next += 1;
            continue;
        }
        there.retain(|(number, left)| {
            let done = *left <= 1e-9;
            if done {
                ends[*number] = Some((instants[*number], now));
            }
            !done
        });
    }
    ends
}

fn event(step: &StepEvent, at_s: f64, ended: Option<(f64, f64)>) -> Event {
    let us = |seconds: f64| step.from_us + (seconds * 1e6) as u64;
    let phase = if us(at_s) < step.measured_from_us {
        Phase::WarmUp
    } else {
        Phase::Measure
    };
    let Some((begin, end)) = ended else {
        return Event::Dropped(DroppedEvent {
            seq: 0,
            at_us: 0,
            phase,
            actor: String::new(),
            persona: String::new(),
            attempt: 1,
            arrival: None,
            user: Uuid::nil(),
            op: OpKind::Reset,
            intended_us: us(at_s),
            why: DropWhy::NotStartedInTime,
        });
    };
    Event::Op(OpEvent {
        seq: 0,
        at_us: 0,
        phase,
        op_id: Uuid::nil(),
        op: OpKind::Reset,
        attempt: 1,
        arrival: None,
        actor: String::new(),
        persona: String::new(),
        user: Uuid::nil(),
        writes: Some(1),
        proves: None,
        intended_us: us(at_s),
        started_us: us(begin),
        finished_us: us(end),
        expires_us: us(end),
        outcome: Outcome::Applied,
        stages_us: None,
    })
}
