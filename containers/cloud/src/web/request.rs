//! Reading requests: bounded bodies, forms, cookies, and where a request came from.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use protocol::lab;
use uuid::Uuid;
use vocabulary::Password;
use zeroize::Zeroizing;

/// The largest body of a form or a small JSON message, in bytes.
pub(crate) const BODY_MAX: usize = 64 * 1024;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Fields that a form may have.
const FIELDS_MAX: usize = 32;

/// The session's cookie. The prefix makes browsers insist on `Secure`, on `Path=/`, and on no domain (RFC 6265bis).
const COOKIE_NAME: &str = "__Host-sspr";

/// Reads a body of up to `limit` bytes.
pub(crate) async fn read_body(body: Body, limit: usize) -> Result<Bytes, StatusCode> {
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// The fields of a form; wiped when dropped.
pub(crate) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5.1).
    pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, StatusCode> {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !kind
            .to_ascii_lowercase()
            .starts_with("application/x-www-form-urlencoded")
        {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let body = read_body(body, BODY_MAX).await?;
        let fields = url::form_urlencoded::parse(&body).take(FIELDS_MAX);
        Ok(Self(
            fields
                .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
                .collect(),
        ))
    }

    /// The first field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first field of that name, or an empty text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// The first field of that name as a password; moved out, not copied.
    pub(crate) fn password(&mut self, name: &str) -> Password {
        let field = self.0.iter_mut().find(|(field, _)| field == name);
        Password::new(field.map(|(_, value)| std::mem::take(&mut **value)).unwrap_or_default())
    }
}

/// The session that the browser holds.
pub(crate) fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value.to_owned())
}

/// The header that gives the browser a session for fifteen minutes, or takes it away.
pub(crate) fn cookie(session: Option<&str>) -> String {
    let (value, age) = session.map_or(("", 0), |session| (session, 900));
    format!("{COOKIE_NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={age}")
}

/// The operation id that the harness chose.
pub(crate) fn operation(headers: &HeaderMap) -> Option<Uuid> {
    headers
        .get(lab::OPERATION_ID)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok())
}

/// Whether a state change comes from our own page, as far as the browser says. Scripts say nothing and may pass: what
/// protects people is that their browser does.
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (None, _) => true,
        // Under `no-referrer` browsers send this for our own forms too (Fetch, "append a request Origin header").
        (Some("null"), _) => site == Some("same-origin"),
        (Some(origin), Some(host)) => origin
            .strip_prefix("https://")
            .is_some_and(|name| name.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        pairs.collect()
    }

    #[test]
    fn state_changes_come_from_our_own_pages() {
        let host = ("host", "portal.wblab.test:8443");
        assert!(same_origin(&headers(&[host])));
        assert!(same_origin(&headers(&[
            host,
            ("origin", "https://Portal.wblab.test:8443")
        ])));
        assert!(same_origin(&headers(&[
            host,
            ("origin", "null"),
            ("sec-fetch-site", "same-origin")
        ])));
        for wrong in [
            &[host, ("origin", "https://evil.test")][..],
            &[host, ("origin", "http://portal.wblab.test:8443")],
            &[host, ("origin", "null")],
            &[host, ("origin", "null"), ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "same-site")],
            &[("origin", "https://portal.wblab.test")],
        ] {
            assert!(!same_origin(&headers(wrong)), "{wrong:?}");
        }
    }

    #[test]
    fn cookies_are_found_among_others() {
        let sent = headers(&[("cookie", "a=b; __Host-sspr=s1; c=d")]);
        assert_eq!(session(&sent).as_deref(), Some("s1"));
        assert_eq!(session(&headers(&[("cookie", "sspr=s1")])), None);
        assert!(cookie(None).contains("Max-Age=0"));
    }

    #[tokio::test]
    async fn a_form_is_bounded_and_gives_its_password_away_once() {
        let sent = headers(&[("content-type", "application/x-www-form-urlencoded; charset=utf-8")]);
        let mut form = Form::read(&sent, Body::from("p=a%2Bb+c&p=second&u=%C3%A9"))
            .await
            .ok()
            .unwrap();
        assert_eq!(form.text("u"), "é");
        assert_eq!(form.password("p").expose(), "a+b c");
        assert_eq!(form.password("p").expose(), "");
        let big = Form::read(&sent, Body::from("x".repeat(BODY_MAX + 1))).await;
        assert_eq!(big.err(), Some(StatusCode::PAYLOAD_TOO_LARGE));
        let wrong = Form::read(&HeaderMap::new(), Body::empty()).await;
        assert_eq!(wrong.err(), Some(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
}
