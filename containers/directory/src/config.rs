//! The configuration of one directory, as its TOML file says it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One domain controller of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryConfig {
    /// Where to listen for LDAPS; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The DNS name of the domain, such as `corp.test`; its labels become the base DN.
    pub domain: String,
    /// The DNS name of this domain controller; the certificate should carry it.
    pub fqdn: String,
    /// The certificate chain (PEM), leaf first.
    pub certificate_file: PathBuf,
    /// The private key (PEM).
    pub key_file: PathBuf,
    /// The password of `CN=Administrator,CN=Users,<base>`; a trailing newline is not part of it.
    pub admin_password_file: PathBuf,
    /// What objectGUIDs and the domain's SID derive from: the same seed gives the same identities.
    pub guid_seed: u64,
    /// How long the password before the current one still binds; Active Directory's default is `"1h"`.
    #[serde(default, with = "vocabulary::duration_text")]
    pub old_password_allowed: Duration,
    /// The domain's password policy.
    #[serde(default)]
    pub policy: PolicyConfig,
    /// The domain's lockout policy.
    #[serde(default)]
    pub lockout: LockoutConfig,
    /// `msDS-Behavior-Version` of a new domain and forest: 4 is Windows Server 2008 R2, 5 is 2012, 6 is 2012 R2.
    #[serde(default = "windows_2012_r2")]
    pub functional_level: u32,
    /// The domain controller whose domain this one joins; none makes the domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<JoinConfig>,
    /// How long a change takes until this controller's partners hold it.
    #[serde(default, with = "vocabulary::duration_text")]
    pub replication_delay: Duration,
    /// How a Samba that reads this file shares its work out; the embedded directory has no processes.
    #[serde(default)]
    pub process_model: ProcessModel,
    /// Writes that run at once, each for its service time.
    #[serde(default = "one_write")]
    pub concurrent_writes: u32,
    /// Who else may write what; the administrator may do everything.
    #[serde(default)]
    pub delegations: Vec<Delegation>,
    /// How long operations take, so that this directory can play a slow one.
    #[serde(default)]
    pub service: ServiceTimes,
}

fn windows_2012_r2() -> u32 {
    6
}

fn one_write() -> u32 {
    1
}

/// A domain controller that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinConfig {
    /// Its DNS name.
    pub fqdn: String,
    /// Its address: a new controller's resolver until it has one of its own.
    pub address: IpAddr,
}

/// How a Samba shares its work out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessModel {
    /// A process for each connection.
    #[default]
    Standard,
    /// A few processes for all connections.
    Prefork,
}

/// Passwords that a domain remembers unless it was told otherwise ("Enforce password history" on Microsoft Learn).
pub(crate) const USUAL_HISTORY: u32 = 24;

/// The password policy of the domain, until an administrator writes another to the domain's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// Least number of characters.
    pub min_length: u32,
    /// Whether three of five character classes are asked for, and names are refused (MS-SAMR 3.1.1.7.2).
    pub complexity: bool,
    /// How many passwords, the current one included, may not come back.
    pub history: u32,
    /// Least age of a password before its owner may change it.
    #[serde(with = "vocabulary::duration_text")]
    pub min_age: Duration,
    /// Greatest age of a password; none means that passwords never expire.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_age: Option<Duration>,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            min_length: 7,
            complexity: true,
            history: USUAL_HISTORY,
            min_age: Duration::ZERO,
            max_age: None,
        }
    }
}

/// The lockout policy of the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockoutConfig {
    /// Failures that lock an account; 0 never locks.
    pub threshold: u32,
    /// How long a lock holds; `"0s"` until somebody unlocks.
    #[serde(with = "vocabulary::duration_text")]
    pub duration: Duration,
    /// How long failures are counted together.
    #[serde(with = "vocabulary::duration_text")]
    pub window: Duration,
}

impl Default for LockoutConfig {
    fn default() -> Self {
        Self {
            threshold: 0,
            duration: Duration::from_secs(30 * 60),
            window: Duration::from_secs(30 * 60),
        }
    }
}

/// Rights that one principal has on the users below some organizational units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// The DN of the account that holds the rights; it may be created later.
    pub principal: String,
    /// The DNs of the organizational units below which the rights hold.
    pub ous: Vec<String>,
    /// What is granted.
    pub rights: Vec<Right>,
}

/// One right, named after the control access right or attribute it stands for in Active Directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// User-Force-Change-Password: set a password without knowing the old one.
    ResetPassword,
    /// User-Change-Password: change a password by proving the old one.
    ChangePassword,
    /// Write `lockoutTime`.
    WriteLockoutTime,
    /// Write `pwdLastSet`.
    WritePwdLastSet,
    /// Unexpire-Password at the domain's head; without it a reset leaves `pwdLastSet` 0 (MS-SAMR 3.1.1.8.7).
    UnexpirePassword,
}

/// How long each kind of operation takes. A write holds one of the
/// write slots for its time, as a Samba transaction does its only one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceTimes {
    /// A modify that writes `unicodePwd`.
    #[serde(with = "vocabulary::duration_text")]
    pub reset: Duration,
    /// Any other modify.
    #[serde(with = "vocabulary::duration_text")]
    pub unlock: Duration,
    /// A search or compare.
    #[serde(with = "vocabulary::duration_text")]
    pub search: Duration,
    /// A simple bind.
    #[serde(with = "vocabulary::duration_text")]
    pub bind: Duration,
    /// An add, delete or rename.
    #[serde(with = "vocabulary::duration_text")]
    pub add: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        listen = "127.0.0.1:0"
        domain = "corp.test"
        fqdn = "dc1.corp.test"
        certificate_file = "dc1.pem"
        key_file = "dc1.key"
        admin_password_file = "admin.password"
        guid_seed = 7
    "#;

    #[test]
    fn defaults_are_those_of_a_fresh_domain() {
        let config: DirectoryConfig = toml::from_str(SMALL).unwrap();
        assert_eq!(config.policy.min_length, 7);
        assert_eq!(config.policy.max_age, None);
        assert_eq!(config.lockout.threshold, 0);
        assert_eq!(config.old_password_allowed, Duration::ZERO);
    }

    #[test]
    fn a_configuration_survives_being_written_and_read() {
        let chapters = r#"
            [policy]
            max_age = "1008h"
            [service]
            reset = "31ms"
            [[delegations]]
            principal = "CN=svc,DC=corp,DC=test"
            ous = ["OU=People,DC=corp,DC=test"]
            rights = ["reset_password", "unexpire_password"]
        "#;
        let config: DirectoryConfig = toml::from_str(&format!("{SMALL}{chapters}")).unwrap();
        assert_eq!(config.service.reset, Duration::from_millis(31));
        let written = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<DirectoryConfig>(&written).unwrap(), config);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let wrong = format!("{SMALL}\n[lockout]\ntreshold = 3\n");
        assert!(toml::from_str::<DirectoryConfig>(&wrong).is_err());
    }
}
