//! What passed between the parts, as the gateways kept it.

use std::io::Cursor;
use std::iter;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use gateway::Stream;
use history::{GatewayRecord, WireRecord};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::EnvironmentError;
use crate::edges::GATEWAY_ROLE;
use crate::scan::{Found, Scan, planted};
use crate::site::{Kit, Site};
use crate::standing::Standing;

/// How long a gateway may take to refuse what is no TLS.
const REFUSED_WITHIN: Duration = Duration::from_secs(10);

/// What passed a gateway.
pub(crate) struct Wire {
    /// The gateway's part.
    pub gateway: &'static str,
    /// Its file.
    pub kept: Vec<u8>,
}

/// Where a gateway keeps what passes.
pub(crate) fn capture_file(kit: &Kit) -> PathBuf {
    kit.folder().join("capture")
}

impl Standing {
    /// What passed each gateway, if the plan has it kept. Each is first sent the canary, in clear, so that a gateway that keeps
    /// nothing is not taken for a silent one.
    pub async fn wires(&self, site: &Site) -> Result<Option<Vec<Wire>>, EnvironmentError> {
        if !self.plan.world.capture {
            return Ok(None);
        }
        let proxies = self.proxies.iter().map(|(proxy, address)| (proxy.part(), address));
        let mut wires = Vec::new();
        for (gateway, address) in iter::once((GATEWAY_ROLE, &self.gateway)).chain(proxies) {
            if !refused(address.outside).await {
                tracing::warn!(gateway, "did not refuse the canary");
            }
            let kept = site.fetch(gateway, &capture_file(&site.kit(gateway))).await?;
            wires.push(Wire { gateway, kept });
        }
        Ok(Some(wires))
    }
}

/// Sends the canary; says whether the gateway had done with it.
async fn refused(gateway: SocketAddr) -> bool {
    let sent = async {
        let mut socket = TcpStream::connect(gateway).await.ok()?;
        socket.write_all(&planted()).await.ok()?;
        // Closed or reset: it was read either way.
        let _ = socket.read(&mut [0]).await;
        Some(())
    };
    timeout(REFUSED_WITHIN, sent).await.ok().flatten().is_some()
}

/// Searches what passed, each side of each connection by itself.
pub(crate) fn search(scan: &Scan, wires: Vec<Wire>) -> Result<WireRecord, EnvironmentError> {
    let mut record = WireRecord::default();
    for Wire { gateway, kept } in wires {
        let mut seen = GatewayRecord {
            name: gateway.to_owned(),
            cut: kept.len() as u64 >= gateway::CAPTURE_MAX,
            ..GatewayRecord::default()
        };
        for mut stream in gateway::read_capture(&kept) {
            seen.streams += 1;
            seen.bytes += stream.bytes.len() as u64;
            let found = found(scan, gateway, std::mem::take(&mut stream.bytes))?;
            seen.canary |= found.canary;
            if found.secret {
                record.hits.push(told(scan, gateway, stream)?);
            }
        }
        record.gateways.push(seen);
    }
    Ok(record)
}

fn found(scan: &Scan, gateway: &str, bytes: Vec<u8>) -> Result<Found, EnvironmentError> {
    scan.found(Box::new(Cursor::new(bytes)), gateway)
}

/// Which stream it is, in words, without the server name where that is what holds the secret.
fn told(scan: &Scan, gateway: &str, stream: Stream) -> Result<String, EnvironmentError> {
    let Stream {
        connection,
        asked,
        side,
        ..
    } = stream;
    let holds = found(scan, gateway, asked.clone().into_bytes())?.secret;
    let asked = if holds { "a name that holds it" } else { &asked };
    Ok(format!(
        "{gateway}, connection {connection} for {asked}, from its {side}"
    ))
}

#[cfg(test)]
mod tests {
    use vocabulary::Password;

    use super::*;

    const SECRET: &str = "aB3cD4eF5gH6-x";

    fn hits(asked: &str, said: &[u8]) -> Vec<String> {
        let frame = |kind: u8, bytes: &[u8]| {
            let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            [&[7, 0, 0, 0, 0, 0, 0, 0, kind][..], &length, bytes].concat()
        };
        let secret = Password::new(SECRET.to_owned());
        let kept = [frame(0, asked.as_bytes()), frame(1, said)].concat();
        let wires = vec![Wire {
            gateway: "gateway",
            kept,
        }];
        search(&Scan::new([&secret].into_iter()), wires).unwrap().hits
    }

    #[test]
    fn a_server_name_that_is_a_secret_is_found_and_not_told() {
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        let place = |asked: &str| format!("gateway, connection 7 for {asked}, from its client");
        assert_eq!(hits("a.test", hex.as_bytes()), [place("a.test")]);
        assert_eq!(hits(&hex, hex.as_bytes()), [place("a name that holds it")]);
        assert!(hits("a.test", b"nothing").is_empty());
    }
}
