//! The least of a function of a few numbers, without its derivatives.

/// Steps at most; the functions here are smooth and have two to four numbers.
const STEPS: usize = 400;

/// The simplex is this small, as a part of one in each number, when nothing is left to be won.
const SMALL: f64 = 1e-9;

/// The best place found from a first one on (J. A. Nelder and R. Mead, "A simplex method for function minimization", 1965). Bounds are
/// the caller's: a number that must be above zero is given as its logarithm.
pub(crate) fn least(cost: impl Fn(&[f64]) -> f64, first: &[f64], spread: f64) -> (Vec<f64>, f64) {
    let finite = |place: &[f64]| {
        let cost = cost(place);
        if cost.is_finite() { cost } else { f64::MAX }
    };
    let mut simplex = around(&finite, first, spread);
    for _ in 0..STEPS {
        simplex.sort_by(|one, other| one.1.total_cmp(&other.1));
        if size(&simplex) < SMALL {
            break;
        }
        step(&finite, &mut simplex);
    }
    simplex.sort_by(|one, other| one.1.total_cmp(&other.1));
    simplex.into_iter().next().unwrap_or_default()
}

type Corner = (Vec<f64>, f64);

fn around(cost: &impl Fn(&[f64]) -> f64, first: &[f64], spread: f64) -> Vec<Corner> {
    let moved = (0..first.len()).map(|number| {
        let mut place = first.to_vec();
        place[number] += spread;
        place
    });
    std::iter::once(first.to_vec())
        .chain(moved)
        .map(|place| {
            let cost = cost(&place);
            (place, cost)
        })
        .collect()
}

fn size(simplex: &[Corner]) -> f64 {
    let Some(((best, _), others)) = simplex.split_first() else {
        return 0.0;
    };
    let apart = others.iter().flat_map(|(place, _)| place.iter().zip(best));
    apart.map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

/// The worst corner is reflected at the middle of the others, further if that is good, less far if it is not; or all move to the best.
fn step(cost: &impl Fn(&[f64]) -> f64, simplex: &mut [Corner]) {
    let Some((worst, others)) = simplex.split_last_mut() else {
        return;
    };
    let count = others.len() as f64;
    let middle: Vec<f64> = (0..worst.0.len())
        .map(|number| others.iter().map(|(place, _)| place[number]).sum::<f64>() / count)
        .collect();
    let at = |distance: f64| {
        let place: Vec<f64> = middle
            .iter()
            .zip(&worst.0)
            .map(|(middle, worst)| middle + distance * (worst - middle))
            .collect();
        let cost = cost(&place);
        (place, cost)
    };
    let reflected = at(-1.0);
    let second_worst = others.last().map_or(f64::MAX, |corner| corner.1);
    if reflected.1 < others[0].1 {
        let further = at(-2.0);
        *worst = if further.1 < reflected.1 { further } else { reflected };
    } else if reflected.1 < second_worst {
        *worst = reflected;
    } else {
        let nearer = if reflected.1 < worst.1 { at(-0.5) } else { at(0.5) };
        if nearer.1 < worst.1.min(reflected.1) {
            *worst = nearer;
        } else {
            shrink(cost, simplex);
        }
    }
}

fn shrink(cost: &impl Fn(&[f64]) -> f64, simplex: &mut [Corner]) {
    let Some(((best, _), others)) = simplex.split_first_mut() else {
        return;
    };
    for (place, value) in others {
        for (number, best) in place.iter_mut().zip(best.iter()) {
            *number = f64::midpoint(*number, *best);
        }
        *value = cost(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_rosenbrocks_valley_is_found() {
        let valley = |place: &[f64]| (1.0 - place[0]).powi(2) + 100.0 * (place[1] - place[0].powi(2)).powi(2);
        let (place, cost) = least(valley, &[-1.2, 1.0], 0.5);
        assert!(
            (place[0] - 1.0).abs() < 1e-4 && (place[1] - 1.0).abs() < 1e-4 && cost < 1e-8,
            "{place:?}"
        );
    }

    #[test]
    fn a_place_without_a_value_is_walked_around() {
        let (place, _) = least(|place| if place[0] < 2.0 { f64::NAN } else { place[0] }, &[5.0], 1.0);
        assert!((place[0] - 2.0).abs() < 1e-3, "{place:?}");
    }
}
