//! What each model says of a system that is offered so much: what it achieves, and how long that takes.

use super::halve::halve;
use super::queueing::{Md1, md1_mean_wait, mmc_mean_wait, mmc_percentile};
use super::usl::Usl;

/// A load above this is not asked about: there is no steady state beyond 1, and none that anybody could measure just below it.
const FULL: f64 = 0.9995;

/// Servers that the model of several tries.
pub(crate) const SERVERS: [u32; 11] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64];

/// A model, without its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Law {
    /// As much as is offered up to a capacity, and as fast up to there.
    Saturation,
    /// Random arrivals, one server that always takes as long.
    Md1,
    /// Random arrivals, some servers whose times are exponential.
    Mmc(u32),
    /// Contention and coherency.
    Usl,
}

/// A model with its numbers, as logarithms: none can be below zero.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted {
    pub law: Law,
    pub place: Vec<f64>,
}

/// What is predicted at one offered rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Predicted {
    pub achieved_per_s: f64,
    /// In seconds; none where it grows without end.
    pub response_s: Option<f64>,
}

impl Fitted {
    fn number(&self, number: usize) -> f64 {
        self.place.get(number).map_or(0.0, |log| log.exp())
    }

    /// The most that is done.
    pub(crate) fn ceiling(&self) -> f64 {
        match self.law {
            Law::Saturation => self.number(0),
            Law::Md1 => 1.0 / self.number(0),
            Law::Mmc(servers) => f64::from(servers) / self.number(0),
            Law::Usl => Usl::of(&self.place).peak(),
        }
    }

    /// What it says of an offered rate.
    pub(crate) fn predict(&self, offered: f64) -> Predicted {
        let ceiling = self.ceiling();
        Predicted {
            achieved_per_s: offered.min(ceiling),
            response_s: if offered < ceiling {
                self.response(offered)
            } else {
                None
            },
        }
    }

    fn response(&self, offered: f64) -> Option<f64> {
        let (service, rest) = (self.number(0), self.number(1));
        match self.law {
            Law::Saturation => Some(rest),
            Law::Md1 => Some(rest + service * (1.0 + md1_mean_wait((offered * service).min(FULL)))),
            Law::Mmc(servers) => {
                let load = (offered * service).min(FULL * f64::from(servers));
                Some(rest + service * (1.0 + mmc_mean_wait(servers, load)))
            }
            Law::Usl => Usl::of(&self.place).at_once(offered).map(|n| n / offered),
        }
    }

    /// The response time that a share does not exceed, in seconds; none where the model says nothing of it.
    pub(crate) fn percentile(&self, offered: f64, share: f64) -> Option<f64> {
        let (service, rest) = (self.number(0), self.number(1));
        if offered >= self.ceiling() * FULL {
            return None;
        }
        match self.law {
            Law::Md1 => Some(rest + service * (1.0 + Md1::at(offered * service).percentile(share))),
            Law::Mmc(servers) => Some(rest + service * mmc_percentile(servers, offered * service, share)),
            Law::Saturation | Law::Usl => None,
        }
    }

    /// The highest rate at which a share of the response times is within a limit, in seconds.
    pub(crate) fn rate_within(&self, share: f64, limit_s: f64) -> Option<f64> {
        if self.law == Law::Saturation {
            return Some(self.ceiling());
        }
        let high = self.ceiling() * FULL * 0.9999;
        self.percentile(high / 1e3, share).filter(|least| *least <= limit_s)?;
        let within = |rate: f64| self.percentile(rate, share).is_some_and(|time| time <= limit_s);
        Some(halve((0.0, high), within).0)
    }

    /// Its numbers by name, with their unit.
    pub(crate) fn numbers(&self) -> Vec<(&'static str, &'static str, f64)> {
        let ms = |number: usize| self.number(number) * 1e3;
        match self.law {
            Law::Saturation => vec![("capacity", "1/s", self.number(0)), ("response", "ms", ms(1))],
            Law::Md1 => vec![("service", "ms", ms(0)), ("rest", "ms", ms(1))],
            Law::Mmc(servers) => vec![
                ("servers", "", f64::from(servers)),
                ("service", "ms", ms(0)),
                ("rest", "ms", ms(1)),
            ],
            Law::Usl => {
                let law = Usl::of(&self.place);
                vec![
                    ("lambda", "1/s", law.lambda),
                    ("sigma", "", law.sigma),
                    ("kappa", "", law.kappa),
                ]
            }
        }
    }
}

impl Law {
    /// How many numbers of it are fitted.
    pub(crate) fn numbers(self) -> usize {
        match self {
            Self::Saturation | Self::Md1 => 2,
            Self::Mmc(_) | Self::Usl => 3,
        }
    }

    /// The name used in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Saturation => "saturation",
            Self::Md1 => "md1",
            Self::Mmc(_) => "mmc",
            Self::Usl => "usl",
        }
    }

    /// What it assumes.
    pub(crate) fn what(self) -> String {
        match self {
            Self::Saturation => "saturation: as much as is offered, as fast as ever, up to a capacity".to_owned(),
            Self::Md1 => "M/D/1: arrivals at random, one server that always takes as long".to_owned(),
            Self::Mmc(servers) => {
                format!("M/M/{servers}: arrivals at random, {servers} at once with exponential times")
            }
            Self::Usl => "USL (Gunther): contention, and what each costs each other".to_owned(),
        }
    }
}
