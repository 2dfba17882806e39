//! `wblab down`: ends worlds that stay, and removes what dead ones left.

use std::path::Path;
use std::time::Duration;

use engine::clock::wait;
use environment::EnvironmentError;

use crate::args::DownArguments;
use crate::error::{CliError, Exit};
use crate::progress::say;
use crate::registry::{Entry, entries};

const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 1200;

pub(crate) async fn down(arguments: &DownArguments) -> Result<Exit, CliError> {
    let wanted = |entry: &Entry| arguments.run.as_deref().is_none_or(|run| same(run, &entry.run_dir));
    let standing: Vec<_> = entries().into_iter().filter(|(_, entry)| wanted(entry)).collect();
    if standing.is_empty() {
        say("no world stands");
    }
    for (file, entry) in standing {
        if entry.lives() {
            entry.ask_to_end();
            end_of(&entry, &file).await?;
        }
        // Whoever ends in order removes it; a dead one's file is removed here.
        let _ = std::fs::remove_file(&file);
        environment::forget_run(&entry.run).await?;
        say(&format!("{} is down", entry.run));
    }
    Ok(Exit::Pass)
}

fn same(run: &Path, run_dir: &Path) -> bool {
    run.canonicalize().is_ok_and(|run| run == run_dir)
}

async fn end_of(entry: &Entry, file: &Path) -> Result<(), CliError> {
    for _ in 0..LOOKS_MAX {
        if !entry.lives() || !file.exists() {
            return Ok(());
        }
        wait(LOOK_AGAIN).await;
    }
    Err(CliError::World(EnvironmentError::NotReady {
        part: format!("the end of process {}", entry.pid),
        cause: "it goes on: kill it and run `wblab down` again".to_owned(),
    }))
}
