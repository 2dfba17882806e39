//! What only the laboratory sees, below `/lab` of the portal. To everybody else it does not exist.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use protocol::ProtocolError;
use protocol::envelope::{OpeningKey, SealingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Shared;
use super::api::{ApiError, json_body};
use super::portal::not_found;
use super::request::BODY_MAX;
use crate::app::App;
use crate::inbox::Mail;
use crate::tenant::{Disturbance, Exemptions, JournalEntry, Keys, SettingsPatch, Status, TenantSettings};

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
        .route("/tokens", get(void_tokens).delete(expire_tokens))
        .route("/disturbances/{what}", get(touched).put(disturb).delete(calm))
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

/// How long a disturbance lasts at the most.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lease {
    lease_ms: u64,
}

/// Whom it touched so far.
#[derive(Serialize)]
struct Touched {
    touched: u64,
}

async fn disturb(
    State(app): Shared,
    Path(what): Path<Disturbance>,
    request: Request,
) -> Result<Json<Touched>, ApiError> {
    let Lease { lease_ms } = json_body(request.into_body(), BODY_MAX).await?;
    if what == Disturbance::LoseAgentKey {
        mislay(&app).await?;
    }
    app.tenant().disturb(what, Duration::from_millis(lease_ms), app.now());
    Ok(Json(Touched { touched: 0 }))
}

/// Makes a pair of keys under the id of the agent's, of which nobody else has a half.
async fn mislay(app: &App) -> Result<(), ApiError> {
    let none = || ApiError::not_found("No agent is onboarded.");
    let id = app.tenant().agent_key_id().ok_or_else(none)?;
    let made = tokio::task::spawn_blocking(move || {
        let lost = OpeningKey::generate(&id)?;
        let agent = SealingKey::new(&id, &lost.public()?)?;
        Ok::<_, ProtocolError>(Keys { agent, cloud: lost })
    });
    let failed = || {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "No key could be made.",
        )
    };
    let decoy = made.await.map_err(|_| failed())?.map_err(|_| failed())?;
    app.tenant().mislay(decoy);
    Ok(())
}

async fn calm(State(app): Shared, Path(what): Path<Disturbance>) -> Json<Touched> {
    let touched = app.tenant().calm(what);
    Json(Touched { touched })
}

async fn touched(State(app): Shared, Path(what): Path<Disturbance>) -> Json<Touched> {
    let touched = app.tenant().touched(what);
    Json(Touched { touched })
}

async fn expire_tokens(State(app): Shared) -> Json<Touched> {
    app.tokens.expire_all();
    void_tokens(State(app)).await
}

async fn void_tokens(State(app): Shared) -> Json<Touched> {
    Json(Touched {
        touched: app.tokens.void(),
    })
}

/// Who lacks a licence or stands outside of the group, by sign-in name.
async fn people(State(app): Shared, request: Request) -> Result<StatusCode, ApiError> {
    let exemptions: Exemptions = json_body(request.into_body(), EXEMPTIONS_MAX).await?;
    let unknown = |upn: String| ApiError::not_found(format!("Nobody is called {upn}."));
    app.tenant().exempt(&exemptions).map_err(unknown)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn operation(State(app): Shared, Path(operation): Path<Uuid>) -> Result<Json<JournalEntry>, ApiError> {
    let entry = app.tenant().operation(operation);
    entry.map(Json).ok_or_else(|| ApiError::not_found("No such operation."))
}

/// One JSON object a line, oldest operation first.
async fn journal(State(app): Shared) -> Response {
    let entries: Vec<JournalEntry> = app.tenant().journal().collect();
    let lines = entries.iter().filter_map(|entry| serde_json::to_string(entry).ok());
    let text = lines.fold(String::new(), |text, line| text + &line + "\n");
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from(text)).into_response()
}
