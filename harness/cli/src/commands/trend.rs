//! `wblab trend`: what became of the goals over many runs.

use std::fs;
use std::path::{Path, PathBuf};

use history::RunFolder;
use judge::trend::{Change, LeftOut, Trend, TrendAsked, TrendGroup, TrendLine, TrendRun, trend as trend_of};
use serde_json::{Value, json};

use crate::args::TrendArguments;
use crate::error::{CliError, Exit};
use crate::progress::{print, say};

pub(crate) fn trend(arguments: &TrendArguments) -> Result<Exit, CliError> {
    let found = Found::below(&arguments.dir)?;
    let since = arguments.since as usize;
    let asked = TrendAsked {
        since,
        any_plan: arguments.any_plan,
    };
    let mut trend = trend_of(found.runs, asked);
    trend.left_out.extend(found.left_out);
    trend.left_out.sort_by(|one, other| one.folder.cmp(&other.folder));
    let page = arguments
        .out
        .clone()
        .unwrap_or_else(|| arguments.dir.join("trend.html"));
    write(&page, &reports::trend_page(&trend, since)?)?;
    if let Some(path) = &arguments.summary {
        write(path, &reports::trend_summary(&trend, since))?;
    }
    if let Some(path) = &arguments.junit {
        write(path, &reports::trend_junit(&trend)?)?;
    }
    if arguments.json {
        print(&told(&trend).to_string());
        say(&page.display().to_string());
    } else {
        print(&reports::trend_terminal(&trend, since));
        print(&page.display().to_string());
    }
    Ok(trend.verdict.into())
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    fs::write(path, text).map_err(|source| CliError::File {
        doing: "write",
        path: path.to_owned(),
        source,
    })
}

/// What stands below a folder.
#[derive(Default)]
struct Found {
    runs: Vec<TrendRun>,
    left_out: Vec<LeftOut>,
}

impl Found {
    /// Every run folder, read by all processors; what cannot be read is named and never the end.
    fn below(dir: &Path) -> Result<Self, CliError> {
        let (folders, mut left_out) = folders(dir)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let part = folders.len().div_ceil(threads).max(1);
        let read: Vec<Result<TrendRun, LeftOut>> = std::thread::scope(|scope| {
            let parts = folders.chunks(part);
            let parts: Vec<_> = parts
                .map(|part| scope.spawn(move || part.iter().map(|folder| read(dir, folder)).collect::<Vec<_>>()))
                .collect();
            // A thread that died read nothing; its folders would be missing in silence.
            parts
                .into_iter()
                .zip(folders.chunks(part))
                .flat_map(|(thread, part)| {
                    thread
                        .join()
                        .unwrap_or_else(|_| part.iter().map(|folder| Err(died(dir, folder))).collect())
                })
                .collect()
        });
        let mut runs = Vec::with_capacity(read.len());
        for one in read {
            match one {
                Ok(run) => runs.push(run),
                Err(folder) => left_out.push(folder),
            }
        }
        Ok(Self { runs, left_out })
    }
}

/// Every folder with a manifest or a verdict below one, in the order of their names; what is within one of those is not looked at.
fn folders(dir: &Path) -> Result<(Vec<PathBuf>, Vec<LeftOut>), CliError> {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        if ["manifest.json", "verdict.json"]
            .iter()
            .any(|name| folder.join(name).is_file())
        {
            found.push(folder);
            continue;
        }
        match below(&folder) {
            Ok(folders) => open.extend(folders),
            Err(source) if folder == dir => {
                return Err(CliError::File {
                    doing: "read",
                    path: folder,
                    source,
                });
            }
            Err(source) => left_out.push(LeftOut {
                folder: shown(dir, &folder),
                why: format!("it could not be read: {source}"),
            }),
        }
    }
    found.sort();
    Ok((found, left_out))
}

/// The folders in one; a link is not followed, so that none is met twice.
fn below(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

fn shown(dir: &Path, folder: &Path) -> String {
    let below = folder.strip_prefix(dir).unwrap_or(folder);
    if below.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        below.display().to_string()
    }
}

fn died(dir: &Path, folder: &Path) -> LeftOut {
    LeftOut {
        folder: shown(dir, folder),
        why: "reading it did not end well".to_owned(),
    }
}

fn read(dir: &Path, path: &Path) -> Result<TrendRun, LeftOut> {
    let folder = shown(dir, path);
    let left_out = |why: String| LeftOut {
        folder: folder.clone(),
        why,
    };
    if !path.join("manifest.json").is_file() {
        return Err(left_out("it has a verdict.json and no manifest.json".to_owned()));
    }
    let opened = RunFolder::open(path).map_err(|error| left_out(error.to_string()))?;
    let manifest = opened.manifest().map_err(|error| left_out(error.to_string()))?;
    if !path.join("verdict.json").is_file() {
        let judge = format!("it was never judged: wblab report {}", path.display());
        return Err(left_out(judge));
    }
    let verdict = opened.verdict().map_err(|error| left_out(error.to_string()))?;
    Ok(TrendRun {
        folder,
        manifest,
        verdict,
    })
}

fn told(trend: &Trend) -> Value {
    let left_out = trend.left_out.iter();
    let left_out: Vec<Value> = left_out
        .map(|folder| json!({ "folder": folder.folder, "why": folder.why }))
        .collect();
    let groups: Vec<Value> = trend.groups.iter().map(group).collect();
    json!({ "verdict": trend.verdict, "groups": groups, "left_out": left_out })
}

fn group(group: &TrendGroup) -> Value {
    let runs = group.runs.iter().map(|run| {
        json!({
            "folder": run.folder,
            "run": run.run,
            "started_unix_ms": run.started_unix_ms,
            "seed": run.seed,
            "versions": run.versions.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "verdict": run.verdict,
            "doubt": run.doubt,
        })
    });
    json!({
        "scenario": group.scenario,
        "world": group.world,
        "machine": group.machine,
        "plan_hash": group.plan_hash,
        "runs": runs.collect::<Vec<Value>>(),
        "goals": group.lines.iter().map(|line| goal(group, line)).collect::<Vec<Value>>(),
    })
}

fn goal(group: &TrendGroup, line: &TrendLine) -> Value {
    let points = line
        .points
        .iter()
        .map(|point| json!({ "run": point.run, "value": point.value, "verdict": point.mark, "used": point.counts }));
    json!({
        "goal": line.goal,
        "limit": line.limit,
        "verdict": line.verdict,
        "points": points.collect::<Vec<Value>>(),
        "changes": line.changes.iter().map(|one| change(group, one)).collect::<Vec<Value>>(),
    })
}

fn change(group: &TrendGroup, change: &Change) -> Value {
    let differs = change.differs.iter();
    let differs: Vec<Value> = differs
        .map(|differs| json!({ "what": differs.what, "before": differs.before, "after": differs.after }))
        .collect();
    json!({
        "run": change.run,
        "name": group.runs.get(change.run).map(|run| &run.run),
        "before": change.before,
        "after": change.after,
        "p": change.p,
        "runs_since": change.lasted,
        "worse": change.worse,
        "stands": change.stands,
        "new": change.fresh,
        "differs": differs,
    })
}
