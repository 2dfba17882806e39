//! Where the parts' words go: to a file each in a run, to the standard output as JSON in a container.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Metadata;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// What is logged: the parts in full, libraries only when they warn. `ldap3_proto` never: it logs whole messages.
const FILTER: &str =
    "warn,ldap3_proto=off,agent=info,cloud=info,directory=info,environment=info,gateway=info,relay=info";

/// One log file for each crate that speaks.
#[derive(Debug, Clone)]
struct PartLogs {
    folder: PathBuf,
    files: Arc<Mutex<HashMap<String, File>>>,
}

/// A writer to one of the files, or to nothing when it cannot be opened.
struct PartWriter {
    logs: PartLogs,
    part: String,
}

impl<'a> MakeWriter<'a> for PartLogs {
    type Writer = PartWriter;

    fn make_writer(&'a self) -> PartWriter {
        PartWriter {
            logs: self.clone(),
            part: "wblab".to_owned(),
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> PartWriter {
        let part = metadata.target().split("::").next().unwrap_or("wblab").to_owned();
        PartWriter {
            logs: self.clone(),
            part,
        }
    }
}

impl Write for PartWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut files = self.logs.files.lock().unwrap_or_else(PoisonError::into_inner);
        if !files.contains_key(&self.part) {
            let path = self.logs.folder.join(format!("{}.log", self.part));
            files.insert(
                self.part.clone(),
                OpenOptions::new().create(true).append(true).open(path)?,
            );
        }
        match files.get_mut(&self.part) {
            Some(file) => file.write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on each part's words go to a file of its own in this folder.
pub(crate) fn to_folder(folder: &Path) {
    let logs = PartLogs {
        folder: folder.to_owned(),
        files: Arc::default(),
    };
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new(FILTER))
        .with_writer(logs)
        .finish();
    // Only a test that runs twice in one process gets here twice; the first folder stays then.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// From now on all words go to the standard output, a line of JSON each.
pub(crate) fn to_stdout() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new(FILTER))
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}
