//! What the charts of a comparison need of one side: the windows of all its runs put together.

use history::{Buckets, RunRecord, Series};
use vocabulary::{Percentile, Stage};

use super::Side;
use super::curve::Column;
use crate::figures::{CurvePoint, StageRow};

/// Steps of the percentile curve before its end.
const CURVE_STEPS: u32 = 60;

/// One side, as it is drawn. Times are microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct SideFigures {
    /// What it is called.
    pub name: String,
    /// How wide a window is.
    pub window_us: u64,
    /// Windows over the measure phase, of all its runs together.
    pub windows: Vec<SideWindow>,
    /// The percentile curves.
    pub curve: Vec<CurvePoint>,
    /// Exclusive time of each stage, in the order of the chain, `network` last.
    pub stages: Vec<StageRow>,
}

/// Response times of operations intended in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SideWindow {
    /// Median.
    pub p50_us: Option<u64>,
    /// 99th percentile.
    pub p99_us: Option<u64>,
}

/// The figures of a side.
#[must_use]
pub fn pictures(side: &Side) -> SideFigures {
    let whole = merged(&side.runs);
    SideFigures {
        name: side.name.clone(),
        window_us: whole.window_us,
        windows: whole.response.iter().map(window).collect(),
        curve: curve(&whole),
        stages: Stage::names().filter_map(|name| stage(&whole, name)).collect(),
    }
}

/// The runs of a side as one; windows of another width than the first's are left out.
fn merged(runs: &[RunRecord]) -> Series {
    let Some((first, others)) = runs.split_first() else {
        return Series::default();
    };
    let mut whole = first.series.clone();
    for run in others.iter().filter(|run| run.series.window_us == whole.window_us) {
        add(&mut whole.response, &run.series.response);
        add(&mut whole.service, &run.series.service);
        for (stage, column) in &run.series.stages {
            add(whole.stages.entry(stage.clone()).or_default(), column);
        }
        for (window, other) in whole.windows.iter_mut().zip(&run.series.windows) {
            window.ended.unknown += other.ended.unknown;
            window.ended.dropped += other.ended.dropped;
        }
    }
    whole
}

fn add(column: &mut Vec<Buckets>, other: &[Buckets]) {
    if column.len() < other.len() {
        column.resize(other.len(), Buckets::default());
    }
    column
        .iter_mut()
        .zip(other)
        .for_each(|(window, other)| window.merge(other));
}

fn window(times: &Buckets) -> SideWindow {
    let at = |percentile: Percentile| percentile_of(std::slice::from_ref(times), percentile.as_share());
    SideWindow {
        p50_us: at(Percentile::P50),
        p99_us: at(Percentile::P99),
    }
}

/// A percentile of all windows together.
fn percentile_of(windows: &[Buckets], share: f64) -> Option<u64> {
    known(Column::times(windows, share).value(&vec![1.0; windows.len()]))
}

fn known(us: f64) -> Option<u64> {
    us.is_finite().then_some(us as u64)
}

/// Shares in even steps towards 1 by the logarithm of the distance to it, as in the report of a run.
fn curve(series: &Series) -> Vec<CurvePoint> {
    let ended: u64 = series.response.iter().map(Buckets::len).sum();
    let endless = series
        .windows
        .iter()
        .map(|window| window.ended.unknown + window.ended.dropped);
    let count = ended + endless.sum::<u64>();
    let share = |step: u32| 1.0 - (count as f64).powf(-f64::from(step) / f64::from(CURVE_STEPS));
    let point = |share: f64| {
        let even = vec![1.0; series.windows.len()];
        CurvePoint {
            share,
            response_us: known(Column::response(series, share).value(&even)),
            service_us: percentile_of(&series.service, share),
        }
    };
    let steps = if count == 0 { 0..0 } else { 1..CURVE_STEPS };
    steps.map(share).map(point).collect()
}

fn stage(series: &Series, name: &str) -> Option<StageRow> {
    let windows = series.stages.get(name)?;
    let mut whole = Buckets::default();
    windows.iter().for_each(|window| whole.merge(window));
    let middle = |(index, count): (usize, &u32)| {
        let (low, width) = Buckets::edges(index);
        (low as f64 + width as f64 / 2.0) * f64::from(*count)
    };
    let total: f64 = whole.counts().iter().enumerate().map(middle).sum();
    Some(StageRow {
        stage: name.to_owned(),
        count: whole.len(),
        mean_us: total / whole.len().max(1) as f64,
        p50_us: percentile_of(windows, Percentile::P50.as_share())?,
        p99_us: percentile_of(windows, Percentile::P99.as_share())?,
    })
}
