//! Windows merged until a screen can show them.

use judge::Window;

/// One window for many. Counts add up; of the tails the highest stays, so that no peak is lost; the median is the
/// median of the medians, weighted by how many operations each stands for; of levels it is the mean.
pub(crate) fn merged(windows: &[Window]) -> Window {
    let sum = |of: fn(&Window) -> u64| windows.iter().map(of).sum();
    let most = |of: fn(&Window) -> Option<u64>| windows.iter().filter_map(of).max();
    let mean = |of: fn(&Window) -> f64| windows.iter().map(of).sum::<f64>() / windows.len().max(1) as f64;
    Window {
        from_us: windows.first().map_or(0, |window| window.from_us),
        offered: sum(|window| window.offered),
        finished: sum(|window| window.finished),
        achieved: sum(|window| window.achieved),
        rejected: sum(|window| window.rejected),
        failed: sum(|window| window.failed),
        unknown: sum(|window| window.unknown),
        dropped: sum(|window| window.dropped),
        in_flight: mean(|window| window.in_flight),
        waiting: mean(|window| window.waiting),
        response_p50_us: weighted_median(windows),
        response_p90_us: most(|window| window.response_p90_us),
        response_p99_us: most(|window| window.response_p99_us),
        response_max_us: most(|window| window.response_max_us),
    }
}

fn weighted_median(windows: &[Window]) -> Option<u64> {
    let weighted = |window: &Window| window.response_p50_us.map(|p50| (p50, window.offered.max(1)));
    let mut medians: Vec<(u64, u64)> = windows.iter().filter_map(weighted).collect();
    medians.sort_unstable();
    let half = medians.iter().map(|(_, weight)| weight).sum::<u64>().div_ceil(2);
    let mut passed = 0;
    medians
        .into_iter()
        .find(|(_, weight)| {
            passed += weight;
            passed >= half
        })
        .map(|(p50, _)| p50)
}

#[cfg(test)]
mod tests {
    use judge::Figures;

    use super::super::timeline::Timeline;
    use super::*;

    #[test]
    fn merging_keeps_counts_peaks_and_order() {
        let window = |index: u64, p50: u64, p99: u64| Window {
            from_us: index * 10,
            offered: 2,
            achieved: 1,
            in_flight: index as f64,
            response_p50_us: Some(p50),
            response_p90_us: Some(p99 - 1),
            response_p99_us: Some(p99),
            ..Window::default()
        };
        let windows = vec![window(0, 5, 20), window(1, 50, 900), window(2, 6, 30), window(3, 7, 40)];
        let figures = Figures {
            window_us: 10,
            windows,
            ..Figures::default()
        };
        let timeline = Timeline::new(&figures, 2).unwrap();
        assert_eq!((timeline.windows.len(), timeline.width_us, timeline.merged), (2, 20, 2));
        assert_eq!(timeline.windows.iter().map(|window| window.offered).sum::<u64>(), 8);
        assert_eq!(timeline.windows[0].response_p99_us, Some(900));
        assert_eq!(timeline.windows[1].response_p50_us, Some(6));
        assert_eq!(timeline.windows[1].in_flight, 2.5);
        assert_eq!(Timeline::new(&Figures::default(), 2), None);
    }
}
