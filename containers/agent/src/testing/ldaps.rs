//! An LDAPS server that answers from a script: enough BER (X.690) to put words into a directory's mouth.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Requests by their tag (RFC 4511 section 4).
pub(crate) const BIND: u8 = 0x60;
pub(crate) const SEARCH: u8 = 0x63;
pub(crate) const MODIFY: u8 = 0x66;

/// What the server does with a request.
pub(crate) enum Act {
    /// Answers with a result code and a diagnostic text.
    Result(u32, &'static str),
    /// Answers a search with these entries and a paging cookie.
    Page(Vec<Vec<u8>>, &'static [u8]),
    /// Sends these bytes as they are.
    Raw(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Says nothing.
    Nothing,
}

/// A request as the script sees it.
pub(crate) struct Request<'a> {
    /// Its tag.
    pub(crate) tag: u8,
    /// How many of that tag came before it.
    pub(crate) nth: usize,
    /// Its bytes.
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// Whether these bytes are somewhere in it: the name of an attribute, as a rule.
    pub(crate) fn says(&self, part: &str) -> bool {
        self.body.windows(part.len()).any(|window| window == part.as_bytes())
    }
}

type Script = dyn Fn(&Request<'_>) -> Act + Send + Sync;

/// A running server, with the requests that it saw. Dropping it ends it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Mutex<Vec<u8>>>,
    pub(crate) bodies: Arc<Mutex<Vec<Vec<u8>>>>,
    dialled: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Serves; the script gets a request's tag and how many of that tag came before it.
    pub(crate) async fn start(
        tls: Arc<ServerConfig>,
        script: impl Fn(u8, usize) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::play(tls, None, move |request| script(request.tag, request.nth)).await
    }

    /// Serves at an address, or anywhere; the script gets the whole request.
    pub(crate) async fn play(
        tls: Arc<ServerConfig>,
        address: Option<SocketAddr>,
        script: impl Fn(&Request<'_>) -> Act + Send + Sync + 'static,
    ) -> Self {
        let acceptor = TlsAcceptor::from(tls);
        Self::listen(address, Some((acceptor, Arc::new(script)))).await
    }

    /// Takes connections and says nothing at all.
    pub(crate) async fn mute(address: SocketAddr) -> Self {
        Self::listen(Some(address), None).await
    }

    async fn listen(address: Option<SocketAddr>, voice: Option<(TlsAcceptor, Arc<Script>)>) -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(address.unwrap_or(anywhere)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, bodies, dialled) = (Arc::default(), Arc::default(), Arc::<AtomicUsize>::default());
        let (lists, count) = ((Arc::clone(&seen), Arc::clone(&bodies)), Arc::clone(&dialled));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (voice, lists) = (voice.clone(), lists.clone());
                connections.spawn(async move {
                    match voice {
                        Some((acceptor, script)) => serve(acceptor, stream, lists, script).await,
                        None => hold(stream).await,
                    }
                });
            }
        });
        Self {
            address,
            seen,
            bodies,
            dialled,
            tasks,
        }
    }

    /// Ends it and gives its address, which refuses connections from now on.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.tasks.shutdown().await;
        self.address
    }

    /// How many connections came.
    pub(crate) fn dialled(&self) -> usize {
        self.dialled.load(Ordering::SeqCst)
    }

    /// How many requests of a tag came.
    pub(crate) fn count(&self, tag: u8) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| **seen == tag).count()
    }

    /// How many requests came that say this.
    pub(crate) fn asked(&self, part: &str) -> usize {
        let bodies = self.bodies.lock().unwrap();
        let says = |body: &&Vec<u8>| body.windows(part.len()).any(|window| window == part.as_bytes());
        bodies.iter().filter(says).count()
    }
}

type Lists = (Arc<Mutex<Vec<u8>>>, Arc<Mutex<Vec<Vec<u8>>>>);

/// Keeps a connection and reads until the other side has gone.
async fn hold(mut stream: TcpStream) {
    let mut nowhere = tokio::io::sink();
    let _ = tokio::io::copy(&mut stream, &mut nowhere).await;
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, (seen, bodies): Lists, script: Arc<Script>) {
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    while let Some(message) = read(&mut stream).await {
        let id = usize::from(message[1]);
        let (number, tag) = (message[2..2 + id].to_vec(), message[2 + id]);
        let nth = {
            let mut seen = seen.lock().unwrap();
            seen.push(tag);
            bodies.lock().unwrap().push(message.clone());
            seen.iter().filter(|before| **before == tag).count() - 1
        };
        let request = Request {
            tag,
            nth,
            body: &message,
        };
        let bytes = match script(&request) {
            Act::Result(code, text) => envelope(&number, &tlv(answer_tag(tag), &result(code, text)), &[]),
            Act::Page(entries, cookie) => page(&number, &entries, cookie),
            Act::Raw(bytes) => bytes,
            Act::Close => return,
            Act::Nothing => continue,
        };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// The content of the next message: its id and its request.
async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<Vec<u8>> {
    stream.read_u8().await.ok()?;
    let short = stream.read_u8().await.ok()?;
    let mut length = usize::from(short);
    if short >= 0x80 {
        length = 0;
        for _ in 0..short - 0x80 {
            length = length * 256 + usize::from(stream.read_u8().await.ok()?);
        }
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.ok()?;
    Some(content)
}

fn answer_tag(request: u8) -> u8 {
    match request {
        SEARCH => 0x65,
        other => other + 1,
    }
}

fn result(code: u32, text: &str) -> Vec<u8> {
    let code = u8::try_from(code).unwrap();
    [tlv(0x0a, &[code]), tlv(0x04, b""), tlv(0x04, text.as_bytes())].concat()
}

fn page(id: &[u8], entries: &[Vec<u8>], cookie: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(|entry| envelope(id, entry, &[])).collect();
    let value = tlv(0x30, &[tlv(0x02, &[0]), tlv(0x04, cookie)].concat());
    let control = tlv(
        0x30,
        &[tlv(0x04, b"1.2.840.113556.1.4.319"), tlv(0x04, &value)].concat(),
    );
    bytes.extend(envelope(id, &tlv(0x65, &result(0, "")), &tlv(0xa0, &control)));
    bytes
}

/// An entry with single values.
pub(crate) fn entry(dn: &str, attributes: &[(&str, &[u8])]) -> Vec<u8> {
    let attribute = |(name, value): &(&str, &[u8])| {
        tlv(
            0x30,
            &[tlv(0x04, name.as_bytes()), tlv(0x31, &tlv(0x04, value))].concat(),
        )
    };
    let attributes: Vec<u8> = attributes.iter().flat_map(attribute).collect();
    tlv(0x64, &[tlv(0x04, dn.as_bytes()), tlv(0x30, &attributes)].concat())
}

fn envelope(id: &[u8], operation: &[u8], controls: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x02, id), operation, controls].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}
