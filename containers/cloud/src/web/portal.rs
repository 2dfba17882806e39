//! `portal`: the self-service pages. Forms without script, every answer dressed in the same strict headers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use protocol::lab as lab_headers;
use uuid::Uuid;
use vocabulary::{Outcome, Reason, ReasonCode, Stage};

use super::{Shared, lab, pages, request};
use crate::app::{App, Spent};
use crate::tenant::{Asked, Choice, Effect, Page, PortalEvent};
use request::Form;

/// Nothing may be loaded but our own style; nobody may frame us; forms go to us alone.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every answer of the portal.
const DRESS: [(&str, &str); 5] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// The outcome of the operation, on its way from a handler to the laboratory's header.
#[derive(Debug, Clone)]
struct Told(Outcome);

pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(start))
        .route("/passwordreset", get(start))
        .route("/passwordreset/identify", post(identify))
        .route("/passwordreset/code", post(send_code))
        .route("/passwordreset/verify", post(verify))
        .route("/passwordreset/finish", post(finish))
        .route("/changepassword", get(start_change).post(change))
        .route("/style.css", get(style))
        .nest("/lab", lab::router(app))
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(app), dress))
}

/// Puts on the headers, and for the laboratory the time that was the cloud's own and the outcome.
async fn dress(State(app): Shared, request: Request, next: Next) -> Response {
    let begun = app.clock.monotonic();
    let is_lab = app.is_lab(request.headers());
    let mut response = next.run(request).await;
    for (name, value) in DRESS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    let spent = response.extensions_mut().remove::<Spent>().unwrap_or_default();
    let told = response.extensions_mut().remove::<Told>();
    if is_lab {
        let mut stages = spent.stages;
        let whole = app.clock.monotonic().saturating_sub(begun);
        stages.add(Stage::Cloud, whole.saturating_sub(spent.elsewhere));
        put(
            response.headers_mut(),
            lab_headers::SERVER_TIMING,
            &stages.to_server_timing(),
        );
        if let Some(outcome) = told.and_then(|told| serde_json::to_string(&told.0).ok()) {
            put(response.headers_mut(), lab_headers::OUTCOME, &outcome);
        }
    }
    response
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

async fn start() -> Html<String> {
    Html(pages::identify())
}

async fn start_change() -> Html<String> {
    Html(pages::change(None))
}

async fn change(State(app): Shared, request: Request) -> Response {
    step(&app, request, |form| {
        PortalEvent::Change(Asked {
            userid: form.text("userid"),
            old: form.password("old_password"),
            new: form.password("new_password"),
            confirmed: form.password("confirm_password"),
        })
    })
    .await
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, pages::STYLE).into_response()
}

/// The page for what is not there.
pub(super) async fn not_found() -> Response {
    (
        StatusCode::NOT_FOUND,
        Html(pages::plain("Not found", "There is no such page.")),
    )
        .into_response()
}

async fn identify(State(app): Shared, request: Request) -> Response {
    step(&app, request, |form| PortalEvent::Identify {
        userid: form.text("userid"),
    })
    .await
}

async fn send_code(State(app): Shared, request: Request) -> Response {
    step(&app, request, |_| PortalEvent::SendCode).await
}

async fn verify(State(app): Shared, request: Request) -> Response {
    step(&app, request, |form| PortalEvent::Verify {
        code: form.text("code"),
    })
    .await
}

async fn finish(State(app): Shared, request: Request) -> Response {
    step(&app, request, |form| PortalEvent::Finish(choice(form))).await
}

fn choice(form: &mut Form) -> Choice {
    match form.get("choice") {
        Some("reset") => Choice::Reset {
            password: form.password("new_password"),
            confirmed: form.password("confirm_password"),
        },
        Some("unlock") => Choice::Unlock,
        _ => Choice::Unclear,
    }
}

/// One step of the flow: read, let the tenant decide, carry out what it decided.
async fn step(app: &Arc<App>, request: Request, event: impl FnOnce(&mut Form) -> PortalEvent) -> Response {
    let (head, body) = request.into_parts();
    if !request::same_origin(&head.headers) {
        let page = pages::plain("Not from here", "This form was not sent from the portal's own page.");
        return (StatusCode::FORBIDDEN, Html(page)).into_response();
    }
    match Form::read(&head.headers, body).await {
        Ok(mut form) => take(app, &head, event(&mut form)).await,
        Err(status) => (
            status,
            Html(pages::plain("Not understood", "The form could not be read.")),
        )
            .into_response(),
    }
}

async fn take(app: &Arc<App>, head: &Parts, event: PortalEvent) -> Response {
    let is_lab = app.is_lab(&head.headers);
    let session = request::session(&head.headers);
    let operation = request::operation(&head.headers).filter(|_| is_lab);
    let effects = app.tenant().portal(session.as_deref(), operation, event, app.now());
    let mut cookie = None;
    let mut shown = None;
    for effect in effects {
        match effect {
            Effect::OpenSession(id) => cookie = Some(request::cookie(Some(&id))),
            Effect::CloseSession => cookie = Some(request::cookie(None)),
            Effect::SendCode(message) => app.inbox().deliver(message, app.now().unix),
            Effect::Show(page) => shown = Some((page, Spent::default())),
            Effect::Await(operation) => shown = Some(awaited(app, operation).await),
            Effect::Writeback(order) => {
                let carried = app.writeback(order, is_lab).await;
                shown = Some((Page::End(carried.ending), carried.spent));
            }
        }
    }
    let mut response = show(shown);
    if let Some(cookie) = cookie {
        put(response.headers_mut(), "set-cookie", &cookie);
    }
    response
}

/// The end of an operation that left before. The time it takes is not the cloud's own.
async fn awaited(app: &Arc<App>, operation: Uuid) -> (Page, Spent) {
    let begun = app.clock.monotonic();
    let ending = app.ended(operation).await;
    let spent = Spent {
        elsewhere: app.clock.monotonic().saturating_sub(begun),
        ..Spent::default()
    };
    (Page::End(ending), spent)
}

fn show(shown: Option<(Page, Spent)>) -> Response {
    let Some((page, spent)) = shown else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Html(pages::render(&page)).into_response();
    response.extensions_mut().insert(spent);
    if let Some(outcome) = outcome_of(&page) {
        response.extensions_mut().insert(Told(outcome));
    }
    response
}

/// What the operation has come to with this page, if it has come to anything.
fn outcome_of(page: &Page) -> Option<Outcome> {
    match page {
        Page::End(ending) => Some(ending.outcome.clone()),
        Page::WrongCode { .. } => Some(Outcome::rejected(ReasonCode::WrongCode)),
        Page::Choose { problem: Some(_), .. } | Page::Change { problem: Some(_) } => {
            Some(Outcome::Rejected(Reason::new(ReasonCode::PasswordPolicy)))
        }
        Page::AskCode { .. }
        | Page::EnterCode
        | Page::Choose { problem: None, .. }
        | Page::Change { problem: None } => None,
    }
}
