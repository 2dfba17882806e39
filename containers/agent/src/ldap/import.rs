//! The full import: every account in scope, page by page (RFC 2696).

use std::time::Duration;

use ldap3::controls::{Control, ControlType, PagedResults};
use ldap3::{Ldap, LdapError, LdapResult, Scope, SearchEntry};
use uuid::Uuid;

use super::connection::{Controller, Lost};
use super::writer::ACCOUNT_DISABLED;
use crate::AgentError;
use crate::sync::AdObject;

const PAGE: i32 = 500;

/// More pages than any lab has: a server whose cookie never ends must not hold the import for ever.
const PAGES_MAX: usize = 20_000;

const FILTER: &str = "(&(objectClass=user)(!(objectClass=computer)))";

const ATTRIBUTES: [&str; 9] = [
    "objectGUID",
    CONSISTENCY,
    "userPrincipalName",
    "sAMAccountName",
    "displayName",
    "mail",
    "userAccountControl",
    "isCriticalSystemObject",
    "adminCount",
];

/// What an account keeps as its source anchor when it moves to another forest.
const CONSISTENCY: &str = "mS-DS-ConsistencyGuid";

/// Reads all accounts below the bases, enabled and disabled.
pub(crate) async fn full_import(
    controller: &Controller,
    domain: &str,
    bases: &[&str],
) -> Result<Vec<AdObject>, AgentError> {
    let mut objects = Vec::new();
    for base in bases {
        let mut leased = controller.lease().await?;
        let limit = controller.timeout();
        let read = leased
            .run(limit, async |ldap| read_base(ldap, base, domain, limit).await)
            .await;
        let wrong = |why: String| AgentError::Import {
            fqdn: controller.fqdn().to_owned(),
            base: (*base).to_owned(),
            why,
        };
        match read {
            Ok(Ok(found)) => objects.extend(found),
            Ok(Err(why)) => return Err(wrong(why)),
            Err(Lost::TimedOut) => return Err(wrong("no answer came in time".to_owned())),
            Err(Lost::BeforeSending | Lost::AfterSending) => {
                return Err(wrong("the connection was lost".to_owned()));
            }
        }
        leased.keep();
    }
    Ok(objects)
}

/// All pages of one subtree. The timeout is set for each page: the library forgets it after each operation.
async fn read_base(
    ldap: &mut Ldap,
    base: &str,
    domain: &str,
    limit: Duration,
) -> Result<Result<Vec<AdObject>, String>, LdapError> {
    let mut objects = Vec::new();
    let mut cookie = Vec::new();
    for _ in 0..PAGES_MAX {
        ldap.with_timeout(limit)
            .with_controls(vec![PagedResults { size: PAGE, cookie }.into()]);
        let page = ldap.search(base, Scope::Subtree, FILTER, ATTRIBUTES).await?;
        if page.1.rc != 0 {
            return Ok(Err(format!("result {}, {}", page.1.rc, page.1.text)));
        }
        for entry in page.0 {
            objects.extend(object(&SearchEntry::construct(entry), domain));
        }
        cookie = next_cookie(&page.1);
        if cookie.is_empty() {
            return Ok(Ok(objects));
        }
    }
    Ok(Err(format!("there are more than {PAGES_MAX} pages")))
}

fn next_cookie(answer: &LdapResult) -> Vec<u8> {
    let mut controls = answer.ctrls.iter();
    let found = controls.find_map(|Control(kind, raw)| match kind {
        Some(ControlType::PagedResults) => Some(raw.parse::<PagedResults>().cookie),
        _ => None,
    });
    found.unwrap_or_default()
}

/// An account from its entry; `None` when it lacks what identifies it.
fn object(entry: &SearchEntry, domain: &str) -> Option<AdObject> {
    let guid: [u8; 16] = bytes(entry, "objectGUID")?.try_into().ok()?;
    let consistency = bytes(entry, CONSISTENCY).and_then(|bytes| bytes.try_into().ok());
    let control: i64 = text(entry, "userAccountControl")?.parse().ok()?;
    Some(AdObject {
        guid: Uuid::from_bytes_le(guid),
        consistency: consistency.map(Uuid::from_bytes_le),
        domain: domain.to_owned(),
        dn: entry.dn.clone(),
        upn: text(entry, "userPrincipalName").map(str::to_owned),
        sam: text(entry, "sAMAccountName")?.to_owned(),
        display_name: text(entry, "displayName").map(str::to_owned),
        mail: text(entry, "mail").map(str::to_owned),
        enabled: control & i64::from(ACCOUNT_DISABLED) == 0,
        critical: text(entry, "isCriticalSystemObject").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        protected: text(entry, "adminCount").is_some_and(|value| value != "0"),
    })
}

/// The first value of an attribute; names of attributes have no case.
pub(super) fn text<'a>(entry: &'a SearchEntry, name: &str) -> Option<&'a str> {
    let found = entry.attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    found.1.first().map(String::as_str)
}

/// The first value as bytes. The library sorts values into text and bytes by whether they happen to be UTF-8, which
/// sixteen bytes of a GUID sometimes are.
fn bytes<'a>(entry: &'a SearchEntry, name: &str) -> Option<&'a [u8]> {
    let mut binary = entry.bin_attrs.iter();
    match binary.find(|(key, _)| key.eq_ignore_ascii_case(name)) {
        Some((_, values)) => values.first().map(Vec::as_slice),
        None => text(entry, name).map(str::as_bytes),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn entry(pairs: &[(&str, &str)], guid: Option<&[u8]>) -> SearchEntry {
        let attrs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]));
        let bin_attrs = guid.map(|guid| ("objectGUID".to_owned(), vec![guid.to_vec()]));
        SearchEntry {
            dn: "CN=O\\, Brien,OU=People,DC=corp,DC=test".to_owned(),
            attrs: attrs.collect(),
            bin_attrs: bin_attrs.into_iter().collect::<HashMap<_, _>>(),
        }
    }

    #[test]
    fn an_entry_becomes_an_account() {
        let read = object(
            &entry(
                &[
                    ("samaccountname", "obrien"),
                    ("userAccountControl", "66050"),
                    ("adminCount", "1"),
                ],
                Some(&[0xff; 16]),
            ),
            "corp.test",
        )
        .unwrap();
        assert_eq!(
            (read.sam.as_str(), read.enabled, read.protected, read.critical),
            ("obrien", false, true, false)
        );
        assert_eq!(read.guid, Uuid::from_bytes([0xff; 16]));
        assert_eq!(read.upn, None);
    }

    #[test]
    fn a_guid_that_happens_to_be_text_is_still_a_guid() {
        let text_guid = "0123456789abcdef";
        let pairs = [
            ("objectGUID", text_guid),
            ("sAMAccountName", "a"),
            ("userAccountControl", "512"),
        ];
        let read = object(&entry(&pairs, None), "corp.test").unwrap();
        assert_eq!(read.guid.to_bytes_le(), *text_guid.as_bytes());
        assert_eq!((read.consistency, read.enabled), (None, true));
    }

    #[test]
    fn the_consistency_guid_is_the_anchor_where_it_is_one() {
        let pairs = [("sAMAccountName", "a"), ("userAccountControl", "512")];
        let mut with = entry(&pairs, Some(&[0xff; 16]));
        let name = "ms-ds-consistencyguid".to_owned();
        with.bin_attrs.insert(name.clone(), vec![vec![0xee; 16]]);
        let read = object(&with, "d").unwrap();
        assert_eq!(read.anchor(), "7u7u7u7u7u7u7u7u7u7u7g==");
        assert_eq!(read.guid, Uuid::from_bytes([0xff; 16]), "writes go by objectGUID");
        with.bin_attrs.insert(name, vec![vec![0xee; 3]]);
        assert_eq!(object(&with, "d").unwrap().anchor(), "/////////////////////w==");
    }

    #[test]
    fn what_cannot_be_identified_is_left_out() {
        assert_eq!(
            object(
                &entry(&[("sAMAccountName", "a"), ("userAccountControl", "512")], None),
                "d"
            ),
            None
        );
        assert_eq!(
            object(&entry(&[("userAccountControl", "512")], Some(&[1; 16])), "d"),
            None
        );
        assert_eq!(object(&entry(&[("sAMAccountName", "a")], Some(&[1; 15])), "d"), None);
    }
}
