//! The decision: which server names may leave, and to where.

use std::net::SocketAddr;

use vocabulary::NameTable;

use crate::{AllowRule, GatewayError};

/// The allow-list. Exact names go before wildcards, longer wildcards before shorter ones; case does not matter.
#[derive(Debug)]
pub(crate) struct AllowList(NameTable);

impl AllowList {
    /// Builds the list.
    ///
    /// # Errors
    /// [`GatewayError::Name`] for an entry that is no host name and no wildcard.
    pub(crate) fn new(rules: &[AllowRule]) -> Result<Self, GatewayError> {
        let mut names = NameTable::default();
        for rule in rules {
            if !readable(&rule.name) {
                return Err(GatewayError::Name(rule.name.clone()));
            }
            names.insert(&rule.name, rule.to);
        }
        Ok(Self(names))
    }

    /// Where a name may go, or nothing if it may not.
    pub(crate) fn find(&self, name: &str) -> Option<SocketAddr> {
        // A client that names `*.suffix` itself would otherwise meet the wildcard's own entry.
        readable(name)
            .then(|| self.0.resolve(name))
            .flatten()
            .filter(|_| !name.starts_with('*'))
    }
}

fn readable(name: &str) -> bool {
    let host = name.strip_prefix("*.").unwrap_or(name);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !host.is_empty()
        && host.len() <= 253
        && host
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> Result<AllowList, GatewayError> {
        let to = "127.0.0.1:443".parse().unwrap();
        let rules: Vec<_> = names
            .iter()
            .map(|name| AllowRule {
                name: (*name).to_owned(),
                to,
            })
            .collect();
        AllowList::new(&rules)
    }

    #[test]
    fn a_wildcard_means_one_or_more_labels() {
        let list = list(&["*.servicebus.wblab.test", "login.wblab.test"]).unwrap();
        for allowed in [
            "relay1.servicebus.wblab.test",
            "a.b.servicebus.wblab.test",
            "LOGIN.wblab.test",
        ] {
            assert!(list.find(allowed).is_some(), "{allowed}");
        }
        for refused in [
            "servicebus.wblab.test",
            "xservicebus.wblab.test",
            "evil.test",
            "a.login.wblab.test",
            "*.servicebus.wblab.test",
            "",
        ] {
            assert!(list.find(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn names_that_are_none_are_refused_at_the_start() {
        for wrong in ["", "*", "*.", "a..b", "a b", "*.*.test"] {
            assert!(
                matches!(list(&[wrong]), Err(GatewayError::Name(name)) if name == wrong),
                "{wrong}"
            );
        }
    }
}
