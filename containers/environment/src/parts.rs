//! The parts as constructors, so that a test can stand a wrong one in the place of ours.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use agent::{AgentConfig, AgentError, AgentHandle};
use cloud::{CloudConfig, CloudError, CloudHandle};
use gateway::{GatewayConfig, GatewayError, GatewayHandle};
use relay::{RelayConfig, RelayError, RelayHandle};
use vocabulary::SharedClock;

use crate::ServedBinary;

/// A part that is about to run.
pub type Starting<H, E> = Pin<Box<dyn Future<Output = Result<H, E>> + Send>>;

/// Starts a part in process.
pub type Start<C, H, E> = Arc<dyn Fn(C, SharedClock) -> Starting<H, E> + Send + Sync>;

/// What a world is made of.
#[derive(Clone)]
pub struct Parts {
    /// The on-premises agent.
    pub agent: Start<AgentConfig, AgentHandle, AgentError>,
    /// The mock cloud.
    pub cloud: Start<CloudConfig, CloudHandle, CloudError>,
    /// A relay namespace.
    pub relay: Start<RelayConfig, RelayHandle, RelayError>,
    /// The firewall.
    pub gateway: Start<GatewayConfig, GatewayHandle, GatewayError>,
    /// The program that serves the parts in containers.
    pub served: ServedBinary,
}

impl Parts {
    /// The parts as they should be.
    #[must_use]
    pub fn genuine(served: ServedBinary) -> Self {
        Self {
            agent: Arc::new(|config, clock| Box::pin(agent::start(config, clock))),
            cloud: Arc::new(|config, clock| Box::pin(cloud::start(config, clock))),
            relay: Arc::new(|config, clock| Box::pin(relay::start(config, clock))),
            gateway: Arc::new(|config, clock| Box::pin(gateway::start(config, clock))),
            served,
        }
    }
}
