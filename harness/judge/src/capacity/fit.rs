//! Models fitted to the steps, and which of them is kept.

use history::{GoalLimit, Model, ModelPoint, Parameter, Range};
use rand::{Rng, RngExt as _};
use vocabulary::Seed;

use super::law::{Fitted, Law, SERVERS};
use super::simplex::least;
use super::tally::{BLOCKS, Measured, Window};
use super::usl::Usl;
use crate::goals;

/// Fewer rates than this bear no model.
const LEAST_POINTS: usize = 4;
/// Times that the steps are drawn again for the ranges.
const DRAWN: usize = 100;
/// What a model is off by that says a system has no steady state where it had one, as a logarithm.
const NO_STATE: f64 = 1.5;
/// What is less than this part of what was achieved at a lower rate is a collapse.
const MOST_OF: f64 = 0.9;
/// Points of a drawn curve.
const POINTS: u32 = 80;

/// One rate with what was measured at it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    pub offered_per_s: f64,
    pub achieved_per_s: f64,
    /// Mean response time in seconds, where the system had a steady state.
    pub response_s: Option<f64>,
}

/// A rate's steps, with what they must be drawn again from.
#[derive(Debug)]
pub(crate) struct Rate<'a> {
    pub runs: Vec<&'a Measured>,
    /// Whether nothing grew and nobody was left: then a mean response time means something.
    pub steady: bool,
}

impl Rate<'_> {
    /// What was measured, its windows taken as they are or as they were drawn.
    fn point(&self, mut draw: impl FnMut() -> Option<usize>) -> Point {
        let mut sum = Window::default();
        let mut seconds = 0.0;
        for run in &self.runs {
            seconds += run.seconds();
            for own in 0..BLOCKS {
                let window = run.windows[draw().unwrap_or(own)];
                sum.answered += window.answered;
                sum.ended += window.ended;
                sum.response_us += window.response_us;
            }
        }
        let mean = sum.response_us as f64 / 1e6 / sum.ended.max(1) as f64;
        let arrivals: usize = self.runs.iter().map(|run| run.arrived.len()).sum();
        Point {
            offered_per_s: arrivals as f64 / seconds.max(1e-6),
            achieved_per_s: sum.answered as f64 / seconds.max(1e-6),
            response_s: (self.steady && sum.ended > 0).then_some(mean.max(1e-6)),
        }
    }

    /// As measured.
    pub(crate) fn measured(&self) -> Point {
        self.point(|| None)
    }

    fn drawn(&self, dice: &mut impl Rng) -> Point {
        self.point(|| Some(dice.random_range(0..BLOCKS)))
    }
}

/// Every model that the steps bear: first the simplest of those that predict as well as any.
pub(crate) fn models(rates: &[Rate<'_>], asked: &[GoalLimit], seed: u64) -> Vec<Model> {
    let rates = &upright(rates);
    let points: Vec<Point> = rates.iter().map(|rate| rate.measured()).collect();
    if points.len() < LEAST_POINTS || !points.iter().any(|point| point.response_s.is_some()) {
        return Vec::new();
    }
    let most_servers = SERVERS.map(|servers| fitted(Law::Mmc(servers), &points));
    let several = most_servers.into_iter().min_by(|one, other| one.1.total_cmp(&other.1));
    let laws = [Law::Saturation, Law::Md1, Law::Usl]
        .into_iter()
        .chain(several.map(|(several, _)| several.law));
    let mut models: Vec<(Fitted, Off)> = laws
        .map(|law| (fitted(law, &points).0, Off::of(law, &points)))
        .collect();
    models.sort_by(|one, other| one.1.mean.total_cmp(&other.1.mean));
    prefer_simple(&mut models);
    let kept = models.first().map(|(kept, _)| drawn(kept.law, rates, seed));
    let mut told: Vec<Model> = models
        .iter()
        .map(|(model, off)| told(model, off.mean, &points, asked))
        .collect();
    if let (Some(best), Some(drawn)) = (told.first_mut(), kept) {
        widen(best, &drawn);
    }
    told
}

/// The rates at which the system did at least most of what it did at a lower one. What collapses beyond its knee does so for reasons that
/// none of the laws knows: they say what is achieved up to a ceiling, and that it stays there.
fn upright<'a>(rates: &'a [Rate<'a>]) -> Vec<&'a Rate<'a>> {
    let points: Vec<Point> = rates.iter().map(Rate::measured).collect();
    let most_below = |offered: f64| {
        let below = points.iter().filter(move |point| point.offered_per_s < offered);
        below.map(|point| point.achieved_per_s).fold(0.0, f64::max)
    };
    let stands = |point: &Point| point.achieved_per_s >= MOST_OF * most_below(point.offered_per_s);
    let pairs = rates.iter().zip(&points);
    pairs.filter(|(_, point)| stands(point)).map(|(rate, _)| rate).collect()
}

/// How far a model is off, as the mean square of logarithms: a tenth too much weighs as much as a tenth too little, at any rate.
fn cost(model: &Fitted, points: &[Point]) -> f64 {
    let errors = points.iter().flat_map(|point| errors(model, point));
    let (sum, count) = errors.fold((0.0, 0.0), |(sum, count), error| (sum + error * error, count + 1.0));
    sum / f64::max(count, 1.0)
}

fn errors(model: &Fitted, point: &Point) -> impl Iterator<Item = f64> + use<> {
    let predicted = model.predict(point.offered_per_s);
    let achieved = (predicted.achieved_per_s / point.achieved_per_s.max(1e-9)).ln();
    let response = point.response_s.map(|measured| match predicted.response_s {
        Some(predicted) => (predicted / measured).ln(),
        // The further beyond its ceiling, the worse: so that a fit finds its way back.
        None => NO_STATE + (point.offered_per_s / predicted.achieved_per_s).ln(),
    });
    [Some(achieved), response].into_iter().flatten()
}

/// A model's best numbers for these points, and what it is off.
pub(crate) fn fitted(law: Law, points: &[Point]) -> (Fitted, f64) {
    let of = |place: &[f64]| Fitted {
        law,
        place: place.to_vec(),
    };
    let tried = firsts(law, points).into_iter().map(|first| {
        let (rough, _) = least(|place| cost(&of(place), points), &first, 0.3);
        least(|place| cost(&of(place), points), &rough, 0.02)
    });
    let best = tried.min_by(|one, other| one.1.total_cmp(&other.1));
    let (place, cost) = best.unwrap_or_default();
    (of(&place), cost)
}

/// Where the fits of a model begin.
fn firsts(law: Law, points: &[Point]) -> Vec<Vec<f64>> {
    let most = points.iter().map(|point| point.achieved_per_s).fold(1e-6, f64::max);
    let responses = points.iter().filter_map(|point| point.response_s);
    let fastest = responses.fold(f64::MAX, f64::min).min(1e6);
    match law {
        Law::Saturation => vec![vec![(most * 1.01).ln(), fastest.ln()]],
        Law::Md1 | Law::Mmc(_) => {
            let servers = if let Law::Mmc(servers) = law {
                f64::from(servers)
            } else {
                1.0
            };
            let from = |above: f64| {
                let service = servers / (most * above);
                vec![service.ln(), (fastest - service).max(fastest * 0.05).ln()]
            };
            vec![from(1.02), from(1.3)]
        }
        Law::Usl => {
            let steady = points
                .iter()
                .filter_map(|point| Some((point.achieved_per_s * point.response_s?, point.achieved_per_s)));
            let first = Usl::first(&steady.collect::<Vec<_>>());
            let from = |sigma: f64| vec![first[0], f64::ln(sigma), first[2]];
            vec![from(0.05), from(0.5)]
        }
    }
}

/// How far off a model is where it predicts each rate from all others, but for the lowest and the highest: beyond what it was fitted
/// to, a model is off by as much as it likes.
#[derive(Debug, Clone, Copy)]
struct Off {
    mean: f64,
    /// The standard error of that mean.
    error: f64,
}

impl Off {
    fn of(law: Law, points: &[Point]) -> Self {
        let offered = || points.iter().map(|point| point.offered_per_s);
        let (least, most) = (offered().fold(f64::MAX, f64::min), offered().fold(0.0, f64::max));
        let inner = points
            .iter()
            .enumerate()
            .filter(|(_, point)| point.offered_per_s > least && point.offered_per_s < most);
        let off: Vec<f64> = inner
            .map(|(number, point)| {
                let others: Vec<Point> = [&points[..number], &points[number + 1..]].concat();
                cost(&fitted(law, &others).0, std::slice::from_ref(point)).sqrt()
            })
            .collect();
        let count = off.len() as f64;
        let mean = off.iter().sum::<f64>() / count;
        let squares: f64 = off.iter().map(|one| (one - mean).powi(2)).sum();
        Self {
            mean,
            error: (squares / (count - 1.0) / count).sqrt(),
        }
    }
}

/// The simplest model that is no further off than one standard error from the best comes first (L. Breiman and others,
/// "Classification and Regression Trees", 1984, section 3.4.3: the one-standard-error rule).
fn prefer_simple(models: &mut [(Fitted, Off)]) {
    let Some((_, best)) = models.first() else { return };
    let most = best.mean + best.error;
    let near = models.iter().enumerate().filter(|(_, (_, off))| off.mean <= most);
    if let Some((simplest, _)) = near.min_by_key(|(_, (model, _))| model.law.numbers()) {
        models[..=simplest].rotate_right(1);
    }
}

/// The model fitted to steps whose windows are drawn again (B. Efron's bootstrap, over windows, since neighbours wait together).
fn drawn(law: Law, rates: &[&Rate<'_>], seed: u64) -> Vec<Fitted> {
    let mut dice = Seed::new(seed).child("models").rng();
    (0..DRAWN)
        .map(|_| {
            let points: Vec<Point> = rates.iter().map(|rate| rate.drawn(&mut dice)).collect();
            fitted(law, &points).0
        })
        .collect()
}

fn told(model: &Fitted, error: f64, points: &[Point], asked: &[GoalLimit]) -> Model {
    let numbers = model.numbers().into_iter();
    Model {
        name: model.law.name().to_owned(),
        what: model.law.what(),
        error,
        parameters: numbers
            .map(|(name, unit, value)| Parameter {
                name: name.to_owned(),
                unit: unit.to_owned(),
                value: Range::exact(value),
            })
            .collect(),
        ceiling_per_s: Range::exact(model.ceiling()),
        goal_rate_per_s: goal_rate(model, asked),
        curve: curve(model, points),
    }
}

/// The least of the rates at which each percentile of the goals is just met.
fn goal_rate(model: &Fitted, asked: &[GoalLimit]) -> Option<f64> {
    let percentiles = asked
        .iter()
        .filter_map(|goal| Some((goals::response_percentile(&goal.goal)?, goal.limit)));
    let rates = percentiles.map(|(percentile, limit_ms)| model.rate_within(percentile.as_share(), limit_ms / 1e3));
    let rates: Option<Vec<f64>> = rates.collect();
    rates?.into_iter().min_by(f64::total_cmp)
}

fn curve(model: &Fitted, points: &[Point]) -> Vec<ModelPoint> {
    let most = points.iter().map(|point| point.offered_per_s).fold(0.0, f64::max);
    (1..=POINTS)
        .map(|part| most * f64::from(part) / f64::from(POINTS))
        .map(|offered| {
            let predicted = model.predict(offered);
            ModelPoint {
                offered_per_s: offered,
                achieved_per_s: predicted.achieved_per_s,
                response_mean_ms: predicted.response_s.map(|seconds| seconds * 1e3),
                response_p99_ms: model.percentile(offered, 0.99).map(|seconds| seconds * 1e3),
            }
        })
        .collect()
}

/// Gives the kept model the ranges of its numbers: the 5th and the 95th of a hundred.
fn widen(model: &mut Model, drawn: &[Fitted]) {
    let range = |value: f64, mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        let at = |share: f64| all.get(((all.len() as f64 - 1.0) * share).round() as usize).copied();
        Range {
            low: at(0.05).unwrap_or(value).min(value),
            value,
            high: at(0.95).unwrap_or(value).max(value),
        }
    };
    for (number, parameter) in model.parameters.iter_mut().enumerate() {
        let all = drawn.iter().filter_map(|fitted| Some(fitted.numbers().get(number)?.2));
        parameter.value = range(parameter.value.value, all.collect());
    }
    let ceilings = drawn.iter().map(Fitted::ceiling).collect();
    model.ceiling_per_s = range(model.ceiling_per_s.value, ceilings);
}
