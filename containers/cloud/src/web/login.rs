//! `login`: the token endpoint, with client credentials and with the password grant (RFC 6749 sections 4.3 and 4.4).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use protocol::service::{TOKEN_PATH, TokenResponse};
use serde_json::json;
use vocabulary::Password;

use super::Shared;
use super::api::text_of;
use super::request::Form;
use crate::app::App;
use crate::secret::is_secret;
use crate::token::{LIFETIME_S, Role};

/// An error of the token endpoint: OAuth's name, the vendor's number (Microsoft Learn, "Microsoft Entra authentication
/// and authorization error codes"), and a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    error: &'static str,
    number: u32,
    text: &'static str,
}

const TENANT: Refusal = refusal("invalid_request", 90002, "Tenant not found.");
const GRANT: Refusal = refusal(
    "unsupported_grant_type",
    70003,
    "The app requested an unsupported grant type.",
);
const SCOPE: Refusal = refusal(
    "invalid_scope",
    70011,
    "The provided value for the input parameter 'scope' is not valid.",
);
const CLIENT: Refusal = refusal(
    "unauthorized_client",
    700_016,
    "Application was not found in the directory.",
);
const SECRET: Refusal = refusal("invalid_client", 7_000_215, "Invalid client secret provided.");
const PASSWORD: Refusal = refusal(
    "invalid_grant",
    50126,
    "Error validating credentials due to invalid username or password.",
);
const FORM: Refusal = refusal(
    "invalid_request",
    900_144,
    "The request body must be a form with the parameter 'grant_type'.",
);

const fn refusal(error: &'static str, number: u32, text: &'static str) -> Refusal {
    Refusal { error, number, text }
}

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route(TOKEN_PATH, post(token))
}

async fn token(State(app): Shared, Path(tenant): Path<String>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let result = match Form::read(&head.headers, body).await {
        Ok(form) => grant(&app, &tenant, form),
        Err(_) => Err(FORM),
    };
    let mut response = match result {
        Ok(token) => axum::Json(token).into_response(),
        Err(refusal) => refused(&app, refusal),
    };
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn grant(app: &App, tenant: &str, mut form: Form) -> Result<TokenResponse, Refusal> {
    if !tenant.eq_ignore_ascii_case(&app.tenant_id.to_string()) {
        return Err(TENANT);
    }
    let (subject, role) = match form.get("grant_type") {
        Some("client_credentials") => client(app, &form)?,
        Some("password") => person(app, &mut form)?,
        Some(_) => return Err(GRANT),
        None => return Err(FORM),
    };
    let access_token = app.tokens.issue(&subject, role, app.now().unix).ok_or(FORM)?;
    Ok(TokenResponse {
        token_type: "Bearer".to_owned(),
        expires_in: LIFETIME_S,
        access_token,
    })
}

fn client(app: &App, form: &Form) -> Result<(String, Role), Refusal> {
    if form.get("scope").is_some_and(|scope| !scope.ends_with("/.default")) {
        return Err(SCOPE);
    }
    if form.get("client_id") != Some(app.accounts.client_id.as_str()) {
        return Err(CLIENT);
    }
    match is_secret(&app.client_secret, form.get("client_secret").unwrap_or_default()) {
        true => Ok((app.accounts.client_id.clone(), Role::App)),
        false => Err(SECRET),
    }
}

/// One text for an unknown name and a wrong password.
fn person(app: &App, form: &mut Form) -> Result<(String, Role), Refusal> {
    let upn = form.text("username").trim().to_owned();
    let offered = form.password("password");
    role_of(app, &upn, &offered).map(|role| (upn, role)).ok_or(PASSWORD)
}

fn role_of(app: &App, upn: &str, offered: &Password) -> Option<Role> {
    let accounts = &app.accounts;
    let own = [
        (&accounts.admin_upn, &app.admin_password, Role::Admin),
        (&accounts.helpdesk_upn, &app.helpdesk_password, Role::Helpdesk),
    ];
    let account = own.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(upn));
    match account {
        Some((_, password, role)) => is_secret(password, offered.expose()).then_some(role),
        None => app.tenant().knows_password(upn, offered).then_some(Role::Person),
    }
}

fn refused(app: &App, refusal: Refusal) -> Response {
    let Refusal { error, number, text } = refusal;
    let (trace, correlation) = {
        let mut tenant = app.tenant();
        (tenant.new_id("trace"), tenant.new_id("correlation"))
    };
    let timestamp = text_of(app.now().unix);
    let description =
        format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}");
    let status = if error == SECRET.error {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::BAD_REQUEST
    };
    let body = json!({
        "error": error,
        "error_description": description,
        "error_codes": [number],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.{}.test/error?code={number}", app.lab),
    });
    (status, axum::Json(body)).into_response()
}
