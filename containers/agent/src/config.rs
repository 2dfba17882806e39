//! What the agent is told at start.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::{NameTable, lab_name};

use crate::{AgentError, Onlooking};

/// One agent, as its TOML file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// The lab's name: the cloud is at `login.<lab>.test`, `passwordreset.<lab>.test` and `sync.<lab>.test`.
    #[serde(default = "default_lab")]
    pub lab: String,
    /// The tenant that this agent serves.
    pub tenant_id: Uuid,
    /// The version it reports; the cloud refuses what is too old.
    #[serde(default = "default_version")]
    pub version: String,
    /// The only authorities it trusts, PEM.
    pub ca_file: PathBuf,
    /// Where every name is: the gateway for what is outside, the domain controllers for what is inside.
    pub names: NameTable,
    /// The administrator's account for onboarding and synchronisation.
    pub admin_upn: String,
    /// The file with its password.
    pub admin_password_file: PathBuf,
    /// The file with the lab token; without it no request gets stage times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_token_file: Option<PathBuf>,
    /// The event log: JSON lines, appended.
    pub event_log_file: PathBuf,
    /// The journal of operations, which outlives the agent; a file of the same name with `.witness` behind it goes with
    /// it. Without one the journal is in memory, and a restart forgets what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_file: Option<PathBuf>,
    /// Requests worked on at once, and connections to each domain controller.
    #[serde(default = "default_workers")]
    pub workers: usize,
    /// Requests that may wait for a worker; more are refused with 503.
    #[serde(default = "default_queue_limit")]
    pub queue_limit: usize,
    /// How long one directory operation may take.
    #[serde(default = "default_ldap_timeout", with = "vocabulary::duration_text")]
    pub ldap_timeout: Duration,
    /// How long the relays may take to accept the listeners at start.
    #[serde(default = "default_listen_timeout", with = "vocabulary::duration_text")]
    pub listen_timeout: Duration,
    /// Which domain controller takes the writes.
    #[serde(default)]
    pub writeback_dc: WritebackDc,
    /// How long the agent trusts what it knows of who holds the role of PDC emulator.
    #[serde(default = "default_pdc_refresh", with = "vocabulary::duration_text")]
    pub pdc_refresh: Duration,
    /// How long the agent remembers where it wrote a person to: longer than replication takes.
    #[serde(default = "default_settle_period", with = "vocabulary::duration_text")]
    pub settle_period: Duration,
    /// How long a write waits, when another domain controller than the last one takes it, for the person's last write
    /// to arrive there.
    #[serde(default = "default_settle_wait", with = "vocabulary::duration_text")]
    pub settle_wait: Duration,
    /// The forests that it reads and writes, in the order of precedence.
    pub forests: Vec<Forest>,
    /// Who looks on; nobody, where the agent is a process of its own.
    #[serde(skip)]
    pub onlooker: Onlooking,
}

/// One forest of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// DNS name of the domain.
    pub domain: String,
    /// Its distinguished name.
    pub base_dn: String,
    /// The subtrees in scope; none means the whole domain.
    #[serde(default)]
    pub search_base: Vec<String>,
    /// The service account's distinguished name.
    pub bind_dn: String,
    /// The file with its password.
    pub password_file: PathBuf,
    /// Its domain controllers.
    pub domain_controllers: Vec<DomainController>,
    /// "Only use preferred domain controllers": those named are read from, in this order. None lets the agent take any.
    #[serde(default)]
    pub preferred: Vec<String>,
}

/// Which domain controller takes the writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WritebackDc {
    /// The PDC emulator, also past a preferred domain controller.
    #[default]
    Pdc,
    /// The one that is read from.
    Locator,
}

/// One domain controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainController {
    /// The name that its certificate must carry and that the name table knows.
    pub fqdn: String,
    /// The LDAPS port that its name is known by; the name table says where it is dialled.
    #[serde(default = "default_port")]
    pub port: u16,
    /// Whether it is thought to hold the role of PDC emulator, until the directory is asked, and wherever no domain
    /// controller says who does.
    #[serde(default)]
    pub pdc: bool,
}

impl AgentConfig {
    /// The cloud's host of that role.
    #[must_use]
    pub fn cloud_host(&self, role: &str) -> String {
        format!("{role}.{}.test", self.lab)
    }

    /// Every name that this agent is told to talk to.
    fn hosts(&self) -> Vec<String> {
        let controllers = self.forests.iter().flat_map(|forest| &forest.domain_controllers);
        let domains = self.forests.iter().map(|forest| forest.domain.clone());
        let fqdns = controllers.map(|dc| dc.fqdn.clone());
        domains.chain(fqdns).chain([self.cloud_host("login")]).collect()
    }

    /// Says what serde cannot.
    pub(crate) fn check(&self) -> Result<(), AgentError> {
        let wrong = |what: String| Err(AgentError::Config(what));
        if self.workers == 0 || self.queue_limit == 0 {
            return wrong("workers and queue_limit must be at least 1".to_owned());
        }
        if self.ldap_timeout.is_zero() || self.listen_timeout.is_zero() {
            return wrong("ldap_timeout and listen_timeout must be above zero".to_owned());
        }
        if self.forests.is_empty() {
            return wrong("there is no forest".to_owned());
        }
        if let Some(name) = self.hosts().into_iter().find(|name| !lab_name(name)) {
            return Err(AgentError::NotALab(name));
        }
        let mut domains = BTreeSet::new();
        for forest in &self.forests {
            if !domains.insert(forest.domain.to_ascii_lowercase()) {
                return wrong(format!("the forest {} is given twice", forest.domain));
            }
            forest.check().map_err(AgentError::Config)?;
        }
        Ok(())
    }
}

impl Forest {
    /// The subtrees to read.
    pub(crate) fn bases(&self) -> Vec<&str> {
        if self.search_base.is_empty() {
            return vec![&self.base_dn];
        }
        self.search_base.iter().map(String::as_str).collect()
    }

    fn check(&self) -> Result<(), String> {
        let Self { domain, .. } = self;
        if self.domain_controllers.is_empty() {
            return Err(format!("the forest {domain} has no domain controller"));
        }
        let of_forest = |name: &String| {
            let mut all = self.domain_controllers.iter();
            all.any(|dc| dc.fqdn.eq_ignore_ascii_case(name))
        };
        match self.preferred.iter().find(|name| !of_forest(name)) {
            Some(name) => Err(format!(
                "the forest {domain} prefers {name}, which is none of its domain controllers"
            )),
            None => Ok(()),
        }
    }
}

fn default_lab() -> String {
    "wblab".to_owned()
}

fn default_version() -> String {
    "2.5.190.0".to_owned()
}

fn default_workers() -> usize {
    8
}

fn default_queue_limit() -> usize {
    256
}

fn default_ldap_timeout() -> Duration {
    Duration::from_secs(10)
}

fn default_listen_timeout() -> Duration {
    Duration::from_secs(30)
}

fn default_pdc_refresh() -> Duration {
    Duration::from_secs(1)
}

fn default_settle_period() -> Duration {
    Duration::from_secs(60)
}

fn default_settle_wait() -> Duration {
    Duration::from_secs(1)
}

fn default_port() -> u16 {
    636
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn an_empty_scope_is_the_domain() {
        let mut config = testing::config();
        assert_eq!(config.forests[0].bases(), ["OU=People,DC=corp,DC=test"]);
        config.forests[0].search_base.clear();
        assert_eq!(config.forests[0].bases(), ["DC=corp,DC=test"]);
    }

    #[test]
    fn only_domain_controllers_of_the_forest_are_preferred() {
        let mut config = testing::config();
        config.forests[0].preferred = vec!["DC1.corp.test".to_owned()];
        assert!(config.check().is_ok());
        config.forests[0].preferred.push("dc9.corp.test".to_owned());
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "configuration: the forest corp.test prefers dc9.corp.test, which is none of its domain controllers"
        );
    }

    #[test]
    fn a_forest_is_given_once() {
        let mut config = testing::config();
        config.forests.push(config.forests[0].clone());
        config.forests[1].domain = "CORP.test".to_owned();
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "configuration: the forest CORP.test is given twice"
        );
    }

    #[test]
    fn a_config_that_cannot_work_is_refused() {
        assert!(testing::config().check().is_ok());
        let mut config = testing::config();
        config.workers = 0;
        assert!(config.check().is_err());
        for name in ["dc1.corp.com", "microsoftonline.test"] {
            let mut config = testing::config();
            config.forests[0].domain_controllers[0].fqdn = name.to_owned();
            assert!(matches!(config.check(), Err(crate::AgentError::NotALab(wrong)) if wrong == name));
        }
        let mut config = testing::config();
        config.forests[0].domain_controllers.clear();
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "configuration: the forest corp.test has no domain controller"
        );
    }

    #[test]
    fn durations_are_text_with_a_unit() {
        let value = serde_json::to_value(testing::config()).unwrap();
        assert_eq!(value["ldap_timeout"], "10s");
        let mut wrong = value;
        wrong["ldap_timeout"] = 10.into();
        assert!(serde_json::from_value::<crate::AgentConfig>(wrong).is_err());
    }
}
