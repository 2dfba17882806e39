//! The docker world's site: every part a container of its own, the domain controllers real Samba.
//!
//! For: starting parts, reading what they left, and leaving nothing behind. Never: what the parts are told to do.
//!
//! Containers start through testcontainers. What it cannot do (internal networks, a second leg, planned addresses, builds
//! with the host's network, removal by label) goes through bollard, on which it stands. Everything carries the run's label
//! from the moment it exists, so that [`DockerSite::tear_down`], or the next run's sweep, finds it whatever happened.

mod addresses;
mod archive;
mod base;
mod binary;
mod bulk;
mod cache;
mod directory;
mod engine;
mod exec;
mod faults;
mod images;
mod networks;
mod owner;
mod parts;
mod ready;
mod site;
mod snapshots;
mod sweep;
mod usage;

pub use cache::CachedImage;
pub use engine::EngineVersion;
pub(crate) use faults::mebibytes;
pub use images::ServedBinary;
pub(crate) use site::DockerSite;
pub use snapshots::CachedSnapshot;
pub(crate) use snapshots::{Snapshot, SnapshotKey};
pub use sweep::Leftovers;

use crate::EnvironmentError;
use engine::Engine;

/// Who the engine is, for `doctor`.
///
/// # Errors
/// [`EnvironmentError::DockerUnreachable`] when none answers.
pub async fn engine_version() -> Result<EngineVersion, EnvironmentError> {
    Engine::connect().await?.version().await
}

/// Removes what runs left whose process is gone, and names those runs. Runs that still live are left alone.
///
/// # Errors
/// When no engine answers, or it would not remove something.
pub async fn sweep() -> Result<Vec<String>, EnvironmentError> {
    sweep::sweep(&Engine::connect().await?).await
}

/// Counts what carries the label of one run, or of any.
///
/// # Errors
/// When no engine answers.
pub async fn leftovers(run: Option<&str>) -> Result<Leftovers, EnvironmentError> {
    Ok(sweep::find(&Engine::connect().await?, run).await?.count())
}

/// The images that stay after a run, the newest first.
///
/// # Errors
/// When no engine answers.
pub async fn cached_images() -> Result<Vec<CachedImage>, EnvironmentError> {
    cache::cached(&Engine::connect().await?).await
}

/// Removes the images that stay after a run, and names them. One that a container uses stays.
///
/// # Errors
/// When no engine answers.
pub async fn prune() -> Result<Vec<CachedImage>, EnvironmentError> {
    cache::prune(&Engine::connect().await?).await
}

/// The snapshots of populated domains that stay after a run, the newest first.
///
/// # Errors
/// When no engine answers.
pub async fn cached_snapshots() -> Result<Vec<CachedSnapshot>, EnvironmentError> {
    snapshots::cached(&Engine::connect().await?).await
}

/// Removes the snapshots that stay after a run, and names them. One that a container uses stays.
///
/// # Errors
/// When no engine answers.
pub async fn prune_snapshots() -> Result<Vec<CachedSnapshot>, EnvironmentError> {
    snapshots::prune(&Engine::connect().await?).await
}

/// Removes everything of one run, for a world whose standing up was cut short.
///
/// # Errors
/// When no engine answers, or it would not remove something.
pub async fn remove_run(run: &str) -> Result<(), EnvironmentError> {
    sweep::remove_run(&Engine::connect().await?, run).await
}
