//! The control channel as a state machine: messages in, what to do out. No socket.

use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::hybrid::{BODY_MAX, HEADERS_MAX, Request, Response, ToListener, ToRelay};

use crate::writeback::service::Reply;

/// A request that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    /// Echoed by the response.
    pub(super) id: String,
    /// The HTTP method.
    pub(super) method: String,
    /// The sender's headers.
    pub(super) headers: BTreeMap<String, String>,
    /// The body, empty when there is none.
    pub(super) body: Bytes,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Serve a request and answer it on the channel it came on.
    Serve(Exchange),
    /// Fetch a request at a rendezvous.
    Dial(String),
    /// Turn a WebSocket sender away at this address.
    Reject(String),
    /// Refuse the request of this id: its body is larger than a channel may carry.
    TooLarge(String),
}

/// What a channel waits for.
#[derive(Debug, Default)]
pub(super) struct Control {
    waiting: Option<(String, Request)>,
}

impl Control {
    /// A text message. The body of a request is the very next binary message; anything between breaks the channel.
    pub(super) fn on_text(&mut self, text: &str) -> Result<Option<Effect>, &'static str> {
        if self.waiting.is_some() {
            return Err("a text message came where a body belongs");
        }
        match serde_json::from_str(text).map_err(|_| "a message has the wrong shape")? {
            ToListener::Accept(accept) => Ok(Some(Effect::Reject(accept.address))),
            ToListener::Request(request) => self.on_request(request),
        }
    }

    fn on_request(&mut self, request: Request) -> Result<Option<Effect>, &'static str> {
        if request.method.is_none() && request.body.is_none() {
            return Ok(Some(Effect::Dial(request.address)));
        }
        let size: usize = request
            .request_headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if size > HEADERS_MAX {
            return Err("the headers of a request are too large");
        }
        let Some(id) = request.id.clone() else {
            return Err("a request has no id");
        };
        if request.body == Some(true) {
            self.waiting = Some((id, request));
            return Ok(None);
        }
        Ok(Some(Effect::Serve(exchange(id, request, Bytes::new()))))
    }

    /// A binary message. One that is too large costs its own request alone, not all that are under way on the channel.
    pub(super) fn on_binary(&mut self, body: Bytes) -> Result<Option<Effect>, &'static str> {
        match self.waiting.take() {
            Some((id, _)) if body.len() > BODY_MAX => Ok(Some(Effect::TooLarge(id))),
            Some((id, request)) => Ok(Some(Effect::Serve(exchange(id, request, body)))),
            None if body.is_empty() => Ok(None),
            None => Err("a body came without a request"),
        }
    }
}

fn exchange(id: String, request: Request, body: Bytes) -> Exchange {
    Exchange {
        id,
        method: request.method.unwrap_or_default(),
        headers: request.request_headers,
        body,
    }
}

/// The text of a response; its body follows at once when there is one.
pub(super) fn response_text(request_id: String, reply: &Reply) -> Result<String, serde_json::Error> {
    serde_json::to_string(&ToRelay::Response(Response {
        request_id,
        status_code: reply.status,
        status_description: None,
        response_headers: reply.headers.clone(),
        body: !reply.body.is_empty(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_BODY: &str = r#"{"request":{"address":"wss://r/","id":"7","requestTarget":"/p","method":"POST",
        "requestHeaders":{"Content-Type":"application/jose"},"body":true}}"#;

    #[test]
    fn a_request_waits_for_its_body_and_nothing_may_come_between() {
        let mut control = Control::default();
        assert_eq!(control.on_text(WITH_BODY), Ok(None));
        let Ok(Some(Effect::Serve(exchange))) = control.on_binary(Bytes::from_static(b"sealed")) else {
            panic!("not served");
        };
        assert_eq!(
            (exchange.id.as_str(), exchange.method.as_str(), &exchange.body[..]),
            ("7", "POST", &b"sealed"[..])
        );
        assert_eq!(control.on_text(WITH_BODY), Ok(None));
        assert!(control.on_text(WITH_BODY).is_err());
    }

    #[test]
    fn pointers_are_dialled_and_senders_of_websockets_turned_away() {
        let mut control = Control::default();
        let pointer = r#"{"request":{"address":"wss://r/rv","id":"1"}}"#;
        assert_eq!(
            control.on_text(pointer),
            Ok(Some(Effect::Dial("wss://r/rv".to_owned())))
        );
        let accept = r#"{"accept":{"address":"wss://r/a","id":"1","connectHeaders":{},
            "remoteEndpoint":{"address":"::1","port":1}}}"#;
        assert_eq!(
            control.on_text(accept),
            Ok(Some(Effect::Reject("wss://r/a".to_owned())))
        );
        let bodiless = r#"{"request":{"address":"wss://r/","id":"2","method":"GET","body":false}}"#;
        assert!(matches!(control.on_text(bodiless), Ok(Some(Effect::Serve(_)))));
    }

    #[test]
    fn what_breaks_the_protocol_breaks_the_channel() {
        for wrong in [
            "",
            "{}",
            r#"{"other":{}}"#,
            r#"{"request":{}}"#,
            r#"{"request":{"address":"a","method":"GET"}}"#,
        ] {
            assert!(Control::default().on_text(wrong).is_err(), "{wrong}");
        }
        assert!(Control::default().on_binary(Bytes::from_static(b"x")).is_err());
        assert_eq!(Control::default().on_binary(Bytes::new()), Ok(None));
        let long = WITH_BODY.replace("application/jose", &"x".repeat(HEADERS_MAX));
        assert!(Control::default().on_text(&long).is_err());
    }

    #[test]
    fn a_body_that_is_too_large_costs_its_own_request_alone() {
        let mut control = Control::default();
        control.on_text(WITH_BODY).unwrap();
        let large = Bytes::from(vec![0; BODY_MAX + 1]);
        assert_eq!(
            control.on_binary(large.clone()),
            Ok(Some(Effect::TooLarge("7".to_owned())))
        );
        assert_eq!(control.on_text(WITH_BODY), Ok(None), "the channel goes on");
        assert!(Control::default().on_binary(large).is_err());
    }

    #[test]
    fn a_response_says_whether_a_body_follows() {
        let reply = Reply {
            status: 200,
            headers: BTreeMap::new(),
            body: Bytes::from_static(b"x"),
        };
        let text = response_text("7".to_owned(), &reply).unwrap();
        assert_eq!(text, r#"{"response":{"requestId":"7","statusCode":200,"body":true}}"#);
        let empty = Reply {
            body: Bytes::new(),
            ..reply
        };
        assert!(
            response_text("7".to_owned(), &empty)
                .unwrap()
                .contains(r#""body":false"#)
        );
    }
}
