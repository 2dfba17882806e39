//! A directory as OpenLDAP's own tools see it: certificates verified, passwords in files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// LDAP result codes (RFC 4511 appendix A), which the tools end with.
const INVALID_CREDENTIALS: i32 = 49;

/// One domain controller.
pub struct Directory {
    pub url: String,
    pub ca_file: PathBuf,
    folder: TempDir,
}

impl Directory {
    pub fn new(url: &str, ca_file: &Path) -> Self {
        Self {
            url: url.to_owned(),
            ca_file: ca_file.to_owned(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A tool that trusts this world's authority alone.
    fn tool(&self, program: &str, dn: &str, password_file: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env("LDAPTLS_CACERT", &self.ca_file)
            .env("LDAPTLS_REQCERT", "demand");
        command.args(["-x", "-H", &self.url, "-o", "nettimeout=10", "-D", dn, "-y"]);
        command.arg(password_file);
        command
    }

    /// One attribute of one entry, read by whoever's password stands in the file.
    pub fn read(&self, reader: (&str, &Path), dn: &str, attribute: &str) -> String {
        let mut tool = self.tool("ldapsearch", reader.0, reader.1);
        let answer = tool.args([
            "-LLL",
            "-o",
            "ldif-wrap=no",
            "-s",
            "base",
            "-b",
            dn,
            "(objectClass=*)",
            attribute,
        ]);
        let answer = answer.output().unwrap();
        let text = String::from_utf8_lossy(&answer.stdout);
        let start = format!("{attribute}: ");
        let value = text.lines().find_map(|line| line.strip_prefix(&start));
        value
            .unwrap_or_else(|| panic!("{attribute} of {dn} on {}: {}", self.url, said(&answer)))
            .to_owned()
    }

    /// Whether this password opens the account. Any other end than "yes" and "wrong" is no answer.
    pub fn binds(&self, dn: &str, password: &str) -> bool {
        let file = self.folder.path().join("password");
        fs::write(&file, password).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let answer = self.tool("ldapwhoami", dn, &file).output().unwrap();
        match answer.status.code() {
            Some(0) => true,
            Some(INVALID_CREDENTIALS) => false,
            _ => panic!("bind as {dn} on {}: {}", self.url, said(&answer)),
        }
    }

    /// Whether the tools refuse to talk to it at all when they trust this file instead.
    pub fn is_refused_by(&self, ca_file: &Path, dn: &str, password_file: &Path) -> bool {
        let mut tool = self.tool("ldapwhoami", dn, password_file);
        let answer = tool.env("LDAPTLS_CACERT", ca_file).output().unwrap();
        !answer.status.success() && String::from_utf8_lossy(&answer.stderr).contains("Can't contact LDAP server")
    }
}

fn said(answer: &Output) -> String {
    format!(
        "{}\n{}{}",
        answer.status,
        String::from_utf8_lossy(&answer.stdout),
        String::from_utf8_lossy(&answer.stderr)
    )
}
