//! `wblab serve`: one part alone, until SIGTERM or Ctrl-C.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;

use environment::Parts;
use serde::de::DeserializeOwned;
use vocabulary::{SharedClock, SystemClock};

use crate::args::{Role, ServeArguments};
use crate::error::{CliError, Exit};
use crate::interrupt::Interrupt;
use crate::logs;
use crate::progress::print;

pub(crate) async fn serve(arguments: &ServeArguments, parts: &Parts) -> Result<Exit, CliError> {
    logs::to_stdout();
    let interrupt = Interrupt::listen().map_err(CliError::Runtime)?;
    let (path, clock) = (&arguments.config, SystemClock::shared());
    match arguments.role {
        Role::Cloud => {
            let handle = started("cloud", path, clock, |config, clock| (parts.cloud)(config, clock)).await?;
            ready("cloud", Some(handle.address()));
            interrupt.first().await;
            handle.stop().await;
        }
        Role::Relay => {
            let handle = started("relay", path, clock, |config, clock| (parts.relay)(config, clock)).await?;
            ready("relay", Some(handle.address()));
            interrupt.first().await;
            handle.stop().await;
        }
        Role::Gateway => {
            let handle = started("gateway", path, clock, |config, clock| (parts.gateway)(config, clock)).await?;
            ready("gateway", Some(handle.address()));
            interrupt.first().await;
            handle.stop().await;
        }
        Role::Directory => {
            let handle = started("directory", path, clock, directory::start).await?;
            ready("directory", Some(handle.address()));
            interrupt.first().await;
            handle.stop().await;
        }
        Role::Agent => {
            let handle = started("agent", path, clock, |config, clock| (parts.agent)(config, clock)).await?;
            ready("agent", None);
            interrupt.first().await;
            handle.stop().await;
        }
    }
    Ok(Exit::Pass)
}

async fn started<C, H, E, F>(
    role: &'static str,
    path: &Path,
    clock: SharedClock,
    start: impl FnOnce(C, SharedClock) -> F,
) -> Result<H, CliError>
where
    C: DeserializeOwned,
    E: std::fmt::Display,
    F: Future<Output = Result<H, E>>,
{
    let text = std::fs::read_to_string(path).map_err(|source| CliError::File {
        doing: "read",
        path: path.to_owned(),
        source,
    })?;
    let config = toml::from_str(&text).map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))?;
    start(config, clock).await.map_err(|error| CliError::Serve {
        role,
        cause: error.to_string(),
    })
}

/// What whoever started this waits for.
fn ready(role: &str, address: Option<SocketAddr>) {
    print(&serde_json::json!({ "ready": true, "role": role, "address": address }).to_string());
}
