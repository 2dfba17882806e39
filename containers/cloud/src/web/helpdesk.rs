//! Resets by the helpdesk: `authenticationMethod: resetPassword` and the long-running operation that it starts (Microsoft
//! Graph v1.0).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use protocol::lab as lab_headers;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Password, ReasonCode, StageTimes};

use super::Shared;
use super::api::{ApiError, bearer, json_body, text_of};
use super::graph::context;
use super::request::{self, BODY_MAX};
use crate::app::App;
use crate::tenant::{HelpdeskReset, JournalEntry};
use crate::token::Role;

/// The fixed id of everybody's password among their authentication methods.
const PASSWORD_METHOD: Uuid = Uuid::from_u128(0x28c1_0230_6103_485e_b985_444c_6000_1490);

const RESETTERS: [Role; 2] = [Role::Admin, Role::Helpdesk];

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/v1.0/users/{user}/authentication/methods/{method}/resetPassword",
            post(reset),
        )
        .route(
            "/v1.0/users/{user}/authentication/operations/{operation}",
            get(operation),
        )
}

/// `Debug` is not derived: it would show the password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(rename = "newPassword")]
    new_password: String,
}

async fn reset(
    State(app): Shared,
    Path((user, method)): Path<(String, Uuid)>,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let claims = bearer(&app, &head.headers, &RESETTERS)?;
    if method != PASSWORD_METHOD {
        return Err(ApiError::not_found("There is no such authentication method."));
    }
    if claims.subject.eq_ignore_ascii_case(&user) {
        return Err(ApiError::denied("Nobody resets their own password here."));
    }
    let asked: Asked = json_body(body, BODY_MAX).await?;
    let password = Password::new(asked.new_password);
    if password.expose().is_empty() {
        return Err(ApiError::bad("A hybrid tenant needs a newPassword."));
    }
    let is_lab = app.is_lab(&head.headers);
    let given = request::operation(&head.headers).filter(|_| is_lab);
    let decided = app.tenant().reset_for(&user, given, password, app.now());
    Ok(match decided {
        Ok(HelpdeskReset::Leaves(order)) => {
            let operation = order.operation;
            app.writeback_behind(order, is_lab);
            accepted(&app, &user, operation)
        }
        Ok(HelpdeskReset::Left(operation)) => accepted(&app, &user, operation),
        Err(outcome) => refused(&outcome, is_lab),
    })
}

/// 202, and where to look for the end.
fn accepted(app: &App, user: &str, operation: Uuid) -> Response {
    let place = format!(
        "https://graph.{}.test/v1.0/users/{user}/authentication/operations/{operation}",
        app.lab
    );
    let mut response = (StatusCode::ACCEPTED, Json(json!({}))).into_response();
    let headers = response.headers_mut();
    if let Ok(place) = HeaderValue::from_str(&place) {
        headers.insert(LOCATION, place);
    }
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// What was refused before anything left. The laboratory is told the outcome too.
fn refused(outcome: &Outcome, is_lab: bool) -> Response {
    let error = match outcome {
        Outcome::Rejected(reason) if reason.code == ReasonCode::UnknownUser => {
            ApiError::not_found("Resource does not exist or is not accessible.")
        }
        Outcome::Rejected(reason) => ApiError::denied(reason.to_string()),
        Outcome::Failed(reason) => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            reason.to_string(),
        ),
        Outcome::Applied | Outcome::Unknown(_) => {
            ApiError::new(StatusCode::CONFLICT, "Conflict", "The operation is under way.")
        }
    };
    let mut response = error.into_response();
    if is_lab {
        tell(response.headers_mut(), outcome, None);
    }
    response
}

async fn operation(
    State(app): Shared,
    Path((user, operation)): Path<(String, Uuid)>,
    request: Request,
) -> Result<Response, ApiError> {
    bearer(&app, request.headers(), &RESETTERS)?;
    let nothing = || ApiError::not_found("There is no such operation.");
    let (person, entry) = {
        let tenant = app.tenant();
        let person = tenant.person(&user).map(|person| person.id).ok_or_else(nothing)?;
        (person, tenant.operation(operation).ok_or_else(nothing)?)
    };
    let theirs = entry.whose().is_none_or(|whose| whose == (person, OpKind::AdminReset));
    if !entry.is_dispatched() || !theirs {
        return Err(nothing());
    }
    let (told, stages) = match app.followed(operation) {
        // One whose times are still to come has not ended for whoever looks.
        Some(None) => (None, None),
        Some(Some(stages)) => (entry.ended(), Some(stages)),
        None => (entry.ended(), None),
    };
    let outcome = told.map(|(outcome, ..)| outcome);
    let mut response = Json(shown(&app, person, &entry, outcome.as_ref())).into_response();
    if let Some(outcome) = outcome.filter(|_| app.is_lab(request.headers())) {
        tell(response.headers_mut(), &outcome, stages.as_ref());
    }
    Ok(response)
}

/// The operation as Graph shows it. The product publishes no names for how one fails; these are the lab's.
fn shown(app: &App, person: Uuid, entry: &JournalEntry, outcome: Option<&Outcome>) -> serde_json::Value {
    let (status, detail) = match outcome {
        None if entry.whose().is_none() => ("notStarted", String::new()),
        None => ("running", String::new()),
        Some(Outcome::Applied) => ("succeeded", "ResetSuccess".to_owned()),
        Some(Outcome::Rejected(reason) | Outcome::Failed(reason)) => ("failed", reason.to_string()),
        Some(Outcome::Unknown(why)) => ("failed", why.as_str().to_owned()),
    };
    let time = |unix_ms| text_of(Duration::from_millis(unix_ms));
    json!({
        "@odata.context": context(app, "users('')/authentication/operations/$entity"),
        "id": entry.op_id,
        "status": status,
        "statusDetail": detail,
        "createdDateTime": time(entry.began_unix_ms()),
        "lastActionDateTime": time(entry.unix_ms),
        "resourceLocation": format!("https://graph.{}.test/v1.0/users/{person}/authentication/methods/{PASSWORD_METHOD}", app.lab),
    })
}

fn tell(headers: &mut HeaderMap, outcome: &Outcome, stages: Option<&StageTimes>) {
    let outcome = serde_json::to_string(outcome).ok();
    let told = [
        (lab_headers::OUTCOME, outcome),
        (lab_headers::SERVER_TIMING, stages.map(StageTimes::to_server_timing)),
    ];
    for (name, text) in told {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name, value);
        }
    }
}
