//! Commands in a running container.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::exec::StartExecResults;
use testcontainers::bollard::models::ExecConfig;
use tokio::time::timeout;

use super::engine::{Engine, failed, last_lines};
use crate::EnvironmentError;

/// How much of a command's standard error is kept: its end says why it failed.
const KEPT: usize = 64 << 10;

/// Who takes what a command says on its standard output, piece by piece.
pub(super) type Listen<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

impl Engine {
    /// Runs a command in a running container and hands over what it says on its standard output, as it says it.
    ///
    /// # Errors
    /// Also when it ends other than with 0; the end of its standard error is then the cause. What it said on its standard
    /// output never is, since that may be secret.
    pub(super) async fn exec(
        &self,
        container: &str,
        command: &[&str],
        within: Duration,
        listen: Listen<'_>,
    ) -> Result<(), EnvironmentError> {
        let doing = format!("run {} in {container}", command.join(" "));
        timeout(within, self.exec_unbounded(container, command, &doing, listen))
            .await
            .map_err(|_| failed(doing.clone(), format!("not done within {} s", within.as_secs())))?
    }

    async fn exec_unbounded(
        &self,
        container: &str,
        command: &[&str],
        doing: &str,
        listen: Listen<'_>,
    ) -> Result<(), EnvironmentError> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            ..ExecConfig::default()
        };
        let created = self.docker().create_exec(container, config).await;
        let id = created.map_err(|error| failed(doing, error))?.id;
        let started = self.docker().start_exec(&id, None).await;
        let StartExecResults::Attached { output, .. } = started.map_err(|error| failed(doing, error))? else {
            return Err(failed(doing, "the engine detached from it"));
        };
        let complaints = attend(output, listen).await.map_err(|error| failed(doing, error))?;
        let ended = self.docker().inspect_exec(&id).await;
        match ended.map_err(|error| failed(doing, error))?.exit_code {
            Some(0) => Ok(()),
            code => Err(failed(
                doing,
                format!("ended with {}: {}", code.unwrap_or(-1), last_lines(&complaints, 20)),
            )),
        }
    }
}

/// Hands standard output over and gives the end of everything else.
async fn attend(output: impl Stream<Item = Result<LogOutput, Error>>, listen: Listen<'_>) -> Result<Vec<u8>, Error> {
    let mut output = std::pin::pin!(output);
    let mut complaints = Vec::new();
    while let Some(piece) = output.next().await {
        match piece? {
            LogOutput::StdOut { message } => listen(&message),
            other => {
                complaints.extend_from_slice(&other.into_bytes());
                let surplus = complaints.len().saturating_sub(KEPT);
                complaints.drain(..surplus);
            }
        }
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[tokio::test]
    async fn standard_output_is_handed_over_and_the_end_of_standard_error_kept() {
        let out = |text: &'static str| Ok(LogOutput::StdOut { message: text.into() });
        let err = |text: Vec<u8>| Ok(LogOutput::StdErr { message: text.into() });
        let pieces = [out("one "), err(vec![b'x'; KEPT]), out("two"), err(b"last".to_vec())];
        let mut heard = Vec::new();
        let complaints = attend(stream::iter(pieces), &mut |piece| heard.extend_from_slice(piece))
            .await
            .unwrap();
        assert_eq!(heard, b"one two");
        assert_eq!(complaints.len(), KEPT);
        assert!(complaints.ends_with(b"last"));
    }
}
