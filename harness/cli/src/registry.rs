//! Worlds that stay, so that `wblab down` finds them: one small file each in the system's temporary folder.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};

use crate::error::CliError;

/// A world that stays.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The process that keeps it.
    pub pid: i32,
    /// The run's name.
    pub run: String,
    /// The run's folder.
    pub run_dir: PathBuf,
}

/// The file of a standing world; gone when this is dropped.
pub(crate) struct Registered(PathBuf);

impl Drop for Registered {
    fn drop(&mut self) {
        // A file that stays names a process that is gone; `down` removes it.
        let _ = fs::remove_file(&self.0);
        // It goes with the last world; while another stands it is not empty and stays.
        let _ = fs::remove_dir(folder());
    }
}

fn folder() -> PathBuf {
    std::env::temp_dir().join("wblab-standing")
}

/// Makes a standing world known.
pub(crate) fn register(run: &str, run_dir: &Path) -> Result<Registered, CliError> {
    let path = folder().join(format!("{run}.json"));
    let failed = |source| CliError::File {
        doing: "write",
        path: path.clone(),
        source,
    };
    let run_dir = fs::canonicalize(run_dir).map_err(failed)?;
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    let text = serde_json::json!({ "pid": pid, "run": run, "run_dir": run_dir }).to_string();
    fs::create_dir_all(folder())
        .and_then(|()| fs::write(&path, text))
        .map_err(failed)?;
    Ok(Registered(path))
}

/// Every standing world with its file.
pub(crate) fn entries() -> Vec<(PathBuf, Entry)> {
    let Ok(files) = fs::read_dir(folder()) else {
        return Vec::new();
    };
    let read = |path: PathBuf| {
        let entry = serde_json::from_str(&fs::read_to_string(&path).ok()?).ok()?;
        Some((path, entry))
    };
    files
        .filter_map(Result::ok)
        .filter_map(|file| read(file.path()))
        .collect()
}

impl Entry {
    fn process(&self) -> Option<Pid> {
        Pid::from_raw(self.pid)
    }

    /// Whether the process that keeps it lives and is a wblab.
    pub fn lives(&self) -> bool {
        let command = fs::read_to_string(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        let ours = command.split('\0').any(|word| word == "up");
        ours && self.process().is_some_and(|pid| test_kill_process(pid).is_ok())
    }

    /// Asks the process to take its world down.
    pub fn ask_to_end(&self) {
        if let Some(pid) = self.process() {
            // It may have ended by itself in the meantime.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}
