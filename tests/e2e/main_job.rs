//! The main job: a password travels cloud, relay, agent, directory; it is proven over LDAP and drawn.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use history::{Event, GatewayRecord, Mark, Observation, RunFolder};
use scenario::{Persona, Plan, Vault, people};
use vocabulary::{OpKind, Stage};

use crate::support::{Finished, Job, alone, junit, phases, plan_of, resets_and_unlocks, shared};

const CHARTS: [&str; 8] = [
    "response-time",
    "rates",
    "outcomes",
    "failures",
    "stages",
    "percentiles",
    "processors",
    "memory",
];

#[test]
fn a_run_proves_every_effect_and_says_so_on_one_line() {
    let _alone = alone();
    let finished = Job::quick()
        .with(&["--json"])
        .finish()
        .expect_code(0, "a sound run passes");
    let folder = finished.folder();
    let verdict = folder.verdict().unwrap();
    assert_eq!(
        finished.stdout.lines().count(),
        1,
        "--json: the verdict alone on stdout: {}",
        finished.stdout
    );
    let printed: history::Verdict = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(printed, verdict, "what is printed is what is stored");
    assert_eq!(verdict.verdict, Mark::Pass);
    assert_eq!(
        (verdict.ops.unknown, verdict.ops.failed, verdict.ops.dropped),
        (0, 0, 0),
        "{:?}",
        verdict.ops
    );
    assert!(
        verdict.ops_by_kind.reset.applied > 50 && verdict.ops_by_kind.unlock.applied > 20,
        "{verdict:?}"
    );
    assert!(
        verdict.ops_by_kind.reset.rejected > 0,
        "weak passwords are refused by the directory"
    );
    assert_eq!(
        (verdict.probed.people, verdict.probed.of),
        (160, 160),
        "everybody is probed"
    );
    assert!(verdict.probed.binds > 0, "whoever was touched binds");
    assert!(verdict.locks_proven > 0, "locks are proven before they are cleared");
    finished.expect_nothing_left();
}

/// What passed all four gateways was searched, the canaries in it were found, and nothing else.
#[track_caller]
pub fn expect_wires_searched(finished: &Finished) {
    let verdict = finished.verdict();
    let mut findings = verdict.findings.iter();
    let found = findings
        .find(|finding| finding.check == "no-secret-on-the-wire")
        .unwrap();
    assert_eq!(found.verdict, Mark::Pass, "{found:?}");
    let folder = finished.folder();
    let scans = folder.events().unwrap().filter_map(|event| match event.unwrap() {
        Event::Observe(seen) => match seen.observation {
            Observation::SecretScan(scan) => scan.wire,
            _ => None,
        },
        _ => None,
    });
    let gateways: Vec<GatewayRecord> = scans.flat_map(|wire| wire.gateways).collect();
    let names: BTreeSet<&str> = gateways.iter().map(|gateway| gateway.name.as_str()).collect();
    assert_eq!(
        names,
        BTreeSet::from(["edge-directories", "edge-portal", "edge-relays", "gateway"])
    );
    for gateway in &gateways {
        // The canary alone is some sixty bytes.
        assert!(gateway.canary && !gateway.cut && gateway.bytes > 5_000, "{gateway:?}");
    }
}

#[test]
fn what_passes_between_the_parts_is_searched_where_it_is_kept() {
    let _alone = alone();
    let finished = Job::quick()
        .sets(&["world.capture=true"])
        .finish()
        .expect_code(0, "TLS hides what it carries");
    expect_wires_searched(&finished);
    finished.expect_nothing_left();
}

#[test]
fn the_shipped_scenario_is_large_enough() {
    let plan = plan_of("scenarios/quick.toml", &[]);
    let (resets, unlocks) = good_arrivals(&plan);
    assert!(
        resets >= 200 && unlocks >= 50,
        "quick.toml: {resets} resets and {unlocks} unlocks that must be applied"
    );
    let plan = plan_of("scenarios/samba-smoke.toml", &[]);
    let (resets, unlocks) = good_arrivals(&plan);
    assert!(
        resets >= 100 && unlocks >= 25,
        "samba-smoke.toml: {resets} resets and {unlocks} unlocks"
    );
    for scenario in ["scenarios/quick.toml", "scenarios/samba-smoke.toml"] {
        let everyone = people(&plan_of(scenario, &[]));
        let count = |wanted: fn(&Persona) -> bool| everyone.iter().filter(|person| wanted(&person.persona)).count();
        let locked = count(|persona| *persona == Persona::LockedOutAndForgot);
        let resetters = count(|persona| persona.asks_for() == OpKind::Reset);
        // Shares are cut to whole people.
        assert!(
            (locked + 1) * 4 >= resetters,
            "{scenario}: a quarter of those who reset are locked first: {locked} of {resetters}"
        );
    }
}

/// Arrivals that ask for something the domain allows.
fn good_arrivals(plan: &Plan) -> (usize, usize) {
    let arrivals = engine::arrivals(plan, &people(plan)).filter(|arrival| arrival.persona != Persona::WeakPassword);
    let (resets, unlocks): (Vec<_>, Vec<_>) = arrivals.partition(|arrival| arrival.op == OpKind::Reset);
    (resets.len(), unlocks.len())
}

#[test]
fn the_run_folder_is_whole() {
    let folder = shared();
    for name in [
        "manifest.json",
        "plan.json",
        "people.csv",
        "history.jsonl.zst",
        "samples.jsonl",
        "verdict.json",
        "report.html",
        "junit.xml",
        "summary.md",
    ] {
        let size = fs::metadata(folder.path(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .len();
        assert!(size > 0, "{name} is empty");
    }
    for part in [
        "agent.log",
        "cloud.log",
        "relay.log",
        "gateway.log",
        "directory.log",
        "agent-events.jsonl",
    ] {
        assert!(folder.logs().join(part).is_file(), "logs/{part} is missing");
    }
    for chart in CHARTS {
        let png = fs::read(folder.path(&format!("charts/{chart}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{chart}.png is a PNG");
        let svg = fs::read_to_string(folder.path(&format!("charts/{chart}.svg"))).unwrap();
        assert!(svg.starts_with("<svg"), "{chart}.svg is an SVG");
    }
    let (phases, torn) = phases(folder);
    assert!(
        !torn && phases.last() == Some(&history::Phase::Seal),
        "a history ends with its seal: {phases:?}"
    );
}

#[test]
fn every_process_is_sampled_and_the_generator_watches_itself() {
    let verdict = shared().verdict().unwrap();
    let parts: Vec<&str> = verdict.resources.keys().map(String::as_str).collect();
    assert_eq!(parts, ["harness+world", "load"]);
    for (part, used) in &verdict.resources {
        assert!(
            used.cpu_mean_cores > 0.0 && used.memory_max_bytes > 1 << 20,
            "{part}: {used:?}"
        );
        assert!(
            used.sockets_max > Some(0) && used.threads_max > Some(0),
            "{part}: {used:?}"
        );
    }
    assert!(verdict.resources["harness+world"].disk_written_bytes.is_some());
    let generator = verdict.generator.unwrap();
    let measured: u64 = verdict.latency_by_outcome.values().map(|latency| latency.count).sum();
    assert_eq!(
        generator.release_error_ms.count, measured,
        "each measured ticket was timed"
    );
    assert!(
        generator.begin_error_ms.count > 0 && generator.cpu_cores.is_some(),
        "{generator:?}"
    );
    let personas: u64 = verdict.latency_by_persona.values().map(|latency| latency.count).sum();
    assert_eq!(personas, measured);
}

#[test]
fn junit_says_what_the_verdict_says() {
    let folder = shared();
    let text = fs::read_to_string(folder.path("junit.xml")).unwrap();
    let verdict = folder.verdict().unwrap();
    let report = junit(&text);
    assert_eq!(report.tests, verdict.findings.len() + verdict.goals.len());
    assert_eq!(
        (report.failures, report.errors),
        (0, 0),
        "a run that passed has no failed case"
    );
}

#[test]
fn time_is_told_by_stage_and_adds_up() {
    let verdict = shared().verdict().unwrap();
    let names: BTreeSet<&str> = verdict.stages_ms.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = Stage::ALL
        .iter()
        .map(|stage| stage.as_str())
        .chain(["network"])
        .collect();
    assert_eq!(names, known, "every stage of the chain and the network between them");
    let sum: f64 = verdict.stages_ms.values().map(|stage| stage.p50).sum();
    let service = verdict.service_time_ms.p50.unwrap();
    assert!(
        sum <= service * 1.5,
        "exclusive times add up to no more than the whole: {sum} of {service} ms"
    );
    for op in resets_and_unlocks(shared()).0 {
        let stages = op
            .stages_us
            .as_ref()
            .unwrap_or_else(|| panic!("{}: an answer with the lab token tells its stages", op.op_id));
        let total = u64::try_from(stages.total().as_micros()).unwrap();
        assert!(
            total <= op.service_us(),
            "{}: {total} us in stages, {} us in all",
            op.op_id,
            op.service_us()
        );
    }
}

#[test]
fn no_password_is_in_any_file() {
    let folder = shared();
    let plan = plan_of(
        "scenarios/quick.toml",
        &[
            "population.people=160",
            "load.constant_arrival_rate.rate=40/s",
            "load.constant_arrival_rate.warm_up=1s",
            "load.constant_arrival_rate.measure=3s",
        ],
    );
    let needles = forms_of_all_passwords(&plan);
    let search = AhoCorasick::new(&needles).unwrap();
    let planted = ["{\"oops\":\"".as_bytes(), &needles[7], b"\"}"].concat();
    assert!(search.is_match(&planted), "the search finds what is there");
    let files = files_below(folder.root());
    assert!(files.len() > 20, "{files:?}");
    for path in files {
        assert!(
            !search.is_match(&content(folder, &path)),
            "{} holds a password",
            path.display()
        );
    }
}

/// Every password that this plan gives to anyone, as text, as UTF-16LE, and as the JSON, hexadecimal and percent forms.
fn forms_of_all_passwords(plan: &Plan) -> Vec<Vec<u8>> {
    let vault = Vault::new(plan.seed);
    let everyone = people(plan);
    let initial = everyone.iter().map(|person| (person.index, person.persona, 0));
    let chosen = engine::arrivals(plan, &everyone)
        .filter_map(|arrival| Some((arrival.person, arrival.persona, arrival.writes?)));
    let chosen: Vec<_> = initial.chain(chosen).collect();
    assert!(chosen.len() > 250, "{} passwords", chosen.len());
    chosen
        .into_iter()
        .flat_map(|(person, persona, label)| {
            let password = vault.password(person, persona, label);
            let wide: Vec<u8> = password.expose().encode_utf16().flat_map(u16::to_le_bytes).collect();
            let hex = |bytes: &[u8]| {
                bytes
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>()
                    .into_bytes()
            };
            let plain = password.expose().as_bytes().to_vec();
            [hex(&plain), hex(&wide), plain, wide]
        })
        .collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect()
}

/// A file's bytes; the history's are decompressed.
fn content(folder: &RunFolder, path: &Path) -> Vec<u8> {
    if path.extension().is_none_or(|kind| kind != "zst") {
        return fs::read(path).unwrap();
    }
    let mut bytes = Vec::new();
    folder.history_text().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}
