//! One LDAPS connection that sends what is ready and checks all that comes back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::ber::{Answer, SEARCH_ENTRY, SEARCH_REFERENCE, message, read, split};

const PATIENCE: Duration = Duration::from_secs(60);

/// What a request must be answered with.
#[derive(Clone, Copy)]
pub struct Expected {
    pub id: u32,
    pub code: u8,
    pub entries: usize,
}

/// Requests that are sent in one go.
#[derive(Clone, Default)]
pub struct Batch {
    pub bytes: Vec<u8>,
    pub expected: Vec<Expected>,
}

impl Batch {
    /// Adds a request; its number is its place in the batch.
    pub fn push(&mut self, operation: &[u8], code: u8, entries: usize) {
        let id = u32::try_from(self.expected.len() + 1).unwrap();
        self.bytes.extend(message(id, operation, &[]));
        self.expected.push(Expected { id, code, entries });
    }
}

/// A connection, TLS verified.
pub struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    inbound: Vec<u8>,
    taken: usize,
}

impl Connection {
    pub fn open(address: SocketAddr, fqdn: &str, config: &Arc<ClientConfig>) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let name = ServerName::try_from(fqdn.to_owned()).unwrap();
        let tls = ClientConnection::new(config.clone(), name).unwrap();
        Self {
            stream: StreamOwned::new(tls, socket),
            inbound: Vec::new(),
            taken: 0,
        }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    /// The next message.
    pub fn answer(&mut self) -> Answer {
        loop {
            if let Some((_, content, after)) = split(&self.inbound[self.taken..]) {
                let answer = read(content).expect("an LDAP message");
                self.taken = self.inbound.len() - after.len();
                return answer;
            }
            self.inbound.drain(..self.taken);
            self.taken = 0;
            let length = self.inbound.len();
            self.inbound.resize(length + 16_384, 0);
            let count = self.stream.read(&mut self.inbound[length..]).unwrap();
            self.inbound.truncate(length + count);
            assert!(count > 0, "the server hung up");
        }
    }

    /// The entries of an answer and its end.
    pub fn whole_answer(&mut self) -> (usize, Answer) {
        let mut entries = 0;
        loop {
            let answer = self.answer();
            match answer.tag {
                SEARCH_ENTRY => entries += 1,
                SEARCH_REFERENCE => {}
                _ => return (entries, answer),
            }
        }
    }

    /// Sends a batch and checks each answer.
    pub fn exchange(&mut self, batch: &Batch) {
        self.send(&batch.bytes);
        for expected in &batch.expected {
            let (entries, answer) = self.whole_answer();
            assert_eq!(answer.id, expected.id, "{answer:?}");
            assert_eq!(answer.code, Some(expected.code), "{answer:?}");
            assert_eq!(entries, expected.entries, "{answer:?}");
        }
    }

    /// One request, whatever comes of it.
    pub fn ask(&mut self, operation: &[u8], controls: &[u8]) -> (usize, Answer) {
        self.send(&message(1, operation, controls));
        self.whole_answer()
    }
}
