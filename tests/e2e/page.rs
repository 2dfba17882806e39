//! The report in a real browser: no script error, nothing that its policy forbids, no text on another, cut off or too faint, every
//! axis titled with its unit; for a real run, for ten points and for ten thousand.

use std::fs;
use std::path::Path;
use std::process::Command;

use judge::{FaultRow, Figures, Span};
use reports::Chart;
use serde_json::Value;

use crate::support::{alone, chromium, require, shared};

#[path = "../../reports/examples/synthetic/mod.rs"]
mod synthetic;

/// Measures every text of a page, and tells the window around it.
const MEASURE: &str = include_str!("page/measure.js");

/// Writes what each frame found where `--dump-dom` shows it, and puts the frame away.
const AROUND: &str = "<script>function told(frame, found) { const pre = document.createElement('pre'); pre.className = 'measured'; \
    pre.textContent = frame.dataset.number + ' ' + JSON.stringify(found); document.body.append(pre); setTimeout(() => frame.remove()); }</script>";

/// Units as they stand in the titles of axes.
const UNITS: [&str; 10] = [
    "(ms)",
    "(s)",
    "(min)",
    "(µs)",
    "(1/s)",
    "(count",
    "(%",
    "(MiB",
    "(1 = one",
    ", logarithmic)",
];

/// Widths in pixels that a page is looked at in: a screen, and a phone.
const WIDTHS: [u32; 2] = [1280, 390];

/// The largest page.
const MOST_BYTES: usize = 3_000_000;

/// A page in a width.
pub(crate) type View<'a> = (&'a str, u32);

/// What the measure finds of each view, in a browser of that scheme.
pub(crate) fn measured(views: &[View<'_>], dark: bool) -> Vec<Value> {
    // A browser keeps both processors busy, and a world beside it would look slow.
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let frames: String = (0..).zip(views).map(|(number, view)| framed(number, *view)).collect();
    let head = "<!DOCTYPE html><meta name=\"color-scheme\" content=\"light dark\">";
    fs::write(&path, format!("{head}{AROUND}<body>{frames}")).unwrap();
    let scheme = u8::from(!dark);
    let browser = Command::new(chromium())
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=20000",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg("--window-size=1400,1000")
        .arg("--dump-dom")
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&browser.stdout);
    let mut told: Vec<(usize, Value)> = dom
        .split("<pre class=\"measured\">")
        .skip(1)
        .filter_map(|rest| rest.split_once("</pre>"))
        .map(|(text, _)| one(text))
        .collect();
    told.sort_by_key(|(number, _)| *number);
    assert_eq!(told.len(), views.len(), "{}", String::from_utf8_lossy(&browser.stderr));
    told.into_iter().map(|(_, found)| found).collect()
}

fn one(text: &str) -> (usize, Value) {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let (number, found) = text.split_once(' ').unwrap();
    (number.parse().unwrap(), serde_json::from_str(found).unwrap())
}

/// The page in a frame of that width: a window of Chromium is never narrower than 500 px, a phone is.
fn framed(number: usize, (page, width): View<'_>) -> String {
    let page = with_measure(page).replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<iframe data-number=\"{number}\" style=\"border:0;width:{width}px;height:1000px\" srcdoc=\"{page}\"></iframe>"
    )
}

/// The page with the measure first in it, where its own policy does not yet hold.
fn with_measure(page: &str) -> String {
    assert!(page.contains("<head>"), "a page has a head");
    page.replacen("<head>", &format!("<head><script>{MEASURE}</script>"), 1)
}

/// The page reads well in every view: everything that is looked for, and nothing wrong with it.
#[track_caller]
fn reads_well(found: &Value, charts: &[Chart], dark: bool, width: u32) {
    let place = || {
        let mut brief = found.clone();
        brief["charts"] = Value::Null;
        format!("dark {dark}, {width} px: {brief}")
    };
    assert_eq!(
        (&found["dark"], &found["width"]),
        (&dark.into(), &width.into()),
        "{}",
        place()
    );
    for wrong in ["errors", "violations", "overlaps", "clipped", "faint"] {
        assert_eq!(found[wrong], Value::Array(Vec::new()), "{wrong}: {}", place());
    }
    assert_eq!(
        found["wide"],
        false,
        "the page is no wider than its window: {}",
        place()
    );
    assert!(found["texts"].as_u64().unwrap() > 200, "{}", place());
    let tips = found["tips"].as_u64().unwrap();
    assert!(
        (tips > 0) == (width > 900),
        "a wide chart tells its values: {}",
        place()
    );
    let shown = found["charts"].as_object().unwrap();
    assert_eq!(
        shown.len(),
        charts.len(),
        "each chart is shown once: {:?}",
        shown.keys()
    );
    for chart in charts {
        let names = [
            format!("chart-{}", chart.name()),
            format!("chart-{}-narrow", chart.name()),
        ];
        let texts = names.iter().find_map(|name| shown.get(name)).and_then(Value::as_array);
        let texts = texts.unwrap_or_else(|| panic!("{} is not shown: {}", chart.name(), place()));
        let is_titled = |text: &&Value| UNITS.iter().any(|unit| text.as_str().unwrap().contains(unit));
        let titled = texts.iter().filter(is_titled).count();
        let axes = axes(*chart);
        assert!(
            titled >= axes,
            "{}: {titled} of {axes} axes are titled with a unit: {texts:?}",
            chart.name()
        );
    }
}

/// How many axes of a chart must be titled with a unit: bars and rows have names on the other one.
fn axes(chart: Chart) -> usize {
    match chart {
        Chart::Outcomes
        | Chart::Failures
        | Chart::Stages
        | Chart::PersonaLatency
        | Chart::PersonaOutcomes
        | Chart::Slowest
        | Chart::Unknown
        | Chart::Person => 1,
        _ => 2,
    }
}

fn report(path: &Path) -> String {
    fs::read_to_string(path.join("report.html")).unwrap()
}

/// Looks at a page in every scheme and width.
#[track_caller]
fn look_at(page: &str, figures: &Figures) {
    let charts: Vec<Chart> = Chart::shown(figures).collect();
    assert!(page.len() <= MOST_BYTES, "{} bytes", page.len());
    for dark in [false, true] {
        let views = WIDTHS.map(|width| (page, width));
        for (found, width) in measured(&views, dark).iter().zip(WIDTHS) {
            reads_well(found, &charts, dark, width);
        }
    }
}

#[test]
fn the_report_reads_well_in_light_and_dark_wide_and_narrow() {
    if !require("chromium") {
        return;
    }
    let folder = history::RunFolder::open(shared().root()).unwrap();
    look_at(&report(shared().root()), &judge::judge(&folder).unwrap().figures);
}

/// An invented page over so many windows, with so many faults at places that lie close together.
fn invented(windows: u64, faults: u64) -> (String, Figures) {
    let mut judgement = synthetic::judgement(7, windows, true);
    let manifest = synthetic::manifest::manifest(7, &judgement.figures);
    let figures = &mut judgement.figures;
    let (from_us, width_us) = (figures.windows[0].from_us, windows * figures.window_us);
    figures.faults = (0..faults)
        .map(|number| Span {
            name: format!("kind_{}_of_fault", number % 9),
            from_us: from_us + number * width_us / (faults + 2),
            to_us: from_us + number * width_us / (faults + 2) + number % 4 * width_us / 20,
        })
        .collect();
    let row = |span: &Span| FaultRow {
        span: span.clone(),
        target: "agent-dc".to_owned(),
        bit: Some(true),
    };
    figures.fault_rows = figures.faults.iter().map(row).collect();
    (reports::page(&judgement, &manifest).unwrap(), judgement.figures)
}

#[test]
fn ten_points_read_as_well() {
    if require("chromium") {
        let (page, figures) = invented(10, 0);
        look_at(&page, &figures);
    }
}

#[test]
fn ten_thousand_points_and_thirty_faults_read_as_well() {
    if require("chromium") {
        let (page, figures) = invented(10_000, 30);
        look_at(&page, &figures);
    }
}

#[test]
fn the_report_allows_no_script_and_needs_nothing_from_outside() {
    let page = report(shared().root());
    assert!(page.contains("default-src 'none'"), "a strict policy");
    for outside in ["<script", "src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!page.contains(outside), "the page holds {outside}");
    }
}

#[test]
fn the_measure_finds_what_it_looks_for() {
    if !require("chromium") {
        return;
    }
    let page = "<html><head></head><body><svg id=\"bad\" width=\"200\" height=\"50\"><rect width=\"200\" height=\"50\" fill=\"#fff\"/>\
                <text x=\"10\" y=\"20\">one text</text><text x=\"20\" y=\"22\">another</text><text x=\"180\" y=\"40\">cut off at the edge</text>\
                <text x=\"10\" y=\"45\" fill=\"#999\">faint</text></svg>\
                <h2 style=\"width:20px;overflow:hidden\">unbreakable</h2><div style=\"width:2000px\">wide</div>\
                <p style=\"position:absolute;top:100px;left:300px\">this lies</p><p style=\"position:absolute;top:100px;left:310px\">on that</p>\
                <p style=\"color:#777;background:#eee\">pale</p><script>nothing.there()</script></body></html>";
    let strict = "<html><head><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"></head>\
                  <body><p style=\"color:red\">forbidden</p><script>1</script></body></html>";
    let [found, forbidden] = measured(&[(page, 1280), (strict, 1280)], false).try_into().unwrap();
    let list = |name: &str| {
        found[name]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(list("errors").len(), 1, "{found}");
    assert_eq!(
        list("overlaps"),
        ["bad: one text / another", "this lies / on that"],
        "{found}"
    );
    assert_eq!(
        list("clipped"),
        ["bad: cut off at the edge", "H2: unbreakable"],
        "{found}"
    );
    let faint = list("faint");
    assert_eq!(faint.len(), 2, "{found}");
    assert!(
        faint[0].starts_with("2.85 bad: faint") && faint[1].starts_with("3.86 P: pale"),
        "{faint:?}"
    );
    assert_eq!(
        (&found["wide"], &found["violations"]),
        (&true.into(), &Value::Array(Vec::new())),
        "{found}"
    );
    let directives = forbidden["violations"].to_string();
    assert!(
        directives.contains("style-src-attr") && directives.contains("script-src-elem"),
        "{forbidden}"
    );
}
