//! `curl`, as any person's client: certificates verified, nothing secret on its command line.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A browser of sorts: a cookie jar, an authority to trust, and headers of its own.
pub struct Curl {
    folder: TempDir,
    options: Vec<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Page {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The step that a page of the portal asks for.
    pub fn step(&self) -> &str {
        let rest = self.body.split_once("data-step=\"").map_or("", |(_, rest)| rest);
        rest.split('"').next().unwrap_or_default()
    }
}

impl Curl {
    /// One that trusts this authority alone.
    pub fn trusting(authority_pem: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("ca.pem"), authority_pem).unwrap();
        fs::write(path("headers"), "").unwrap();
        let options = ["-sS", "-i", "--http1.1", "--max-time", "30", "--noproxy", "*"]
            .map(str::to_owned)
            .into_iter();
        let files = [
            ["--cacert".to_owned(), path("ca.pem")],
            ["--cookie".to_owned(), path("jar")],
            ["--cookie-jar".to_owned(), path("jar")],
            ["-H".to_owned(), format!("@{}", path("headers"))],
        ];
        let options = options.chain(files.into_iter().flatten()).collect();
        Self { folder, options }
    }

    /// Knows where a name is, without a resolver.
    pub fn resolving(mut self, name: &str, address: SocketAddr) -> Self {
        let entry = format!("{name}:{}:{}", address.port(), address.ip());
        self.options.extend(["--resolve".to_owned(), entry]);
        self
    }

    /// Sends this header with every request.
    pub fn header(self, name: &str, value: &str) -> Self {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(self.folder.path().join("headers"))
            .unwrap();
        writeln!(file, "{name}: {value}").unwrap();
        self
    }

    /// GET.
    pub fn get(&self, url: &str) -> Page {
        self.ask(url, None)
    }

    /// POST of a form, whose content goes over the standard input.
    pub fn post(&self, url: &str, fields: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        self.ask(url, Some(pairs.join("&")))
    }

    /// Whether a request gets no answer at all because the certificate is not trusted.
    pub fn distrusts(&self, url: &str) -> bool {
        // 60: "Peer certificate cannot be authenticated with known CA certificates" (curl(1), EXIT CODES).
        Command::new("curl")
            .args(&self.options)
            .arg(url)
            .output()
            .unwrap()
            .status
            .code()
            == Some(60)
    }

    fn ask(&self, url: &str, form: Option<String>) -> Page {
        let mut command = Command::new("curl");
        command.args(&self.options).arg(url);
        if form.is_some() {
            command.args(["--data-binary", "@-"]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(form.unwrap_or_default().as_bytes())
            .unwrap();
        let answer = child.wait_with_output().unwrap();
        assert!(
            answer.status.success(),
            "curl {url}: {}",
            String::from_utf8_lossy(&answer.stderr)
        );
        page(&String::from_utf8(answer.stdout).unwrap())
    }
}

fn page(text: &str) -> Page {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|word| word.parse().ok())
        .unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    Page {
        status,
        headers: lines.filter_map(pair).collect(),
        body: body.to_owned(),
    }
}

/// Percent encoding of everything that is not a letter or digit.
pub fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// A file's text, without the line's end.
pub fn text_of(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .trim_end()
        .to_owned()
}
