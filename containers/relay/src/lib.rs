//! Azure Relay "Hybrid Connections", self-hosted: listeners hold a control WebSocket, senders come by HTTPS or WebSocket.
//!
//! For: carrying a sender's requests to a listener that only dials out, as Microsoft's own clients expect it on the
//! wire (Microsoft Learn, "Azure Relay Hybrid Connections protocol").
//! Never: reads what it carries, keeps it, retries it, or decides anything about it beyond SAS tokens and limits; but where a
//! laboratory orders a message fault.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config: relay::RelayConfig = toml::from_str(r#"
//!     listen = "127.0.0.1:0"
//!     host = "relay1.servicebus.wblab.test"
//!     certificate_file = "relay1.pem"
//!     key_file = "relay1.key"
//!     entities = [{ path = "writeback", rules = [{ name = "agent", rights = ["listen"], key_file = "agent.sas" }] }]
//! "#)?;
//! let relay = relay::start(config, vocabulary::SystemClock::shared()).await?;
//! println!("{} listeners at {}", relay.listeners(), relay.address());
//! relay.stop().await;
//! # Ok(())
//! # }
//! ```

mod body;
mod broker;
mod clock;
mod config;
mod connect;
mod control;
mod error;
mod faults;
mod frames;
mod headers;
mod inbox;
mod lab;
mod meeting;
mod namespace;
mod parts;
mod query;
mod refusal;
mod route;
mod sender;
mod server;
mod shared;
mod waiting;
mod websocket;

pub use broker::{Failure, FailureWhy, Key};
pub use config::{EntityConfig, RelayConfig, Right, RuleConfig};
pub use error::RelayError;
pub use faults::{FaultOrder, FaultState, MessageFault, REPLAYED_WITHIN};
pub use parts::{RelayParts, Wrap};
pub use refusal::Refusal;
pub use server::{RelayHandle, start, start_with};
pub use shared::{Answer, Dial, Reply};
pub use waiting::{Carrier, Carrying, Errand};
