//! What only the laboratory sees, below `/lab` of the portal. To everybody else it does not exist.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use uuid::Uuid;

use super::Shared;
use super::api::{ApiError, json_body};
use super::portal::not_found;
use super::request::BODY_MAX;
use crate::app::App;
use crate::inbox::Mail;
use crate::tenant::{Exemptions, JournalEntry, SettingsPatch, Status, TenantSettings};

/// The largest list of people who lack something, in bytes: about ten thousand names.
const EXEMPTIONS_MAX: usize = 1024 * 1024;

pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/inbox", get(inbox))
        .route("/status", get(status))
        .route("/tenant", patch(tenant))
        .route("/people", patch(people))
        .route("/operations/{operation}", get(operation))
        .route("/journal", get(journal))
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(app), guard))
}

/// The same answer as for any page that is not there, whatever the method.
async fn guard(State(app): Shared, request: Request, next: Next) -> Response {
    match app.is_lab(request.headers()) {
        true => next.run(request).await,
        false => not_found().await,
    }
}

#[derive(Deserialize)]
struct Whose {
    upn: String,
}

async fn inbox(State(app): Shared, Query(whose): Query<Whose>) -> Json<Vec<Mail>> {
    Json(app.inbox().of(&whose.upn))
}

async fn status(State(app): Shared) -> Json<Status> {
    Json(app.tenant().status())
}

async fn tenant(State(app): Shared, request: Request) -> Result<Json<TenantSettings>, ApiError> {
    let patch: SettingsPatch = json_body(request.into_body(), BODY_MAX).await?;
    Ok(Json(app.tenant().patch(patch, app.now())))
}

/// Who lacks a licence or stands outside of the group, by sign-in name.
async fn people(State(app): Shared, request: Request) -> Result<StatusCode, ApiError> {
    let exemptions: Exemptions = json_body(request.into_body(), EXEMPTIONS_MAX).await?;
    let unknown = |upn: String| ApiError::not_found(format!("Nobody is called {upn}."));
    app.tenant().exempt(&exemptions).map_err(unknown)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn operation(State(app): Shared, Path(operation): Path<Uuid>) -> Result<Json<JournalEntry>, ApiError> {
    let entry = app.tenant().operation(operation).cloned();
    entry.map(Json).ok_or_else(|| ApiError::not_found("No such operation."))
}

/// One JSON object a line, oldest operation first.
async fn journal(State(app): Shared) -> Response {
    let entries: Vec<JournalEntry> = app.tenant().journal().cloned().collect();
    let lines = entries.iter().filter_map(|entry| serde_json::to_string(entry).ok());
    let text = lines.fold(String::new(), |text, line| text + &line + "\n");
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from(text)).into_response()
}
