//! The parts as constructors, so that a test can stand a wrong one in the place of ours.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use agent::{AgentConfig, AgentError, AgentHandle};
use vocabulary::SharedClock;

use crate::ServedBinary;

/// Starts an agent in process.
pub type StartAgent = Arc<
    dyn Fn(AgentConfig, SharedClock) -> Pin<Box<dyn Future<Output = Result<AgentHandle, AgentError>> + Send>>
        + Send
        + Sync,
>;

/// What a world is made of.
#[derive(Clone)]
pub struct Parts {
    /// The agent, in process.
    pub agent: StartAgent,
    /// The program that serves the parts in containers.
    pub served: ServedBinary,
}

impl Parts {
    /// The parts as they should be.
    #[must_use]
    pub fn genuine(served: ServedBinary) -> Self {
        Self {
            agent: Arc::new(|config, clock| Box::pin(agent::start(config, clock))),
            served,
        }
    }
}
