//! The harness's own LDAP client: it dials an address and verifies the name, always with a timeout.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use history::{BindRecord, Metadata};
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Mod, Scope, SearchEntry, StdStream};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use uuid::Uuid;
use vocabulary::{Password, Win32};

use crate::EnvironmentError;

mod change;
pub(crate) mod raw;
mod tree;

const TIMEOUT: Duration = Duration::from_secs(20);
const PAGE: i32 = 500;
/// Operations after which a connection that is kept open is made anew.
const OPERATIONS_MAX: u32 = 10_000;
/// People's accounts, no machine's.
const USERS: &str = "(&(objectCategory=person)(objectClass=user))";
const METADATA: [&str; 7] = [
    "objectGUID",
    "msDS-KeyVersionNumber",
    "pwdLastSet",
    "lockoutTime",
    "badPwdCount",
    "userAccountControl",
    "uSNChanged",
];
/// LDAP result codes (RFC 4511 appendix A).
const SUCCESS: u32 = 0;
const ATTRIBUTE_OR_VALUE_EXISTS: u32 = 20;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_CREDENTIALS: u32 = 49;
const ENTRY_ALREADY_EXISTS: u32 = 68;

/// One domain controller as the harness sees it.
#[derive(Clone)]
pub(crate) struct DirectoryClient {
    pub fqdn: String,
    pub address: SocketAddr,
    pub tls: Arc<ClientConfig>,
}

/// An open connection.
pub(crate) struct Connection {
    fqdn: String,
    ldap: Handle,
}

/// The library's handle.
struct Handle {
    ldap: Ldap,
    /// What was done on it. The library counts too, and leaves out searches.
    operations: u32,
}

impl Handle {
    /// For one operation, and no longer than it may take.
    fn next(&mut self) -> &mut Ldap {
        self.operations += 1;
        self.ldap.with_timeout(TIMEOUT)
    }
}

impl DirectoryClient {
    /// Connects without binding.
    pub async fn connect(&self) -> Result<Connection, EnvironmentError> {
        let failed = |cause: String| ldap_error("connect", &self.fqdn, cause);
        let dial = async {
            let stream = TcpStream::connect(self.address)
                .await
                .map_err(|error| failed(error.to_string()))?;
            let stream = stream.into_std().map_err(|error| failed(error.to_string()))?;
            let settings = LdapConnSettings::new()
                .set_config(Arc::clone(&self.tls))
                .set_conn_timeout(TIMEOUT)
                .set_std_stream(StdStream::Tcp(stream));
            let url = format!("ldaps://{}:{}", self.fqdn, self.address.port());
            LdapConnAsync::with_settings(settings, &url)
                .await
                .map_err(|error| failed(error.to_string()))
        };
        let (connection, ldap) = tokio::time::timeout(TIMEOUT, dial)
            .await
            .map_err(|_| failed("it took too long".into()))??;
        // A hostile message can make the driver panic; then the connection is lost, and every operation says so.
        tokio::spawn(AssertUnwindSafe(connection.drive()).catch_unwind());
        Ok(Connection {
            fqdn: self.fqdn.clone(),
            ldap: Handle { ldap, operations: 0 },
        })
    }

    /// Connects and binds; a refusal is an error.
    pub async fn bound(&self, dn: &str, password: &Password) -> Result<Connection, EnvironmentError> {
        let mut connection = self.connect().await?;
        let record = connection.bind(dn, password).await?;
        match record {
            Ok(()) => Ok(connection),
            Err(text) => Err(ldap_error(&format!("bind as {dn}"), &self.fqdn, text)),
        }
    }
}

impl Connection {
    /// Whether it has served for long enough: the library never forgets the number of a search that has ended, so one that is kept
    /// for a whole run would grow with every search.
    pub fn is_worn(&self) -> bool {
        self.ldap.operations >= OPERATIONS_MAX
    }

    /// A simple bind; the inner error is the text of a refusal.
    pub async fn bind(&mut self, dn: &str, password: &Password) -> Result<Result<(), String>, EnvironmentError> {
        if password.expose().is_empty() {
            // RFC 4513 section 5.1.2: that would be an unauthenticated bind, which many servers call a success.
            return Err(ldap_error(
                "bind",
                &self.fqdn,
                "an empty password proves nothing".into(),
            ));
        }
        let answer = self.ldap.next().simple_bind(dn, password.expose()).await;
        let answer = answer.map_err(|error| ldap_error("bind", &self.fqdn, error.to_string()))?;
        match answer.rc {
            SUCCESS => Ok(Ok(())),
            INVALID_CREDENTIALS => Ok(Err(answer.text)),
            rc => Err(ldap_error("bind", &self.fqdn, format!("result {rc}, {}", answer.text))),
        }
    }

    /// A bind as a record for the history.
    pub async fn try_bind(
        &mut self,
        dn: &str,
        password: &Password,
        label: u32,
    ) -> Result<BindRecord, EnvironmentError> {
        Ok(match self.bind(dn, password).await? {
            Ok(()) => BindRecord {
                label,
                accepted: true,
                data: None,
            },
            Err(text) => BindRecord {
                label,
                accepted: false,
                data: Win32::from_bind_diagnostic(&text),
            },
        })
    }

    /// Adds an entry; one that is already there stays as it is when `or_keep`.
    pub async fn add(
        &mut self,
        dn: &str,
        attributes: Vec<(&str, Vec<u8>)>,
        or_keep: bool,
    ) -> Result<(), EnvironmentError> {
        let attributes = attributes
            .into_iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), [value].into()))
            .collect::<Vec<_>>();
        let answer = self.ldap.next().add(dn, attributes).await;
        let doing = || format!("add {dn}");
        let answer = answer.map_err(|error| ldap_error(&doing(), &self.fqdn, error.to_string()))?;
        match answer.rc {
            SUCCESS => Ok(()),
            ENTRY_ALREADY_EXISTS if or_keep => Ok(()),
            rc => Err(ldap_error(
                &doing(),
                &self.fqdn,
                format!("result {rc}, {}", answer.text),
            )),
        }
    }

    /// Replaces the values of one attribute by one.
    pub async fn replace(&mut self, dn: &str, name: &str, value: &str) -> Result<(), EnvironmentError> {
        let doing = || format!("write {name} of {}", if dn.is_empty() { "the rootDSE" } else { dn });
        let change = Mod::Replace(name.as_bytes().to_vec(), [value.as_bytes().to_vec()].into());
        let answer = self.ldap.next().modify(dn, vec![change]).await;
        let done = answer.and_then(ldap3::LdapResult::success);
        done.map(drop)
            .map_err(|error| ldap_error(&doing(), &self.fqdn, error.to_string()))
    }

    /// Adds values to an attribute. Where one of them is there already, all of them are taken to be: what is given in pieces was
    /// written in the same pieces before.
    pub async fn add_values(&mut self, dn: &str, name: &str, values: &[String]) -> Result<(), EnvironmentError> {
        let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
        let change = Mod::Add(name.as_bytes().to_vec(), values);
        let answer = self.ldap.next().modify(dn, vec![change]).await;
        let doing = || format!("add values of {name} to {dn}");
        let answer = answer.map_err(|error| ldap_error(&doing(), &self.fqdn, error.to_string()))?;
        match answer.rc {
            SUCCESS | ATTRIBUTE_OR_VALUE_EXISTS | ENTRY_ALREADY_EXISTS => Ok(()),
            rc => Err(ldap_error(
                &doing(),
                &self.fqdn,
                format!("result {rc}, {}", answer.text),
            )),
        }
    }

    /// All users below a base, with the attributes asked for, page by page.
    pub async fn users(&mut self, base: &str, attributes: &[&str]) -> Result<Vec<SearchEntry>, EnvironmentError> {
        self.found(base, USERS, attributes).await
    }

    async fn found(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, EnvironmentError> {
        let mut found = Vec::new();
        self.each(base, filter, attributes, &mut |entry| found.push(entry))
            .await?;
        Ok(found)
    }

    /// Gives every attribute of every user below a base, entry by entry: all of a large population at once is much.
    pub async fn whole_users(
        &mut self,
        base: &str,
        take: &mut (dyn FnMut(SearchEntry) + Send),
    ) -> Result<(), EnvironmentError> {
        self.each(base, USERS, &["*"], take).await
    }

    async fn each(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
        take: &mut (dyn FnMut(SearchEntry) + Send),
    ) -> Result<(), EnvironmentError> {
        let failed =
            |error: ldap3::LdapError| ldap_error(&format!("search {base}"), &self.fqdn.clone(), error.to_string());
        let adapters: Vec<Box<dyn Adapter<'_, &str, &[&str]>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
        let ldap = self.ldap.next();
        let mut stream = ldap
            .streaming_search_with(adapters, base, Scope::Subtree, filter, attributes)
            .await
            .map_err(failed)?;
        while let Some(entry) = stream.next().await.map_err(failed)? {
            take(SearchEntry::construct(entry));
        }
        let end = stream.finish().await;
        // A base that a replica does not have yet has nobody below it.
        if end.rc != NO_SUCH_OBJECT {
            end.success().map_err(failed)?;
        }
        Ok(())
    }

    /// The metadata of everyone below a base.
    pub async fn metadata(&mut self, base: &str) -> Result<Vec<(Uuid, Metadata)>, EnvironmentError> {
        let entries = self.users(base, &METADATA).await?;
        self.identified(&entries)
    }

    /// The metadata of one person, by objectGUID (MS-ADTS section 3.1.1.3.1.2.4); none where nobody has it.
    pub async fn metadata_of(&mut self, user: Uuid) -> Result<Option<Metadata>, EnvironmentError> {
        let failed = |error: ldap3::LdapError| ldap_error(&format!("read {user}"), &self.fqdn, error.to_string());
        let name = format!("<GUID={user}>");
        let answer = self
            .ldap
            .next()
            .search(&name, Scope::Base, USERS, METADATA)
            .await
            .map_err(failed)?;
        if answer.1.rc == NO_SUCH_OBJECT {
            return Ok(None);
        }
        let (entries, _) = answer.success().map_err(failed)?;
        let entry = entries.into_iter().next().map(SearchEntry::construct);
        Ok(entry.as_ref().map(metadata_of))
    }

    fn identified(&self, entries: &[SearchEntry]) -> Result<Vec<(Uuid, Metadata)>, EnvironmentError> {
        let pair = |entry: &SearchEntry| {
            let doing = format!("read the objectGUID of {}", entry.dn);
            let missing = || ldap_error(&doing, &self.fqdn, "it is missing".into());
            Ok((guid(entry).ok_or_else(missing)?, metadata_of(entry)))
        };
        entries.iter().map(pair).collect()
    }

    /// objectGUIDs by sAMAccountName in lower case.
    pub async fn guids(&mut self, base: &str) -> Result<HashMap<String, Uuid>, EnvironmentError> {
        let entries = self.users(base, &["objectGUID", "sAMAccountName"]).await?;
        let pair =
            |entry: &SearchEntry| Some((entry.attrs.get("sAMAccountName")?.first()?.to_lowercase(), guid(entry)?));
        Ok(entries.iter().filter_map(pair).collect())
    }

    /// Attributes of one entry.
    pub async fn read(&mut self, dn: &str, attributes: &[&str]) -> Result<SearchEntry, EnvironmentError> {
        let doing = format!("read {}", if dn.is_empty() { "the rootDSE" } else { dn });
        let answer = self
            .ldap
            .next()
            .search(dn, Scope::Base, "(objectClass=*)", attributes.to_vec())
            .await;
        let found = answer.and_then(ldap3::SearchResult::success);
        let (entries, _) = found.map_err(|error| ldap_error(&doing, &self.fqdn, error.to_string()))?;
        let entry = entries.into_iter().next().map(SearchEntry::construct);
        entry.ok_or_else(|| ldap_error(&doing, &self.fqdn, "there is no such entry".into()))
    }
}

/// The objectGUID of an entry that was asked for it.
pub(crate) fn guid(entry: &SearchEntry) -> Option<Uuid> {
    // The library calls a value text when its bytes happen to be UTF-8.
    let binary = entry
        .bin_attrs
        .get("objectGUID")
        .and_then(|values| values.first())
        .map(Vec::as_slice);
    let text = || {
        entry
            .attrs
            .get("objectGUID")
            .and_then(|values| values.first())
            .map(String::as_bytes)
    };
    // MS-DTYP section 2.3.4: the first three fields are little-endian.
    Uuid::from_slice_le(binary.or_else(text)?).ok()
}

/// A number of an entry; 0 where it has none.
fn number<T: std::str::FromStr + Default>(entry: &SearchEntry, name: &str) -> T {
    let value = entry.attrs.get(name).and_then(|values| values.first());
    value.and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn metadata_of(entry: &SearchEntry) -> Metadata {
    Metadata {
        kvno: number(entry, "msDS-KeyVersionNumber"),
        pwd_last_set: number(entry, "pwdLastSet"),
        lockout_time: number(entry, "lockoutTime"),
        bad_pwd_count: number(entry, "badPwdCount"),
        uac: number(entry, "userAccountControl"),
        usn: number(entry, "uSNChanged"),
    }
}

pub(crate) fn ldap_error(doing: &str, dc: &str, cause: String) -> EnvironmentError {
    EnvironmentError::Ldap {
        doing: doing.to_owned(),
        dc: dc.to_owned(),
        cause,
    }
}

impl Connection {
    /// The SID of a domain, as text.
    pub async fn domain_sid(&mut self, base: &str) -> Result<String, EnvironmentError> {
        let entry = self.read(base, &["objectSid"]).await?;
        let sid = sid(&entry);
        sid.ok_or_else(|| {
            ldap_error(
                &format!("read the SID of {base}"),
                &self.fqdn,
                "it is missing or malformed".into(),
            )
        })
    }
}

/// The SID of an entry that was asked for it, as text.
pub(crate) fn sid(entry: &SearchEntry) -> Option<String> {
    let binary = entry
        .bin_attrs
        .get("objectSid")
        .and_then(|values| values.first())
        .map(Vec::as_slice);
    let text = || {
        entry
            .attrs
            .get("objectSid")
            .and_then(|values| values.first())
            .map(String::as_bytes)
    };
    binary.or_else(text).and_then(sid_text)
}

/// A SID as text (MS-DTYP sections 2.4.2.1 and 2.4.2.2).
fn sid_text(bytes: &[u8]) -> Option<String> {
    let (revision, count) = (bytes.first()?, usize::from(*bytes.get(1)?));
    let authority = bytes
        .get(2..8)?
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let (parts, rest) = bytes.get(8..)?.as_chunks::<4>();
    if parts.len() != count || !rest.is_empty() {
        return None;
    }
    let parts: String = parts
        .iter()
        .map(|part| format!("-{}", u32::from_le_bytes(*part)))
        .collect();
    Some(format!("S-{revision}-{authority}{parts}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_is_read_as_text() {
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
        assert_eq!(sid_text(&bytes).as_deref(), Some("S-1-5-32-544"));
        assert_eq!(sid_text(&bytes[..15]), None);
    }
}
