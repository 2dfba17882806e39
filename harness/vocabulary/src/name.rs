//! Names of hosts: where they are, and which may never be meant.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Endings that only a laboratory has (RFC 2606, RFC 6761).
const LAB_ENDINGS: [&str; 3] = [".test", ".example", ".invalid"];

/// Parts of the names of real clouds. No option lifts this list.
const FORBIDDEN: [&str; 9] = [
    "microsoftonline",
    "windows.net",
    "microsoft.com",
    "azure.com",
    "usgovcloudapi.net",
    "chinacloudapi.cn",
    "msappproxy.net",
    "office.com",
    "live.com",
];

/// Whether a host or realm belongs to a laboratory by its ending.
#[must_use]
pub fn lab_name(name: &str) -> bool {
    let lower = name.trim_end_matches('.').to_ascii_lowercase();
    LAB_ENDINGS.iter().any(|ending| lower.ends_with(ending)) && forbidden_name(name).is_none()
}

/// The part of a real cloud's name that this name contains, if any.
#[must_use]
pub fn forbidden_name(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    FORBIDDEN.into_iter().find(|part| lower.contains(part))
}

/// Where the lab's names are: host name to address, in place of a resolver. `*.suffix` matches one or more labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NameTable(BTreeMap<String, SocketAddr>);

impl NameTable {
    /// Adds a name.
    pub fn insert(&mut self, name: &str, address: SocketAddr) {
        self.0.insert(name.to_ascii_lowercase(), address);
    }

    /// The address of a name: the exact entry, else the longest wildcard.
    #[must_use]
    pub fn resolve(&self, name: &str) -> Option<SocketAddr> {
        let lower = name.trim_end_matches('.').to_ascii_lowercase();
        let exact = self.0.get(&lower);
        let wildcard = || {
            lower
                .match_indices('.')
                .find_map(|(at, _)| self.0.get(&format!("*{}", &lower[at..])))
        };
        exact.or_else(wildcard).copied()
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        self.0.iter().map(|(name, address)| (name.as_str(), *address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lab_names_pass() {
        assert!(lab_name("DC1.corp.test"));
        assert!(!lab_name("login.microsoftonline.com"));
        assert!(!lab_name("login.microsoftonline.test"));
        assert!(!lab_name("corp.local"));
    }

    #[test]
    fn wildcards_resolve_after_exact_names() {
        let mut names = NameTable::default();
        let (one, two) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
        names.insert("*.servicebus.wblab.test", one);
        names.insert("a.servicebus.wblab.test", two);
        assert_eq!(names.resolve("B.servicebus.wblab.test"), Some(one));
        assert_eq!(names.resolve("a.servicebus.wblab.test."), Some(two));
        assert_eq!(names.resolve("servicebus.wblab.test"), None);
    }
}
