//! The report in a real browser: no script error, no text on another or cut off, every axis titled with its unit.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{chromium, require, shared};

/// Axes that must be titled with a unit, for each chart: bars have names on the other one.
const AXES: [(&str, usize); 8] = [
    ("response-time", 2),
    ("rates", 2),
    ("outcomes", 1),
    ("failures", 1),
    ("stages", 1),
    ("percentiles", 2),
    ("processors", 2),
    ("memory", 2),
];
/// Units as they stand in the titles.
const UNITS: [&str; 8] = ["(ms)", "(s)", "(µs)", "(1/s)", "(count", "(%", "(MiB)", "(1 = one"];

/// Measures every visible chart and heading, and writes what it found where `--dump-dom` shows it.
const MEASURE: &str = r#"<script>
const found = { errors: 0, charts: {}, overlaps: [], clipped: [], wide: false, width: innerWidth, dark: matchMedia('(prefers-color-scheme: dark)').matches };
addEventListener('error', () => found.errors++);
addEventListener('load', () => {
  for (const svg of document.querySelectorAll('svg')) {
    const sheet = svg.getBoundingClientRect();
    if (sheet.width === 0) continue;
    const texts = [...svg.querySelectorAll('text')].filter(text => text.textContent.trim());
    found.charts[svg.id] = texts.map(text => text.textContent);
    const boxes = texts.map(text => text.getBoundingClientRect());
    boxes.forEach((a, i) => {
      if (a.left < sheet.left - 1 || a.right > sheet.right + 1 || a.top < sheet.top - 1 || a.bottom > sheet.bottom + 1)
        found.clipped.push(svg.id + ': ' + texts[i].textContent);
      boxes.slice(i + 1).forEach((b, j) => {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 1) found.overlaps.push(svg.id + ': ' + texts[i].textContent + ' / ' + texts[i + 1 + j].textContent);
      });
    });
  }
  for (const heading of document.querySelectorAll('h1, h2, h3, figcaption, th'))
    if (heading.scrollWidth > heading.clientWidth + 1 && getComputedStyle(heading).display !== 'inline')
      found.clipped.push(heading.tagName + ': ' + heading.textContent);
  found.wide = document.documentElement.scrollWidth > innerWidth + 1;
  const told = document.createElement('pre');
  told.id = 'measured';
  told.textContent = JSON.stringify(found);
  top.document.body.append(told);
});
</script>"#;

/// What the measure finds on a page, in a browser of that scheme and width.
pub fn measured(page: &str, dark: bool, width: u32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    fs::write(&path, framed(&with_measure(page), width)).unwrap();
    let scheme = u8::from(!dark);
    let browser = Command::new(chromium())
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--virtual-time-budget=4000",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg("--window-size=1400,1000")
        .arg("--dump-dom")
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&browser.stdout);
    let told = dom
        .rsplit_once("<pre id=\"measured\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let (text, _) =
        told.unwrap_or_else(|| panic!("nothing was measured: {}", String::from_utf8_lossy(&browser.stderr)));
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&text).unwrap()
}

/// The page in a frame of that width: a window of Chromium is never narrower than 500 px, a phone is.
fn framed(page: &str, width: u32) -> String {
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!DOCTYPE html><meta name=\"color-scheme\" content=\"light dark\">\
         <iframe style=\"border:0;width:{width}px;height:1000px\" srcdoc=\"{page}\"></iframe>"
    )
}

/// The page with the measure in it; its own policy forbids every script, so the copy goes without.
fn with_measure(page: &str) -> String {
    let policy = "<meta http-equiv=\"Content-Security-Policy\"";
    let open = match page.split_once(policy) {
        Some((before, after)) => format!("{before}{}", after.split_once('>').unwrap().1),
        None => page.to_owned(),
    };
    assert!(open.contains("<head>"), "a page has a head");
    open.replacen("<head>", &format!("<head>{MEASURE}"), 1)
}

fn report(path: &Path) -> String {
    fs::read_to_string(path.join("report.html")).unwrap()
}

#[test]
fn the_report_reads_well_in_light_and_dark_wide_and_narrow() {
    if !require("chromium") {
        return;
    }
    let page = report(shared().root());
    for (dark, width) in [(false, 1280), (true, 1280), (false, 390), (true, 390)] {
        let found = measured(&page, dark, width);
        let place = format!("dark {dark}, {width} px: {found}");
        assert_eq!(
            (&found["errors"], &found["dark"]),
            (&Value::from(0), &Value::from(dark)),
            "{place}"
        );
        assert_eq!(found["width"], width, "{place}");
        assert_eq!(found["overlaps"], Value::Array(Vec::new()), "{place}");
        assert_eq!(found["clipped"], Value::Array(Vec::new()), "{place}");
        assert_eq!(found["wide"], false, "the page is no wider than its window: {place}");
        assert_eq!(
            found["charts"].as_object().map(serde_json::Map::len),
            Some(AXES.len()),
            "{place}"
        );
        for (chart, axes) in AXES {
            let drawn = [format!("chart-{chart}"), format!("chart-{chart}-narrow")];
            let texts = drawn.iter().find_map(|id| found["charts"][id].as_array());
            let texts = texts.unwrap_or_else(|| panic!("{chart} is not shown: {place}"));
            let is_titled = |text: &&Value| UNITS.iter().any(|unit| text.as_str().unwrap().contains(unit));
            let titled = texts.iter().filter(is_titled).count();
            assert!(
                titled >= axes,
                "{chart}: {titled} of {axes} axes are titled with a unit: {texts:?}"
            );
        }
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
    let page = "<html><head></head><body><svg id=\"bad\" width=\"200\" height=\"50\"><text x=\"10\" y=\"20\">one text</text>\
                <text x=\"20\" y=\"22\">another</text><text x=\"180\" y=\"40\">cut off at the edge</text></svg>\
                <h2 style=\"width:20px;overflow:hidden\">unbreakable</h2><div style=\"width:2000px\">wide</div>\
                <script>nothing.there()</script></body></html>";
    let found = measured(page, false, 1280);
    assert_eq!(found["errors"], 1, "{found}");
    assert_eq!(found["overlaps"].as_array().map(Vec::len), Some(1), "{found}");
    let clipped = ["bad: cut off at the edge", "H2: unbreakable"]
        .map(Value::from)
        .to_vec();
    assert_eq!(found["clipped"], Value::Array(clipped), "{found}");
    assert_eq!(found["wide"], true, "{found}");
}
