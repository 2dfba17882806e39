//! Which domain controllers of a domain are asked, and which one is written to: a plain state machine. Its inputs are
//! what domain controllers answered and the time; its outputs are whom to ask.

use std::fmt;
use std::time::Duration;

use crate::config::Forest;

/// How long it is remembered that a domain controller was silent. Older than this, it is tried like any other.
const MEMORY: Duration = Duration::from_secs(3);

/// The least time between two trials of a silent domain controller.
const PAUSE: Duration = Duration::from_millis(250);

/// How long the trial of a silent domain controller may take.
pub(super) const TRIAL: Duration = Duration::from_secs(5);

/// A domain controller by its place in the configuration.
pub(super) type Dc = usize;

/// What to do about one domain controller now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It may be asked.
    Ask,
    /// It was silent; the caller shall try whether it still is, nobody else does.
    Probe,
    /// It was silent just now.
    Pass,
}

/// Why there is no domain controller to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Nowhere {
    /// No domain controller tells who the PDC emulator is.
    Unknown {
        /// The domain.
        domain: String,
    },
    /// The PDC emulator is none of those configured.
    Stranger {
        /// The domain.
        domain: String,
        /// The role owner's host, as the directory names it.
        host: String,
    },
}

impl fmt::Display for Nowhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { domain } => write!(f, "no domain controller of {domain} tells who the PDC emulator is"),
            Self::Stranger { domain, host } => write!(
                f,
                "the PDC emulator of {domain} is {host}, which is none of the configured domain controllers"
            ),
        }
    }
}

/// Whom to read from, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Those that are thought to answer.
    pub(super) ask: Vec<Dc>,
    /// Those that were silent and shall be tried again.
    pub(super) probe: Vec<Dc>,
}

#[derive(Debug, Clone, Copy)]
enum Health {
    Answers,
    Silent {
        since: Duration,
        last: Duration,
        trial: Option<Duration>,
    },
}

struct Known {
    fqdn: String,
    health: Health,
    why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    Unknown,
    Is(Dc),
    Stranger(String),
}

/// What is known of one domain's controllers.
pub(super) struct Locator {
    domain: String,
    known: Vec<Known>,
    readers: Vec<Dc>,
    refresh: Duration,
    holder: Holder,
    asked: Option<Duration>,
}

impl Locator {
    /// Nothing is known yet but what the configuration says: all are thought to answer, and who is marked as PDC
    /// emulator is believed until somebody was asked.
    pub(super) fn new(forest: &Forest, refresh: Duration) -> Self {
        let controllers = &forest.domain_controllers;
        let known = controllers.iter().map(|dc| Known {
            fqdn: dc.fqdn.clone(),
            health: Health::Answers,
            why: String::new(),
        });
        let hint = controllers.iter().position(|dc| dc.pdc);
        Self {
            domain: forest.domain.clone(),
            known: known.collect(),
            readers: readers(forest),
            refresh,
            holder: hint.map_or(Holder::Unknown, Holder::Is),
            asked: None,
        }
    }

    /// The name of one.
    pub(super) fn fqdn(&self, dc: Dc) -> &str {
        self.known.get(dc).map_or("", |known| &known.fqdn)
    }

    /// It answered. True when it was silent before.
    pub(super) fn answered(&mut self, dc: Dc) -> bool {
        let Some(known) = self.known.get_mut(dc) else {
            return false;
        };
        let before = std::mem::replace(&mut known.health, Health::Answers);
        matches!(before, Health::Silent { .. })
    }

    /// It did not answer. When it is the PDC emulator, somebody else may be by now. True when it answered before.
    pub(super) fn silent(&mut self, dc: Dc, why: String, now: Duration) -> bool {
        self.doubt(dc);
        let Some(known) = self.known.get_mut(dc) else {
            return false;
        };
        let before = match known.health {
            Health::Answers => None,
            Health::Silent { since, .. } => Some(since),
        };
        known.why = why;
        known.health = Health::Silent {
            since: before.unwrap_or(now),
            last: now,
            trial: None,
        };
        before.is_none()
    }

    /// Something went wrong with it: if it is the PDC emulator, the next write asks who is.
    pub(super) fn doubt(&mut self, dc: Dc) {
        if self.holder == Holder::Is(dc) {
            self.asked = None;
        }
    }

    /// Why it is thought to be silent.
    pub(super) fn why(&self, dc: Dc) -> &str {
        self.known.get(dc).map_or("", |known| &known.why)
    }

    /// Whether it has been silent for at least `long`.
    pub(super) fn gone(&self, dc: Dc, long: Duration, now: Duration) -> bool {
        match self.known.get(dc).map(|known| known.health) {
            Some(Health::Silent { since, .. }) => now.saturating_sub(since) >= long,
            _ => false,
        }
    }

    /// Whether one may be asked now, without a trial.
    pub(super) fn may_answer(&self, dc: Dc, now: Duration) -> bool {
        match self.known.get(dc).map(|known| known.health) {
            Some(Health::Silent { last, trial, .. }) => now.saturating_sub(last) >= MEMORY && !is_on_trial(trial, now),
            _ => true,
        }
    }

    /// What to do about one now. `Probe` is given to one caller at a time.
    pub(super) fn turn(&mut self, dc: Dc, now: Duration) -> Turn {
        if self.may_answer(dc, now) {
            return Turn::Ask;
        }
        let Some(Health::Silent { last, trial, .. }) = self.known.get_mut(dc).map(|known| &mut known.health) else {
            return Turn::Ask;
        };
        if is_on_trial(*trial, now) || now.saturating_sub(*last) < PAUSE {
            return Turn::Pass;
        }
        *trial = Some(now);
        Turn::Probe
    }

    /// Whom to read from.
    pub(super) fn reading(&mut self, now: Duration) -> Reading {
        let mut reading = Reading::default();
        for dc in self.readers.clone() {
            match self.turn(dc, now) {
                Turn::Ask => reading.ask.push(dc),
                Turn::Probe => reading.probe.push(dc),
                Turn::Pass => {}
            }
        }
        reading
    }

    /// Those that reads may go to.
    pub(super) fn readers(&self) -> &[Dc] {
        &self.readers
    }

    /// Whether what is known of the role is too old, or doubted.
    pub(super) fn role_is_due(&self, now: Duration) -> bool {
        self.asked.is_none_or(|asked| now.saturating_sub(asked) >= self.refresh)
    }

    /// Whom to ask for the role, in order: the known holder, who knows first that it is no longer, then the readers,
    /// then the others. Those that were silent just now are left out.
    pub(super) fn role_witnesses(&self, now: Duration) -> Vec<Dc> {
        let holder = self.holder().ok();
        let mut order: Vec<Dc> = Vec::new();
        for dc in holder
            .into_iter()
            .chain(self.readers.clone())
            .chain(0..self.known.len())
        {
            if !order.contains(&dc) {
                order.push(dc);
            }
        }
        order.retain(|dc| self.may_answer(*dc, now));
        order
    }

    /// A domain controller named the role's owner. Gives the news when it is another one than was known.
    pub(super) fn role_is_at(&mut self, host: &str, now: Duration) -> Option<String> {
        self.asked = Some(now);
        let found = self.known.iter().position(|known| is_host(&known.fqdn, host));
        let holder = found.map_or_else(|| Holder::Stranger(host.to_owned()), Holder::Is);
        let before = std::mem::replace(&mut self.holder, holder);
        match self.holder {
            Holder::Is(dc) if before != Holder::Unknown && before != self.holder => {
                Some(format!("the PDC emulator of {} is now {}", self.domain, self.fqdn(dc)))
            }
            _ => None,
        }
    }

    /// Nobody could say who owns the role: what was known before still stands.
    pub(super) fn role_is_untold(&mut self, now: Duration) {
        self.asked = Some(now);
    }

    /// The PDC emulator, as far as is known.
    pub(super) fn holder(&self) -> Result<Dc, Nowhere> {
        let domain = self.domain.clone();
        match &self.holder {
            Holder::Is(dc) => Ok(*dc),
            Holder::Unknown => Err(Nowhere::Unknown { domain }),
            Holder::Stranger(host) => Err(Nowhere::Stranger {
                domain,
                host: host.clone(),
            }),
        }
    }
}

/// The preferred ones in their order; without any, all in the configured order.
fn readers(forest: &Forest) -> Vec<Dc> {
    let all = &forest.domain_controllers;
    if forest.preferred.is_empty() {
        return (0..all.len()).collect();
    }
    let place = |name: &String| all.iter().position(|dc| dc.fqdn.eq_ignore_ascii_case(name));
    forest.preferred.iter().filter_map(place).collect()
}

/// A trial that should have ended long ago was given up by whoever made it.
fn is_on_trial(trial: Option<Duration>, now: Duration) -> bool {
    trial.is_some_and(|began| now.saturating_sub(began) < TRIAL + PAUSE)
}

/// Whether the first label of a name is this host's.
fn is_host(fqdn: &str, host: &str) -> bool {
    let label = fqdn.split('.').next().unwrap_or(fqdn);
    label.eq_ignore_ascii_case(host)
}

#[cfg(test)]
#[path = "locator_tests.rs"]
mod tests;
