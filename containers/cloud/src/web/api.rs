//! What the JSON surfaces share: errors in Graph's shape, bearer tokens, times as text.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::request;
use crate::app::App;
use crate::token::{Claims, Role};

/// An error in Graph's shape (Microsoft Learn, "Microsoft Graph error responses").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Authorization_RequestDenied", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message, "innerError": {} } });
        let mut response = (self.status, axum::Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The bearer, if the token is good and one of the roles is theirs.
pub(crate) fn bearer(app: &App, headers: &HeaderMap, roles: &[Role]) -> Result<Claims, ApiError> {
    let unauthorised = || {
        let message = "Access token is missing, malformed, expired, or not from here.";
        ApiError::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    };
    let header = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(unauthorised)?;
    let (scheme, token) = header.split_once(' ').ok_or_else(unauthorised)?;
    let claims = app
        .tokens
        .check(token.trim(), app.now().unix)
        .filter(|_| scheme.eq_ignore_ascii_case("Bearer"));
    let claims = claims.ok_or_else(unauthorised)?;
    match roles.contains(&claims.role) {
        true => Ok(claims),
        false => Err(ApiError::denied("Insufficient privileges to complete the operation.")),
    }
}

/// Reads a bounded JSON body.
pub(crate) async fn json_body<T: DeserializeOwned>(body: axum::body::Body, limit: usize) -> Result<T, ApiError> {
    let bytes = request::read_body(body, limit).await.map_err(|status| {
        ApiError::new(
            status,
            "RequestBodyRefused",
            "The body is too large or came too slowly.",
        )
    })?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::bad(format!("The body could not be read: {error}")))
}

/// A time as RFC 3339, in UTC.
pub(crate) fn text_of(unix: Duration) -> String {
    let nanos = i128::try_from(unix.as_millis()).unwrap_or(0) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(
            text_of(Duration::from_millis(1_800_000_000_250)),
            "2027-01-15T08:00:00.25Z"
        );
    }
}
