//! Drawing windows anew in blocks, since what happens in one window hangs on the one before.
//!
//! The circular block bootstrap (Politis and Romano 1992), which is the moving blocks of Künsch (1989, The Annals of Statistics 17)
//! closed to a ring, so that every window is drawn as often as any other. The length of a block is chosen from the data as Politis and
//! White say (2004, Econometric Reviews 23, with the correction of Patton, Politis and White 2009, Econometric Reviews 28).

use rand::{Rng, RngExt as _};
use vocabulary::Seed;

/// Lags in a row whose correlation must be small before the rest is taken for chance, at least.
const QUIET_LAGS: f64 = 5.0;

/// How large a correlation may be by chance, in standard errors.
const BY_CHANCE: f64 = 2.0;

/// A series is cut in at least so many blocks.
const BLOCKS_AT_LEAST: usize = 4;

/// How many windows to draw together, for a series of how each window pulls at a measure.
pub(super) fn length(pull: &[f64]) -> usize {
    let count = pull.len();
    // What hangs on for long hides behind the noise of narrow windows: the choice alone would be too short, and equal short runs alarm.
    let least = (count as f64).sqrt().ceil() as usize;
    let most = (count / BLOCKS_AT_LEAST).max(1);
    chosen(pull)
        .map_or(least, |chosen| chosen.ceil() as usize)
        .max(least)
        .min(most)
        .max(1)
}

/// What Politis and White choose; none for a series that does not move.
fn chosen(pull: &[f64]) -> Option<f64> {
    let count = pull.len() as f64;
    let quiet = QUIET_LAGS.max(count.log10().sqrt().ceil()) as usize;
    let most = count.sqrt().ceil() as usize + quiet;
    let covariances: Vec<f64> = (0..=most + quiet).map(|lag| covariance(pull, lag)).collect();
    let variance = *covariances.first().filter(|variance| **variance > 0.0)?;
    let limit = BY_CHANCE * (count.log10() / count).sqrt() * variance;
    let small = |from: usize| {
        covariances[from + 1..=from + quiet]
            .iter()
            .all(|covariance| covariance.abs() < limit)
    };
    let last = (0..most).find(|from| small(*from)).unwrap_or(most).max(1);
    let width = (2 * last).min(most);
    let both_ways = |of: &dyn Fn(usize) -> f64| -> f64 {
        let lags = 1..=width;
        2.0 * lags
            .map(|lag| flat_top(lag as f64 / width as f64) * of(lag))
            .sum::<f64>()
    };
    let spectrum = variance + both_ways(&|lag| covariances[lag]);
    let slope = both_ways(&|lag| lag as f64 * covariances[lag]);
    let ratio = 2.0 * slope * slope / (4.0 / 3.0 * spectrum * spectrum);
    let length = (ratio * count).cbrt();
    length.is_finite().then_some(length)
}

/// 1 up to the half, then down to 0 (Politis and Romano 1995).
fn flat_top(share: f64) -> f64 {
    (2.0 * (1.0 - share)).clamp(0.0, 1.0)
}

fn covariance(series: &[f64], lag: usize) -> f64 {
    let count = series.len();
    let mean = series.iter().sum::<f64>() / count as f64;
    let products = series.iter().zip(series.iter().skip(lag));
    products.map(|(one, other)| (one - mean) * (other - mean)).sum::<f64>() / count as f64
}

/// Draws windows.
pub(super) struct Drawer<R> {
    dice: R,
}

/// With the dice of a node of the seed tree.
pub(super) fn drawer(seed: &Seed) -> Drawer<impl Rng + use<>> {
    Drawer { dice: seed.rng() }
}

impl<R: Rng> Drawer<R> {
    /// How often each of so many windows is drawn, in blocks of that length; as many as there are, in all.
    pub(super) fn weights(&mut self, count: usize, block: usize) -> Vec<f64> {
        let mut weights = vec![0.0; count];
        let mut left = count;
        while left > 0 {
            let from = self.dice.random_range(0..count);
            let length = block.clamp(1, left);
            for window in from..from + length {
                weights[window % count] += 1.0;
            }
            left -= length;
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A series in which each value keeps a part of the one before.
    fn hanging_on(keep: f64, count: usize) -> Vec<f64> {
        let mut dice = Seed::new(7).child("series").rng();
        let mut value = 0.0;
        let mut next = || {
            let bell: f64 = (0..12).map(|_| dice.random_range(-0.5..0.5)).sum();
            value = keep * value + bell;
            value
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn what_hangs_on_one_another_is_drawn_in_longer_blocks() {
        let [free, some, much] = [0.0, 0.5, 0.9].map(|keep| chosen(&hanging_on(keep, 5000)).unwrap());
        // Of an AR(1) series the best length is known: the cube root of n times (sqrt(6) keep / (1 - keep²))², with D as for rings.
        let best = |keep: f64| (6.0 * keep * keep / (1.0 - keep * keep).powi(2) * 5000.0_f64).cbrt();
        assert!(free < 6.0, "{free}");
        assert!((some / best(0.5) - 1.0).abs() < 0.3, "{some} {}", best(0.5));
        assert!((much / best(0.9) - 1.0).abs() < 0.3, "{much} {}", best(0.9));
    }

    #[test]
    fn a_block_is_never_shorter_than_the_root_nor_longer_than_a_quarter() {
        assert_eq!(length(&[1.0; 60]), 8);
        let long = length(&hanging_on(0.99, 60));
        assert!((8..=15).contains(&long), "{long}");
        assert_eq!(length(&hanging_on(0.99, 12)), 3);
        assert_eq!(length(&[0.0; 3]), 1);
        assert_eq!(length(&[]), 1);
    }

    #[test]
    fn every_draw_has_as_many_windows_as_there_are_and_the_same_dice_draw_the_same() {
        let draw = |seed: u64| {
            let mut drawer = drawer(&Seed::new(seed));
            (0..50).map(|_| drawer.weights(61, 7)).collect::<Vec<_>>()
        };
        let drawn = draw(3);
        assert!(drawn.iter().all(|weights| weights.iter().sum::<f64>() == 61.0));
        assert_eq!(drawn, draw(3));
        assert_ne!(drawn, draw(4));
        let often: Vec<f64> = (0..61)
            .map(|window| drawn.iter().map(|weights| weights[window]).sum())
            .collect();
        assert!(often.iter().all(|often| (20.0..90.0).contains(often)), "{often:?}");
    }
}
