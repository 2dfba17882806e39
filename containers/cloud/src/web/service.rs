//! `passwordreset` and `sync`: what the agent talks to.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use protocol::ProtocolError;
use protocol::envelope::{OpeningKey, SealingKey};
use protocol::service::{
    HEARTBEAT_PATH, Heartbeat, ONBOARD_PATH, OnboardRequest, OnboardResponse, SYNC_PATH, SyncExport, SyncImport,
};
use tracing::info;

use super::Shared;
use super::api::{ApiError, bearer, json_body};
use super::request::BODY_MAX;
use crate::app::App;
use crate::config::connection_string;
use crate::tenant::{ExportRefusal, Keys};
use crate::token::Role;

/// The largest batch of an export, in bytes: about ten thousand people.
const BATCH_MAX: usize = 4 * 1024 * 1024;

/// The largest key id, in bytes.
const KEY_ID_MAX: usize = 128;

pub(super) fn reset_router() -> Router<Arc<App>> {
    Router::new()
        .route(ONBOARD_PATH, post(onboard))
        .route(HEARTBEAT_PATH, post(heartbeat))
}

pub(super) fn sync_router() -> Router<Arc<App>> {
    Router::new().route(SYNC_PATH, get(import).post(export))
}

async fn onboard(
    State(app): Shared,
    Path(tenant): Path<String>,
    request: Request,
) -> Result<Json<OnboardResponse>, ApiError> {
    known(&app, &tenant)?;
    cloud_administrator(&app, request.headers())?;
    let asked: OnboardRequest = json_body(request.into_body(), BODY_MAX).await?;
    if !app.tenant().lets_in(&asked.agent_version, app.now()) {
        let text = format!(
            "Agent {} is too old: version 1.1.443.0 or later is needed.",
            printable(&asked.agent_version)
        );
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "AgentVersionNotSupported", text));
    }
    let agent = sealing_key(&asked).map_err(|_| ApiError::bad("The agent's public key could not be read."))?;
    let cloud = answer_key(&app).await.map_err(|_| failed())?;
    let response = OnboardResponse {
        listeners: listeners(&app).map_err(|_| failed())?,
        key_id: cloud.id().to_owned(),
        public_key: cloud.public().map_err(|_| failed())?,
        heartbeat_s: app.heartbeat_s,
    };
    info!(version = %printable(&asked.agent_version), "agent onboarded");
    let saved = {
        let mut tenant = app.tenant();
        tenant.onboard(&asked, Keys { agent, cloud }, app.now());
        tenant.save()
    };
    saved.await.map_err(|_| unsaved())?;
    Ok(Json(response))
}

/// The connection strings that listeners get, as the files have them now: a relay's key may have been replaced.
fn listeners(app: &App) -> Result<Vec<String>, crate::CloudError> {
    let strings = app.listeners.iter().map(|file| connection_string(file));
    strings.map(|string| string.map(|string| string.expose())).collect()
}

/// Only an administrator that was made in the cloud may enable writeback: an account that the agent itself
/// synchronises could lock everybody out.
fn cloud_administrator(app: &App, headers: &http::HeaderMap) -> Result<(), ApiError> {
    let claims = bearer(app, headers, &[Role::Admin, Role::Person])?;
    let synchronised = app.tenant().person(&claims.subject).is_some();
    match (claims.role, synchronised) {
        (Role::Admin, false) => Ok(()),
        (_, true) => Err(ApiError::denied(
            "The account that enables writeback must be a cloud administrator; this one comes from on-premises.",
        )),
        (_, false) => Err(ApiError::denied("Insufficient privileges to complete the operation.")),
    }
}

fn sealing_key(asked: &OnboardRequest) -> Result<SealingKey, ProtocolError> {
    if asked.key_id.is_empty() || asked.key_id.len() > KEY_ID_MAX {
        return Err(ProtocolError::Key("named"));
    }
    SealingKey::new(&asked.key_id, &asked.public_key)
}

/// Making a key takes a good part of a second, on a thread that may be busy that long.
async fn answer_key(app: &App) -> Result<OpeningKey, ProtocolError> {
    let id = format!("cloud-{}", app.tenant().new_id("key"));
    let made = tokio::task::spawn_blocking(move || OpeningKey::generate(&id)).await;
    made.unwrap_or(Err(ProtocolError::Key("generated")))
}

async fn heartbeat(State(app): Shared, Path(tenant): Path<String>, request: Request) -> Result<StatusCode, ApiError> {
    known(&app, &tenant)?;
    bearer(&app, request.headers(), &[Role::Admin, Role::App])?;
    let heartbeat: Heartbeat = json_body(request.into_body(), BODY_MAX).await?;
    match app.tenant().heard(&heartbeat, app.now()) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::new(
            StatusCode::CONFLICT,
            "AgentReplaced",
            "No agent with this key is onboarded: a newer onboarding replaced it.",
        )),
    }
}

async fn import(
    State(app): Shared,
    Path(tenant): Path<String>,
    request: Request,
) -> Result<Json<SyncImport>, ApiError> {
    known(&app, &tenant)?;
    bearer(&app, request.headers(), &[Role::Admin, Role::App])?;
    let objects = app.tenant().objects();
    Ok(Json(SyncImport { objects }))
}

async fn export(State(app): Shared, Path(tenant): Path<String>, request: Request) -> Result<StatusCode, ApiError> {
    known(&app, &tenant)?;
    bearer(&app, request.headers(), &[Role::Admin, Role::App])?;
    let batch: SyncExport = json_body(request.into_body(), BATCH_MAX).await?;
    let (result, saved) = {
        let mut tenant = app.tenant();
        (tenant.export(batch, app.now()), tenant.save())
    };
    saved.await.map_err(|_| unsaved())?;
    result
        .map(|()| StatusCode::NO_CONTENT)
        .map_err(|refusal| match refusal {
            ExportRefusal::FullFirst => ApiError::new(
                StatusCode::CONFLICT,
                "FullSynchronisationRequired",
                "A full import and a full sync must come before a delta.",
            ),
            ExportRefusal::TooMany => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Directory_QuotaExceeded",
                "The tenant is full.",
            ),
        })
}

fn known(app: &App, tenant: &str) -> Result<(), ApiError> {
    match tenant.eq_ignore_ascii_case(&app.tenant_id.to_string()) {
        true => Ok(()),
        false => Err(ApiError::not_found("There is no such tenant.")),
    }
}

fn unsaved() -> ApiError {
    let text = "What was taken could not be stored; send it again.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", text)
}

fn failed() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        "The cloud's key could not be made.",
    )
}

/// What somebody else wrote, fit for a line of a log.
fn printable(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(40).collect()
}
