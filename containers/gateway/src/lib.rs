//! The firewall of the on-premises network: lets connections out by their TLS server name.
//!
//! For: the one way out that the agent has (RFC 6066 server names on one port), and the place on any edge where bytes
//! pass through our hands, and where a laboratory holds, delays, changes and cuts them. It reads the ClientHello, decides,
//! replays the bytes it read, and copies.
//! Never: ends the TLS of what it carries, or looks behind the first handshake message.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let config: gateway::GatewayConfig = toml::from_str(r#"
//!     listen = "127.0.0.1:0"
//!     allow = [{ name = "*.servicebus.wblab.test", to = "127.0.0.1:443" }]
//! "#).unwrap();
//! let gateway = gateway::start(config, vocabulary::SystemClock::shared()).await.unwrap();
//! assert!(gateway.stats().allowed.is_empty());
//! gateway.stop().await;
//! # });
//! ```

mod allow;
mod capture;
mod clock;
mod config;
mod edge;
mod error;
mod faults;
mod hello;
mod lab;
mod line;
mod server;
mod stats;

pub use capture::{CAPTURE_MAX, Stream, read_capture};
pub use config::{AllowRule, GatewayConfig, LabConfig};
pub use error::GatewayError;
pub use faults::{ByteFault, FaultOrder, FaultState, Ways};
pub use server::{GatewayHandle, start};
pub use stats::GatewayStats;
