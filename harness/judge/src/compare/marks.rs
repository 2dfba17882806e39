//! From numbers to words and marks.

use history::{Change, Judged, Mark, RunRecord};

use super::Side;

/// The mark of what became of a measure.
pub(super) fn mark(judged: Judged) -> Mark {
    match judged {
        Judged::Worse => Mark::Fail,
        Judged::Better | Judged::Alike => Mark::Pass,
        Judged::Unclear | Judged::TooLittle => Mark::Inconclusive,
    }
}

/// What became of a measure that worsened by so much, at most by `high`, where a worsening of `least` matters.
pub(super) fn judged(
    worsening: f64,
    high: f64,
    least: f64,
    surely: bool,
    interval: &str,
    effect: &str,
) -> (Judged, String) {
    if surely && worsening >= least {
        return (
            Judged::Worse,
            format!("worse by at least {effect} as measured, and not by chance"),
        );
    }
    if surely && -worsening >= least {
        return (Judged::Better, "better, and not by chance".to_owned());
    }
    if high < least {
        return (
            Judged::Alike,
            format!("a worsening of {effect} is ruled out: it lies between {interval}"),
        );
    }
    let doubt = if surely {
        "it did change, but perhaps by less than matters"
    } else {
        "it may be chance, and it may be a worsening that matters"
    };
    (Judged::Unclear, format!("{doubt}: between {interval}"))
}

/// What became of a measure of which one side falls on operations that never ended.
pub(super) fn endless(of_run: bool, surely: bool) -> (Judged, String) {
    match (of_run, surely) {
        (true, true) => (
            Judged::Worse,
            "it falls on operations that never ended now, slower than any, and not by chance".to_owned(),
        ),
        (false, true) => (
            Judged::Better,
            "it fell on operations that never ended, slower than any, and does no more".to_owned(),
        ),
        (true, false) => (
            Judged::Unclear,
            "it falls on operations that never ended now, perhaps by chance".to_owned(),
        ),
        (false, false) => (
            Judged::Unclear,
            "it fell on operations that never ended, perhaps by chance".to_owned(),
        ),
    }
}

/// A change in per cent with its sign.
pub(super) fn told(change: f64) -> String {
    if !change.is_finite() {
        return "any".to_owned();
    }
    let percent = change * 100.0;
    let digits = if percent.abs() < 1.0 { 2 } else { 1 };
    let text = format!("{:.digits$} %", percent.abs());
    let sign = if percent < 0.0 { "−" } else { "+" };
    format!("{sign}{text}")
}

/// Fail where anything is worse; pass only where everything that decides passes.
pub(super) fn verdict(changes: &[Change], capped: bool) -> Mark {
    let worse = changes.iter().any(|change| change.verdict == Mark::Fail);
    let mut deciding = changes.iter().filter(|change| change.decides).peekable();
    let settled = deciding.peek().is_some() && deciding.all(|change| change.verdict == Mark::Pass);
    match (worse, settled && !capped) {
        (true, _) => Mark::Fail,
        (false, true) => Mark::Pass,
        (false, false) => Mark::Inconclusive,
    }
}

/// What has to be known to read a comparison, and whether it keeps it from passing.
pub(super) fn notes(base: &Side, run: &Side) -> (Vec<String>, bool) {
    let mut caps = Vec::new();
    for one in base.runs.iter().chain(&run.runs) {
        caps.extend(torn(one));
        caps.extend(broken(one));
    }
    let same = |one: &&RunRecord| {
        base.runs
            .iter()
            .any(|known| known.run == one.run && known.started_unix_ms == one.started_unix_ms)
    };
    for one in run.runs.iter().filter(same) {
        caps.push(format!(
            "{} is compared with itself, which proves nothing: inconclusive at best.",
            one.run
        ));
    }
    let capped = !caps.is_empty();
    let mut notes = caps;
    notes.extend(base.runs.iter().chain(&run.runs).filter_map(unsettled));
    if base.runs.len() + run.runs.len() == 2 {
        notes.push(
            "How much runs differ that nobody changed is not known here: there is one on each side. The intervals are of what happened \
             within these two alone; a baseline of five runs or more knows the noise between runs as well."
                .to_owned(),
        );
    }
    if run.runs.iter().chain(&base.runs).any(|run| run.closed) {
        notes.push(
            "Users waited for their answers (closed model): a slow system was asked less, and its response times say nothing of how \
             long people would have queued."
                .to_owned(),
        );
    }
    (notes, capped)
}

fn torn(run: &RunRecord) -> Option<String> {
    let told = format!(
        "{} did not go all its way, or its history is torn: inconclusive at best.",
        run.run
    );
    (!run.whole).then_some(told)
}

/// What is wrong may well be fast.
fn broken(run: &RunRecord) -> Option<String> {
    let told = || {
        format!(
            "{} broke {}: what is wrong may well be fast, so inconclusive at best.",
            run.run,
            run.broken.join(", ")
        )
    };
    (!run.broken.is_empty()).then(told)
}

fn unsettled(run: &RunRecord) -> Option<String> {
    let told = |what| format!("{} by itself {what}.", run.run);
    match run.verdict {
        Mark::Fail if run.broken.is_empty() => Some(told("missed a goal of its scenario")),
        Mark::Inconclusive if run.whole => Some(told("was inconclusive")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_passes_only_where_a_worsening_that_matters_is_ruled_out() {
        let became = |worsening: f64, half: f64, surely| judged(worsening, worsening + half, 0.03, surely, "", "").0;
        assert_eq!(became(0.05, 0.01, true), Judged::Worse);
        assert_eq!(became(0.05, 0.06, false), Judged::Unclear);
        assert_eq!(became(0.0, 0.02, false), Judged::Alike);
        assert_eq!(became(0.0, 0.05, false), Judged::Unclear);
        assert_eq!(
            became(0.02, 0.005, true),
            Judged::Alike,
            "sure, and too small to matter"
        );
        assert_eq!(
            became(0.025, 0.01, true),
            Judged::Unclear,
            "sure, and perhaps large enough"
        );
        assert_eq!(became(-0.1, 0.02, true), Judged::Better);
        assert_eq!(became(-0.1, 0.02, false), Judged::Alike);
    }

    #[test]
    fn changes_are_told_with_their_sign() {
        assert_eq!(
            (told(0.0512), told(-0.00123), told(f64::INFINITY)),
            ("+5.1 %".into(), "−0.12 %".into(), "any".into())
        );
    }
}
