//! What a listener says on its control channel, message by message: strict pairs of JSON and body.

use bytes::Bytes;
use protocol::hybrid::{BODY_MAX, Response, ToRelay};

use crate::broker::Close;

/// Something a listener has said in full.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Heard {
    Response(Response, Bytes),
    Renew(String),
}

/// Why a listener cannot be listened to any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    Json,
    BodyMissing,
    BodyUnasked,
    TooLong,
}

impl Malformed {
    /// How the channel is closed for it (RFC 6455 section 7.4.1).
    pub(crate) fn close(self) -> Close {
        match self {
            Self::Json => Close {
                code: 1007,
                reason: "the message is no JSON of the protocol",
            },
            Self::BodyMissing => Close {
                code: 1008,
                reason: "another message came in place of a body",
            },
            Self::BodyUnasked => Close {
                code: 1008,
                reason: "a body came without its response",
            },
            Self::TooLong => Close {
                code: 1009,
                reason: "the message is longer than the control channel allows",
            },
        }
    }
}

/// The reading half of the control channel's protocol.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    awaiting: Option<Response>,
}

impl Inbox {
    /// Takes a text message.
    ///
    /// # Errors
    /// [`Malformed`] when it is no message of the protocol or stands where a body must.
    pub(crate) fn text(&mut self, text: &str) -> Result<Option<Heard>, Malformed> {
        if self.awaiting.is_some() {
            return Err(Malformed::BodyMissing);
        }
        match serde_json::from_str(text).map_err(|_| Malformed::Json)? {
            ToRelay::Response(response) if response.body => {
                self.awaiting = Some(response);
                Ok(None)
            }
            ToRelay::Response(response) => Ok(Some(Heard::Response(response, Bytes::new()))),
            ToRelay::RenewToken(renew) => Ok(Some(Heard::Renew(renew.token))),
        }
    }

    /// Takes a binary message. An empty one that nobody asked for is passed over: the Node client sends it.
    ///
    /// # Errors
    /// [`Malformed`] when it is too long or belongs to no response.
    pub(crate) fn binary(&mut self, body: Bytes) -> Result<Option<Heard>, Malformed> {
        if body.len() > BODY_MAX {
            return Err(Malformed::TooLong);
        }
        match self.awaiting.take() {
            Some(response) => Ok(Some(Heard::Response(response, body))),
            None if body.is_empty() => Ok(None),
            None => Err(Malformed::BodyUnasked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_BODY: &str = r#"{"response":{"requestId":"r","statusCode":"200","body":true}}"#;
    const WITHOUT_BODY: &str = r#"{"response":{"requestId":"r","statusCode":204}}"#;

    #[test]
    fn a_response_is_heard_with_its_body() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.text(WITH_BODY), Ok(None));
        let Ok(Some(Heard::Response(response, body))) = inbox.binary(Bytes::from_static(b"b")) else {
            panic!("no response");
        };
        assert_eq!((response.status_code, &body[..]), (200, &b"b"[..]));
        assert!(matches!(inbox.text(WITHOUT_BODY), Ok(Some(Heard::Response(_, body))) if body.is_empty()));
        assert_eq!(
            inbox.binary(Bytes::new()),
            Ok(None),
            "the Node client's stray empty message"
        );
        let renew = inbox.text(r#"{"renewToken":{"token":"t"}}"#);
        assert_eq!(renew, Ok(Some(Heard::Renew("t".to_owned()))));
    }

    #[test]
    fn broken_pairs_and_broken_json_end_it() {
        for wrong in ["", "{}", "[1]", "{\"accept\":{}}", &"[".repeat(10_000)] {
            assert_eq!(Inbox::default().text(wrong), Err(Malformed::Json));
        }
        let mut inbox = Inbox::default();
        inbox.text(WITH_BODY).unwrap();
        assert_eq!(inbox.text(WITHOUT_BODY), Err(Malformed::BodyMissing));
        assert_eq!(
            Inbox::default().binary(Bytes::from_static(b"b")),
            Err(Malformed::BodyUnasked)
        );
        assert_eq!(
            Inbox::default().binary(vec![0; BODY_MAX + 1].into()),
            Err(Malformed::TooLong)
        );
    }
}
