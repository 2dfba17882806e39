//! How many of something there were at once.

/// The mean of a count over each window, from when each of what is counted came and went. Takes the same time for a long stay as
/// for a short one.
#[derive(Debug)]
pub(crate) struct Levels {
    from_us: u64,
    width_us: u64,
    /// How many more stay through the whole of a window than through the whole of the one before.
    grown: Vec<i64>,
    /// Microseconds of those who stay for a part of a window.
    parts: Vec<u64>,
}

impl Levels {
    /// Of so many windows.
    pub(crate) fn new(from_us: u64, width_us: u64, count: usize) -> Self {
        Self {
            from_us,
            width_us,
            grown: vec![0; count],
            parts: vec![0; count],
        }
    }

    /// Counts one from an instant to another, as far as it is within the windows.
    pub(crate) fn add(&mut self, from_us: u64, to_us: u64) {
        let end = self.grown.len() as u64 * self.width_us;
        let (from, to) = (from_us.saturating_sub(self.from_us), to_us.saturating_sub(self.from_us));
        let (from, to) = (from.min(end), to.min(end));
        if to <= from {
            return;
        }
        let (first, last) = ((from / self.width_us) as usize, (to / self.width_us) as usize);
        if first == last {
            self.parts[first] += to - from;
            return;
        }
        self.parts[first] += (first as u64 + 1) * self.width_us - from;
        self.grow(first + 1, 1);
        self.grow(last, -1);
        if let Some(part) = self.parts.get_mut(last) {
            *part += to - last as u64 * self.width_us;
        }
    }

    fn grow(&mut self, window: usize, by: i64) {
        if let Some(grown) = self.grown.get_mut(window) {
            *grown += by;
        }
    }

    /// The mean of each window.
    pub(crate) fn means(&self) -> impl Iterator<Item = f64> + '_ {
        let mut whole = 0;
        self.grown.iter().zip(&self.parts).map(move |(grown, part)| {
            whole += grown;
            whole as f64 + *part as f64 / self.width_us as f64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(stays: &[(u64, u64)]) -> Vec<f64> {
        let mut levels = Levels::new(100, 10, 4);
        stays.iter().for_each(|(from, to)| levels.add(*from, *to));
        levels.means().collect()
    }

    #[test]
    fn a_stay_counts_in_each_window_by_how_long_it_lasts_there() {
        assert_eq!(means(&[(105, 109)]), [0.4, 0.0, 0.0, 0.0]);
        assert_eq!(means(&[(105, 132)]), [0.5, 1.0, 1.0, 0.2]);
        assert_eq!(means(&[(110, 120), (105, 132)]), [0.5, 2.0, 1.0, 0.2]);
    }

    #[test]
    fn what_is_outside_of_all_windows_does_not_count() {
        assert_eq!(means(&[(0, 1_000)]), [1.0; 4]);
        assert_eq!(means(&[(0, 100), (140, 150), (7, 3)]), [0.0; 4]);
        assert_eq!(means(&[(0, 105), (135, 900)]), [0.5, 0.0, 0.0, 0.5]);
    }

    #[test]
    fn the_sum_is_the_time_of_all_stays() {
        let stays: Vec<(u64, u64)> = (0..200)
            .map(|n| (100 + n * 7 % 40, 100 + (n * 7 % 40).max(n * 13 % 41)))
            .collect();
        let time: u64 = stays.iter().map(|(from, to)| (to - from).min(140 - from)).sum();
        let sum: f64 = means(&stays).iter().map(|mean| mean * 10.0).sum();
        assert!((sum - time as f64).abs() < 1e-6, "{sum} {time}");
    }
}
