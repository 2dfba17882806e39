//! A comparison in words. The same on every face of it.

use history::{Change, Compared, Comparison, Judged, Mark, Member, Unit};
use vocabulary::OutcomeClass;

use crate::text::{self, clean};

/// A run would have to be longer than this many times before anybody is told so.
const MOST_TIMES: f64 = 1000.0;

/// A large number of the first screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) note: String,
}

/// A measure as people call it.
pub(super) fn measure(change: &Change) -> String {
    named(&change.measure)
}

fn named(name: &str) -> String {
    if let Some((persona, rest)) = name.strip_prefix("personas.").and_then(|rest| rest.split_once('.')) {
        return format!("{}: {}", clean(&persona.replace('_', " ")), named(rest));
    }
    let of = |what: &str, percentile: &str| format!("{what}, {}", percentile_words(percentile));
    if let Some((stage, percentile)) = stage_of(name) {
        return of(stage, percentile);
    }
    if let Some((what, percentile)) = name.rsplit_once("_p").filter(|(what, _)| what.ends_with("_time")) {
        return of(&clean(&what.replace('_', " ")), &format!("p{percentile}"));
    }
    if let Some(class) = name.strip_suffix("_ratio") {
        let known = OutcomeClass::ALL.iter().any(|known| known.as_str() == class);
        return if known {
            format!("{class} operations")
        } else {
            clean(name)
        };
    }
    clean(&name.replace('_', " "))
}

/// The stage of a measure, and its percentile.
fn stage_of(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("stages.")?.split_once('.')
}

/// Whether it is a stage that explains and does not decide.
pub(super) fn explains(change: &Change) -> bool {
    change.of_itself.is_some()
}

fn percentile_words(percentile: &str) -> String {
    match percentile {
        "p50" => "median".to_owned(),
        "p999" => "p99.9".to_owned(),
        other => clean(other),
    }
}

/// A value with its unit.
fn value(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Ms => text::duration_us(value * 1e3),
        Unit::PerS => text::rate(value),
        Unit::Ratio => format!("{} %", text::number(value * 100.0, 3)),
        Unit::Plain => text::significant(value),
    }
}

/// The base's value and the run's.
pub(super) fn values(change: &Change) -> [String; 2] {
    [change.base, change.run].map(|side| match side {
        Some(side) => value(change.unit, side),
        None if change.judged == Judged::TooLittle => "–".to_owned(),
        None => "never".to_owned(),
    })
}

/// `10 ms → 10.5 ms`.
pub(super) fn from_to(change: &Change) -> String {
    values(change).join(" → ")
}

/// What the numbers of a change are of.
fn unit_of(unit: Unit) -> &'static str {
    if unit == Unit::Ratio { "pp" } else { "%" }
}

fn digits(change: f64) -> String {
    let percent = change * 100.0;
    text::number(percent, if percent.abs() < 1.0 { 2 } else { 1 })
}

/// A part of a whole without a sign, in per cent or percentage points.
pub(super) fn size(change: f64, unit: Unit) -> String {
    format!("{} {}", digits(change.abs()), unit_of(unit))
}

fn signed(change: f64) -> String {
    let text = digits(change);
    if change > 0.0 && text != "0" {
        format!("+{text}")
    } else {
        text
    }
}

/// `+5.1 %`, or a dash.
pub(super) fn by(change: &Change) -> String {
    let told = |by: f64| format!("{} {}", signed(by), unit_of(change.unit));
    change.change.map_or_else(|| "–".to_owned(), told)
}

/// `+4.2 to +6 %`, or a dash.
pub(super) fn interval(change: &Change) -> String {
    match (change.low, change.high) {
        (Some(low), Some(high)) => format!("{} to {} {}", signed(low), signed(high), unit_of(change.unit)),
        (Some(low), None) => format!("{} {} to any", signed(low), unit_of(change.unit)),
        _ => "–".to_owned(),
    }
}

/// A probability.
pub(super) fn probability(p_value: Option<f64>) -> String {
    match p_value {
        None => "–".to_owned(),
        Some(p_value) if p_value < 0.0001 => "<0.0001".to_owned(),
        Some(p_value) => text::number(p_value, if p_value < 0.01 { 4 } else { 3 }),
    }
}

/// How much equal runs differ.
pub(super) fn noise(change: &Change) -> String {
    let told = |noise: history::Noise| format!("±{} {}", digits(noise.floor), unit_of(change.unit));
    change.noise.map_or_else(|| "not known".to_owned(), told)
}

/// What became of a measure, in a word or two.
pub(super) fn judged(judged: Judged) -> &'static str {
    match judged {
        Judged::Worse => "worse",
        Judged::Better => "better",
        Judged::Alike => "alike",
        Judged::Unclear => "unclear",
        Judged::TooLittle => "too little",
    }
}

/// The heads of the table of measures, behind the measure and its mark.
pub(super) const HEADS: [&str; 8] = [
    "base",
    "run",
    "change",
    "95 % interval",
    "p",
    "p, adjusted",
    "matters from",
    "noise floor",
];

/// The cells below them.
pub(super) fn cells(change: &Change) -> [String; 8] {
    let [base, run] = values(change);
    let matters = size(change.minimum_effect, change.unit);
    let own = change.of_itself.filter(|own| own.is_finite());
    let own = own
        .map(|own| format!(" ({} % of itself)", signed(own)))
        .unwrap_or_default();
    [
        base,
        run,
        by(change) + &own,
        interval(change),
        probability(change.p_value),
        probability(change.p_adjusted),
        matters,
        noise(change),
    ]
}

/// How to read the table.
pub(super) fn note(comparison: &Comparison) -> String {
    let method = &comparison.method;
    format!(
        "Measures in bold decide: the comparison passes only if each of them does. Whatever is worse fails it. The change of a stage is a part of the \
         base's median service time, so that only what people can feel matters. Intervals hold {} % of the time each; p is how likely equal \
         systems differ by as much, and adjusted for all measures together (Holm) it tells equal runs apart at most {} % of the time. pp: \
         percentage points. The noise floor is how much equal runs differ, as far as several are known.",
        text::number(method.confidence * 100.0, 1),
        text::number(method.family_error * 100.0, 1),
    )
}

fn count(compared: &Compared, judged: Judged) -> u64 {
    compared.changes.iter().filter(|change| change.judged == judged).count() as u64
}

/// What became of a run, in a sentence.
pub(super) fn headline(compared: &Compared) -> String {
    let all = compared.changes.len() as u64;
    let (worse, better) = (count(compared, Judged::Worse), count(compared, Judged::Better));
    let improved = match better {
        0 => String::new(),
        better => format!(
            " {} better, and not by chance.",
            text::of(better, "measure is", "measures are")
        ),
    };
    let open = undecided(compared);
    match compared.verdict {
        Mark::Fail => format!(
            "{worse} of {} worse, and not by chance.{improved}",
            text::of(all, "measure is", "measures are")
        ),
        Mark::Pass => format!("No measure that decides is worse by as much as matters.{improved}"),
        Mark::Inconclusive if open.is_empty() => {
            format!("Nothing is worse, but the ground does not bear a pass: see what has to be known.{improved}")
        }
        Mark::Inconclusive => {
            let open = text::of(open.len() as u64, "measure that decides", "measures that decide");
            format!("Nothing is worse beyond doubt, but of {open} nobody can tell.{improved}")
        }
    }
}

/// Measures that would have to pass and do not.
fn undecided(compared: &Compared) -> Vec<&Change> {
    let open = |change: &&Change| change.decides && change.verdict == Mark::Inconclusive;
    compared.changes.iter().filter(open).collect()
}

/// What is told first: everything that is worse, what is better, and what decides and is open.
pub(super) fn reasons(compared: &Compared) -> Vec<&Change> {
    let of = |judged: Judged| compared.changes.iter().filter(move |change| change.judged == judged);
    let mut told: Vec<&Change> = of(Judged::Worse).collect();
    told.extend(undecided(compared));
    told.extend(of(Judged::Better));
    told
}

/// A change as a reason: `10 ms → 10.5 ms (+5.1 %): worse …`.
pub(super) fn reason(change: &Change) -> String {
    if change.judged == Judged::TooLittle {
        return clean(&change.why);
    }
    format!("{} ({}): {}", from_to(change), by(change), clean(&change.why))
}

/// What to do next.
pub(super) fn next_steps(compared: &Compared) -> Vec<String> {
    let mut steps = Vec::new();
    let stages = compared.changes.iter().filter(|change| explains(change));
    let most = stages.filter(|stage| stage.change > Some(0.0)).max_by(|one, other| {
        one.change
            .partial_cmp(&other.change)
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    if compared.verdict == Mark::Fail {
        steps.extend(most.map(|stage| {
            let name = measure(stage);
            format!(
                "Look first at {name}: of all stages it took most more, {} ({} of the whole).",
                from_to(stage),
                by(stage)
            )
        }));
        steps.push("Run base and run once more and compare again: what is real comes back.".to_owned());
    }
    steps.extend(longer(compared));
    if compared.verdict == Mark::Inconclusive
        && undecided(compared)
            .iter()
            .any(|change| change.judged == Judged::TooLittle)
    {
        steps.push(
            "Let both runs measure longer, or at a higher rate: there is too little of some measures.".to_owned(),
        );
    }
    if compared.verdict == Mark::Inconclusive {
        steps.push(
            "If only some measures matter here, name them: --measure, or a larger --tail-effect for the tails."
                .to_owned(),
        );
    }
    if compared.verdict == Mark::Pass {
        steps.push("Nothing needs doing. The run can join the baseline.".to_owned());
    }
    steps
}

/// How much longer runs would have to be: intervals shrink with the root of the length.
fn longer(compared: &Compared) -> Option<String> {
    let times = |change: &&Change| {
        let (by, high, low) = (change.change?, change.high?, change.low?);
        let falls = change.measure.ends_with("_rate");
        let (worsening, half) = if falls { (-by, by - low) } else { (by, high - by) };
        let room = change.minimum_effect - worsening.max(0.0);
        let alone = change.noise.is_none_or(|noise| noise.floor < half * 0.999);
        (room > 0.0 && alone).then_some((half / room).powi(2))
    };
    let open = undecided(compared);
    let most = open.iter().filter_map(times).fold(0.0, f64::max);
    let told = || {
        format!(
            "If nothing changed, runs about {} times as long would show it.",
            text::number(most.ceil(), 0)
        )
    };
    (compared.verdict == Mark::Inconclusive && (1.0..MOST_TIMES).contains(&most)).then(told)
}

/// The figures of the first screen: what people feel most, and the stage that moved most.
pub(super) fn figures(compared: &Compared) -> Vec<Figure> {
    let named = ["response_time_p50", "response_time_p99", "achieved_rate"];
    let find = |name: &&str| compared.changes.iter().find(|change| change.measure == *name);
    let mut told: Vec<Figure> = named.iter().filter_map(find).map(figure).collect();
    let stages = compared.changes.iter().filter(|change| explains(change));
    let size = |change: &Change| change.change.unwrap_or(0.0).abs();
    let most = stages.max_by(|one, other| size(one).total_cmp(&size(other)));
    told.extend(most.map(|stage| Figure {
        label: format!(
            "of the whole, by {}",
            stage_of(&stage.measure).map_or("a stage", |(stage, _)| stage)
        ),
        ..figure(stage)
    }));
    told
}

fn figure(change: &Change) -> Figure {
    Figure {
        value: by(change),
        label: measure(change),
        note: from_to(change),
    }
}

/// One run of a side, in words.
pub(super) fn member(member: &Member) -> String {
    let whole = if member.whole { "" } else { ", not whole" };
    format!(
        "{}: seed {}, {}, {} measured, by itself {}{whole}",
        clean(&member.run),
        member.seed,
        text::moment(member.started_unix_ms),
        text::of(member.arrivals, "arrival", "arrivals"),
        member.verdict.as_str()
    )
}

/// In what two sides differ, in words.
pub(super) fn differences(compared: &Compared) -> Vec<String> {
    let told = |found: &history::Difference| {
        let despite = if found.refused { "; compared despite it" } else { "" };
        format!(
            "{}: {} in the base, {} in the run{despite}",
            clean(&found.field),
            clean(&found.base),
            clean(&found.run)
        )
    };
    compared.differences.iter().map(told).collect()
}

/// How it was judged, for who wants to check.
pub(super) fn method(comparison: &Comparison) -> Vec<String> {
    let method = &comparison.method;
    let percent = |share: f64| format!("{} %", text::number(share * 100.0, 2));
    vec![
        format!(
            "Within the runs: windows of the measure phase are drawn anew {} times in blocks on a ring (Künsch 1989; Politis and Romano 1992), whose \
             length is chosen from how windows hang on each other (Politis and White 2004, corrected 2009). Where both sides ran the same plan, windows of the \
             same number are drawn together.",
            text::count(u64::from(method.resamples))
        ),
        "Between runs: where a side has several, Student's t on what each measured. The wider interval and the larger p-value of the two stand."
            .to_owned(),
        format!(
            "Worse: by the minimum effect or more as measured, with an adjusted p of at most {}. Alike: the 95 % interval leaves no room for a worsening \
             of the minimum effect. Anything else is unclear. The minimum effects: {} of medians, rates and the whole, {} of percentiles from the 90th on, {} \
             percentage points of shares.",
            text::number(method.family_error, 3),
            percent(method.effect),
            percent(method.tail_effect),
            text::number(method.ratio_effect * 100.0, 2),
        ),
    ]
}
