//! What queueing theory says of waiting: exact formulas, none of which takes small differences of large numbers.

use super::halve::halve;

/// Of people who come at random to one server that takes as long for each: the mean wait, in service times
/// (Pollaczek and Khinchine).
pub(crate) fn md1_mean_wait(load: f64) -> f64 {
    load / (2.0 * (1.0 - load))
}

/// The same queue's wait as a distribution, in service times.
///
/// G. J. Franx, "A simple solution for the M/D/c waiting time distribution", Operations Research Letters 29 (2001), for one server: the
/// wait is at most `x`, where `k - 1 <= x < k`, with the probability `sum over j < k of Q(k - 1 - j) * P(j arrive in k - x)`, with
/// Q(n) the probability that at most n wait. It has positive terms only, unlike Erlang's and Crommelin's series of 1909 and 1932.
#[derive(Debug, Clone)]
pub(crate) struct Md1 {
    load: f64,
    /// The probability that at most so many wait.
    waiting: Vec<f64>,
}

/// Customers that are counted at most; a load so high that more matter is out of every goal's reach.
const MOST: usize = 4_000;

/// What is left out of the distribution's tail.
const TAIL: f64 = 1e-9;

impl Md1 {
    /// At a load between 0 and 1, both excluded.
    pub(crate) fn at(load: f64) -> Self {
        Self {
            load,
            waiting: waiting(load),
        }
    }

    /// The probability of a wait of at most so many service times.
    pub(crate) fn within(&self, wait: f64) -> f64 {
        let ahead = wait.max(0.0).floor();
        let arrive = self.load * (ahead + 1.0 - wait.max(0.0));
        let mut term = (-arrive).exp();
        let mut sum = 0.0;
        for count in 0..=(ahead as usize) {
            sum += term * self.at_most(ahead as usize - count);
            term *= arrive / (count + 1) as f64;
            if term < 1e-300 {
                break;
            }
        }
        sum.min(1.0)
    }

    /// The wait that a share of all does not exceed, in service times.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        if self.within(0.0) >= share {
            return 0.0;
        }
        let mut high = 1.0;
        while self.within(high) < share && high < MOST as f64 {
            high *= 2.0;
        }
        halve((0.0, high), |wait| self.within(wait) < share).1
    }

    fn at_most(&self, count: usize) -> f64 {
        self.waiting.get(count).copied().unwrap_or(1.0)
    }
}

/// The probability that at most n wait, for each n. Who is in the system is counted as departures leave them behind; what goes up over
/// a bound must come down over it, which has no differences (V. Ramaswami, "A stable recursion for the steady state vector in Markov
/// chains of M/G/1 type", 1988).
fn waiting(load: f64) -> Vec<f64> {
    // a[j]: the probability that more than j arrive in one service time.
    let mut term = (-load).exp();
    let none = term;
    let mut more = Vec::new();
    let mut left = 1.0 - term;
    for count in 1..200 {
        more.push(left.max(0.0));
        term *= load / f64::from(count);
        left -= term;
        if term < 1e-18 {
            break;
        }
    }
    let above = |count: usize| more.get(count).copied().unwrap_or(0.0);
    let mut present = vec![1.0 - load];
    let mut sum = 1.0 - load;
    // Nobody waits where at most one is there.
    let mut waiting = Vec::new();
    while sum < 1.0 - TAIL && present.len() < MOST {
        let n = present.len() - 1;
        let from = n.saturating_sub(more.len()).max(1);
        let up: f64 = (from..=n).map(|k| present[k] * above(n - k + 1)).sum();
        let next = (present[0] * above(n) + up) / none;
        present.push(next);
        sum += next;
        waiting.push(sum.min(1.0));
    }
    waiting
}

/// Of people who come at random to `servers` servers with exponential service times: the probability that one waits (Erlang C), where
/// `offered` is the load on all of them together. Counted by way of Erlang B, whose recursion has no differences.
pub(crate) fn erlang_c(servers: u32, offered: f64) -> f64 {
    let mut blocked = 1.0;
    for count in 1..=servers {
        blocked = offered * blocked / (f64::from(count) + offered * blocked);
    }
    let load = offered / f64::from(servers);
    blocked / (1.0 - load * (1.0 - blocked))
}

/// The mean wait of that queue, in service times.
pub(crate) fn mmc_mean_wait(servers: u32, offered: f64) -> f64 {
    erlang_c(servers, offered) / (f64::from(servers) - offered)
}

/// The probability that wait and service together take longer than so many service times.
pub(crate) fn mmc_longer(servers: u32, offered: f64, time: f64) -> f64 {
    let waits = erlang_c(servers, offered);
    let rest = f64::from(servers) - 1.0 - offered;
    // Where both exponents are one, the formula's limit.
    let waited = if rest.abs() < 1e-9 {
        time
    } else {
        (1.0 - (-rest * time).exp()) / rest
    };
    (-time).exp() * (1.0 + waits * waited)
}

/// The time in service times that a share of all does not exceed, wait and service together.
pub(crate) fn mmc_percentile(servers: u32, offered: f64, share: f64) -> f64 {
    let longer = |time: f64| mmc_longer(servers, offered, time) > 1.0 - share;
    let mut high = 1.0;
    while longer(high) && high < 1e9 {
        high *= 2.0;
    }
    halve((0.0, high), longer).1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Erlang's and Crommelin's series as it stands in the books. Terms of both signs: good for short waits only.
    fn crommelin(load: f64, wait: f64) -> f64 {
        let term = |k: u32| {
            let x = load * (f64::from(k) - wait);
            let factorial: f64 = (1..=k).map(f64::from).product();
            x.powi(i32::try_from(k).unwrap()) / factorial * (-x).exp()
        };
        (1.0 - load) * (0..=(wait.floor() as u32)).map(term).sum::<f64>()
    }

    #[test]
    fn the_wait_for_one_even_server_agrees_with_the_series_of_1909() {
        for load in [0.3, 0.6, 0.76, 0.9] {
            let queue = Md1::at(load);
            for wait in [0.0, 0.4, 1.0, 1.7, 3.2, 6.5, 9.9] {
                let (exact, ours) = (crommelin(load, wait), queue.within(wait));
                assert!((exact - ours).abs() < 1e-7, "load {load} wait {wait}: {exact} {ours}");
            }
        }
    }

    #[test]
    fn the_mean_of_that_distribution_is_pollaczeks() {
        for load in [0.2, 0.5, 0.8, 0.95] {
            let queue = Md1::at(load);
            let grain = 0.01;
            let mean: f64 = (0..60_000)
                .map(|step| (1.0 - queue.within((f64::from(step) + 0.5) * grain)) * grain)
                .sum();
            let expected = md1_mean_wait(load);
            assert!(
                (mean - expected).abs() < 0.002 * (1.0 + expected),
                "{load}: {mean} {expected}"
            );
        }
    }

    #[test]
    fn percentiles_of_a_wait_are_where_the_distribution_reaches_them() {
        let queue = Md1::at(0.8);
        for share in [0.5, 0.9, 0.99, 0.999] {
            assert!((queue.within(queue.percentile(share)) - share).abs() < 1e-6);
        }
        assert_eq!(Md1::at(0.3).percentile(0.5), 0.0, "most wait for nobody");
    }

    /// Values of tables and textbooks: Erlang C of 2 servers at 1 erlang is 1/3, of 10 at 8 is 0.4092.
    #[test]
    fn erlang_c_agrees_with_the_tables() {
        assert!((erlang_c(1, 0.7) - 0.7).abs() < 1e-12, "with one server it is the load");
        assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
        assert!((erlang_c(10, 8.0) - 0.409_18).abs() < 1e-4, "{}", erlang_c(10, 8.0));
    }

    #[test]
    fn one_server_with_exponential_times_is_an_exponential_again() {
        let (load, share) = (0.75, 0.99);
        let expected = -f64::ln(1.0 - share) / (1.0 - load);
        assert!((mmc_percentile(1, load, share) - expected).abs() < 1e-6);
        assert!((mmc_mean_wait(1, load) - load / (1.0 - load)).abs() < 1e-12);
        assert!(
            mmc_percentile(4, 3.0, 0.99) > mmc_percentile(4, 2.0, 0.99),
            "both exponents one"
        );
    }
}
