//! The page of a run that still goes on. It claims no verdict, and loads itself anew.

use std::time::Duration;

use history::Manifest;
use judge::Judgement;
use maud::{Markup, html};

use super::shell::{refreshing, shell};
use crate::ReportError;
use crate::text::{self, clean};

/// What a run does at the moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// The phase or the step.
    pub doing: String,
    /// How much of it is over, from 0 to 1, where that is known.
    pub share: Option<f64>,
    /// How it goes, in words; may be empty.
    pub words: String,
    /// After what time the page loads itself anew.
    pub refresh: Duration,
}

impl Running {
    /// For example `measure, 43 %`.
    fn place(&self) -> String {
        let doing = clean(&self.doing);
        match self.share {
            Some(share) => format!("{doing}, {} %", text::number((share * 100.0).floor(), 0)),
            None => doing,
        }
    }
}

/// What a page of an unfinished run says of itself.
const SO_FAR: &str = "Served by writeback-lab while the run goes on, from its history so far. It holds no script and loads nothing but itself.";

/// The report of an unfinished run, judged as far as it has come.
///
/// # Errors
/// [`ReportError::Draw`].
pub fn live_page(judgement: &Judgement, manifest: &Manifest, running: &Running) -> Result<String, ReportError> {
    let said = "No verdict yet. What stands below is what the history tells so far; whether the directory holds what was \
                acknowledged is known when everyone has been probed at the end.";
    let body = super::body(judgement, manifest, &banner(running, said), SO_FAR)?;
    let title = format!("running: {}: {}", clean(&manifest.scenario), running.place());
    Ok(refreshing(&title, &body, running.refresh))
}

/// The page before anything is known.
#[must_use]
pub fn waiting_page(running: &Running) -> String {
    let body = html! {
        header { p.brand { "writeback-lab · run report" } }
        main { (banner(running, "Nothing is on record yet.")) }
        footer { p { (SO_FAR) } }
    };
    refreshing(&format!("running: {}", running.place()), &body, running.refresh)
}

/// The page of a run that has ended without a report.
#[must_use]
pub fn ended_page(said: &str) -> String {
    let body = html! {
        header { p.brand { "writeback-lab · run report" } }
        main { section.verdict.inconclusive { h2 { "ENDED" } p.headline { (said) } } }
    };
    shell("ended", &body)
}

fn banner(running: &Running, said: &str) -> Markup {
    html! {
        section.verdict.inconclusive aria-labelledby="verdict" {
            h2 id="verdict" { "RUNNING: " (running.place()) }
            @if !running.words.is_empty() { p.headline { (clean(&running.words)) } }
            p { (said) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Running {
        Running {
            doing: "measure".to_owned(),
            share: Some(0.439),
            words: "25/s offered <b>".to_owned(),
            refresh: Duration::from_secs(3),
        }
    }

    #[test]
    fn a_page_that_waits_says_what_is_done_and_loads_itself_anew() {
        let page = waiting_page(&running());
        assert!(page.contains("RUNNING: measure, 43 %"), "{page}");
        assert!(page.contains("<meta http-equiv=\"refresh\" content=\"3\">"), "{page}");
        assert!(page.contains("&lt;b&gt;") && !page.contains("<script"), "{page}");
        let unknown = Running {
            share: None,
            ..running()
        };
        assert!(
            waiting_page(&unknown).contains("RUNNING: measure<"),
            "no share is invented"
        );
    }

    #[test]
    fn an_unfinished_run_never_claims_a_verdict() {
        let manifest: Manifest = serde_json::from_str(
            r#"{"version": 1, "scenario": "quick", "why": "", "world": "embedded", "seed": 1, "plan_hash": "", "people_sha256": "",
                "arrivals_sha256": "", "sentences": [], "people": 1, "arrivals": 1, "message_lifetime_us": 1, "start_within_us": 1,
                "goals": [], "phases": [], "started_unix_ms": 0, "run": "r", "versions": {},
                "host": {"cpu": "", "cores": 1, "memory_mib": 1, "kernel": ""}, "reproduce": ""}"#,
        )
        .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let folder = history::RunFolder::create(&dir.path().join("run")).unwrap();
        folder.write_manifest(&manifest).unwrap();
        let writer = folder.writer().unwrap();
        let page = live_page(&judge::judge(&folder).unwrap(), &manifest, &running()).unwrap();
        drop(writer);
        let first_screen = page.split_once("Five figures").unwrap().0;
        for claim in ["PASS", "FAIL", "INCONCLUSIVE"] {
            assert!(!first_screen.contains(claim), "{claim}");
        }
        assert!(page.contains("No verdict yet") && page.contains("content=\"3\""));
        assert!(!ended_page("over").contains("http-equiv=\"refresh\""));
    }
}
