//! The JSON messages of the Hybrid Connections control channel (Microsoft Learn, "Azure Relay Hybrid Connections protocol").
//!
//! One top-level key each, in text frames; HTTP bodies follow as exactly one binary message.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// The largest body that may travel on the control channel, in bytes, each way.
pub const BODY_MAX: usize = 64 * 1024;

/// The largest sum of header names and values, in bytes.
pub const HEADERS_MAX: usize = 32 * 1024;

/// Headers of the hop or of the framing: stripped both ways.
pub const HOP_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "close",
    "keep-alive",
];

/// What the relay says to a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToListener {
    /// A sender wants a WebSocket: dial the address.
    Accept(Accept),
    /// A sender's HTTP request, or a pointer to one.
    Request(Request),
}

/// What a listener says to the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToRelay {
    /// The answer to a request.
    Response(Response),
    /// A fresh token for the control channel.
    RenewToken(RenewToken),
}

/// Where a sender is, as the relay saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteEndpoint {
    /// IP address.
    pub address: String,
    /// Port.
    pub port: u16,
}

/// An invitation to a rendezvous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accept {
    /// The address to dial, used verbatim, valid for 30 s and once.
    pub address: String,
    /// The end-to-end id.
    pub id: String,
    /// The sender's upgrade headers.
    pub connect_headers: BTreeMap<String, String>,
    /// Where the sender is.
    pub remote_endpoint: RemoteEndpoint,
}

/// A sender's HTTP request. In a pointer, only `address` and perhaps `id` are present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The rendezvous address, valid until the response arrived.
    pub address: String,
    /// The request's id, echoed by the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Path and query as the sender sent them, without the `sb-hc-` parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_target: Option<String>,
    /// The HTTP method; absent in a pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Where the sender is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_endpoint: Option<RemoteEndpoint>,
    /// The sender's headers; repeated ones joined with `, `.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub request_headers: BTreeMap<String, String>,
    /// Whether a binary message follows; absent in a pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<bool>,
}

/// A listener's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The id of the request.
    pub request_id: String,
    /// The HTTP status; clients send a number or a string.
    #[serde(deserialize_with = "number_or_text")]
    pub status_code: u16,
    /// The reason phrase; absent or null means the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_description: Option<String>,
    /// The listener's headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response_headers: BTreeMap<String, String>,
    /// Whether a binary message follows; absent means it does not.
    #[serde(default)]
    pub body: bool,
}

/// A fresh token. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RenewToken {
    /// The token's text.
    pub token: String,
}

impl std::fmt::Debug for RenewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RenewToken(redacted)")
    }
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = match &value {
        serde_json::Value::Number(number) => number.as_u64().and_then(|code| u16::try_from(code).ok()),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| serde::de::Error::custom("statusCode is neither a number nor a number in a string"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_one_top_level_key() {
        let text = r#"{"response":{"requestId":"r1","statusCode":"200","statusDescription":null}}"#;
        let ToRelay::Response(response) = serde_json::from_str(text).unwrap() else {
            panic!("not a response");
        };
        assert_eq!((response.status_code, response.body), (200, false));
        let pointer = r#"{"request":{"address":"wss://x/"}}"#;
        let ToListener::Request(request) = serde_json::from_str(pointer).unwrap() else {
            panic!("not a request");
        };
        assert_eq!(serde_json::to_string(&ToListener::Request(request)).unwrap(), pointer);
        let renew = ToRelay::RenewToken(RenewToken { token: "secret".into() });
        assert!(!format!("{renew:?}").contains("secret"));
    }
}
