//! What the relay is told, in one TOML file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The relay's configuration. The defaults are the vendor's limits (Azure Relay FAQ and protocol guide).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The name of the namespace, such as `relay1.servicebus.wblab.test`. Tokens are checked against it.
    pub host: String,
    /// The port in the addresses that listeners are told to dial; the port listened on by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_port: Option<u16>,
    /// The TLS certificate chain, PEM.
    pub certificate_file: PathBuf,
    /// The TLS private key, PEM.
    pub key_file: PathBuf,
    /// The lab token; without it no request is a laboratory's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_token_file: Option<PathBuf>,
    /// How long a sender waits for the head of an answer before it gets 504.
    #[serde(default = "sixty_seconds", with = "vocabulary::duration_text")]
    pub request_timeout: Duration,
    /// How long a listener has to dial the address of an accept.
    #[serde(default = "thirty_seconds", with = "vocabulary::duration_text")]
    pub accept_timeout: Duration,
    /// How long a control channel outlives its token.
    #[serde(default = "five_minutes", with = "vocabulary::duration_text")]
    pub token_grace: Duration,
    /// How long a control channel may be silent before it is cut.
    #[serde(default = "four_minutes", with = "vocabulary::duration_text")]
    pub idle_timeout: Duration,
    /// How often a listener is pinged.
    #[serde(default = "sixty_seconds", with = "vocabulary::duration_text")]
    pub ping_every: Duration,
    /// How long a control channel lives before it is closed on purpose with 1011, as the vendor does every day.
    #[serde(default = "one_day", with = "vocabulary::duration_text")]
    pub listener_lifetime: Duration,
    /// How many listeners one entity may have at once.
    #[serde(default = "twenty_five")]
    pub listeners_max: usize,
    /// How many requests and connects may wait for listeners at once, over all entities.
    #[serde(default = "four_thousand")]
    pub in_flight_max: usize,
    /// How many connections are served at once; one more is closed unheard.
    #[serde(default = "five_thousand")]
    pub connections_max: usize,
    /// The root of the dice: which listener gets a request, and (with the keys and the time of the start) identifiers.
    #[serde(default)]
    pub seed: u64,
    /// The hybrid connections of this namespace.
    pub entities: Vec<EntityConfig>,
}

/// One hybrid connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityConfig {
    /// Its path below the namespace, one or more segments.
    pub path: String,
    /// Whether senders need a token. Listeners always need one.
    #[serde(default = "yes")]
    pub requires_client_authorization: bool,
    /// Who may do what.
    #[serde(default)]
    pub rules: Vec<RuleConfig>,
}

/// One shared access rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// The rule's name, `skn` in a token.
    pub name: String,
    /// What its keys allow.
    pub rights: Vec<Right>,
    /// The file that holds the primary key.
    pub key_file: PathBuf,
    /// The file that holds the secondary key; both are valid at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary_key_file: Option<PathBuf>,
}

/// What a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Open a control channel.
    Listen,
    /// Send requests and connects.
    Send,
    /// Everything.
    Manage,
}

fn yes() -> bool {
    true
}

fn twenty_five() -> usize {
    25
}

fn four_thousand() -> usize {
    4_000
}

fn five_thousand() -> usize {
    5_000
}

fn thirty_seconds() -> Duration {
    Duration::from_secs(30)
}

fn sixty_seconds() -> Duration {
    Duration::from_secs(60)
}

fn four_minutes() -> Duration {
    Duration::from_secs(240)
}

fn one_day() -> Duration {
    Duration::from_secs(86_400)
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_strict_and_has_the_vendors_defaults() {
        let text = r#"
            listen = "127.0.0.1:0"
            host = "relay1.servicebus.wblab.test"
            certificate_file = "c.pem"
            key_file = "k.pem"
            accept_timeout = "250ms"

            [[entities]]
            path = "writeback"
            rules = [{ name = "listen", rights = ["listen"], key_file = "listen.key" }]
        "#;
        let config: RelayConfig = toml::from_str(text).unwrap();
        assert_eq!(config.accept_timeout, Duration::from_millis(250));
        assert_eq!(
            (config.request_timeout, config.listeners_max),
            (Duration::from_secs(60), 25)
        );
        assert!(config.entities[0].requires_client_authorization);
        let again: RelayConfig = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
        assert!(toml::from_str::<RelayConfig>(&format!("surprise = 1\n{text}")).is_err());
    }
}
