//! The files of a report, written from invented judgements.
#![expect(clippy::unwrap_used, reason = "a helper of a test that fails is a test that fails")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use history::{Event, Finding, GoalResult, Manifest, Mark, Phase, RunFolder};
use judge::{Figures, Judgement, ReasonRow};
use reports::Chart;
use vocabulary::OutcomeClass;

#[path = "report/exports.rs"]
mod exports;
#[path = "../examples/synthetic/mod.rs"]
mod synthetic;

/// Everything that a page, a terminal, a table or an XML reader might act on.
const HOSTILE: &str = "<script>alert(1)</script> ]]> \u{1b}[31m \u{0} `|` \"'&amp; \u{202e} [a](http://b) @team";

fn written(judgement: &Judgement, manifest: &Manifest) -> (tempfile::TempDir, reports::Written) {
    let dir = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&dir.path().join("run")).unwrap();
    folder.write_manifest(manifest).unwrap();
    let written = reports::write(&folder, judgement).unwrap();
    assert_eq!(folder.verdict().unwrap(), judgement.verdict);
    (dir, written)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// A judgement in which everything that is a name is hostile.
fn hostile() -> (Judgement, Manifest) {
    let mut judgement = synthetic::judgement(3, 12, true);
    let mut manifest = synthetic::manifest::manifest(3, &judgement.figures);
    let name = || HOSTILE.to_owned();
    judgement.verdict.scenario = name();
    judgement.verdict.world = name();
    judgement.verdict.findings.push(Finding {
        check: name(),
        verdict: Mark::Fail,
        checked: 1,
        violations: vec![name()],
        why: name(),
    });
    let (goal, verdict) = (name(), Mark::Inconclusive);
    judgement.verdict.goals.push(GoalResult {
        goal,
        limit: 1.0,
        measured: None,
        verdict,
    });
    judgement.figures.reasons.push(ReasonRow {
        class: OutcomeClass::Failed,
        reason: name(),
        count: 4,
    });
    judgement.figures.stages[0].stage = name();
    judgement.figures.phases[0].name = name();
    judgement.figures.faults.push(judge::Span {
        name: name(),
        from_us: judgement.figures.windows[3].from_us,
        to_us: judgement.figures.windows[3].from_us,
    });
    judgement.figures.fault_rows.push(judge::FaultRow {
        span: judgement.figures.faults[0].clone(),
        target: name(),
        bit: None,
    });
    judgement.figures.propagation[0].dc = name();
    let times = judgement.verdict.propagation_ms["dc1.corp.test"];
    judgement.verdict.propagation_ms.insert(name(), times);
    judgement.verdict.faults.push(history::FaultBit {
        fault: name(),
        bit: None,
    });
    manifest.why = name();
    manifest.sentences.push(name());
    manifest.capabilities[0].dc = name();
    manifest.capabilities[0].facts.insert(name(), name());
    manifest.reproduce = name();
    manifest.host.cpu = name();
    (judgement, manifest)
}

/// Characters that steer a terminal or a reader's eye; a line break is none.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)
}

#[test]
fn hostile_names_stay_names_everywhere() {
    let (judgement, manifest) = hostile();
    let (_dir, written) = written(&judgement, &manifest);
    let texts = [&written.html, &written.junit, &written.summary].map(|path| read(path));
    for text in texts.iter().chain(
        &written
            .charts
            .iter()
            .filter(|path| path.extension().unwrap() == "svg")
            .map(|path| read(path))
            .collect::<Vec<_>>(),
    ) {
        assert!(!text.contains("<script") && !text.contains("]]>"), "{text}");
        assert!(!text.chars().any(steers));
    }
    let [html, junit, summary] = texts;
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(junit.contains("&lt;script&gt;") && summary.contains("&lt;script&gt;"));
    assert!(!summary.contains("@team") && !summary.contains("http://b"), "{summary}");
    let metrics = read(&written.metrics);
    let own = |line: &str| line.starts_with("wblab_") || line.starts_with("# ");
    assert!(
        metrics.lines().all(own) && !metrics.chars().any(steers),
        "no name begins a line: {metrics}"
    );
    let terminal = reports::terminal(&judgement, &manifest);
    assert!(
        terminal.contains("alert(1)") && !terminal.chars().any(steers),
        "{terminal}"
    );
}

#[test]
fn junit_reads_back_with_a_case_for_each_check_and_goal() {
    let judgement = synthetic::judgement(1, 30, true);
    let manifest = synthetic::manifest::manifest(1, &judgement.figures);
    let (_dir, written) = written(&judgement, &manifest);
    let text = read(&written.junit);
    // The schemas want an instant without a zone, this reader one with it.
    let (before, rest) = text.split_once(" timestamp=\"").unwrap();
    assert!(rest.starts_with("2026-11-23T09:00:05\""), "{rest}");
    let zoned = text.replace("T09:00:05\"", "T09:00:05Z\"");
    assert!(before.contains("hostname=\"localhost\""));
    let report = quick_junit::Report::deserialize_from_str(&zoned).unwrap();
    let marks = |mark| {
        judgement
            .verdict
            .findings
            .iter()
            .filter(|finding| finding.verdict == mark)
            .count()
    };
    let sum = |of: fn(&quick_junit::TestSuite) -> usize| report.test_suites.iter().map(of).sum::<usize>();
    assert_eq!(
        sum(|suite| suite.tests),
        judgement.verdict.findings.len() + judgement.verdict.goals.len()
    );
    assert_eq!(
        (
            sum(|suite| suite.failures),
            sum(|suite| suite.errors),
            sum(|suite| suite.skipped)
        ),
        (marks(Mark::Fail), marks(Mark::Inconclusive), 0),
        "what cannot be told is no less than an error"
    );
    let failed = &report.test_suites[0].test_cases[0];
    assert_eq!(failed.name.as_str(), "acknowledged-is-durable");
    let quick_junit::TestCaseStatus::NonSuccess {
        message, description, ..
    } = &failed.status
    else {
        panic!("{failed:?}");
    };
    assert!(message.as_ref().unwrap().as_str().contains("not in the directory"));
    assert!(description.as_ref().unwrap().as_str().contains("zoe.o'neill@corp.test"));
}

#[test]
fn the_page_is_whole_by_itself() {
    let judgement = synthetic::judgement(1, 72, true);
    let manifest = synthetic::manifest::manifest(1, &judgement.figures);
    let (_dir, written) = written(&judgement, &manifest);
    let html = read(&written.html);
    let own = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for outside in [
        "<script",
        "<link",
        "<img",
        "<iframe",
        " src=",
        " style=",
        "url(",
        "@import",
        "://",
        "javascript:",
    ] {
        assert!(!own.contains(outside), "{outside}");
    }
    assert!(html.contains("default-src 'none'; style-src 'sha256-"));
    for chart in Chart::ALL {
        assert!(
            html.contains(&format!("id=\"chart-{}\"", chart.name())),
            "{}",
            chart.name()
        );
    }
    for word in [
        "FAIL",
        "What to do next",
        "zoe.o'neill@corp.test",
        "wblab run scenarios/quick.toml --seed 1",
        "history on reset: not enforced by these DCs",
        "What this run cannot show",
        "dc1.corp.test and dc2.corp.test",
        "PDC role moves",
    ] {
        assert!(html.contains(word), "{word}");
    }
    assert_eq!(
        html.matches("<svg").count(),
        html.matches("role=\"img\" aria-label=").count()
    );
}

#[test]
fn every_axis_has_a_title_with_its_unit() {
    let judgement = synthetic::judgement(1, 72, false);
    let titles = [
        (
            Chart::ResponseTime,
            ["Response time (ms, logarithmic)", "Time since the load began (s)"].as_slice(),
        ),
        (
            Chart::Rates,
            &["Operations per second (1/s)", "Time since the load began (s)"],
        ),
        (Chart::Outcomes, &["Operations (count, warm-up included)"]),
        (Chart::Failures, &["Operations (count, warm-up included)"]),
        (Chart::Stages, &["Exclusive time (ms)"]),
        (
            Chart::Percentiles,
            &["Latency (ms, logarithmic)", "Percentile (%, stretched towards 100 %)"],
        ),
        (
            Chart::Propagation,
            &["Writes seen (%)", "Since acknowledgement (ms, logarithmic)"],
        ),
        (
            Chart::Heat,
            &["Response time (ms, logarithmic)", "Time since the load began (s)"],
        ),
        (
            Chart::InFlight,
            &["Operations at once (count, mean)", "Time since the load began (s)"],
        ),
        (
            Chart::Endings,
            &["Operations per second (1/s)", "Time since the load began (s)"],
        ),
        (Chart::Waterfall, &["Since the intended start (ms)"]),
        (Chart::PersonaLatency, &["Response time (ms)"]),
        (Chart::PersonaOutcomes, &["Share of attempts (%, warm-up included)"]),
        (Chart::Slowest, &["Since the intended start (ms)"]),
        (Chart::Unknown, &["Since the intended start (ms)"]),
        (
            Chart::Disk,
            &["Written each second (MiB/s)", "Time since the load began (s)"],
        ),
        (
            Chart::Sockets,
            &["Open sockets (count)", "Time since the load began (s)"],
        ),
    ];
    for (chart, titles) in titles {
        let svg = chart.svg(&judgement.figures).unwrap();
        assert!(!svg.contains('…'), "{}: nothing is cut without need", chart.name());
        for title in titles {
            assert!(svg.contains(&format!(">{title}</text>")), "{}: {title}", chart.name());
        }
    }
}

fn pixels(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(bytes).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

#[test]
fn a_png_has_its_size_and_shows_its_data() {
    let judgement = synthetic::judgement(1, 30, false);
    let (width, height, drawn) = pixels(&Chart::ResponseTime.png(&judgement.figures).unwrap());
    assert_eq!((width, height), (1280, 720));
    let colours: HashSet<&[u8]> = drawn.chunks_exact(3).collect();
    assert!(colours.len() > 100, "{} colours", colours.len());
    for line in [[0x00, 0x72, 0xB2], [0x00, 0x9E, 0x73], [0xD5, 0x5E, 0x00]] {
        assert!(colours.contains(line.as_slice()), "no line of {line:02X?}");
    }
    let (_, _, empty) = pixels(&Chart::ResponseTime.png(&Figures::default()).unwrap());
    assert_ne!(drawn, empty);
    assert!(
        empty.chunks_exact(3).any(|pixel| pixel[0] < 0x40),
        "the sentence is drawn"
    );
}

#[test]
fn an_empty_judgement_says_so_and_ten_thousand_windows_stay_small() {
    let mut empty = synthetic::judgement(1, 0, false);
    empty.figures = Figures::default();
    empty.verdict.findings.clear();
    empty.verdict.goals.clear();
    empty.verdict.verdict = Mark::Inconclusive;
    let manifest = synthetic::manifest::manifest(1, &empty.figures);
    let (_dir, nothing) = written(&empty, &manifest);
    assert!(read(&nothing.html).contains("No load ran, so nobody waited."));

    let large = synthetic::judgement(1, 10_000, false);
    let (_dir, written) = written(&large, &synthetic::manifest::manifest(1, &large.figures));
    let size = fs::metadata(&written.html).unwrap().len();
    assert!(size < 3_000_000, "{size} bytes");
    assert!(read(&written.html).contains("Each point is 42 windows"));
}

#[test]
fn the_numbers_behind_a_chart_stand_below_it_and_a_closed_model_claims_no_more_than_it_knows() {
    let judgement = synthetic::judgement(1, 72, false);
    let mut manifest = synthetic::manifest::manifest(1, &judgement.figures);
    let open = reports::page(&judgement, &manifest).unwrap();
    assert_eq!(open.matches("<summary>The numbers</summary>").count(), 9);
    let window = &judgement.figures.windows[30];
    let row = format!("<th scope=\"row\">30–31 s</th><td>{}</td>", window.offered);
    assert!(open.contains(&row), "{row}");
    assert!(open.contains("<th scope=\"row\">99.9 %</th>") && open.contains("anna.berg.100@corp.test"));
    assert!(open.contains("arrivals that nobody was free to begin in time"));
    manifest.executor = "closed".to_owned();
    let closed = reports::page(&judgement, &manifest).unwrap();
    assert!(!closed.contains("arrivals that nobody was free to begin in time"));
    for words in [
        "a slow system is offered less",
        "never more than there are users",
        "how long people would have queued",
    ] {
        assert!(closed.contains(words) && !open.contains(words), "{words}");
    }
}

#[test]
fn what_a_pointer_finds_is_there_without_a_script_and_unseen_without_a_style() {
    let judgement = synthetic::judgement(1, 72, false);
    let svg = Chart::ResponseTime.svg(&judgement.figures).unwrap();
    assert_eq!(svg.matches("class=\"hit\"").count(), 72);
    assert_eq!(
        svg.matches("fill-opacity=\"0\"").count(),
        72,
        "no reader draws what a pointer finds"
    );
    assert_eq!(svg.matches("class=\"tip\" display=\"none\"").count(), 72);
    assert!(svg.contains(".chart .hit:hover>.tip{display:inline}"));
    let page = reports::page(&judgement, &synthetic::manifest::manifest(1, &judgement.figures)).unwrap();
    assert!(page.contains(".chart .hit:hover>.tip{display:inline}"));
    assert!(
        page.contains("<title>30–31 s: p50 "),
        "a narrow chart has no room, and the browser shows it"
    );
}

#[test]
fn what_the_judge_makes_of_a_run_that_did_nothing_is_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&dir.path().join("run")).unwrap();
    folder
        .write_manifest(&synthetic::manifest::manifest(1, &Figures::default()))
        .unwrap();
    folder.writer().unwrap().seal().unwrap();
    let judgement = judge::judge(&folder).unwrap();
    let written = reports::write(&folder, &judgement).unwrap();
    let html = read(&written.html);
    assert!(
        html.contains("INCONCLUSIVE") && html.contains("No operation was recorded."),
        "{html}"
    );
    assert!(read(&written.summary).contains("let it reach its end"));
}

/// One operation of a person of whom nothing else is known.
fn an_operation(number: u64) -> Event {
    let intended_us = 1_000_000 + number * 100_000;
    let text = format!(
        r#"{{"kind":"op","seq":0,"at_us":0,"phase":"measure","op_id":"383ab532-9cd0-82ba-bceb-{number:012}","op":"reset","attempt":1,
            "actor":"a@corp.test","persona":"forgot","user":"d4d0e57d-cc95-87d0-b311-47d1af51febb","writes":1,"proves":null,
            "intended_us":{intended_us},"started_us":{},"finished_us":{},"expires_us":99000000,"outcome":"applied",
            "stages_us":{{"cloud":798,"write":4500}}}}"#,
        intended_us + 300,
        intended_us + 9_000 + number
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_run_that_still_goes_on_is_drawn_as_far_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(&dir.path().join("run")).unwrap();
    let mut manifest = synthetic::manifest::manifest(1, &Figures::default());
    manifest.arrivals = 1_000;
    folder.write_manifest(&manifest).unwrap();
    let mut writer = folder.writer().unwrap();
    let text = r#"{"kind":"phase","seq":0,"at_us":0,"phase":"baseline","enter":"measure"}"#;
    writer
        .append(serde_json::from_str(text).unwrap(), 1_000_000, Phase::Baseline)
        .unwrap();
    for number in 0..40 {
        let at_us = 1_010_000 + number * 100_000;
        writer.append(an_operation(number), at_us, Phase::Measure).unwrap();
    }
    writer.flush().unwrap();
    // The writer is still there: nothing is sealed, and more may come.
    let judgement = judge::judge(&folder).unwrap();
    let page = reports::page(&judgement, &manifest).unwrap();
    drop(writer);
    let failed = judgement
        .verdict
        .findings
        .iter()
        .filter(|finding| finding.verdict == Mark::Fail);
    let failed: Vec<_> = failed.map(|finding| (&finding.check, &finding.why)).collect();
    assert_eq!(
        judgement.verdict.verdict,
        Mark::Inconclusive,
        "{failed:?} {:?}",
        judgement.verdict.goals
    );
    assert_eq!(
        judgement
            .figures
            .windows
            .iter()
            .map(|window| window.offered)
            .sum::<u64>(),
        40
    );
    for there in [
        "INCONCLUSIVE",
        "id=\"chart-heat-map\"",
        "id=\"chart-waterfall\"",
        "id=\"chart-slowest\"",
        "383ab532",
    ] {
        assert!(page.contains(there), "{there}");
    }
    assert!(!page.contains("No load ran"), "what there is is shown");
}

#[test]
fn what_spreads_is_shown_where_there_is_something_to_spread_to() {
    let mut judgement = synthetic::judgement(1, 30, false);
    let manifest = synthetic::manifest::manifest(1, &judgement.figures);
    let row = &mut judgement.figures.propagation[1];
    (row.unseen, row.p99_us, row.max_us) = (40, None, None);
    row.curve.iter_mut().for_each(|point| point.share *= 0.97);
    let times = judgement.verdict.propagation_ms.get_mut("dc2.corp.test").unwrap();
    (times.unseen, times.p99, times.max) = (40, None, None);
    let (_dir, two) = written(&judgement, &manifest);
    let charts = |written: &reports::Written| {
        let names = written.charts.iter().filter_map(|path| path.file_name()?.to_str());
        names.filter(|name| name.starts_with("propagation")).count()
    };
    assert_eq!(charts(&two), 2);
    let (html, summary) = (read(&two.html), read(&two.summary));
    assert!(html.contains("id=\"propagation\"") && html.contains("look every 20 ms"));
    assert!(
        summary.contains("## Propagation\n\n| domain controller | seen | not seen | p50"),
        "{summary}"
    );
    assert!(
        html.contains("p99 not seen"),
        "what was never seen is not counted as fast"
    );
    assert!(
        summary.contains("| 1,600 | 40 | ") && summary.contains("| not seen | not seen |"),
        "{summary}"
    );
    let terminal = reports::terminal(&judgement, &manifest);
    assert!(terminal.contains("Propagation, from the acknowledgement"), "{terminal}");

    judgement.figures.propagation.clear();
    judgement.verdict.propagation_ms.clear();
    let (_dir, one) = written(&judgement, &manifest);
    assert_eq!(charts(&one), 0);
    let texts = [
        read(&one.html),
        read(&one.summary),
        reports::terminal(&judgement, &manifest),
    ];
    assert!(texts.iter().all(|text| !text.contains("Propagation")));
}

#[test]
fn personas_have_a_table_on_every_face_and_none_in_an_older_folder() {
    let mut judgement = synthetic::judgement(1, 30, false);
    let manifest = synthetic::manifest::manifest(1, &judgement.figures);
    let faces = |judgement: &Judgement| {
        let (_dir, drawn) = written(judgement, &manifest);
        let terminal = reports::terminal(judgement, &manifest);
        [read(&drawn.html), read(&drawn.summary), terminal]
    };
    for face in faces(&judgement) {
        assert!(face.contains("Personas") && face.contains("weak password"), "{face}");
        assert!(
            face.contains("password policy SSPR") && face.contains("event 33008 0000052D"),
            "the codes stay as they are: {face}"
        );
    }
    judgement.figures.personas.clear();
    assert!(faces(&judgement).iter().all(|face| !face.contains("Personas")));
}

#[test]
fn what_a_directory_does_not_enforce_is_said_on_every_face() {
    let mut judgement = synthetic::judgement(1, 30, false);
    judgement.verdict.verdict = Mark::Inconclusive;
    let mut manifest = synthetic::manifest::manifest(1, &judgement.figures);
    let facts = &mut manifest.capabilities[0].facts;
    for (fact, value) in [
        ("kvno", "absent"),
        ("lockout", "off"),
        ("old_password_allowed", "60min"),
        ("history_on_reset", "with policy hints"),
        ("reset_unlocks", "true"),
        ("protected_groups", "not enforced"),
    ] {
        facts.insert(fact.into(), value.into());
    }
    let (_dir, written) = written(&judgement, &manifest);
    let html = read(&written.html);
    let terminal = reports::terminal(&judgement, &manifest);
    for words in [
        "dc2.corp.test: history on reset: not enforced by this DC",
        "dc1.corp.test: lockout: off",
        "dc1.corp.test: msDS-KeyVersionNumber: absent",
        "dc1.corp.test: the old password is still accepted for 60min after a reset",
        "dc1.corp.test: a reset unlocks by itself",
        "dc1.corp.test: protected groups: not enforced by this DC",
    ] {
        assert!(html.contains(words) && terminal.contains(words), "{words}");
    }
    assert!(html.contains("enforced only with the policy-hints control"));
    assert!(read(&written.summary).contains("enforced only with the policy-hints control"));

    let all = [
        "kvno",
        "lockout",
        "old_password_allowed",
        "history_on_reset",
        "reset_unlocks",
        "protected_groups",
    ];
    for capability in &mut manifest.capabilities {
        all.iter().for_each(|fact| drop(capability.facts.remove(*fact)));
    }
    assert!(
        !reports::terminal(&judgement, &manifest).contains("cannot show"),
        "an old sheet promises nothing"
    );
}

#[test]
fn a_load_that_goals_ended_says_so_on_every_face_and_goals_are_told_in_words() {
    let mut judgement = synthetic::judgement(1, 30, true);
    let manifest = synthetic::manifest::manifest(1, &judgement.figures);
    judgement.verdict.goals.push(GoalResult {
        goal: "persona.locked_out.response_time_p99_max".to_owned(),
        limit: 2000.0,
        measured: Some(3100.0),
        verdict: Mark::Fail,
    });
    judgement.verdict.goals.push(GoalResult {
        goal: "stage.write.max".to_owned(),
        limit: 80.0,
        measured: Some(40.0),
        verdict: Mark::Inconclusive,
    });
    judgement.verdict.ended_early = Some(history::EndedEarly {
        goals: vec!["persona.locked_out.response_time_p99_max".to_owned()],
        measured_ms: 12_300.0,
        planned_ms: 60_000.0,
        spared: 1234,
    });
    let (_dir, written) = written(&judgement, &manifest);
    let early = "The load was ended early, after 12.3 s of 60 s, since the goal locked out: response time, p99 could no longer hold whatever followed; 1,234 planned arrivals never came.";
    let terminal = reports::terminal(&judgement, &manifest);
    let [html, junit, summary] = [&written.html, &written.junit, &written.summary].map(|path| read(path));
    for face in [&terminal, &html, &summary] {
        assert!(face.contains(early), "{face}");
        assert!(face.contains("stage write, longest"), "{face}");
    }
    assert!(
        terminal.contains("measured 40 ms, limit 80 ms, but the run was cut short"),
        "{terminal}"
    );
    assert!(
        junit.contains("name=\"persona.locked_out.response_time_p99_max\"")
            && junit.contains("locked out: response time, p99: measured 3.1 s, limit 2 s"),
        "{junit}"
    );
}

#[test]
fn what_to_look_at_depends_on_what_a_missed_goal_measures() {
    let told = |goal: &str| {
        let mut judgement = synthetic::judgement(1, 30, true);
        let manifest = synthetic::manifest::manifest(1, &judgement.figures);
        judgement.verdict.goals = vec![GoalResult {
            goal: goal.to_owned(),
            limit: 0.05,
            measured: Some(0.08),
            verdict: Mark::Fail,
        }];
        let terminal = reports::terminal(&judgement, &manifest);
        ["which stage took the time", "the memory and the sockets of each part"].map(|hint| terminal.contains(hint))
    };
    assert_eq!(told("failed_ratio_max"), [true, false]);
    assert_eq!(told("memory_growth_max"), [false, true]);
    assert_eq!(told("open_files_growth_max"), [false, true]);
}
