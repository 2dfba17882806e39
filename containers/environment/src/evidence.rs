//! What a world has written down: logs and command lines, for the search for secrets.

use std::fs;
use std::path::Path;

use crate::EnvironmentError;
use crate::scan::Source;

/// Keeps something among the logs.
pub(crate) fn write_log(logs: &Path, name: &str, content: &[u8]) -> Result<(), EnvironmentError> {
    let path = logs.join(name);
    fs::write(&path, content).map_err(|source| EnvironmentError::File { path, source })
}

/// Every log.
pub(crate) fn log_sources(logs: &Path) -> Result<Vec<Source>, EnvironmentError> {
    let failed = |source| EnvironmentError::File {
        path: logs.to_owned(),
        source,
    };
    let mut sources = Vec::new();
    for entry in fs::read_dir(logs).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = format!("logs/{}", path.file_name().unwrap_or_default().to_string_lossy());
        let content = fs::File::open(&path).map_err(|source| EnvironmentError::File { path, source })?;
        sources.push(Source {
            name,
            content: Box::new(content),
        });
    }
    Ok(sources)
}

/// The command line and the environment of every process of this machine that may be read and is ours or our child's.
pub(crate) fn command_lines() -> Vec<Source> {
    let own = std::process::id().to_string();
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ours = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1))
            .unwrap_or_default()
            .to_owned();
        pid == own || parent == own
    };
    let processes = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    processes
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && ours(name))
        .flat_map(|pid| ["cmdline", "environ"].map(|file| format!("/proc/{pid}/{file}")))
        .filter_map(|path| {
            let content = fs::read(&path).ok()?;
            Some(Source {
                name: path,
                content: Box::new(std::io::Cursor::new(content)),
            })
        })
        .collect()
}
