//! Series of runs that somebody might have had: flat ones, and ones with a step. The detector looks after every new run, as a
//! nightly job does; a flat series that alarms at any time has alarmed.

use judge::trend::Detector;

use super::dice::Dice;

/// How runs of one level vary.
#[derive(Debug, Clone, Copy)]
pub enum Noise {
    /// Normal, by this part of the level.
    Normal(f64),
    /// The same, and one run in twenty takes half as long again.
    Outliers(f64),
    /// The same, and each run keeps so much of what the one before it was off: a machine has good weeks and bad ones.
    Weeks(f64, f64),
}

/// What came of one series with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Whether there was an alarm before the step.
    pub too_soon: bool,
    /// After how many runs of the new level it was found; none within ten.
    pub found_after: Option<usize>,
    /// Whether the run that was named is the one that introduced it.
    pub named: bool,
}

/// A draw from the normal distribution (Box and Muller 1958).
fn normal(dice: &mut Dice) -> f64 {
    let share = |dice: &mut Dice| (dice.below(1 << 53) + 1) as f64 / (1u64 << 53) as f64;
    let (radius, angle) = ((-2.0 * share(dice).ln()).sqrt(), share(dice) * std::f64::consts::TAU);
    radius * angle.cos()
}

fn values(dice: &mut Dice, noise: Noise, levels: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut off = 0.0;
    let one = |level: f64| {
        let (spread, kept) = match noise {
            Noise::Normal(spread) | Noise::Outliers(spread) => (spread, 0.0),
            Noise::Weeks(spread, kept) => (spread, kept),
        };
        off = kept * off + (1.0 - kept * kept).sqrt() * spread * normal(dice);
        let slow = matches!(noise, Noise::Outliers(_)) && dice.percent(5);
        level * (1.0 + off) * if slow { 1.5 } else { 1.0 }
    };
    levels.map(one).collect()
}

/// Whether a flat series of so many runs ever alarms.
pub fn alarms(seed: u64, runs: usize, noise: Noise) -> bool {
    let values = values(&mut Dice::of(seed), noise, std::iter::repeat_n(100.0, runs));
    (1..=runs).any(|seen| !Detector::default().change_points(&values[..seen]).is_empty())
}

/// How a step by that part of the level is found, after 20 to 60 runs without one.
pub fn step(seed: u64, by: f64, noise: Noise) -> Step {
    let mut dice = Dice::of(seed);
    let at = 20 + dice.below(41) as usize;
    let levels = std::iter::repeat_n(100.0, at).chain(std::iter::repeat_n(100.0 * (1.0 + by), 10));
    let values = values(&mut dice, noise, levels);
    let points = |seen: usize| Detector::default().change_points(&values[..seen]);
    let found = (1..=10).find_map(|after| Some((after, points(at + after).last()?.at)));
    Step {
        too_soon: (1..=at).any(|seen| !points(seen).is_empty()),
        found_after: found.map(|(after, _)| after),
        named: found.is_some_and(|(_, named)| named == at),
    }
}

/// What came of many series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Series of each sort.
    pub series: u64,
    /// Flat ones that alarmed at any time.
    pub alarmed: u64,
    /// Ones with a step that was found by the time there were five runs of the new level, without an alarm before.
    pub found: u64,
    /// The same, with the run named that introduced it.
    pub named: u64,
}

/// So many flat series of a hundred runs, and as many with a step of a fifth.
pub fn tally(first_seed: u64, series: u64, noise: Noise) -> Tally {
    let mut tally = Tally {
        series,
        ..Tally::default()
    };
    for seed in first_seed..first_seed + series {
        tally.alarmed += u64::from(alarms(2 * seed, 100, noise));
        let step = step(2 * seed + 1, 0.2, noise);
        let found = !step.too_soon && step.found_after.is_some_and(|after| after <= 5);
        tally.found += u64::from(found);
        tally.named += u64::from(found && step.named);
    }
    tally
}
