//! Standing up what is probed: a directory of our own, or one that somebody gave.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use directory::DirectoryConfig;
use engine::ports::Progress;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use scenario::WorldKind;
use serde_json::json;
use vocabulary::{Password, SharedClock, forbidden_name, lab_name};

use super::known::On;
use super::subject::{AgentAccount, Subject, domain_of};
use crate::authority::Authority;
use crate::docker::DockerSite;
use crate::embedded::EmbeddedSite;
use crate::ldap::{DirectoryClient, ldap_error};
use crate::names::{administrator_dn, base_dn, dc_fqdn, people_dn, service_account_dn};
use crate::process::Making;
use crate::secrets::RunKey;
use crate::settlement::bare_settlement;
use crate::site::{RoleConfig, Site};
use crate::{EnvironmentError, Parts};

/// The domain of a directory of our own.
const DOMAIN: &str = "probe.test";
/// Its only domain controller.
const PART: &str = "dc1";
/// The port of LDAP over TLS.
const LDAPS: u16 = 636;

/// A laboratory's directory that stands already.
#[derive(Debug, Clone)]
pub struct Given {
    /// `ldaps://host` or `ldaps://host:port`; the certificate must carry that host.
    pub url: String,
    /// The authority that signed its certificate, PEM.
    pub ca_file: PathBuf,
    /// The administrator's distinguished name or principal name.
    pub bind_dn: String,
    /// The administrator's password.
    pub password: Password,
    /// An account with delegated rights below `below`: its name and its password.
    pub agent: Option<(String, Password)>,
    /// The entry below which the probes' unit is made; the domain's head where none is said.
    pub below: Option<String>,
}

/// Stands a site up: in this process, or in a container.
pub(super) async fn site(
    kind: WorldKind,
    run: &str,
    parts: Parts,
    clock: SharedClock,
    progress: &dyn Progress,
) -> Result<Site, EnvironmentError> {
    Ok(match kind {
        WorldKind::Embedded => Site::Embedded(EmbeddedSite::stand_up(
            run,
            Making {
                parts,
                clock,
                apart: false,
            },
        )?),
        WorldKind::Docker => Site::Docker(DockerSite::stand_up(run, &parts.served, &|text| progress.note(text)).await?),
    })
}

/// Starts one domain controller on a site, with the account that holds the delegated rights. `more` is laid over its configuration.
pub(super) async fn own(site: &mut Site, run: &str, more: &serde_json::Value) -> Result<Subject, EnvironmentError> {
    let (key, authority) = (RunKey::new(), Authority::new(run)?);
    let (administrator, service) = (key.password()?, key.password()?);
    let mut kit = site.kit(PART);
    let listen = site.listen("directory", 1).await;
    let address = site.planned_address(PART, listen.ip())?;
    let fqdn = dc_fqdn(1, DOMAIN);
    let issued = authority.issue(&[fqdn.clone(), "localhost".to_owned(), address.to_string()])?;
    let mut told = json!({
        "listen": listen,
        "domain": DOMAIN,
        "fqdn": fqdn,
        "certificate_file": kit.file("server.pem", issued.certificate),
        "key_file": kit.file("server.key", issued.key),
        "admin_password_file": kit.password("domain-admin.password", &administrator),
        "guid_seed": 1,
        "old_password_allowed": "0s",
        "policy": {},
        "lockout": {},
        "service": {},
        "delegations": [{
            "principal": service_account_dn(DOMAIN),
            "ous": [people_dn(DOMAIN)],
            "rights": ["reset_password", "change_password", "write_lockout_time", "write_pwd_last_set", "unexpire_password"],
        }],
    });
    merge(&mut told, more);
    let config: DirectoryConfig = serde_json::from_value(told).map_err(|error| EnvironmentError::Part {
        part: PART.to_owned(),
        cause: error.to_string(),
    })?;
    let place = site.start(kit, RoleConfig::Directory(config)).await?;
    let client = DirectoryClient {
        fqdn,
        address: place.outside,
        tls: authority.client()?,
    };
    settle(&client, &administrator, &service).await?;
    let on = match site {
        Site::Embedded(_) => On::Embedded,
        Site::Docker(docker) => {
            docker.delegate(PART).await?;
            On::Samba
        }
    };
    let mut subject = Subject {
        url: format!("ldaps://{}", client.address),
        client,
        on,
        given: false,
        admin_dn: administrator_dn(DOMAIN),
        admin_password: administrator,
        agent: Some(AgentAccount {
            dn: service_account_dn(DOMAIN),
            password: service,
        }),
        base: base_dn(DOMAIN),
        below: people_dn(DOMAIN),
        netbios: String::new(),
    };
    subject.introduce().await?;
    Ok(subject)
}

/// The units, and the account that holds the delegated rights.
async fn settle(
    client: &DirectoryClient,
    administrator: &Password,
    service: &Password,
) -> Result<(), EnvironmentError> {
    let mut admin = client.bound(&administrator_dn(DOMAIN), administrator).await?;
    for entry in bare_settlement(DOMAIN, service) {
        admin.add(&entry.dn, entry.attributes, true).await?;
    }
    Ok(())
}

/// Lays the members of one object over those of another.
fn merge(onto: &mut serde_json::Value, more: &serde_json::Value) {
    if let (Some(onto), Some(more)) = (onto.as_object_mut(), more.as_object()) {
        onto.extend(more.clone());
    }
}

/// Reaches a directory that somebody gave, once it has shown itself to be a laboratory's. No password is sent before.
pub(super) async fn given(given: &Given) -> Result<Subject, EnvironmentError> {
    let (host, port) = place_of(&given.url)?;
    if let Some(cloud) = forbidden_name(&host) {
        return Err(EnvironmentError::Interlock(format!(
            "{host} is refused: {cloud} is the name of a real cloud"
        )));
    }
    let client = DirectoryClient {
        address: resolve(&host, port).await?,
        fqdn: host,
        tls: trusting(&given.ca_file)?,
    };
    let root = client
        .connect()
        .await?
        .read("", &["defaultNamingContext", "vendorName"])
        .await?;
    let first = |name| {
        super::observe::values(&root, name)
            .into_iter()
            .next()
            .unwrap_or_default()
    };
    let base = first("defaultNamingContext");
    let domain = domain_of(&base);
    if !lab_name(&domain) {
        return Err(EnvironmentError::Interlock(format!(
            "{} holds the domain {domain:?}, which is no laboratory's: its name must end in .test, .example or .invalid",
            given.url
        )));
    }
    let agent = given.agent.clone().map(|(dn, password)| AgentAccount { dn, password });
    let mut subject = Subject {
        client,
        url: given.url.clone(),
        on: On::of_vendor(&first("vendorName")),
        given: true,
        admin_dn: given.bind_dn.clone(),
        admin_password: given.password.clone(),
        agent,
        below: given.below.clone().unwrap_or_else(|| base.clone()),
        base,
        netbios: String::new(),
    };
    subject.introduce().await?;
    Ok(subject)
}

/// Host and port of an LDAPS URL (RFC 4516, without anything behind the host).
fn place_of(url: &str) -> Result<(String, u16), EnvironmentError> {
    let wrong = |why: &str| EnvironmentError::Interlock(format!("{url}: {why}"));
    let rest = url
        .strip_prefix("ldaps://")
        .ok_or_else(|| wrong("only ldaps:// is probed: passwords are never sent in the clear"))?;
    let rest = rest.trim_end_matches('/');
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().map_err(|_| wrong("the port is no number"))?)
        }
        _ => (rest, LDAPS),
    };
    if host.is_empty() || host.contains(['/', '?', '@']) {
        return Err(wrong("it must be ldaps://HOST or ldaps://HOST:PORT"));
    }
    Ok((host.to_owned(), port))
}

async fn resolve(host: &str, port: u16) -> Result<SocketAddr, EnvironmentError> {
    let failed = |cause: String| ldap_error("find the address", host, cause);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut found = tokio::net::lookup_host((bare, port))
        .await
        .map_err(|error| failed(error.to_string()))?;
    found.next().ok_or_else(|| failed("it has none".to_owned()))
}

/// A client that trusts the authorities of a file, and nobody else.
fn trusting(file: &Path) -> Result<Arc<ClientConfig>, EnvironmentError> {
    let failed = |cause: String| EnvironmentError::Certificate(file.display().to_string(), cause);
    let pem = std::fs::read(file).map_err(|source| EnvironmentError::File {
        path: file.to_owned(),
        source,
    })?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(failed("it holds no certificate in PEM".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        assert_eq!(
            place_of("ldaps://dc1.corp.test").unwrap(),
            ("dc1.corp.test".to_owned(), 636)
        );
        assert_eq!(
            place_of("ldaps://127.0.0.1:3269/").unwrap(),
            ("127.0.0.1".to_owned(), 3269)
        );
        assert_eq!(place_of("ldaps://[::1]:636").unwrap(), ("[::1]".to_owned(), 636));
        for wrong in [
            "ldap://dc1.corp.test",
            "ldaps://",
            "ldaps://h:x",
            "ldaps://h/dc=x",
            "ldaps://u@h",
        ] {
            assert!(place_of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_domain_is_read_from_its_distinguished_name() {
        assert_eq!(domain_of("DC=corp,DC=test"), "corp.test");
        assert_eq!(domain_of("O=nothing"), "");
        assert!(!lab_name(&domain_of("DC=corp,DC=com")));
    }
}
