//! What a machine may lack: a test without it is skipped loudly, unless it was said to be required.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::root;

/// Names in this variable, separated by commas, must be there: then a lack is a failure.
const REQUIRED: &str = "WBLAB_REQUIRE";

/// OpenLDAP's tools, of Debian's `ldap-utils`.
const OPENLDAP: [&str; 7] = [
    "ldapsearch",
    "ldapmodify",
    "ldapadd",
    "ldapdelete",
    "ldapmodrdn",
    "ldapcompare",
    "ldapwhoami",
];
/// MIT's and Samba's, of Debian's `krb5-user` and `smbclient`.
const KERBEROS: [&str; 3] = ["kinit", "kdestroy", "smbclient"];

/// Whether the machine has it.
///
/// # Panics
/// When it is absent and `WBLAB_REQUIRE` lists it.
pub fn require(need: &str) -> bool {
    let Err(lack) = look_for(need) else { return true };
    let required = std::env::var(REQUIRED).unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == need),
        "{REQUIRED} asks for {need}, but {lack}"
    );
    // Past the capture of the test harness: nobody may take a skipped test for a passed one.
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(
        std::io::stderr(),
        "\n*** SKIPPED {name}: it needs {need}, but {lack} ***\n"
    );
    false
}

fn look_for(need: &str) -> Result<(), String> {
    match need {
        "docker" => runs("docker", &["version"]),
        "chromium" => runs(chromium(), &["--version"]),
        "python" => with_packages(),
        "openldap" => OPENLDAP.into_iter().try_for_each(installed),
        "kerberos" => KERBEROS.into_iter().try_for_each(installed),
        "curl" => runs("curl", &["--version"]),
        "openssl" => runs("openssl", &["version"]),
        "xmllint" => installed("xmllint"),
        other => Err(format!("nobody knows what {other} is")),
    }
}

/// The name that this machine's Chromium goes by.
pub fn chromium() -> &'static str {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names
        .into_iter()
        .find(|name| installed(name).is_ok())
        .unwrap_or("chromium")
}

/// The Python that `.ci/python` furnishes with the packages of `tests/fixtures/python/requirements.txt`.
pub fn python() -> PathBuf {
    root().join("target/python/bin/python")
}

/// Every package that a script of the fixtures imports; looking for one does not load it.
const LOOK: &str = "from importlib.util import find_spec as f\n\
    n = 'ldap3 duckdb pandas pyarrow junitparser prometheus_client check_jsonschema ruamel.yaml'.split()\n\
    exit(not all(map(f, n)))";

fn with_packages() -> Result<(), String> {
    let looked = Command::new(python()).args(["-c", LOOK]).output();
    let furnished = looked.is_ok_and(|output| output.status.success());
    furnished
        .then_some(())
        .ok_or_else(|| format!("{} lacks a package; .ci/python furnishes it", python().display()))
}

fn installed(program: &str) -> Result<(), String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    found.then_some(()).ok_or_else(|| format!("{program} is not installed"))
}

fn runs(program: &str, arguments: &[&str]) -> Result<(), String> {
    installed(program)?;
    let ended = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{program} {}` ends with {status}", arguments.join(" "))),
        Err(error) => Err(format!("{program} does not start: {error}")),
    }
}
