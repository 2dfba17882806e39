//! What a run may leave behind, and its removal.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{EnvironmentError, docker};

/// What the folders of secrets are named with, before the run's name.
const PREFIX: &str = "wblab-";

/// Removes what a run that is over may have left: its containers and networks, and its folder of secrets.
///
/// # Errors
/// [`EnvironmentError`] when something would not go. A machine without a Docker engine has nothing of the kind.
pub async fn forget_run(run: &str) -> Result<(), EnvironmentError> {
    match docker::remove_run(run).await {
        Ok(()) | Err(EnvironmentError::DockerUnreachable(_)) => remove_folder(&secret_folder(run)),
        Err(error) => Err(error),
    }
}

/// Where files with secrets of a run stand: outside the run folder, gone with the world.
pub(crate) fn secret_folder(run: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{PREFIX}{run}"))
}

/// Removes a folder; one that is gone already is no error.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), EnvironmentError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(EnvironmentError::File {
            path: folder.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Removes the secrets of runs whose process is gone, and names those runs. A run's name ends with its process's number.
pub(crate) fn sweep_folders() -> Vec<String> {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return Vec::new();
    };
    let names = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok());
    let dead = names
        .filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned))
        .filter(|run| is_dead(run));
    dead.filter(|run| remove_folder(&secret_folder(run)).is_ok()).collect()
}

fn is_dead(run: &str) -> bool {
    let Some((rest, process)) = run.rsplit_once('-') else {
        return false;
    };
    let numbered = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit()) && rest.contains('-');
    numbered && !Path::new("/proc").join(process).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_run_is_left_alone() {
        let own = format!("20261123t090000z-1-{}", std::process::id());
        assert!(!is_dead(&own));
        assert!(
            is_dead("20261123t090000z-1-4194305"),
            "no process has a number above the kernel's largest"
        );
        assert!(!is_dead("standing") && !is_dead("x-y") && !is_dead("4194305"));
    }
}
