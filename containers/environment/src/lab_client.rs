//! A part's laboratory interface as the harness calls it: HTTPS with the run's own authority, behind the lab token.

use reqwest::{Certificate, Client, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vocabulary::lab::LAB_TOKEN;
use vocabulary::{NameTable, Password};

use crate::EnvironmentError;

/// The interface of one part.
pub(crate) struct LabClient {
    part: String,
    client: Client,
    url: String,
    token: Password,
}

impl LabClient {
    /// A client; nothing is dialled yet.
    pub fn new(
        part: &str,
        url: &str,
        names: &NameTable,
        ca_pem: &str,
        token: &Password,
    ) -> Result<Self, EnvironmentError> {
        let failed = |error: reqwest::Error| lab_error("build a client", &error);
        let certificate = Certificate::from_pem(ca_pem.as_bytes()).map_err(failed)?;
        let mut builder = Client::builder()
            .tls_certs_only([certificate])
            .redirect(reqwest::redirect::Policy::none());
        for (name, address) in names.iter() {
            builder = builder.resolve(name, address);
        }
        Ok(Self {
            part: part.to_owned(),
            client: builder.build().map_err(failed)?,
            url: url.to_owned(),
            token: token.clone(),
        })
    }

    /// The client, for what is not the lab's own interface.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What a path holds.
    pub async fn get(&self, path: &str) -> Result<String, EnvironmentError> {
        self.call(Method::GET, path, None).await
    }

    /// What a path holds, read as JSON.
    pub async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, EnvironmentError> {
        self.parsed(path, &self.get(path).await?)
    }

    /// Puts something at a path.
    pub async fn put(&self, path: &str, value: &impl Serialize) -> Result<(), EnvironmentError> {
        let doing = format!("write an order for {}", self.part);
        let body = serde_json::to_string(value).map_err(|error| lab_error(&doing, &error))?;
        self.call(Method::PUT, path, Some(body)).await.map(drop)
    }

    /// Removes what a path holds; gives its last state, or nothing where there was nothing.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, EnvironmentError> {
        let (status, text) = self.send(Method::DELETE, path, None).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => self.parsed(path, &accepted(&self.part, path, status, text)?).map(Some),
        }
    }

    fn parsed<T: DeserializeOwned>(&self, path: &str, text: &str) -> Result<T, EnvironmentError> {
        let doing = format!("read what {} says at {path}", self.part);
        serde_json::from_str(text).map_err(|error| lab_error(&doing, &error))
    }

    async fn call(&self, method: Method, path: &str, body: Option<String>) -> Result<String, EnvironmentError> {
        let (status, text) = self.send(method, path, body).await?;
        accepted(&self.part, path, status, text)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<(StatusCode, String), EnvironmentError> {
        let doing = format!("ask {} for {method} {path}", self.part);
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .header(LAB_TOKEN, self.token.expose());
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.map_err(|error| lab_error(&doing, &error))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| lab_error(&doing, &error))?;
        Ok((status, text))
    }
}

fn accepted(part: &str, path: &str, status: StatusCode, text: String) -> Result<String, EnvironmentError> {
    match status {
        StatusCode::OK | StatusCode::NO_CONTENT => Ok(text),
        _ => Err(EnvironmentError::Lab {
            doing: format!("ask {part} for {path}"),
            cause: format!("it answered {status} {text}"),
        }),
    }
}

/// An error with all its causes.
pub(crate) fn lab_error(doing: &str, error: &dyn std::error::Error) -> EnvironmentError {
    let mut cause = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        cause = format!("{cause}: {inner}");
        source = inner.source();
    }
    EnvironmentError::Lab {
        doing: doing.to_owned(),
        cause,
    }
}
