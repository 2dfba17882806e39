//! The cloud's service interfaces played by a test: HTTP/1.1 over TLS, one answer per connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// A cloud; every call is noted and answered by the script with a status and a body.
pub(crate) struct Cloud {
    pub(crate) address: SocketAddr,
    pub(crate) calls: Arc<Mutex<Vec<Call>>>,
    _tasks: JoinSet<()>,
}

type Script = dyn Fn(&Call) -> (u16, Value) + Send + Sync;

impl Cloud {
    /// Serves.
    pub(crate) async fn start(
        tls: Arc<ServerConfig>,
        script: impl Fn(&Call) -> (u16, Value) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (noted, script): (_, Arc<Script>) = (Arc::clone(&calls), Arc::new(script));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let acceptor = TlsAcceptor::from(tls);
            while let Ok((stream, _)) = listener.accept().await {
                serve(&acceptor, stream, &noted, &script).await;
            }
        });
        Self {
            address,
            calls,
            _tasks: tasks,
        }
    }

    /// The calls whose request line contains a text.
    pub(crate) fn calls(&self, part: &str) -> Vec<Call> {
        self.calls
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.line.contains(part))
            .cloned()
            .collect()
    }
}

/// What a cloud that is well answers.
pub(crate) fn well(call: &Call, listeners: &[String], public_key: &str) -> (u16, Value) {
    if call.line.contains("/oauth2/v2.0/token") {
        return (
            200,
            json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "token-1"}),
        );
    }
    if call.line.contains("/onboarding") {
        return (
            200,
            json!({"listeners": listeners, "key_id": "cloud", "public_key": public_key, "heartbeat_s": 300}),
        );
    }
    if call.line.starts_with("GET") {
        return (200, json!({"objects": []}));
    }
    (200, json!({}))
}

async fn serve(acceptor: &TlsAcceptor, stream: TcpStream, calls: &Mutex<Vec<Call>>, script: &Arc<Script>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let mut stream = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let mut pairs = head.iter().filter_map(|line| line.split_once(": "));
        pairs
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let line = format!("{} {}", head[0], header("host").unwrap());
    let call = Call {
        line,
        authorization: header("authorization"),
        body: String::from_utf8(body).unwrap(),
    };
    let (status, answer) = script(&call);
    calls.lock().unwrap().push(call);
    let answer = answer.to_string();
    let text = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        answer.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}
