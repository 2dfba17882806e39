//! `capacity.html`: how much the system takes, for whoever plans and whoever checks.

use history::{Capacity, Model, StageEvidence, Step, StepMark, WhatIf};
use maud::{Markup, PreEscaped, html};

use super::shell;
use super::tables::boxed;
use crate::ReportError;
use crate::capacity::{part, range, rate_range};
use crate::charts::Knee;
use crate::text::{self, clean};

/// The page.
///
/// # Errors
/// [`ReportError::Draw`].
pub(crate) fn html(capacity: &Capacity) -> Result<String, ReportError> {
    let charts = charts(capacity)?;
    let body = html! {
        (header(capacity))
        main {
            (answer(capacity))
            (figures(capacity))
            @if let Some(what_if) = &capacity.what_if { (asked(what_if)) }
            (charts)
            (bottleneck(capacity))
            (models(capacity))
            (steps(capacity))
            (about(capacity))
        }
        footer { p { "Made by writeback-lab from the sealed history of this run. It holds no script and loads nothing." } }
    };
    Ok(shell(&format!("Capacity: {}", clean(&capacity.scenario)), &body))
}

fn header(capacity: &Capacity) -> Markup {
    html! {
        header {
            p.brand { "writeback-lab · capacity" }
            h1 { (clean(&capacity.scenario)) }
            p.facts {
                span { (clean(&capacity.world)) " world" }
                span { "seed " (capacity.seed) }
                span { (clean(&capacity.run)) }
                span { (clean(&capacity.executor)) }
            }
        }
    }
}

fn answer(capacity: &Capacity) -> Markup {
    let mark = if capacity.answer.rate_per_s.is_some() {
        "pass"
    } else {
        "fail"
    };
    html! {
        section.verdict.(mark) aria-labelledby="answer" {
            h2 id="answer" {
                @if let Some(rate) = capacity.answer.rate_per_s { (text::rate(rate.value)) } @else { "no rate" }
            }
            p.headline { (clean(&capacity.answer.why)) "." }
            h3 { "What saturates first" }
            p { strong { (clean(&capacity.bottleneck.what)) } ": " (clean(&capacity.bottleneck.why)) "." }
            @if !capacity.replays {
                p { "The steps are not those that the sealed history asks for: see the checks in report.html." }
            }
        }
    }
}

fn figures(capacity: &Capacity) -> Markup {
    let answer = &capacity.answer;
    let held = answer
        .step
        .and_then(|number| capacity.steps.iter().find(|step| step.number == number));
    let dash = || "–".to_owned();
    let rows = [
        (
            answer.rate_per_s.map_or_else(dash, |rate| text::rate(rate.value)),
            "highest rate that held",
            answer.rate_per_s.map_or_else(dash, |rate| {
                format!("surely {} to {}", text::rate(rate.low), text::rate(rate.high))
            }),
        ),
        (
            answer.failed_per_s.map_or_else(dash, text::rate),
            "lowest rate that failed",
            clean(&answer.limited_by).replace('_', " "),
        ),
        (
            text::millis(held.and_then(|step| step.response_time_ms.p99)),
            "response p99 there",
            held.map_or_else(dash, |step| {
                format!("median {}", text::millis(step.response_time_ms.p50))
            }),
        ),
        (
            held.map_or_else(dash, |step| text::significant(step.in_flight)),
            "in the system there",
            "rate × mean response time".to_owned(),
        ),
        (
            capacity.bottleneck.cores.map_or_else(dash, text::significant),
            "processors used at the limit",
            format!("of {}", capacity.bottleneck.cores_of),
        ),
    ];
    html! {
        section.figures aria-label="Five figures" {
            @for (value, label, note) in &rows {
                div.figure {
                    p.value { (value) }
                    p.label { (label) }
                    p.note { (note) }
                }
            }
        }
    }
}

fn asked(what_if: &WhatIf) -> Markup {
    let table = html! {
        thead { tr { th scope="col" { "Factor" } th.number scope="col" { "Value" } th scope="col" { "Unit" } th scope="col" { "From" } } }
        tbody {
            @for row in &what_if.rows {
                tr {
                    th scope="row" { (clean(&row.what)) }
                    td.number { (range(row.value)) }
                    td { (row.unit) }
                    td { (clean(&row.from)) }
                }
            }
        }
    };
    html! {
        section aria-labelledby="what-if" {
            h2 id="what-if" { "What was asked" }
            pre { code { (clean(&what_if.asked)) } }
            p { (clean(&what_if.told)) }
            (boxed("The calculation", &table))
        }
    }
}

fn charts(capacity: &Capacity) -> Result<Markup, ReportError> {
    let mut figures = Vec::with_capacity(Knee::ALL.len());
    for knee in Knee::ALL {
        let [wide, narrow] = knee.inline(capacity)?;
        figures.push(html! {
            figure {
                (PreEscaped(wide))
                (PreEscaped(narrow))
                figcaption { (knee.caption()) }
            }
        });
    }
    Ok(html! {
        section aria-labelledby="charts" {
            h2 id="charts" { "The knee" }
            @for figure in &figures { (figure) }
        }
    })
}

fn bottleneck(capacity: &Capacity) -> Markup {
    let bottleneck = &capacity.bottleneck;
    let heads = [
        "At low load",
        "At the limit",
        "Grew by",
        "In it at once",
        "Servers",
        "Utilisation",
    ];
    let table = html! {
        thead { tr { th scope="col" { "Stage" } @for head in heads { th.number scope="col" { (head) } } } }
        tbody { @for stage in &bottleneck.evidence { (evidence(stage)) } }
    };
    html! {
        section aria-labelledby="bottleneck" {
            h2 id="bottleneck" { "What each stage showed" }
            @if bottleneck.evidence.is_empty() { p { "No stage times, or one rate only." } } @else {
                (boxed("What each stage showed", &table))
                p.note {
                    "Exclusive times; step " (number(bottleneck.low_step)) " beside step " (number(bottleneck.high_step))
                    ". In it at once: achieved rate × mean time (Little's law). Utilisation: achieved rate × mean time at low load / servers, "
                    "where it is known how many there are."
                }
            }
        }
    }
}

fn number(step: Option<u32>) -> String {
    step.map_or_else(|| "–".to_owned(), |step| (step + 1).to_string())
}

fn evidence(stage: &StageEvidence) -> Markup {
    html! {
        tr {
            th scope="row" { (clean(&stage.stage)) }
            td.number { (text::duration_us(stage.low_ms * 1e3)) }
            td.number { (text::duration_us(stage.high_ms * 1e3)) }
            td.number { (text::number(stage.grew_ms, 1)) " ms" }
            td.number { (text::significant(stage.in_flight)) }
            td.number { (stage.servers.map_or_else(|| "–".to_owned(), |servers| servers.to_string())) }
            td.number { (stage.utilisation.map_or_else(|| "–".to_owned(), part)) }
        }
    }
}

fn models(capacity: &Capacity) -> Markup {
    let heads = ["Off by", "At most", "Meets the goals up to"];
    let table = html! {
        thead { tr { th scope="col" { "Model" } @for head in heads { th.number scope="col" { (head) } } th scope="col" { "Fitted" } } }
        tbody { @for model in &capacity.models { (fitted(model)) } }
    };
    html! {
        section aria-labelledby="models" {
            h2 id="models" { "Models" }
            @if capacity.models.is_empty() { p { "Too few rates were tried to fit a model." } } @else {
                (boxed("Models", &table))
                p.note {
                    "Off by: how far a model is off, as a root mean square, at a rate that it was not fitted to. The first is kept: the simplest "
                    "of those that are within one standard error of the least off. The ranges of its numbers are the 5th and 95th of a hundred "
                    "fits to windows drawn again."
                }
            }
        }
    }
}

fn fitted(model: &Model) -> Markup {
    html! {
        tr {
            th scope="row" { (clean(&model.what)) }
            td.number { (part(model.error)) }
            td.number { (rate_range(model.ceiling_per_s)) }
            td.number { (model.goal_rate_per_s.map_or_else(|| "–".to_owned(), text::rate)) }
            td {
                @for parameter in &model.parameters {
                    div { (parameter.name) " " (range(parameter.value)) " " (parameter.unit) }
                }
            }
        }
    }
}

fn steps(capacity: &Capacity) -> Markup {
    let heads = ["Rate", "Achieved", "p50", "p99", "Dropped", "Grows", "In the system"];
    let table = html! {
        thead { tr { th scope="col" { "Step" } th scope="col" { "Verdict" } @for head in heads { th.number scope="col" { (head) } } th scope="col" { "Why" } } }
        tbody { @for step in &capacity.steps { (row(step)) } }
    };
    html! {
        section aria-labelledby="steps" {
            h2 id="steps" { "Steps" }
            (boxed("Steps", &table))
            p.note { "Each step begins when everybody of the one before has an answer; its warm-up is left out of every number." }
        }
    }
}

fn row(step: &Step) -> Markup {
    let class = match step.mark {
        StepMark::Held => "pass",
        StepMark::Failed => "fail",
        StepMark::Unsure => "inconclusive",
    };
    html! {
        tr {
            th scope="row" { (step.number + 1) }
            td { span.mark.(class) { (step.mark.as_str()) } }
            td.number { (text::rate(step.rate_per_s)) }
            td.number { (text::rate(step.achieved_per_s)) }
            td.number { (text::millis(step.response_time_ms.p50)) }
            td.number { (text::millis(step.response_time_ms.p99)) }
            td.number { (text::count(step.ops.dropped)) }
            td.number { (text::number(step.growth.per_s * 1e3, 1)) " ms/s" }
            td.number { (text::significant(step.in_flight)) }
            td { (clean(&step.why)) }
        }
    }
}

fn about(capacity: &Capacity) -> Markup {
    let asked = &capacity.asked;
    html! {
        section aria-labelledby="about" {
            h2 id="about" { "How it was found" }
            p {
                "One world, one population and one load generator; the rate doubles until a step fails, and then to the middle "
                "between the highest that held and the lowest that failed, until these are within " (part(asked.precision)) ". A step lasts at least "
                (text::duration_us(asked.measure_us as f64)) " after a warm-up of " (text::duration_us(asked.warm_up_us as f64))
                ", and longer where a percentile needs more arrivals. It holds when every goal is met and the response time does not grow; where that "
                "cannot be told, the rate is tried again."
            }
            ul { @for goal in &capacity.goals { li { (clean(&goal.goal)) ": " (text::goal_value(&goal.goal, goal.limit)) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::capacity::tests::sample;

    #[test]
    fn the_page_holds_the_answer_the_charts_and_every_table_and_no_foreign_markup() {
        let page = super::html(&sample()).unwrap();
        for part in [
            "32/s",
            "chart-capacity-achieved",
            "chart-capacity-response-narrow",
            "M/D/1",
            "What was asked",
            "rate at the peak",
            "33/s",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(page.contains("one-dc &lt;b&gt;") && !page.contains("<script"));
    }

    #[test]
    fn a_search_without_an_answer_has_a_page_too() {
        let mut capacity = sample();
        capacity.answer.rate_per_s = None;
        capacity.answer.step = None;
        capacity.models.clear();
        capacity.bottleneck.evidence.clear();
        let page = super::html(&capacity).unwrap();
        assert!(page.contains("no rate") && page.contains("Too few rates"));
    }
}
