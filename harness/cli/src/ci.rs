//! What a run says to the job that it is in.

use std::fs::OpenOptions;
use std::io::Write as _;

use history::{Manifest, RunFolder};
use judge::Judgement;

use crate::progress::say;

/// Within GitHub Actions: annotations, and the summary on the job's page. Anywhere else nothing.
///
/// The runner reads both streams; the standard error leaves the standard output to `--json`.
pub(crate) fn announce(folder: &RunFolder, judgement: &Judgement, manifest: &Manifest) {
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        for line in reports::annotations(judgement, manifest) {
            say(&line);
        }
    }
    if let Ok(page) = std::env::var("GITHUB_STEP_SUMMARY")
        && !page.is_empty()
        && let Err(error) = summarise(folder, &page)
    {
        // A job's page is a convenience: the verdict stands without it.
        say(&format!("could not append the summary to {page}: {error}"));
    }
}

/// Appends `summary.md`; a run that was not drawn has none.
fn summarise(folder: &RunFolder, page: &str) -> std::io::Result<()> {
    let summary = match std::fs::read(folder.path("summary.md")) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        summary => summary?,
    };
    let mut page = OpenOptions::new().append(true).create(true).open(page)?;
    page.write_all(&summary)?;
    page.write_all(b"\n")
}
