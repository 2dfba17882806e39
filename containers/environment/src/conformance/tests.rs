//! The suite itself: its probes, its table, and that wrong manners are found.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vocabulary::SystemClock;

use super::known::KNOWN;
use super::*;
use crate::ServedBinary;

/// Progress that nobody watches.
struct Quiet;

impl Progress for Quiet {
    fn step(&self, _name: &str, _total: Option<u64>) {}
    fn at(&self, _done: u64) {}
    fn note(&self, _text: &str) {}
}

fn parts() -> Parts {
    Parts::genuine(ServedBinary {
        path: "nowhere".into(),
        prefix: Vec::new(),
    })
}

fn run_name() -> String {
    let token = RunKey::new().token().unwrap();
    format!("{}-conformance-{}", &token.expose()[..12], std::process::id())
}

/// A fresh embedded directory with the account that holds the delegated rights.
pub(crate) struct Fresh {
    pub subject: Subject,
    site: Site,
}

impl Fresh {
    pub async fn stand(settings: Value) -> Self {
        let run = run_name();
        let clock = SystemClock::shared();
        let mut site = ground::site(WorldKind::Embedded, &run, parts(), clock, &Quiet)
            .await
            .unwrap();
        let subject = ground::own(&mut site, &run, &settings).await.unwrap();
        Self { subject, site }
    }

    pub async fn stop(&mut self) {
        self.site.tear_down().await.unwrap();
    }
}

/// What the probes of some groups find on an embedded directory with these settings.
async fn report(settings: Value, groups: &[Group]) -> Report {
    let mut suite = Conformance::new(&run_name(), parts(), SystemClock::shared()).with(settings);
    suite.stand_up(&Target::Own(WorldKind::Embedded), &Quiet).await.unwrap();
    let report = suite.probe(groups, &Quiet).await;
    suite.tear_down().await.unwrap();
    report.unwrap()
}

fn unexplained(report: &Report) -> BTreeSet<&'static str> {
    let wrong = report
        .outcomes
        .iter()
        .filter(|outcome| outcome.ended == Ended::Unexplained);
    wrong.map(|outcome| outcome.probe).collect()
}

#[test]
fn probes_are_many_and_each_is_told_of() {
    let all = catalogue();
    assert!(all.len() >= 80, "{}", all.len());
    let names: BTreeSet<_> = all.iter().map(|probe| probe.name).collect();
    assert_eq!(names.len(), all.len(), "every name is used once");
    for probe in &all {
        assert!(probe.shows.ends_with('.') && !probe.source.is_empty(), "{}", probe.name);
    }
    let groups: BTreeSet<_> = all.iter().map(|probe| probe.group).collect();
    assert_eq!(groups.len(), Group::ALL.len());
}

#[test]
fn every_probe_tells_something() {
    for (_, probe) in probes::all() {
        assert!(!probe.expected().is_empty(), "{} expects nothing", probe.name);
    }
}

#[test]
fn every_known_difference_is_of_a_probe_and_differs() {
    let probes = probes::all();
    for row in KNOWN {
        let (_, probe) = probes
            .iter()
            .find(|(_, probe)| probe.name == row.probe)
            .expect(row.probe);
        assert_ne!(
            probe.expected().join("; "),
            row.answers,
            "{} on {:?}",
            row.probe,
            row.on
        );
        assert!(!row.reason.is_empty());
    }
    let mut rows: Vec<_> = KNOWN
        .iter()
        .map(|row| (row.probe, row.on.name(), row.answers))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), KNOWN.len(), "no row stands twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_directory_has_no_unexplained_difference_and_the_table_is_not_stale() {
    let report = report(Value::Null, &[]).await;
    assert_eq!(unexplained(&report), BTreeSet::new());
    assert!(report.stale.is_empty(), "{:?}", report.stale);
    assert_eq!(report.count(Ended::Skipped), 0);
    let json: Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["probes"], json!(report.ran()));
    let differences = json["differences"].as_array().unwrap();
    assert_eq!(
        json["passed"].as_u64().unwrap() as usize + differences.len(),
        report.ran()
    );
    assert!(differences.iter().all(|difference| difference["known"] == json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_password_that_still_binds_is_found() {
    let report = report(json!({ "old_password_allowed": "1h" }), &[Group::Binds]).await;
    let wrong = unexplained(&report);
    assert!(wrong.contains("bind-old-password-after-reset"), "{wrong:?}");
    assert!(wrong.contains("bind-old-password-after-change"), "{wrong:?}");
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_are_missing_or_reach_too_far_are_found() {
    let delegation = |ous: &str, rights: &[&str]| {
        json!({ "delegations": [{
            "principal": crate::names::service_account_dn("probe.test"),
            "ous": [ous],
            "rights": rights,
        }]})
    };
    let (everything, people) = ("DC=probe,DC=test", "OU=People,DC=probe,DC=test");
    let all = [
        "reset_password",
        "change_password",
        "write_lockout_time",
        "write_pwd_last_set",
        "unexpire_password",
    ];
    let too_far = report(delegation(everything, &all), &[Group::Rights]).await;
    let wrong = unexplained(&too_far);
    assert!(
        wrong.contains("agent-reset-outside") && wrong.contains("agent-unlock-outside"),
        "{wrong:?}"
    );
    let missing = report(
        delegation(people, &["reset_password", "write_lockout_time"]),
        &[Group::Rights],
    )
    .await;
    let wrong = unexplained(&missing);
    assert!(
        wrong.contains("agent-reset-unexpires") && wrong.contains("agent-forces-change"),
        "{wrong:?}"
    );
    assert!(!wrong.contains("agent-unlocks"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_somebody_gave_is_left_as_it_was() {
    let mut fresh = Fresh::stand(Value::Null).await;
    let names = async |subject: &Subject| {
        let mut admin = subject.as_admin().await.unwrap();
        let query = crate::ldap::raw::Query {
            base: &subject.base,
            scope: ldap3::Scope::Subtree,
            filter: "(objectClass=*)",
            attributes: &["1.1"],
            limit: 0,
        };
        let found = admin.find(query).await.unwrap();
        found.entries.into_iter().map(|entry| entry.dn).collect::<BTreeSet<_>>()
    };
    let before = names(&fresh.subject).await;
    let unit = Unit::draw(&fresh.subject, &RunKey::new()).unwrap();
    unit.make(&fresh.subject).await.unwrap();
    run::run(&fresh.subject, &unit, &[Group::Policies, Group::Searches], &Quiet)
        .await
        .unwrap();
    assert!(names(&fresh.subject).await.len() > before.len());
    unit.remove(&fresh.subject).await.unwrap();
    assert_eq!(names(&fresh.subject).await, before);
    fresh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_laboratory_is_refused_before_any_password_is_sent() {
    let mut suite = Conformance::new(&run_name(), parts(), SystemClock::shared());
    let given = |url: &str| {
        Target::Given(Given {
            url: url.to_owned(),
            ca_file: "nowhere.pem".into(),
            bind_dn: "CN=Administrator".to_owned(),
            password: vocabulary::Password::new("x".to_owned()),
            agent: None,
            below: None,
        })
    };
    for url in ["ldaps://login.microsoftonline.com", "ldap://dc1.corp.test", "ldaps://"] {
        let refused = suite.stand_up(&given(url), &Quiet).await;
        assert!(
            matches!(refused, Err(EnvironmentError::Interlock(_))),
            "{url}: {refused:?}"
        );
    }
    suite.tear_down().await.unwrap();
}
