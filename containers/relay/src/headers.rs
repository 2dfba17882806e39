//! Headers on their way through: what the hop owns stays behind, what was repeated is joined, `via` is added.

use std::collections::BTreeMap;

use http::header::{AUTHORIZATION, CONNECTION, HeaderName, HeaderValue, VIA};
use http::{HeaderMap, Method};
use protocol::hybrid::HOP_HEADERS;

use crate::query;
use crate::refusal::DISPATCHED;

/// The vendor's header for tokens; always the service's own.
pub(crate) const SERVICE_BUS_AUTHORIZATION: &str = "servicebusauthorization";

/// A token as it came, and whether it came in the header that otherwise belongs to the application.
#[derive(Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Carried {
    pub(crate) token: Option<String>,
    /// The token came in `Authorization`, which then is evaluated and stripped.
    pub(crate) in_authorization: bool,
}

/// Finds the token: the query goes before `ServiceBusAuthorization`, and that before `Authorization`.
pub(crate) fn token(headers: &HeaderMap, query: &str) -> Carried {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let own = query::value(query, query::TOKEN).or_else(|| header(SERVICE_BUS_AUTHORIZATION));
    if own.is_some() {
        return Carried {
            token: own,
            in_authorization: false,
        };
    }
    let token = header(AUTHORIZATION.as_str());
    Carried {
        in_authorization: token.is_some(),
        token,
    }
}

/// The headers of a sender's request, as a listener sees them.
pub(crate) fn of_request(headers: &HeaderMap, strip_authorization: bool, host: &str) -> BTreeMap<String, String> {
    let named = named_by_connection(headers);
    let mut kept = BTreeMap::new();
    for (name, value) in headers {
        let hop = HOP_HEADERS.contains(&name.as_str()) || named.iter().any(|hop| hop == name.as_str());
        let own = name == SERVICE_BUS_AUTHORIZATION || (strip_authorization && name == AUTHORIZATION);
        if !hop && !own {
            join(&mut kept, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
    }
    join(&mut kept, VIA.as_str(), &format!("1.1 {host}"));
    kept
}

/// The headers of a sender's upgrade, as the listener that accepts it needs them: all but the tokens, in the usual
/// spelling, since WebSocket libraries look them up by it.
pub(crate) fn of_connect(headers: &HeaderMap, strip_authorization: bool) -> BTreeMap<String, String> {
    let mut kept = BTreeMap::new();
    for (name, value) in headers {
        let own = name == SERVICE_BUS_AUTHORIZATION || (strip_authorization && name == AUTHORIZATION);
        if !own {
            join(
                &mut kept,
                &usual_spelling(name.as_str()),
                &String::from_utf8_lossy(value.as_bytes()),
            );
        }
    }
    kept
}

/// The size that counts against the limit of the control channel.
pub(crate) fn size(headers: &BTreeMap<String, String>) -> usize {
    headers.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// The headers of a listener's response, as the sender sees them. What is no header is left out.
pub(crate) fn of_response(headers: &BTreeMap<String, String>, host: &str) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len() + 2);
    for (name, value) in headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .ok()
            .zip(HeaderValue::from_bytes(value.as_bytes()).ok());
        // Whether something was dispatched is the relay's own word: a listener must not speak it.
        let foreign = |name: &HeaderName| !HOP_HEADERS.contains(&name.as_str()) && name != DISPATCHED;
        if let Some((name, value)) = header.filter(|(name, _)| foreign(name)) {
            kept.append(name, value);
        }
    }
    append(&mut kept, VIA, &format!("1.1 {host}"));
    kept
}

/// Joins a value to a header with `, `, or sets it.
pub(crate) fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let before = headers.get(&name).and_then(|before| before.to_str().ok());
    let joined = before.map_or_else(|| value.to_owned(), |before| format!("{before}, {value}"));
    if let Ok(joined) = HeaderValue::from_str(&joined) {
        headers.insert(name, joined);
    }
}

/// Whether a method may pass: everything but tunnels.
pub(crate) fn may_pass(method: &Method) -> bool {
    method != Method::CONNECT
}

fn join(headers: &mut BTreeMap<String, String>, name: &str, value: &str) {
    match headers.get_mut(name) {
        Some(before) => {
            before.push_str(", ");
            before.push_str(value);
        }
        None => {
            headers.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Headers that the hop declared its own (RFC 9110 section 7.6.1).
fn named_by_connection(headers: &HeaderMap) -> Vec<String> {
    let values = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect()
}

fn usual_spelling(name: &str) -> String {
    let words = name.split('-').map(|word| match word {
        "websocket" => "WebSocket".to_owned(),
        _ => {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        }
    });
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn a_request_leaves_the_hop_and_the_token_behind() {
        let mut sent = headers(&[
            ("host", "h"),
            ("connection", "keep-alive, x-hop"),
            ("x-hop", "1"),
            ("content-length", "3"),
            ("servicebusauthorization", "secret"),
            ("authorization", "theirs"),
            ("accept", "a"),
            ("via", "1.0 before"),
        ]);
        sent.append("accept", HeaderValue::from_static("b"));
        let seen = of_request(&sent, false, "ns.test");
        let pairs: Vec<_> = seen
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("accept", "a, b"),
                ("authorization", "theirs"),
                ("via", "1.0 before, 1.1 ns.test")
            ]
        );
        assert!(!of_request(&sent, true, "ns.test").contains_key("authorization"));
    }

    #[test]
    fn a_connect_keeps_the_handshake_in_its_usual_spelling() {
        let sent = headers(&[
            ("sec-websocket-key", "k"),
            ("host", "h"),
            ("servicebusauthorization", "s"),
        ]);
        let seen = of_connect(&sent, true);
        assert_eq!(seen.keys().collect::<Vec<_>>(), ["Host", "Sec-WebSocket-Key"]);
    }

    #[test]
    fn a_response_cannot_smuggle_framing_or_lines() {
        let sent = BTreeMap::from(
            [
                ("Content-Length", "9"),
                ("X-Good", "1"),
                ("X-Bad", "a\r\nb"),
                ("no name", "1"),
                ("Via", "1.1 agent"),
                ("Relay-Dispatched", "false"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let seen = of_response(&sent, "ns.test");
        assert_eq!(seen.len(), 2);
        assert_eq!(
            (seen["x-good"].as_bytes(), seen["via"].as_bytes()),
            (&b"1"[..], &b"1.1 agent, 1.1 ns.test"[..])
        );
    }

    #[test]
    fn the_token_has_three_carriers() {
        let both = headers(&[("servicebusauthorization", "two"), ("authorization", "three")]);
        let carried = |token: &str, in_authorization| Carried {
            token: Some(token.to_owned()),
            in_authorization,
        };
        assert_eq!(token(&both, "sb-hc-token=one"), carried("one", false));
        assert_eq!(token(&both, ""), carried("two", false));
        assert_eq!(
            token(&headers(&[("authorization", "three")]), ""),
            carried("three", true)
        );
        assert_eq!(token(&HeaderMap::new(), "a=b"), Carried::default());
    }
}
