//! The directories that are driven: `wblab serve directory` on a processor of its own, or a Samba that stands already.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use directory::DirectoryConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tempfile::TempDir;

use super::connection::Connection;

/// The processor of the directory; the load runs on [`LOAD_CORE`].
pub const SERVER_CORE: &str = "0";
pub const LOAD_CORE: &str = "1";

const FQDN: &str = "dc1.corp.test";
const ADMIN_PASSWORD: &str = "Admin-Pass-1";

/// A directory and how to speak to it.
pub struct Target {
    pub name: &'static str,
    pub address: SocketAddr,
    pub fqdn: String,
    pub base: String,
    pub writer: String,
    pub writer_password: String,
    /// The process, where it is one of this machine that was started here.
    process: Option<u32>,
    tls: Arc<ClientConfig>,
}

impl Target {
    pub fn connect(&self) -> Connection {
        Connection::open(self.address, &self.fqdn, &self.tls)
    }

    /// Processor time that the directory has used, where that can be told.
    pub fn processor_time(&self) -> Option<Duration> {
        self.process.map(|process| processor_time(&process.to_string()))
    }

    /// The first directory of a world that `wblab up … --world docker --json` told of.
    pub fn samba(description: &Path) -> Self {
        Self::described(description, "admin")
    }

    /// The same by the account that the agent writes with, whose rights the directory must look up.
    pub fn as_agent(description: &Path) -> Self {
        Self::described(description, "agent")
    }

    fn described(description: &Path, whose: &str) -> Self {
        let text = fs::read_to_string(description).unwrap();
        let world: Value = serde_json::from_str(&text).unwrap();
        let controller = &world["directories"][0];
        let text = |value: &Value| value.as_str().expect("a text in the description").to_owned();
        let url = text(&controller["url"]);
        let place = url.trim_start_matches("ldaps://").trim_end_matches('/');
        let port = place.rsplit_once(':').map_or("636", |(_, port)| port);
        let address = format!("{}:{port}", text(&controller["address"]));
        let password = fs::read_to_string(text(&controller[format!("{whose}_password_file")])).unwrap();
        Self {
            name: "samba",
            address: address.to_socket_addrs().unwrap().next().unwrap(),
            fqdn: text(&controller["fqdn"]),
            base: text(&controller["base_dn"]),
            writer: text(&controller[format!("{whose}_bind_dn")]),
            writer_password: password.trim_end().to_owned(),
            process: None,
            tls: trusting(Path::new(&text(&world["ca_file"]))),
        }
    }

    /// A directory of [`config`] that listens somewhere.
    pub fn embedded(address: SocketAddr, folder: &Path) -> Self {
        Self {
            name: "embedded",
            address,
            fqdn: FQDN.to_owned(),
            base: "DC=corp,DC=test".to_owned(),
            writer: "CN=Administrator,CN=Users,DC=corp,DC=test".to_owned(),
            writer_password: ADMIN_PASSWORD.to_owned(),
            process: None,
            tls: trusting(&folder.join("dc1.pem")),
        }
    }
}

/// Processor time that a process has used, to a hundredth of a second.
pub fn processor_time(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name in brackets may hold spaces; user and system time are the 14th and 15th field (proc_pid_stat(5)).
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields = rest.split(' ').skip(11).take(2);
    let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn trusting(ca: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The configuration of a directory, its files in that folder.
pub fn config(folder: &Path) -> DirectoryConfig {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![FQDN.to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let text = format!(
        "listen = \"127.0.0.1:0\"\ndomain = \"corp.test\"\nfqdn = \"{FQDN}\"\nguid_seed = 7\n\
         certificate_file = {:?}\nkey_file = {:?}\nadmin_password_file = {:?}\n",
        write("dc1.pem", &certificate.pem()),
        write("dc1.key", &key.serialize_pem()),
        write("admin.password", ADMIN_PASSWORD),
    );
    toml::from_str(&text).unwrap()
}

/// A process on the directory's processor; it ends with this.
pub struct Server {
    child: Child,
    pub folder: TempDir,
    /// The line with which it said that it is ready.
    pub ready: Value,
}

impl Server {
    /// Starts `wblab serve directory`.
    pub fn wblab() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.toml");
        fs::write(&path, toml::to_string(&config(folder.path())).unwrap()).unwrap();
        let mut command = pinned(&wblab());
        command.args(["serve", "directory", "--config"]).arg(path);
        Self::start(command, folder)
    }

    /// Waits until a program says that it is ready.
    pub fn start(mut command: Command, folder: TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.map(Result::unwrap).find_map(|line| {
            let said: Value = serde_json::from_str(&line).ok()?;
            (said["ready"] == true).then_some(said)
        });
        let ready = ready.expect("a server that becomes ready");
        Self { child, folder, ready }
    }

    pub fn target(&self) -> Target {
        let address = self.ready["address"].as_str().unwrap().parse().unwrap();
        Target {
            process: Some(self.child.id()),
            ..Target::embedded(address, self.folder.path())
        }
    }

    /// Resident memory in MiB: now, and at its greatest.
    pub fn memory(&self) -> [u64; 2] {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        ["VmRSS:", "VmHWM:"].map(|name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A program on the directory's processor alone.
pub fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_CORE]).arg(program);
    command
}

/// The shipped program, built as this benchmark was.
pub fn wblab() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_wblab-wrong")).parent().unwrap();
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--offline",
            "--release",
            "-p",
            "wblab",
            "--bin",
            "wblab",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .status();
    assert!(built.unwrap().success(), "wblab does not build");
    programs.join("wblab")
}
