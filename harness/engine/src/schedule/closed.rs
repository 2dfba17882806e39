//! Users who wait for their answer, think, and begin again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use scenario::ThinkTime;
use vocabulary::Seed;

use super::exponential::exponential;
use super::whole;
use crate::clock::micros;

/// The users of a closed model: who thinks until when, and who waits for which operation. Each has dice of their own, so that how
/// long somebody thinks depends on nobody else's luck.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    think_time: ThinkTime,
    dice: Vec<ChaCha8Rng>,
    thinking: BinaryHeap<Reverse<(u64, usize)>>,
    waiting: HashMap<u64, usize>,
    end_us: u64,
}

impl Users {
    /// So many users, of whom each begins at a random part of a first think time: not all at once.
    pub fn of(users: u32, think_time: ThinkTime, length: Duration, seed: Seed) -> Self {
        let mut dice: Vec<ChaCha8Rng> = (0..users).map(|user| seed.nth("user", user.into()).rng()).collect();
        let thinking = dice.iter_mut().enumerate().map(|(user, dice)| {
            let part: f64 = dice.random();
            Reverse((whole(think_us(think_time, dice) * part), user))
        });
        Self {
            think_time,
            thinking: thinking.collect(),
            dice,
            waiting: HashMap::new(),
            end_us: micros(length),
        }
    }

    /// The end of the load, when nobody begins any more.
    pub fn end_us(&self) -> u64 {
        self.end_us
    }

    /// When the next user begins, unless all wait or the load is over before.
    pub fn due(&self) -> Option<u64> {
        let Reverse((at_us, _)) = self.thinking.peek()?;
        (*at_us < self.end_us).then_some(*at_us)
    }

    /// The next user begins the operation of that number; tells when their think time ended.
    pub fn begin(&mut self, number: u64) -> Option<u64> {
        self.due()?;
        let Reverse((at_us, user)) = self.thinking.pop()?;
        self.waiting.insert(number, user);
        Some(at_us)
    }

    /// An operation ended: its user thinks from then on.
    pub fn ended(&mut self, number: u64, at_us: u64) {
        let Some(user) = self.waiting.remove(&number) else {
            return;
        };
        if let Some(dice) = self.dice.get_mut(user) {
            let think_us = whole(think_us(self.think_time, dice));
            self.thinking.push(Reverse((at_us.saturating_add(think_us), user)));
        }
    }

    /// When each user begins for the first time, in the order of time: all of a closed model that is known beforehand.
    pub fn firsts(self) -> Vec<u64> {
        let all = self.thinking.into_iter().map(|Reverse((at_us, _))| at_us);
        let mut firsts: Vec<u64> = all.filter(|at_us| *at_us < self.end_us).collect();
        firsts.sort_unstable();
        firsts
    }
}

fn think_us(think_time: ThinkTime, dice: &mut ChaCha8Rng) -> f64 {
    let us = |duration: Duration| duration.as_secs_f64() * 1e6;
    match think_time {
        ThinkTime::Constant(always) => us(always),
        ThinkTime::Uniform(between) => {
            let part: f64 = dice.random();
            us(between.min) + part * us(between.max.saturating_sub(between.min))
        }
        ThinkTime::Exponential(around) => us(around.mean) * exponential(dice),
    }
}
