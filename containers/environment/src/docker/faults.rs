//! What is done to the containers of a world that stands: they end, start again, stand still, and have too little memory.

use std::time::Duration;

use testcontainers::bollard::models::{ContainerState, ContainerUpdateBody};
use testcontainers::bollard::query_parameters::{
    KillContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
};

use super::engine::{bounded, failed};
use super::ready;
use super::site::DockerSite;
use crate::EnvironmentError;
use crate::clock::breathe;
use crate::process::End;

/// How long a part that starts again may take until it says that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Seconds that a part that is asked to end may take.
const STOP_WITHIN_S: i32 = 10;
/// Looks at a container until it is as it shall be.
const LOOKS: u32 = 500;
const MIB: i64 = 1 << 20;

impl DockerSite {
    /// Ends a part's container; tells whether it was seen to be gone. One that stands still goes on first: a frozen process cannot
    /// be killed.
    pub async fn end(&mut self, part: &str, end: End) -> Result<bool, EnvironmentError> {
        let container = self.common.container(part);
        let docker = self.engine.docker();
        // Refused where it does not stand still.
        drop(docker.unpause_container(&container).await);
        let doing = format!("end the container of {part}");
        match end {
            End::Killed => {
                let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
                bounded(doing, docker.kill_container(&container, Some(options))).await?;
            }
            End::Stopped => {
                let options = StopContainerOptionsBuilder::new().t(STOP_WITHIN_S).build();
                bounded(doing, docker.stop_container(&container, Some(options))).await?;
            }
        }
        self.until(part, |state| state.running == Some(false)).await
    }

    /// Starts a part's container again and waits until its part says once more that it is ready. One that runs goes on running.
    pub async fn start_again(&mut self, part: &str) -> Result<(), EnvironmentError> {
        let container = self.common.container(part);
        if self.state(part).await?.running == Some(true) {
            return Ok(());
        }
        let before = ready::count(&self.engine, &container).await?;
        self.launch_again(part).await?;
        ready::wait_again(&self.engine, &container, part, READY_WITHIN, before).await?;
        Ok(())
    }

    /// Freezes a part; tells whether it was seen to stand still.
    pub async fn pause(&self, part: &str) -> Result<bool, EnvironmentError> {
        let container = self.common.container(part);
        let pausing = self.engine.docker().pause_container(&container);
        bounded(format!("pause the container of {part}"), pausing).await?;
        self.until(part, |state| state.paused == Some(true)).await
    }

    /// Lets a frozen part go on.
    pub async fn go_on(&self, part: &str) -> Result<(), EnvironmentError> {
        if self.state(part).await?.paused != Some(true) {
            return Ok(());
        }
        let container = self.common.container(part);
        let going = self.engine.docker().unpause_container(&container);
        bounded(format!("unpause the container of {part}"), going).await
    }

    /// Lets a part begin anew with this much memory, ready or not; gives what it had, in bytes. The engine refuses a limit below
    /// what a container uses, so the part dies first.
    pub async fn begin_short_of_memory(&mut self, part: &str, bytes: i64) -> Result<i64, EnvironmentError> {
        self.end(part, End::Killed).await?;
        let had = self.limit_memory(part, bytes).await?;
        self.launch_again(part).await?;
        Ok(had)
    }

    async fn launch_again(&self, part: &str) -> Result<(), EnvironmentError> {
        let container = self.common.container(part);
        let docker = self.engine.docker();
        let starting = docker.start_container(&container, None::<StartContainerOptions>);
        bounded(format!("start the container of {part} again"), starting).await
    }

    /// Gives a part this much memory and no swap; gives what it had, in bytes.
    pub async fn limit_memory(&self, part: &str, bytes: i64) -> Result<i64, EnvironmentError> {
        let container = self.common.container(part);
        let seen = self.engine.inspect(&container).await?;
        let had = seen.host_config.and_then(|host| host.memory).unwrap_or_default();
        let update = ContainerUpdateBody {
            memory: Some(bytes),
            memory_swap: Some(bytes),
            ..ContainerUpdateBody::default()
        };
        let updating = self.engine.docker().update_container(&container, update);
        bounded(format!("limit the memory of {part}"), updating).await?;
        Ok(had)
    }

    /// Whether a part ran out of memory in its present life, or has ended.
    pub async fn ran_out_of_memory(&self, part: &str) -> Result<bool, EnvironmentError> {
        let state = self.state(part).await?;
        Ok(state.oom_killed == Some(true) || state.running == Some(false))
    }

    async fn state(&self, part: &str) -> Result<ContainerState, EnvironmentError> {
        let seen = self.engine.inspect(&self.common.container(part)).await?;
        seen.state
            .ok_or_else(|| failed(format!("inspect {part}"), "it has no state"))
    }

    async fn until(&self, part: &str, holds: impl Fn(&ContainerState) -> bool) -> Result<bool, EnvironmentError> {
        for _ in 0..LOOKS {
            if holds(&self.state(part).await?) {
                return Ok(true);
            }
            breathe().await;
        }
        Ok(false)
    }
}

/// Mebibytes as bytes.
pub(crate) fn mebibytes(count: u32) -> i64 {
    i64::from(count) * MIB
}
