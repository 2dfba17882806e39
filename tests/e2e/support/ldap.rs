//! A directory as OpenLDAP's own tools see it: certificates verified, passwords in files.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::tool::{Ended, fed, secret_file};

/// LDAP result codes (RFC 4511 appendix A), which the tools end with.
const INVALID_CREDENTIALS: i32 = 49;

/// Who binds: a name, and the file that holds the password.
pub type Who<'a> = (&'a str, &'a Path);

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
    fn tool(&self, program: &str, who: Option<Who<'_>>) -> Command {
        let mut command = Command::new(program);
        command
            .env("LDAPTLS_CACERT", &self.ca_file)
            .env("LDAPTLS_REQCERT", "demand");
        command.args(["-x", "-H", &self.url, "-o", "nettimeout=10"]);
        if let Some((name, password_file)) = who {
            command.args(["-D", name, "-y"]).arg(password_file);
        }
        command
    }

    /// Runs a tool; nobody binds as anonymous.
    pub fn run(&self, program: &str, who: Option<Who<'_>>, arguments: &[&str], input: &str) -> Ended {
        let mut tool = self.tool(program, who);
        tool.args(arguments);
        fed(tool, input)
    }

    /// `ldapsearch`, its lines unwrapped.
    pub fn search(&self, who: Option<Who<'_>>, arguments: &[&str]) -> Ended {
        let mut all = vec!["-o", "ldif-wrap=no"];
        all.extend(arguments);
        self.run("ldapsearch", who, &all, "")
    }

    /// A file for a password, which only its owner reads.
    pub fn password_file(&self, password: &str) -> PathBuf {
        secret_file(self.folder.path(), password)
    }

    /// One attribute of one entry, read by whoever's password stands in the file.
    pub fn read(&self, reader: Who<'_>, dn: &str, attribute: &str) -> String {
        let answer = self.search(Some(reader), &["-s", "base", "-b", dn, "(objectClass=*)", attribute]);
        match answer.entries().as_slice() {
            [entry] if entry.has(attribute) => entry.one(attribute).to_owned(),
            _ => panic!("{attribute} of {dn} on {}: {answer:?}", self.url),
        }
    }

    /// Whether this password opens the account. Any other end than "yes" and "wrong" is no answer.
    pub fn binds(&self, dn: &str, password: &str) -> bool {
        let answer = self.bind(dn, password);
        match answer.code {
            0 => true,
            INVALID_CREDENTIALS => false,
            _ => panic!("bind as {dn} on {}: {answer:?}", self.url),
        }
    }

    /// A bind, and who the directory then says this is.
    pub fn bind(&self, name: &str, password: &str) -> Ended {
        self.run("ldapwhoami", Some((name, &self.password_file(password))), &[], "")
    }

    /// Whether the tools refuse to talk to it at all when they trust this file instead.
    pub fn is_refused_by(&self, ca_file: &Path, who: Who<'_>) -> bool {
        let other = Self::new(&self.url, ca_file);
        other.is_refused(who)
    }

    /// Whether the tools refuse to talk to it, and do so because of its certificate: unverified they would.
    pub fn is_refused(&self, who: Who<'_>) -> bool {
        let mut careless = self.tool("ldapwhoami", Some(who));
        careless.env("LDAPTLS_REQCERT", "never");
        fed(careless, "").expect_success("somebody answers there");
        let answer = self.run("ldapwhoami", Some(who), &[], "");
        answer.code != 0 && answer.stderr.contains("Can't contact LDAP server")
    }
}
