//! The report while load runs: who may see it, and that it changes and comes to an end.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Curl, Job, Page, Started, Stopwatch, alone, eventually, require, text_of};

/// A run that is long enough to be watched.
const WATCHED: [&str; 2] = ["load.constant_arrival_rate.measure=7s", "population.people=300"];

/// The address that a run says, once it has said it.
fn address(run: &mut Started) -> String {
    run.until_it_says("live: http://127.0.0.1:");
    let said = run.said();
    let rest = said.split_once("live: ").unwrap().1;
    rest.lines().next().unwrap().to_owned()
}

fn title(page: &Page) -> &str {
    let rest = page.body.split_once("<title>").map_or("", |(_, rest)| rest);
    rest.split("</title>").next().unwrap()
}

#[test]
fn a_page_follows_the_run_for_whoever_knows_its_address_and_for_nobody_else() {
    if !require("curl") {
        return;
    }
    let _alone = alone();
    let mut run = Job::quick().sets(&WATCHED).with(&["--live"]).start();
    let address = address(&mut run);
    let curl = Curl::trusting("");
    let first = curl.get(&address);
    assert_eq!(first.status, 200, "{first:?}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(first.header(name), Some(value), "{name}");
    }
    strangers_get_nothing(&address);

    let running = until(&curl, &address, "running: quick: measure");
    assert!(running.body.contains("RUNNING: measure, ") && running.body.contains("http-equiv=\"refresh\""));
    assert!(running.body.contains("/s offered, "), "it says how the load goes");
    assert!(!running.body.contains("PASS"), "it claims no verdict");
    let later = eventually(Duration::from_secs(15), "a page that has moved on", || {
        let page = curl.get(&address);
        (title(&page) != title(&running)).then_some(page)
    });
    assert!(title(&later).starts_with("running: "), "{}", title(&later));

    let last = until(&curl, &address, "PASS: quick");
    assert!(!last.body.contains("http-equiv=\"refresh\""), "the last page stays");
    let finished = run.finish().expect_code(0, "a watched run passes too");
    assert_eq!(
        last.body,
        text_of(&finished.folder().path("report.html")),
        "it is the report of the folder"
    );
    nothing_tells_the_token(&finished, &address);
    finished.expect_nothing_left();
}

/// Waits until the page has a title that begins so.
fn until(curl: &Curl, address: &str, begin: &str) -> Page {
    eventually(Duration::from_secs(60), begin, || {
        let mut page = curl.get(address);
        page.body = page.body.trim_end().to_owned();
        title(&page).starts_with(begin).then_some(page)
    })
}

fn strangers_get_nothing(address: &str) {
    let curl = Curl::trusting("");
    let (host, token) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let wrong = token.replace(|digit: char| digit.is_ascii_digit(), "0");
    for path in ["", "report.html", "0000/", &wrong, &format!("{token}verdict.json")] {
        let page = curl.get(&format!("http://{host}/{path}"));
        assert_eq!((page.status, page.body.len() < 100), (404, true), "{path}: {page:?}");
    }
    let rebound = Curl::trusting("").header("Host", "attacker.example").get(address);
    assert_eq!(
        rebound.status, 403,
        "another name that was made to point here: {rebound:?}"
    );
    let posted = curl.post(address, &[("a", "b")]);
    assert_eq!(posted.status, 405, "{posted:?}");
}

/// Whoever reads the run folder later learns nothing of the address.
fn nothing_tells_the_token(finished: &crate::support::Finished, address: &str) {
    let token = address.trim_end_matches('/').rsplit('/').next().unwrap();
    assert_eq!(token.len(), 64, "{address}");
    let mut open = vec![finished.folder().root().to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !bytes.windows(token.len()).any(|part| part == token.as_bytes()),
            "{}",
            path.display()
        );
    }
}

#[test]
fn ctrl_c_ends_a_watched_run_as_soon_as_any_other() {
    if !require("curl") {
        return;
    }
    let _alone = alone();
    let mut run = Job::quick()
        .sets(&["load.constant_arrival_rate.measure=60s"])
        .with(&["--live"])
        .start();
    let address = address(&mut run);
    run.until_it_says("measure");
    assert_eq!(Curl::trusting("").get(&address).status, 200);
    let watch = Stopwatch::start();
    run.signal_group(Signal::INT);
    let finished = run.finish().expect_code(2, "a run that was cut short is inconclusive");
    assert!(
        watch.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        watch.elapsed()
    );
    finished.expect_nothing_left();
}

#[test]
fn a_search_is_followed_as_a_run_is() {
    if !require("curl") {
        return;
    }
    let _alone = alone();
    let arguments = ["capacity", "scenarios/one-dc.toml", "--live"];
    let mut search = Job::new(&arguments).sets(&["population.people=200"]).into_out().start();
    let address = address(&mut search);
    let curl = Curl::trusting("");
    search.until_it_says("step 1: 8/s");
    let running = until(&curl, &address, "running: one-dc: measure");
    assert!(running.body.contains("/s offered, "), "it says how the step goes");
    search.until_it_says("/s offered, ");
    search.signal_group(Signal::INT);
    let finished = search
        .finish()
        .expect_code(2, "a search that was cut short is inconclusive");
    nothing_tells_the_token(&finished, &address);
    finished.expect_nothing_left();
}

#[test]
fn progress_without_a_terminal_is_a_line_now_and_then() {
    let _alone = alone();
    let finished = Job::quick().sets(&WATCHED).finish();
    let finished = finished.expect_code(0, "a sound run passes");
    let told = |line: &&str| line.contains("/s offered, ") && line.contains(" in flight, ");
    let lines: Vec<&str> = finished.stderr.lines().filter(told).collect();
    assert!(
        (1..=4).contains(&lines.len()),
        "not none and no flood:\n{}",
        finished.stderr
    );
    for part in [
        " s  ",
        "/s achieved",
        "p50 ",
        "p99 ",
        " failed, ",
        " unknown, ",
        " dropped, ",
    ] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:?}");
    }
}
