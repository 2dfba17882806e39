//! `graph`: people and the audit log, read only, as Microsoft Graph v1.0 gives them.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::routing::get;
use axum::{Json, Router};
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Shared;
use super::api::{ApiError, bearer, text_of};
use crate::app::App;
use crate::tenant::{AuditRow, Person};
use crate::token::Role;

/// Rows of a page, by default and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 999;

const READERS: [Role; 3] = [Role::App, Role::Admin, Role::Helpdesk];

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/v1.0/users", get(users))
        .route("/v1.0/users/{user}", get(user))
        .merge(super::helpdesk::router())
        .route("/v1.0/auditLogs/directoryAudits", get(audits))
        .fallback(async |uri: Uri| unknown(&uri))
}

fn unknown(uri: &Uri) -> ApiError {
    let text = format!("Resource not found for the segment '{}'.", uri.path());
    ApiError::bad(text)
}

/// The query options that are understood (OData 4.01, part 2, section 5).
#[derive(Debug, Default, Deserialize)]
struct Options {
    #[serde(rename = "$top")]
    top: Option<usize>,
    #[serde(rename = "$skiptoken")]
    skip: Option<String>,
    #[serde(rename = "$filter")]
    filter: Option<String>,
}

impl Options {
    fn count(&self) -> Result<usize, ApiError> {
        match self.top.unwrap_or(PAGE) {
            count @ 1..=PAGE_MAX => Ok(count),
            _ => Err(ApiError::bad(
                "Invalid page size specified. Must be between 1 and 999 inclusive.",
            )),
        }
    }

    fn skip<T: std::str::FromStr>(&self) -> Result<Option<T>, ApiError> {
        let parse = |text: &String| {
            text.parse()
                .map_err(|_| ApiError::bad("The $skiptoken is not from here."))
        };
        self.skip.as_ref().map(parse).transpose()
    }

    /// The one filter that is understood: `activityDisplayName eq '…'`.
    fn activity(&self) -> Result<Option<&str>, ApiError> {
        let Some(filter) = &self.filter else {
            return Ok(None);
        };
        let name = filter
            .trim()
            .strip_prefix("activityDisplayName eq '")
            .and_then(|rest| rest.strip_suffix('\''));
        name.map(Some)
            .ok_or_else(|| ApiError::bad("Only \"activityDisplayName eq '…'\" is supported in $filter."))
    }
}

async fn users(State(app): Shared, Query(options): Query<Options>, request: Request) -> Result<Json<Value>, ApiError> {
    bearer(&app, request.headers(), &READERS)?;
    let (count, after) = (options.count()?, options.skip::<Uuid>()?);
    if options.filter.is_some() {
        return Err(ApiError::bad("$filter is not supported here."));
    }
    let mut people = app.tenant().people_page(after, count + 1);
    let more = people.len() > count;
    people.truncate(count);
    let next = people.last().filter(|_| more).map(|person| person.id.to_string());
    let rows: Vec<Value> = people.iter().map(user_json).collect();
    Ok(Json(page(&app, "users", &rows, count, next)))
}

async fn user(State(app): Shared, Path(user): Path<String>, request: Request) -> Result<Json<Value>, ApiError> {
    bearer(&app, request.headers(), &READERS)?;
    let found = app.tenant().person(&user).map(user_json);
    let mut body = found.ok_or_else(|| ApiError::not_found("Resource does not exist or is not accessible."))?;
    body["@odata.context"] = json!(context(&app, "users/$entity"));
    Ok(Json(body))
}

async fn audits(State(app): Shared, Query(options): Query<Options>, request: Request) -> Result<Json<Value>, ApiError> {
    bearer(&app, request.headers(), &[Role::App, Role::Admin])?;
    let (count, before) = (options.count()?, options.skip::<u64>()?);
    let mut rows = app.tenant().audit_page(options.activity()?, before, count + 1);
    let more = rows.len() > count;
    rows.truncate(count);
    let next = rows.last().filter(|_| more).map(|row| row.number.to_string());
    let rows: Vec<Value> = rows.iter().map(audit_json).collect();
    Ok(Json(page(&app, "auditLogs/directoryAudits", &rows, count, next)))
}

fn page(app: &App, path: &str, rows: &[Value], count: usize, next: Option<String>) -> Value {
    let mut body = json!({ "@odata.context": context(app, path), "value": rows });
    if let Some(next) = next {
        let link = format!(
            "https://graph.{}.test/v1.0/{path}?$top={count}&$skiptoken={next}",
            app.lab
        );
        body["@odata.nextLink"] = json!(link);
    }
    body
}

pub(super) fn context(app: &App, what: &str) -> String {
    format!("https://graph.{}.test/v1.0/$metadata#{what}", app.lab)
}

fn user_json(person: &Person) -> Value {
    let object = &person.object;
    json!({
        "id": person.id,
        "accountEnabled": object.enabled,
        "displayName": object.display_name,
        "mail": object.mail,
        "userPrincipalName": object.upn,
        "lastPasswordChangeDateTime": person.password.map(|password| text_of(password.changed_unix)),
        "onPremisesDistinguishedName": object.dn,
        "onPremisesDomainName": object.domain,
        "onPremisesImmutableId": object.source_anchor,
        "onPremisesLastSyncDateTime": text_of(person.synced_unix),
        "onPremisesSamAccountName": object.sam,
        "onPremisesSyncEnabled": true,
        "onPremisesUserPrincipalName": object.upn,
    })
}

fn audit_json(row: &AuditRow) -> Value {
    let target = row.target.as_ref().map(|(id, upn)| {
        json!({ "id": id, "displayName": null, "type": "User", "userPrincipalName": upn, "modifiedProperties": [] })
    });
    json!({
        "id": format!("SSPR_{}_{}", row.correlation, row.number),
        "category": row.activity.category(),
        "correlationId": row.correlation,
        "result": if row.success { "success" } else { "failure" },
        "resultReason": row.reason,
        "activityDisplayName": row.activity.name(),
        "activityDateTime": text_of(row.unix),
        "loggedByService": row.activity.service(),
        "initiatedBy": { "user": target.as_ref().map(|user| json!({
            "id": user["id"], "displayName": null, "userPrincipalName": user["userPrincipalName"], "ipAddress": null,
        })), "app": null },
        "targetResources": target.into_iter().collect::<Vec<_>>(),
        "additionalDetails": [],
    })
}
