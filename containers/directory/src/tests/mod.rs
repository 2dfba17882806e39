//! The directory as clients meet it: real sockets, real TLS with the certificate verified, messages by another encoder's rules.

mod disturbed;
mod hostile;
mod ldaps;
mod partners;
mod service;
mod starting;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindRequest, LdapDerefAliases, LdapFilter, LdapModify, LdapModifyRequest, LdapModifyType,
    LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode, LdapSearchRequest, LdapSearchScope,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::codec::{Decoder, Encoder};
use vocabulary::{Password, SystemClock};

use crate::connection::Connection;
use crate::host::Host;
use crate::state::Domain;
use crate::state::time::FileTime;
use crate::{DirectoryConfig, DirectoryHandle, ServiceTimes, start};

pub const BASE: &str = "DC=corp,DC=test";
pub const ADMINISTRATOR: &str = "CN=Administrator,CN=Users,DC=corp,DC=test";
pub const ANN: &str = "CN=Ann,CN=Users,DC=corp,DC=test";
pub const FIRST: &str = "Correct-Horse-1";
pub const SECOND: &str = "Battery-Staple-2";
const FQDN: &str = "dc1.corp.test";
/// Nothing here takes this long; what does is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A directory with one person, and the certificate to trust it by.
pub struct World {
    pub handle: DirectoryHandle,
    folder: TempDir,
}

pub fn config(folder: &TempDir) -> DirectoryConfig {
    config_of(folder, FQDN)
}

pub fn config_of(folder: &TempDir, fqdn: &str) -> DirectoryConfig {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec![fqdn.to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    DirectoryConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        domain: "corp.test".to_owned(),
        fqdn: fqdn.to_owned(),
        certificate_file: write("dc1.pem", certificate.pem()),
        key_file: write("dc1.key", key.serialize_pem()),
        admin_password_file: write("admin.password", "Admin-Pass-1\n".to_owned()),
        guid_seed: 7,
        old_password_allowed: Duration::ZERO,
        policy: crate::PolicyConfig::default(),
        lockout: crate::LockoutConfig::default(),
        functional_level: 6,
        join: None,
        replication_delay: Duration::ZERO,
        process_model: crate::config::ProcessModel::Standard,
        concurrent_writes: 1,
        delegations: Vec::new(),
        service: ServiceTimes::default(),
    }
}

impl World {
    pub async fn new(service: ServiceTimes) -> Self {
        let folder = TempDir::new().unwrap();
        let config = DirectoryConfig {
            service,
            ..config(&folder)
        };
        let handle = start(config, SystemClock::shared()).await.unwrap();
        let world = Self { handle, folder };
        let mut admin = world.admin().await;
        admin.add_person(ANN, "ann").await;
        world
    }

    pub async fn client(&self) -> Client {
        let chain = CertificateDer::pem_file_iter(self.folder.path().join("dc1.pem")).unwrap();
        let mut roots = RootCertStore::empty();
        for certificate in chain {
            roots.add(certificate.unwrap()).unwrap();
        }
        Client::new(self.handle.address(), roots).await.unwrap()
    }

    pub async fn admin(&self) -> Client {
        let mut client = self.client().await;
        assert_eq!(client.bind(ADMINISTRATOR, "Admin-Pass-1").await.code as i64, 0);
        client
    }
}

/// A small LDAP client.
pub struct Client<S = TlsStream<TcpStream>> {
    pub stream: S,
    codec: LdapCodec,
    inbound: BytesMut,
    last: i32,
}

/// What a request was answered with: entries or other parts, then the end.
pub struct Answer {
    pub parts: Vec<LdapOp>,
    pub end: LdapOp,
    pub controls: Vec<LdapControl>,
}

impl Client {
    async fn new(address: SocketAddr, roots: RootCertStore) -> std::io::Result<Self> {
        Self::of(FQDN, address, roots).await
    }

    async fn of(fqdn: &str, address: SocketAddr, roots: RootCertStore) -> std::io::Result<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let socket = TcpStream::connect(address).await?;
        let name = ServerName::try_from(fqdn.to_owned()).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
        Ok(Self::on(stream))
    }
}

/// A client that needs no socket: one end of a pipe whose other end is a connection of that host.
pub fn piped(host: &Arc<Host>) -> Client<DuplexStream> {
    let (near, far) = duplex(1 << 20);
    tokio::spawn(Connection::new(far, host.clone()).run());
    Client::on(near)
}

/// A host without sockets, with one person.
pub fn bare_host(service: ServiceTimes, writes: u32) -> Arc<Host> {
    let folder = TempDir::new().unwrap();
    let clock = SystemClock::shared();
    let now = FileTime::from_unix(clock.unix());
    let password = Password::new("Admin-Pass-1".to_owned());
    let mut domain = Domain::new(&config(&folder), &password, now).unwrap();
    let attributes = vec![
        ("sAMAccountName", "ann".to_owned()),
        ("userAccountControl", "512".to_owned()),
    ];
    let first = Password::new(FIRST.to_owned());
    domain.load(ANN, attributes, &first, now).unwrap();
    Arc::new(Host::new(domain, clock, service, writes))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    fn on(stream: S) -> Self {
        Self {
            stream,
            codec: LdapCodec::new(Some(16 << 20), None),
            inbound: BytesMut::new(),
            last: 0,
        }
    }

    pub async fn send(&mut self, op: LdapOp, ctrl: Vec<LdapControl>) {
        self.last += 1;
        let mut bytes = BytesMut::new();
        self.codec
            .encode(
                LdapMsg {
                    msgid: self.last,
                    op,
                    ctrl,
                },
                &mut bytes,
            )
            .unwrap();
        self.send_bytes(&bytes).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next message; none when the server hangs up.
    pub async fn receive(&mut self) -> Option<LdapMsg> {
        loop {
            if let Some(message) = self.codec.decode(&mut self.inbound).unwrap() {
                return Some(message);
            }
            let reading = self.stream.read_buf(&mut self.inbound);
            let read = tokio::time::timeout(PATIENCE, reading).await.unwrap();
            if read.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    pub async fn answer(&mut self) -> Answer {
        let mut parts = Vec::new();
        loop {
            let message = self.receive().await.unwrap();
            assert_eq!(message.msgid, self.last);
            match message.op {
                LdapOp::SearchResultEntry(_) => parts.push(message.op),
                end => {
                    return Answer {
                        parts,
                        end,
                        controls: message.ctrl,
                    };
                }
            }
        }
    }

    pub async fn ask(&mut self, op: LdapOp, ctrl: Vec<LdapControl>) -> Answer {
        self.send(op, ctrl).await;
        self.answer().await
    }

    pub async fn bind(&mut self, dn: &str, clear: &str) -> LdapResult {
        let request = LdapBindRequest {
            version: 3,
            dn: dn.to_owned(),
            cred: LdapBindCred::Simple(clear.to_owned()),
        };
        match self.ask(LdapOp::BindRequest(request), Vec::new()).await.end {
            LdapOp::BindResponse(response) => response.res,
            other => panic!("{other:?}"),
        }
    }

    pub async fn add_person(&mut self, dn: &str, sam: &str) {
        let pwd = wire(FIRST);
        let values: [(&str, &[u8]); 4] = [
            ("objectClass", b"user"),
            ("sAMAccountName", sam.as_bytes()),
            ("userAccountControl", b"512"),
            ("unicodePwd", &pwd),
        ];
        let attributes = values.map(|(name, value)| attribute(name, value)).to_vec();
        let request = ldap3_proto::proto::LdapAddRequest {
            dn: dn.to_owned(),
            attributes,
        };
        let answer = self.ask(LdapOp::AddRequest(request), Vec::new()).await;
        let code = &result_of(&answer.end).code;
        assert_eq!(*code, LdapResultCode::Success, "{:?}", answer.end);
    }

    pub async fn reset(&mut self, dn: &str, new: &str, ctrl: Vec<LdapControl>) -> LdapResult {
        let answer = self.ask(reset(dn, new), ctrl).await;
        result_of(&answer.end).clone()
    }

    /// The attributes of an entry, as text.
    pub async fn read(&mut self, dn: &str, attrs: &[&str]) -> BTreeMap<String, String> {
        let request = search(dn, LdapSearchScope::Base, attrs);
        let answer = self.ask(LdapOp::SearchRequest(request), Vec::new()).await;
        let text = |attribute: &LdapPartialAttribute| {
            let value = String::from_utf8_lossy(&attribute.vals[0]).into_owned();
            (attribute.atype.clone(), value)
        };
        match answer.parts.first() {
            Some(LdapOp::SearchResultEntry(entry)) => entry.attributes.iter().map(text).collect(),
            _ => BTreeMap::new(),
        }
    }

    pub async fn key_version(&mut self, dn: &str) -> String {
        let mut row = self.read(dn, &["msDS-KeyVersionNumber"]).await;
        row.remove("msDS-KeyVersionNumber").unwrap_or_default()
    }
}

pub fn wire(clear: &str) -> Vec<u8> {
    Password::new(clear.to_owned()).unicode_pwd().to_vec()
}

pub fn attribute(name: &str, value: &[u8]) -> LdapPartialAttribute {
    LdapPartialAttribute {
        atype: name.to_owned(),
        vals: vec![value.to_vec()],
    }
}

pub fn reset(dn: &str, new: &str) -> LdapOp {
    let change = LdapModify {
        operation: LdapModifyType::Replace,
        modification: attribute("unicodePwd", &wire(new)),
    };
    LdapOp::ModifyRequest(LdapModifyRequest {
        dn: dn.to_owned(),
        changes: vec![change],
    })
}

pub fn search(base: &str, scope: LdapSearchScope, attrs: &[&str]) -> LdapSearchRequest {
    LdapSearchRequest {
        base: base.to_owned(),
        scope,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: LdapFilter::Present("objectClass".to_owned()),
        attrs: attrs.iter().map(|&name| name.to_owned()).collect(),
    }
}

pub fn result_of(op: &LdapOp) -> &LdapResult {
    match op {
        LdapOp::SearchResultDone(result)
        | LdapOp::ModifyResponse(result)
        | LdapOp::AddResponse(result)
        | LdapOp::DelResponse(result)
        | LdapOp::ModifyDNResponse(result)
        | LdapOp::CompareResult(result) => result,
        LdapOp::ExtendedResponse(response) => &response.res,
        LdapOp::BindResponse(response) => &response.res,
        other => panic!("{other:?}"),
    }
}
