//! Charts drawn by all processors.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Chart;
use crate::ReportError;

/// What is drawn of each chart, in the order of the charts.
///
/// # Errors
/// The first of those that drawing met.
pub(crate) fn each<T, F>(charts: &[Chart], draw: F) -> Result<Vec<T>, ReportError>
where
    T: Send,
    F: Fn(Chart) -> Result<T, ReportError> + Sync,
{
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(chart) = charts.get(number) else {
                return Ok(done);
            };
            done.push((number, draw(*chart)?));
        }
    };
    let drawn: Result<Vec<Vec<(usize, T)>>, ReportError> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = running
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.collect()
    });
    let mut drawn: Vec<(usize, T)> = drawn?.into_iter().flatten().collect();
    drawn.sort_unstable_by_key(|(number, _)| *number);
    Ok(drawn.into_iter().map(|(_, one)| one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_comes_in_the_order_of_the_charts_and_an_error_is_told() {
        let names = each(&Chart::ALL, |chart| Ok(chart.name())).unwrap();
        assert_eq!(names, Chart::ALL.map(Chart::name));
        let failed = each(&Chart::ALL, |chart| {
            (chart != Chart::Rates).then_some(()).ok_or(ReportError::Draw {
                chart: chart.name(),
                cause: "no ink".to_owned(),
            })
        });
        assert_eq!(
            failed.unwrap_err().to_string(),
            "could not draw the chart rates: no ink"
        );
    }
}
