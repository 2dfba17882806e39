//! What can be wrong with a server's certificate, and how it shows to who connects.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::clock::within;

/// How long a handshake may take.
const HANDSHAKE: std::time::Duration = std::time::Duration::from_secs(5);

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its time is over.
    Expired,
    /// It names another server.
    WrongName,
    /// Nobody knows who signed it.
    UnknownAuthority,
}

impl Flaw {
    /// What rustls says of it (`CertificateError`).
    fn said(self) -> &'static str {
        match self {
            Self::Expired => "Expired",
            Self::WrongName => "NotValidForName",
            Self::UnknownAuthority => "UnknownIssuer",
        }
    }

    /// Whether a handshake failed for it.
    pub fn shows(self, handshake: &Result<(), rustls::Error>) -> bool {
        let Err(rustls::Error::InvalidCertificate(error)) = handshake else {
            return false;
        };
        // `ExpiredContext` and `NotValidForNameContext` say the same with particulars.
        format!("{error:?}").starts_with(self.said())
    }
}

/// Connects and looks at the certificate, as a client does; nothing where there was no handshake at all.
pub(crate) async fn handshake(
    address: SocketAddr,
    name: &str,
    client: Arc<ClientConfig>,
) -> Option<Result<(), rustls::Error>> {
    let name = ServerName::try_from(name.to_owned()).ok()?;
    let dialling = async {
        let stream = TcpStream::connect(address).await.ok()?;
        match TlsConnector::from(client).connect(name, stream).await {
            Ok(_) => Some(Ok(())),
            Err(error) => error.downcast::<rustls::Error>().ok().map(Err),
        }
    };
    within(HANDSHAKE, dialling).await.flatten()
}
