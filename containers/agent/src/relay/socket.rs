//! A WebSocket to a relay, built by hand: the name table says where, the certificate must carry the name.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Request, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use vocabulary::{NameTable, lab_name};

use crate::AgentError;

/// How long a connection may take until the upgrade is answered.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest message: a body of 64 KiB, or the JSON of the largest headers, with room.
const MESSAGE_MAX: usize = 128 * 1024;

/// An open WebSocket.
pub(crate) type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// Dials a `wss` URL, with the token in its header when one is given.
pub(crate) async fn dial(
    url: &str,
    token: Option<&str>,
    names: &NameTable,
    tls: &Arc<ClientConfig>,
) -> Result<Socket, AgentError> {
    let host = host_of(url)?;
    let address = names.resolve(&host).ok_or_else(|| AgentError::Name(host.clone()))?;
    let wrong = |why: String| AgentError::Dial {
        host: host.clone(),
        why,
        status: None,
    };
    let request = request(url, token).map_err(|error| wrong(error.to_string()))?;
    let dialling = async {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| wrong(format!("{address}: {error}")))?;
        stream.set_nodelay(true).map_err(|error| wrong(error.to_string()))?;
        let name = ServerName::try_from(host.clone()).map_err(|error| wrong(error.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(tls));
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| wrong(error.to_string()))?;
        let opened = client_async_with_config(request, stream, Some(limits())).await;
        opened.map(|(socket, _)| socket).map_err(|error| refused(&host, &error))
    };
    timeout(DIAL_TIMEOUT, dialling)
        .await
        .map_err(|_| wrong("it took too long".to_owned()))?
}

fn host_of(url: &str) -> Result<String, AgentError> {
    let wrong = || AgentError::Dial {
        host: url.to_owned(),
        why: "it is not a wss URL".to_owned(),
        status: None,
    };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("wss"), Some(host)) if lab_name(host) => Ok(host.to_owned()),
        (Some("wss"), Some(host)) => Err(AgentError::NotALab(host.to_owned())),
        _ => Err(wrong()),
    }
}

fn request(url: &str, token: Option<&str>) -> Result<Request<()>, WsError> {
    let mut request = url.into_client_request()?;
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(token)?;
        value.set_sensitive(true);
        request.headers_mut().insert("ServiceBusAuthorization", value);
    }
    Ok(request)
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX))
        .read_buffer_size(16 * 1024)
}

fn refused(host: &str, error: &WsError) -> AgentError {
    let status = match error {
        WsError::Http(response) => Some(response.status().as_u16()),
        _ => None,
    };
    AgentError::Dial {
        host: host.to_owned(),
        why: error.to_string(),
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wss_urls_with_a_host_are_dialled() {
        assert_eq!(
            host_of("wss://relay1.test/$hc/p?sb-hc-action=listen").unwrap(),
            "relay1.test"
        );
        for wrong in [
            "wss://ns.servicebus.windows.net/",
            "wss://127.0.0.1/",
            "ws://relay1.test/",
            "https://relay1.test/",
            "relay1.test",
            "wss:///x",
            "",
        ] {
            assert!(host_of(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_name_that_the_table_does_not_know_is_never_looked_up_elsewhere() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (_ca, tls) = crate::testing::authority(&["relay1.test"]);
        let failed = dial("wss://relay2.test/", None, &NameTable::default(), &tls.client)
            .await
            .unwrap_err();
        assert_eq!(failed.to_string(), "the name table has no address for relay2.test");
    }
}
