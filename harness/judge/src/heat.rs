//! Response times by window and by length.

use vocabulary::Times;

use crate::figures::HeatMap;

/// Rows to a power of ten to choose from, the finest first.
const PER_DECADE: [u32; 4] = [40, 20, 10, 5];

/// More rows than this are not told apart on a chart.
const MOST: i32 = 40;

/// Sorts the response times of each window into rows of even width on a logarithmic scale, as fine as [`MOST`] allows.
pub(crate) fn map(windows: &[Times], endless: Vec<u64>) -> HeatMap {
    let edges_us = edges(windows);
    let counts = windows.iter().map(|times| column(times, &edges_us)).collect();
    HeatMap {
        edges_us,
        counts,
        endless,
    }
}

fn edges(windows: &[Times]) -> Vec<f64> {
    let shortest = windows.iter().filter_map(|times| times.at_ranks([0]).next()).min();
    let longest = windows.iter().map(Times::max_us).max();
    let (Some(shortest), Some(longest)) = (shortest, longest) else {
        return Vec::new();
    };
    let [.., coarsest] = PER_DECADE;
    let reach = |per_decade: u32| {
        let step = |us: u64| (us.max(1) as f64).log10() * f64::from(per_decade);
        // A time that lies on an edge belongs to the row above it.
        (step(shortest).floor() as i32, (step(longest) + 1e-9).floor() as i32 + 1)
    };
    let fits = |per_decade: &u32| {
        let (from, to) = reach(*per_decade);
        to - from <= MOST
    };
    let per_decade = PER_DECADE.into_iter().find(fits).unwrap_or(coarsest);
    let (from, to) = reach(per_decade);
    (from..=to)
        .map(|step| 10f64.powf(f64::from(step) / f64::from(per_decade)))
        .collect()
}

fn column(times: &Times, edges_us: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges_us.len().saturating_sub(1)];
    let Some(last) = counts.len().checked_sub(1) else {
        return counts;
    };
    for (us, count) in times.buckets() {
        let above = edges_us.partition_point(|edge| *edge <= us.max(1) as f64 * (1.0 + 1e-9));
        counts[above.saturating_sub(1).min(last)] += count;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(us: &[u64]) -> Times {
        us.iter().copied().collect()
    }

    #[test]
    fn every_time_is_in_the_row_that_reaches_around_it() {
        let windows = [times(&[1_000, 1_000, 9_999]), Times::new(), times(&[250_000])];
        let map = map(&windows, vec![0, 2, 0]);
        assert_eq!(map.counts.len(), 3);
        for (column, times) in map.counts.iter().zip(&windows) {
            assert_eq!(column.len(), map.edges_us.len() - 1);
            assert_eq!(column.iter().sum::<u64>(), times.len());
        }
        let rows = |window: usize| map.counts[window].iter().enumerate().filter(|(_, count)| **count > 0);
        let reach = |row: usize| (map.edges_us[row], map.edges_us[row + 1]);
        let (row, count) = rows(0).next().unwrap();
        assert_eq!(*count, 2);
        assert!(reach(row).0 <= 1_000.1 && reach(row).1 > 1_000.0, "{:?}", reach(row));
        let (row, _) = rows(2).next().unwrap();
        assert!(
            reach(row).0 <= 250_000.0 && reach(row).1 > 250_000.0,
            "{:?}",
            reach(row)
        );
        assert_eq!(map.endless, [0, 2, 0]);
    }

    #[test]
    fn rows_are_as_fine_as_the_range_allows_and_never_too_many() {
        for (shortest, longest) in [(20_000, 21_000), (1_000, 90_000), (300, 60_000_000), (0, 1 << 42)] {
            let map = map(&[times(&[shortest, longest])], vec![0]);
            let rows = map.edges_us.len() - 1;
            assert!((1..=65).contains(&rows), "{shortest} to {longest}: {rows}");
            let factor = map.edges_us[1] / map.edges_us[0];
            assert!(
                map.edges_us
                    .windows(2)
                    .all(|pair| (pair[1] / pair[0] - factor).abs() < 1e-6)
            );
            assert!(map.edges_us[0] <= shortest.max(1) as f64 * 1.001 && map.edges_us[rows] > longest as f64);
        }
        assert_eq!(map(&[Times::new()], vec![3]).edges_us, Vec::<f64>::new());
    }
}
