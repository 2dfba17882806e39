//! A world that `wblab up --json` keeps.

use std::time::Duration;

use environment::Description;
use serde_json::Value;

use super::curl::text_of;
use super::{Curl, Finished, Job, Started, eventually};

/// A domain of Samba may take its time, with images that are made first.
const UP_WITHIN: Duration = Duration::from_secs(600);

/// A world that stands, with what it said of itself.
pub struct Standing {
    job: Started,
    /// The one line, as it was printed.
    pub line: Value,
    /// The same, read.
    pub told: Description,
}

/// A person of a standing world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    pub upn: String,
    pub sam: String,
    pub dn: String,
    pub password: String,
}

impl Standing {
    /// Starts it and waits until it is ready.
    pub fn up(arguments: &[&str], sets: &[&str]) -> Self {
        let mut job = Job::new(&["up"])
            .with(arguments)
            .sets(sets)
            .with(&["--json"])
            .into_out()
            .start();
        let printed = eventually(UP_WITHIN, "the line of a world that is ready", || {
            let printed = job.printed();
            assert!(
                printed.ends_with('\n') || !job.has_ended(),
                "it ended early:\n{}",
                job.said()
            );
            printed.ends_with('\n').then_some(printed)
        });
        assert_eq!(printed.lines().count(), 1, "one line of JSON: {printed}");
        let line = serde_json::from_str(&printed).unwrap();
        let told = serde_json::from_str(&printed).unwrap();
        Self { job, line, told }
    }

    pub fn pid(&self) -> u32 {
        self.job.pid()
    }

    /// A client that trusts this world alone and opens the laboratory.
    pub fn curl(&self) -> Curl {
        let curl = Curl::trusting(&text_of(&self.told.ca_file));
        curl.header("lab-token", &text_of(&self.told.lab_token_file))
    }

    /// Everyone.
    pub fn residents(&self) -> Vec<Resident> {
        let text = text_of(&self.told.people_file);
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("upn,sam,dn,initial_password"));
        lines
            .map(|line| resident(line).unwrap_or_else(|| panic!("a person's row: {line}")))
            .collect()
    }

    /// `wblab down`, and what the process left.
    pub fn down(self) -> Finished {
        let tmp = self.job.tmp();
        let down = Job::new(&["down"])
            .with(&[self.told.run_dir.to_str().unwrap()])
            .tmp(&tmp)
            .finish();
        down.expect_code(0, "`wblab down` takes a standing world down");
        self.job.finish()
    }
}

/// Four quoted fields (RFC 4180).
fn resident(line: &str) -> Option<Resident> {
    let inner = line.strip_prefix('"')?.strip_suffix('"')?;
    let fields: Vec<String> = inner.split("\",\"").map(|field| field.replace("\"\"", "\"")).collect();
    let [upn, sam, dn, password] = <[String; 4]>::try_from(fields).ok()?;
    Some(Resident { upn, sam, dn, password })
}
