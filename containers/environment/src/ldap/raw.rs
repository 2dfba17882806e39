//! Operations whose refusals are answers: what a probe asks, and what the directory says to it.

use std::collections::HashSet;

use ldap3::controls::{Control, ControlType, RawControl};
use ldap3::exop::WhoAmI;
use ldap3::{Ldap, LdapError, LdapResult, Mod, Scope, SearchEntry, SearchOptions};
use vocabulary::Password;

use super::{Connection, ldap_error};
use crate::EnvironmentError;

/// How an operation ended: the result code (RFC 4511 appendix A) and the diagnostic text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub rc: u32,
    pub text: String,
}

impl Reply {
    /// Whether it did what it should.
    pub fn ok(&self) -> bool {
        self.rc == super::SUCCESS
    }
}

impl From<LdapResult> for Reply {
    fn from(result: LdapResult) -> Self {
        Self {
            rc: result.rc,
            text: result.text,
        }
    }
}

/// What a search gave, also when it was refused or cut short.
#[derive(Debug)]
pub(crate) struct Found {
    pub reply: Reply,
    pub entries: Vec<SearchEntry>,
    /// Where the next page begins (RFC 2696); empty at the end, and without paging.
    pub cookie: Vec<u8>,
}

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a> {
    pub base: &'a str,
    pub scope: Scope,
    pub filter: &'a str,
    pub attributes: &'a [&'a str],
    /// Entries at most; 0 sets no limit.
    pub limit: i32,
}

/// One change of a modify.
pub(crate) type Change = Mod<Vec<u8>>;

/// The values of one attribute.
pub(crate) type Values = HashSet<Vec<u8>>;

impl Connection {
    fn ready(&mut self, controls: Vec<RawControl>) -> &mut Ldap {
        let ldap = self.ldap.next();
        if controls.is_empty() {
            return ldap;
        }
        ldap.with_controls(controls)
    }

    fn told(&self, doing: &str, answer: Result<LdapResult, LdapError>) -> Result<Reply, EnvironmentError> {
        answer
            .map(Reply::from)
            .map_err(|error| ldap_error(doing, &self.fqdn, error.to_string()))
    }

    /// A simple bind as asked for, an empty password too.
    pub async fn bind_as(&mut self, name: &str, password: &Password) -> Result<Reply, EnvironmentError> {
        let answer = self.ready(Vec::new()).simple_bind(name, password.expose()).await;
        self.told("bind", answer)
    }

    /// Changes an entry.
    pub async fn modify(
        &mut self,
        dn: &str,
        changes: Vec<Change>,
        controls: Vec<RawControl>,
    ) -> Result<Reply, EnvironmentError> {
        let answer = self.ready(controls).modify(dn, changes).await;
        self.told("modify", answer)
    }

    /// Adds an entry.
    pub async fn try_add(&mut self, dn: &str, attributes: Vec<(Vec<u8>, Values)>) -> Result<Reply, EnvironmentError> {
        let answer = self.ready(Vec::new()).add(dn, attributes).await;
        self.told("add", answer)
    }

    /// Deletes an entry.
    pub async fn delete(&mut self, dn: &str, controls: Vec<RawControl>) -> Result<Reply, EnvironmentError> {
        let answer = self.ready(controls).delete(dn).await;
        self.told("delete", answer)
    }

    /// Gives an entry another name, and another place where one is said.
    pub async fn rename(&mut self, dn: &str, rdn: &str, superior: Option<&str>) -> Result<Reply, EnvironmentError> {
        let answer = self.ready(Vec::new()).modifydn(dn, rdn, true, superior).await;
        self.told("rename", answer)
    }

    /// Compares a value; 6 is true and 5 is false (RFC 4511 section 4.10).
    pub async fn compare(&mut self, dn: &str, attribute: &str, value: &[u8]) -> Result<Reply, EnvironmentError> {
        let answer = self.ready(Vec::new()).compare(dn, attribute, value).await;
        self.told("compare", answer.map(|compared| compared.0))
    }

    /// Who this connection speaks for (RFC 4532).
    pub async fn who_am_i(&mut self) -> Result<(Reply, String), EnvironmentError> {
        let answer = self.ready(Vec::new()).extended(WhoAmI).await;
        let (value, answer) = match answer {
            Ok(ldap3::result::ExopResult(exop, result)) => (exop.val.unwrap_or_default(), Ok(result)),
            Err(error) => (Vec::new(), Err(error)),
        };
        let reply = self.told("ask who I am", answer)?;
        Ok((reply, String::from_utf8_lossy(&value).into_owned()))
    }

    /// Searches; entries that came before a refusal are given too.
    pub async fn look(&mut self, query: Query<'_>, controls: Vec<RawControl>) -> Result<Found, EnvironmentError> {
        let options = SearchOptions::new().sizelimit(query.limit);
        let ldap = self.ready(controls).with_search_options(options);
        let answer = ldap
            .search(query.base, query.scope, query.filter, query.attributes)
            .await;
        let found = answer.map_err(|error| ldap_error("search", &self.fqdn, error.to_string()))?;
        let ldap3::SearchResult(entries, result) = found;
        Ok(Found {
            cookie: cookie(&result.ctrls),
            entries: entries.into_iter().map(SearchEntry::construct).collect(),
            reply: result.into(),
        })
    }

    /// Searches, and takes a refusal for an error.
    pub async fn find(&mut self, query: Query<'_>) -> Result<Found, EnvironmentError> {
        let found = self.look(query, Vec::new()).await?;
        if found.reply.ok() {
            return Ok(found);
        }
        let cause = format!("result {}, {}", found.reply.rc, found.reply.text);
        Err(ldap_error(&format!("search {}", query.base), &self.fqdn, cause))
    }
}

/// The cookie of a page's end, if there is one (RFC 2696: a sequence of an integer and the cookie).
fn cookie(controls: &[Control]) -> Vec<u8> {
    let paged = controls
        .iter()
        .find(|control| matches!(control.0, Some(ControlType::PagedResults)));
    // Read here: the library's own reader panics on what is none.
    let value = paged.and_then(|Control(_, raw)| raw.val.as_deref());
    value.and_then(cookie_in).unwrap_or_default()
}

fn cookie_in(value: &[u8]) -> Option<Vec<u8>> {
    let (content, _) = element(value)?;
    let (_size, rest) = element(content)?;
    element(rest).map(|(cookie, _)| cookie.to_vec())
}

/// The content of the first element, and what comes after it (X.690 section 8.1.3).
fn element(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = usize::from(*bytes.get(1)?);
    let (length, start) = match first.checked_sub(0x80) {
        None => (first, 2),
        Some(more) => {
            let digits = bytes.get(2..2 + more).filter(|_| more <= 4)?;
            let length = digits.iter().fold(0, |all, digit| all << 8 | usize::from(*digit));
            (length, 2 + more)
        }
    };
    let end = start.checked_add(length)?;
    Some((bytes.get(start..end)?, bytes.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_in_both_length_forms_and_nothing_panics() {
        assert_eq!(cookie_in(&[0x30, 6, 2, 1, 0, 4, 1, 7]), Some(vec![7]));
        let long = [0x30, 0x84, 0, 0, 0, 6, 2, 1, 0, 4, 1, 7];
        assert_eq!(cookie_in(&long), Some(vec![7]));
        for wrong in [
            &[][..],
            &[0x30],
            &[0x30, 0x88, 1],
            &[0x30, 9, 2, 1, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(cookie_in(wrong), None, "{wrong:?}");
        }
    }
}
