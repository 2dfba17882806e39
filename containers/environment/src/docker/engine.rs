//! The Docker engine, as far as the lab needs it. Every call is bounded.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::ContainerInspectResponse;
use testcontainers::bollard::query_parameters::{
    DownloadFromContainerOptionsBuilder, InspectContainerOptions, LogsOptions, LogsOptionsBuilder,
    UploadToContainerOptionsBuilder,
};
use testcontainers::bollard::{Docker, body_full};
use testcontainers::core::client::docker_client_instance;
use tokio::time::timeout;

use super::archive::first_file;
use crate::EnvironmentError;

/// How long one short call may take. A loaded machine needs seconds to start a container.
pub(super) const CALL: Duration = Duration::from_secs(60);
/// How long the engine may take to say who it is.
const GREETING: Duration = Duration::from_secs(10);
/// How long a build may stand without its answer beginning.
const REQUEST: Duration = Duration::from_secs(900);
/// The largest archive that is read out of a container.
const FETCH_MAX: usize = 1 << 30;

/// What an engine says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineVersion {
    /// The engine's version, for example `20.10.24+dfsg1`.
    pub engine: String,
    /// The version of its API that is spoken.
    pub api: String,
}

/// A connection to the engine that testcontainers uses too.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    docker: Docker,
}

impl Engine {
    /// Reaches the engine and agrees on a version.
    ///
    /// # Errors
    /// [`EnvironmentError::DockerUnreachable`] when none answers.
    pub(super) async fn connect() -> Result<Self, EnvironmentError> {
        let unreachable = |cause: String| EnvironmentError::DockerUnreachable(cause);
        let docker = docker_client_instance()
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        let docker = timeout(GREETING, docker.with_timeout(REQUEST).negotiate_version())
            .await
            .map_err(|_| unreachable(format!("no answer within {} s", GREETING.as_secs())))?
            .map_err(|error| unreachable(error.to_string()))?;
        Ok(Self { docker })
    }

    /// The client itself, for calls that only one place needs.
    pub(super) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Who the engine is.
    pub(super) async fn version(&self) -> Result<EngineVersion, EnvironmentError> {
        let version = bounded("ask the engine for its version", self.docker.version()).await?;
        let unknown = || "unknown".to_owned();
        Ok(EngineVersion {
            engine: version.version.unwrap_or_else(unknown),
            api: self.docker.client_version().to_string(),
        })
    }

    /// What the engine knows of a container.
    pub(super) async fn inspect(&self, container: &str) -> Result<ContainerInspectResponse, EnvironmentError> {
        let call = self
            .docker
            .inspect_container(container, None::<InspectContainerOptions>);
        bounded(format!("inspect {container}"), call).await
    }

    /// Puts an archive into a container, running or not, below its root.
    pub(super) async fn upload(&self, container: &str, archive: Vec<u8>) -> Result<(), EnvironmentError> {
        let options = UploadToContainerOptionsBuilder::new().path("/").build();
        let call = self
            .docker
            .upload_to_container(container, Some(options), body_full(Bytes::from(archive)));
        bounded(format!("copy files into {container}"), call).await
    }

    /// A file out of a container, running or not.
    pub(super) async fn fetch(&self, container: &str, path: &Path) -> Result<Vec<u8>, EnvironmentError> {
        let doing = format!("copy {} out of {container}", path.display());
        let options = DownloadFromContainerOptionsBuilder::new()
            .path(&path.to_string_lossy())
            .build();
        let stream = self.docker.download_from_container(container, Some(options));
        let archive = bounded(doing.clone(), collect(stream)).await?;
        first_file(&archive).map_err(|error| failed(doing, error))
    }

    /// Everything a container has said, on both of its outputs.
    pub(super) async fn log(&self, container: &str) -> Result<Vec<u8>, EnvironmentError> {
        let stream = self
            .docker
            .logs(container, Some(log_options(false)))
            .map_ok(LogOutput::into_bytes);
        bounded(format!("read the log of {container}"), collect(stream)).await
    }

    /// What a container says from its start on, as it says it; ends when the container does.
    pub(super) fn follow(&self, container: &str) -> impl Stream<Item = Result<Bytes, EnvironmentError>> + use<> {
        let doing = format!("follow the log of {container}");
        self.docker.logs(container, Some(log_options(true))).map(move |output| {
            output
                .map(LogOutput::into_bytes)
                .map_err(|error| failed(doing.clone(), error))
        })
    }
}

fn log_options(follow: bool) -> LogsOptions {
    LogsOptionsBuilder::new()
        .follow(follow)
        .stdout(true)
        .stderr(true)
        .tail("all")
        .build()
}

/// Why a stream of bytes could not be collected.
#[derive(Debug, thiserror::Error)]
enum CollectError {
    #[error(transparent)]
    Engine(#[from] Error),
    #[error("more than {FETCH_MAX} bytes")]
    TooLarge,
}

async fn collect(stream: impl Stream<Item = Result<Bytes, Error>>) -> Result<Vec<u8>, CollectError> {
    let mut all = Vec::new();
    let mut stream = std::pin::pin!(stream);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        if all.len() + chunk.len() > FETCH_MAX {
            return Err(CollectError::TooLarge);
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// One call with the usual limit of time.
pub(super) async fn bounded<T, E: std::fmt::Display>(
    doing: impl Into<String>,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, EnvironmentError> {
    let doing = doing.into();
    match timeout(CALL, call).await {
        Ok(done) => done.map_err(|error| failed(doing, error)),
        Err(_) => Err(failed(doing, format!("no answer within {} s", CALL.as_secs()))),
    }
}

/// The error of something the engine did not do.
pub(super) fn failed(doing: impl Into<String>, cause: impl std::fmt::Display) -> EnvironmentError {
    EnvironmentError::Docker {
        doing: doing.into(),
        cause: cause.to_string(),
    }
}

/// The last lines of what something said, for an error's text.
pub(super) fn last_lines(said: &[u8], count: usize) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_empty_ones_are_not() {
        assert_eq!(last_lines(b"one\n\ntwo\nthree\n", 2), "two\nthree");
        assert_eq!(last_lines(b"one", 20), "one");
        assert_eq!(last_lines(b"", 20), "");
    }
}
