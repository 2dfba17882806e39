//! What passed between the parts, as the gateways kept it.

use std::iter;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::EnvironmentError;
use crate::edges::GATEWAY_ROLE;
use crate::scan::planted;
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
