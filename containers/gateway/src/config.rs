//! What the gateway is told, in one TOML file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The gateway's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// What is let through. Everything else is refused.
    #[serde(default)]
    pub allow: Vec<AllowRule>,
    /// How long a client may take to send its whole ClientHello.
    #[serde(default = "five_seconds", with = "vocabulary::duration_text")]
    pub hello_timeout: Duration,
    /// How many connections are carried or read at once; one more is refused.
    #[serde(default = "one_thousand")]
    pub connections_max: usize,
    /// The root of the dice that faults throw.
    #[serde(default)]
    pub seed: u64,
    /// Where what passes is kept, readable by its owner alone; without it nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_file: Option<PathBuf>,
    /// Where the laboratory sets faults; without it there is no way to set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab: Option<LabConfig>,
}

/// The laboratory's own way in: a TLS server beside the traffic, on a port that only this process reaches, met by naming it to
/// the gateway as any other server. Faults never touch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabConfig {
    /// Its server name, such as `gateway.wblab.test`.
    pub name: String,
    /// Its TLS certificate chain, PEM.
    pub certificate_file: PathBuf,
    /// Its TLS private key, PEM.
    pub key_file: PathBuf,
    /// The lab token.
    pub token_file: PathBuf,
}

/// One name that is let through, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowRule {
    /// A host name, or `*.suffix` for one or more labels before the suffix.
    pub name: String,
    /// The address that connections for this name are carried to.
    pub to: SocketAddr,
}

fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

fn one_thousand() -> usize {
    1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_strict_and_has_defaults() {
        let config: GatewayConfig = toml::from_str("listen = \"127.0.0.1:0\"\nhello_timeout = \"250ms\"").unwrap();
        assert_eq!(config.hello_timeout, Duration::from_millis(250));
        assert_eq!(config.connections_max, 1_000);
        let again: GatewayConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
        assert!(toml::from_str::<GatewayConfig>("listen = \"127.0.0.1:0\"\nport = 1").is_err());
    }
}
