//! After the seal: judging, drawing, and one more search for secrets over every finished file.

use std::fs;
use std::path::{Path, PathBuf};

use environment::{Scan, Source};
use history::{Finding, Mark, RunFolder};
use judge::Judgement;
use vocabulary::Password;

use crate::ci::announce;
use crate::error::CliError;
use crate::progress::{is_watched, print, say};

/// The finding of the search after drawing.
const LEAKS: &str = "no-secret-in-reports";

/// Judges a sealed folder and writes everything that people and machines read of it.
pub(crate) fn judge_and_draw(folder: &RunFolder, secrets: &[Password], draw: bool) -> Result<Judgement, CliError> {
    let earlier = folder
        .verdict()
        .ok()
        .and_then(|verdict| verdict.findings.into_iter().find(|one| one.check == LEAKS));
    let mut judgement = judge::judge(folder)?;
    folder.write_verdict(&judgement.verdict)?;
    if draw {
        reports::write(folder, &judgement)?;
    }
    // Only the run itself knows its secrets; what it found then stands whenever the folder is judged again.
    if let Some(finding) = leaks(folder, secrets)?.or(earlier) {
        judgement.verdict.verdict = Mark::Fail;
        judgement.verdict.findings.push(finding);
        folder.write_verdict(&judgement.verdict)?;
    }
    Ok(judgement)
}

/// Prints the verdict, for a machine or for people, and tells the job that this is in, if it is one.
pub(crate) fn tell(folder: &RunFolder, judgement: &Judgement, json: bool) -> Result<(), CliError> {
    let manifest = folder.manifest()?;
    announce(folder, judgement, &manifest);
    if json {
        let line = serde_json::to_string(&judgement.verdict).map_err(|error| CliError::Usage(error.to_string()))?;
        print(&line);
        return Ok(());
    }
    print(&if is_watched() {
        reports::terminal_in_colour(judgement, &manifest)
    } else {
        reports::terminal(judgement, &manifest)
    });
    if judgement.verdict.verdict != Mark::Pass {
        say(&format!("replay it: {}", judgement.verdict.reproduce));
    }
    let page = folder.path("report.html");
    let shown = if page.exists() { page } else { folder.root().to_owned() };
    print(&shown.display().to_string());
    Ok(())
}

/// A file that holds a password is removed, and named; the verdict is then fail whatever else was found.
fn leaks(folder: &RunFolder, secrets: &[Password]) -> Result<Option<Finding>, CliError> {
    if secrets.is_empty() {
        return Ok(None);
    }
    let mut places = Vec::new();
    for path in files(folder.root())? {
        let name = path.strip_prefix(folder.root()).unwrap_or(&path).display().to_string();
        let content = fs::File::open(&path).map_err(|source| CliError::File {
            doing: "read",
            path,
            source,
        })?;
        places.push(Source {
            name,
            content: Box::new(content),
        });
    }
    let record = Scan::new(secrets.iter()).search(places)?;
    for hit in &record.hits {
        let path = folder.path(hit);
        fs::remove_file(&path).map_err(|source| CliError::File {
            doing: "remove",
            path,
            source,
        })?;
    }
    if record.hits.is_empty() && record.canary {
        return Ok(None);
    }
    let why = if record.canary {
        "a finished file held a password and was removed"
    } else {
        "the search found no canary"
    };
    Ok(Some(Finding {
        check: LEAKS.to_owned(),
        verdict: Mark::Fail,
        checked: record.places,
        violations: record.hits,
        why: why.to_owned(),
    }))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |source| CliError::File {
        doing: "read",
        path: folder.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
