//! The cloud's service interfaces, as the agent calls them: sign-in, onboarding, heartbeat, synchronisation.

use std::time::Duration;

use protocol::service::{
    HEARTBEAT_PATH, Heartbeat, ONBOARD_PATH, OnboardRequest, OnboardResponse, SYNC_PATH, SyncExport, SyncImport,
    SyncObject, TOKEN_PATH, TokenResponse, path,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use rustls::ClientConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use uuid::Uuid;
use vocabulary::{Password, SharedClock};

use crate::{AgentConfig, AgentError};

/// The hosts of the cloud that an agent talks to.
const ROLES: [&str; 3] = ["login", "passwordreset", "sync"];

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer: the import of a large tenant.
const ANSWER_MAX: usize = 256 * 1024 * 1024;

/// Objects in one batch of an export.
const BATCH: usize = 500;

/// A token this close to its end is not used any more.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);

/// How the agent presents itself at sign-in.
const CLIENT_ID: &str = "wblab-agent";

/// The client of one tenant.
pub(crate) struct Cloud {
    client: Client,
    config: AgentConfig,
    password: Password,
    clock: SharedClock,
    token: Mutex<Option<Token>>,
}

struct Token {
    text: String,
    ends: Duration,
}

#[derive(Serialize)]
struct TokenForm<'a> {
    grant_type: &'static str,
    client_id: &'static str,
    scope: &'static str,
    username: &'a str,
    password: &'a str,
}

impl Cloud {
    /// A client that dials what the name table says and trusts the lab's authorities alone.
    pub(crate) fn new(
        config: &AgentConfig,
        password: Password,
        tls: &ClientConfig,
        clock: SharedClock,
    ) -> Result<Self, AgentError> {
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .no_proxy()
            .https_only(true)
            .redirect(redirect::Policy::none())
            .timeout(CALL_TIMEOUT);
        for role in ROLES {
            let host = config.cloud_host(role);
            let address = config
                .names
                .resolve(&host)
                .ok_or_else(|| AgentError::Name(host.clone()))?;
            builder = builder.resolve(&host, address);
        }
        let client = builder.build().map_err(|error| AgentError::Client(chain(&error)))?;
        Ok(Self {
            client,
            config: config.clone(),
            password,
            clock,
            token: Mutex::new(None),
        })
    }

    /// Signs in when there is no token that lasts.
    pub(crate) async fn sign_in(&self) -> Result<String, AgentError> {
        let mut held = self.token.lock().await;
        let now = self.clock.monotonic();
        if let Some(token) = held.as_ref().filter(|token| token.ends > now + TOKEN_MARGIN) {
            return Ok(token.text.clone());
        }
        let form = TokenForm {
            grant_type: "password",
            client_id: CLIENT_ID,
            scope: "writeback sync",
            username: &self.config.admin_upn,
            password: self.password.expose(),
        };
        let request = self.client.post(self.url("login", TOKEN_PATH)).form(&form);
        let answer: TokenResponse = self.call("signing in", "login", request).await?;
        let ends = now + Duration::from_secs(answer.expires_in);
        *held = Some(Token {
            text: answer.access_token.clone(),
            ends,
        });
        Ok(answer.access_token)
    }

    /// Becomes the tenant's writeback endpoint.
    pub(crate) async fn onboard(
        &self,
        key_id: &str,
        public_key: String,
        journal: Option<Uuid>,
    ) -> Result<OnboardResponse, AgentError> {
        let body = OnboardRequest {
            agent_version: self.config.version.clone(),
            key_id: key_id.to_owned(),
            public_key,
            journal,
        };
        let request = self.client.post(self.url("passwordreset", ONBOARD_PATH)).json(&body);
        self.authorised("onboarding", "passwordreset", request).await
    }

    /// Reports health.
    pub(crate) async fn heartbeat(&self, key_id: &str, listening: u32, served: u64) -> Result<(), AgentError> {
        let agent_version = self.config.version.clone();
        let body = Heartbeat {
            agent_version,
            key_id: key_id.to_owned(),
            listening,
            served,
        };
        let request = self.client.post(self.url("passwordreset", HEARTBEAT_PATH)).json(&body);
        self.sent("reporting health", "passwordreset", request).await
    }

    /// Full import from the cloud.
    pub(crate) async fn import(&self) -> Result<Vec<SyncObject>, AgentError> {
        let request = self.client.get(self.url("sync", SYNC_PATH));
        let answer: SyncImport = self.authorised("importing", "sync", request).await?;
        Ok(answer.objects)
    }

    /// Full export to the cloud, batch by batch; an empty directory is exported too.
    pub(crate) async fn export(&self, objects: &[SyncObject]) -> Result<(), AgentError> {
        let mut batches: Vec<&[SyncObject]> = objects.chunks(BATCH).collect();
        if batches.is_empty() {
            batches.push(&[]);
        }
        let count = batches.len();
        for (number, batch) in batches.into_iter().enumerate() {
            let body = SyncExport {
                full: true,
                last: number + 1 == count,
                objects: batch.to_vec(),
            };
            let request = self.client.post(self.url("sync", SYNC_PATH)).json(&body);
            self.sent("exporting", "sync", request).await?;
        }
        Ok(())
    }

    fn url(&self, role: &str, template: &str) -> String {
        format!(
            "https://{}{}",
            self.config.cloud_host(role),
            path(template, self.config.tenant_id)
        )
    }

    async fn authorised<T: DeserializeOwned>(
        &self,
        step: &'static str,
        role: &str,
        request: RequestBuilder,
    ) -> Result<T, AgentError> {
        let bytes = self.with_token(step, role, request).await?;
        self.parsed(step, role, &bytes)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        step: &'static str,
        role: &str,
        request: RequestBuilder,
    ) -> Result<T, AgentError> {
        let response = self.response(step, role, request).await?;
        let bytes = self.content(step, role, response).await?;
        self.parsed(step, role, &bytes)
    }

    async fn sent(&self, step: &'static str, role: &str, request: RequestBuilder) -> Result<(), AgentError> {
        self.with_token(step, role, request).await.map(drop)
    }

    /// Sends with a token. One that the cloud takes no longer, whatever its lifetime was, is replaced once.
    async fn with_token(&self, step: &'static str, role: &str, request: RequestBuilder) -> Result<Vec<u8>, AgentError> {
        let again = request.try_clone();
        let token = self.sign_in().await?;
        let mut response = self.response(step, role, request.bearer_auth(&token)).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(again) = again
        {
            self.forget(&token).await;
            let fresh = self.sign_in().await?;
            response = self.response(step, role, again.bearer_auth(fresh)).await?;
        }
        self.content(step, role, response).await
    }

    /// Forgets a token, unless somebody else has replaced it meanwhile.
    async fn forget(&self, token: &str) {
        let mut held = self.token.lock().await;
        if held.as_ref().is_some_and(|held| held.text == token) {
            *held = None;
        }
    }

    fn parsed<T: DeserializeOwned>(&self, step: &'static str, role: &str, bytes: &[u8]) -> Result<T, AgentError> {
        serde_json::from_slice(bytes)
            .map_err(|error| self.failed(step, role, format!("the answer has the wrong shape: {error}")))
    }

    async fn response(&self, step: &'static str, role: &str, request: RequestBuilder) -> Result<Response, AgentError> {
        let sent = request.send().await;
        sent.map_err(|error| self.failed(step, role, chain(&error)))
    }

    async fn content(&self, step: &'static str, role: &str, response: Response) -> Result<Vec<u8>, AgentError> {
        let status = response.status();
        if !status.is_success() {
            return Err(self.failed(step, role, format!("the cloud answered {status}")));
        }
        read(response).await.map_err(|why| self.failed(step, role, why))
    }

    fn failed(&self, step: &'static str, role: &str, why: String) -> AgentError {
        AgentError::Cloud {
            step,
            host: self.config.cloud_host(role),
            why,
        }
    }
}

/// Reads an answer up to the limit.
async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| chain(&error))? {
        if bytes.len() + chunk.len() > ANSWER_MAX {
            return Err("the answer is too large".to_owned());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The whole chain of causes: the outermost alone says little. The URL holds no secret.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
