//! Programs of other people: what goes in, and how they end.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::ldif::{Entry, entries};

/// How a tool ended.
#[derive(Debug)]
pub struct Ended {
    /// Of OpenLDAP's tools the LDAP result code, or 255 where there was no answer.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    fn new(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// It ended with this code and said this.
    #[track_caller]
    pub fn expect(self, code: i32, text: &str, rule: &str) -> Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(self.code == code && said, "{rule}: {code} and {text:?}, not {self:?}");
        self
    }

    /// It did what was asked.
    #[track_caller]
    pub fn expect_success(self, rule: &str) -> Self {
        self.expect(0, "", rule)
    }

    /// The entries that it printed.
    pub fn entries(&self) -> Vec<Entry> {
        entries(&self.stdout)
    }
}

/// What a program answers to its standard input.
pub fn fed(mut command: Command, input: &str) -> Ended {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A tool that ends before it reads says why on its own.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ended::new(&child.wait_with_output().unwrap())
}

/// A file of that folder, which only its owner reads.
pub fn secret_file(folder: &Path, content: &str) -> PathBuf {
    let mut file = tempfile::NamedTempFile::new_in(folder).unwrap();
    file.write_all(content.as_bytes()).unwrap();
    let path = file.into_temp_path().keep().unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}
