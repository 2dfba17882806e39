//! What each part of a world is told: the same in both worlds but for addresses and paths.

mod agent;
mod directory;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cloud::{Accounts, CloudConfig, RelayFiles};
use protocol::connection::ConnectionString;
use relay::{EntityConfig, RelayConfig, RuleConfig};
use scenario::{Licence, Plan, Sspr};
use time::OffsetDateTime;
use uuid::Uuid;
use vocabulary::{NameTable, Password};

use crate::EnvironmentError;
use crate::authority::{Authority, Issued};
use crate::flaw::Flaw;
use crate::names::{CLIENT_ID, CLOUD_ROLES, ENTITY, LAB, administrator_dn, cloud_host, relay_host};
use crate::secrets::RunKey;
use crate::site::Kit;

pub(crate) use directory::ControllerPlan;

/// When a certificate has ended that has expired.
const LONG_AGO: OffsetDateTime = time::macros::datetime!(2020-01-01 0:00 UTC);

/// The server that a certificate names which names another one.
const ELSEWHERE: &str = "elsewhere.wblab.test";

/// Between two heartbeats of the agent: far shorter than the product's five minutes, so that a dead one shows soon.
const HEARTBEAT_S: u64 = 30;

/// A relay with both of its keys.
pub(crate) struct RelaySecrets {
    pub listen_key: Password,
    pub send_key: Password,
}

/// A domain and its secrets.
pub(crate) struct DomainSecrets {
    pub domain: String,
    pub administrator: Password,
    pub service_account: Password,
}

impl DomainSecrets {
    /// The administrator's name and password.
    pub fn administrator(&self) -> (String, &Password) {
        (administrator_dn(&self.domain), &self.administrator)
    }
}

/// Where a relay is, for those who dial it.
#[derive(Debug, Clone)]
pub(crate) struct RelayPlace {
    pub number: u32,
    pub address: SocketAddr,
}

/// Everything that is decided before anything stands.
pub(crate) struct Blueprint {
    pub tenant_id: Uuid,
    pub authority: Authority,
    pub lab_token: Password,
    pub cloud_secret: Password,
    pub client_secret: Password,
    pub cloud_admin: Password,
    pub helpdesk: Password,
    /// One for each forest, in the plan's order.
    pub domains: Vec<DomainSecrets>,
    pub relays: Vec<RelaySecrets>,
    /// Secrets that were replaced while the world stood, and those that replaced them for a while.
    pub former: Vec<Password>,
}

impl Blueprint {
    pub fn draw(run: &str, plan: &Plan) -> Result<Self, EnvironmentError> {
        let forests = plan.world.forests.iter().map(|forest| &forest.domain);
        if let Some(domain) = forests.clone().find(|domain| !vocabulary::lab_name(domain)) {
            return Err(EnvironmentError::Interlock(format!(
                "{domain} is no laboratory: a domain ends in .test, .example or .invalid"
            )));
        }
        let key = RunKey::new();
        let relay = |_| {
            Ok(RelaySecrets {
                listen_key: key.token()?,
                send_key: key.token()?,
            })
        };
        let secrets = |domain: &String| {
            Ok(DomainSecrets {
                domain: domain.clone(),
                administrator: key.password()?,
                service_account: key.password()?,
            })
        };
        Ok(Self {
            tenant_id: key.uuid()?,
            authority: Authority::new(run)?,
            lab_token: key.token()?,
            cloud_secret: key.token()?,
            client_secret: key.token()?,
            cloud_admin: key.password()?,
            helpdesk: key.password()?,
            domains: forests.map(secrets).collect::<Result<_, EnvironmentError>>()?,
            relays: (0..plan.world.relays)
                .map(relay)
                .collect::<Result<_, EnvironmentError>>()?,
            former: Vec::new(),
        })
    }

    /// The secrets of a forest's domain, counted from 0.
    pub fn domain(&self, forest: usize) -> Result<&DomainSecrets, EnvironmentError> {
        self.domains.get(forest).ok_or(EnvironmentError::NotStanding)
    }

    pub fn admin_upn() -> String {
        format!("admin@{LAB}.test")
    }

    pub fn helpdesk_upn() -> String {
        format!("helpdesk@{LAB}.test")
    }

    /// The connection string of a relay with one of its rights.
    pub fn connection_string(&self, relay: &RelayPlace, right: &str) -> Option<ConnectionString> {
        let secrets = self.relays.get(usize::try_from(relay.number).ok()?.checked_sub(1)?)?;
        let key = if right == "listen" {
            &secrets.listen_key
        } else {
            &secrets.send_key
        };
        Some(ConnectionString {
            host: relay_host(relay.number),
            port: relay.address.port(),
            rule: right.to_owned(),
            key: key.expose().to_owned(),
            path: ENTITY.to_owned(),
        })
    }

    pub fn relay(
        &self,
        kit: &mut Kit,
        number: u32,
        listen: SocketAddr,
        seed: u64,
    ) -> Result<RelayConfig, EnvironmentError> {
        let host = relay_host(number);
        let (certificate_file, key_file) = self.certificate(kit, std::slice::from_ref(&host), Some(listen.ip()))?;
        let rule = |kit: &mut Kit, name: &str, right: relay::Right, key: &Password| RuleConfig {
            name: name.to_owned(),
            rights: vec![right],
            key_file: kit.password(&format!("{name}.key"), key),
            secondary_key_file: None,
        };
        let secrets = usize::try_from(number)
            .ok()
            .and_then(|number| self.relays.get(number.checked_sub(1)?));
        let rules = secrets.into_iter().flat_map(|secrets| {
            [
                rule(kit, "listen", relay::Right::Listen, &secrets.listen_key),
                rule(kit, "send", relay::Right::Send, &secrets.send_key),
            ]
        });
        let rules = rules.collect();
        Ok(RelayConfig {
            listen,
            host,
            public_port: None,
            certificate_file,
            key_file,
            lab_token_file: Some(kit.password("lab.token", &self.lab_token)),
            request_timeout: Duration::from_secs(60),
            accept_timeout: Duration::from_secs(30),
            token_grace: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(240),
            ping_every: Duration::from_secs(60),
            listener_lifetime: Duration::from_secs(24 * 3600),
            listeners_max: 25,
            in_flight_max: 4000,
            connections_max: 5000,
            seed,
            entities: vec![EntityConfig {
                path: ENTITY.to_owned(),
                requires_client_authorization: true,
                rules,
            }],
        })
    }

    /// The cloud; `edge` is the gateway that stands between it and the relays, if one does.
    pub fn cloud(
        &self,
        kit: &mut Kit,
        plan: &Plan,
        listen: SocketAddr,
        relays: &[RelayPlace],
        edge: Option<SocketAddr>,
    ) -> Result<CloudConfig, EnvironmentError> {
        let hosts: Vec<String> = CLOUD_ROLES.iter().map(|role| cloud_host(role)).collect();
        let (certificate_file, key_file) = self.certificate(kit, &hosts, None)?;
        let mut names = NameTable::default();
        let mut files = Vec::new();
        for relay in relays {
            names.insert(&relay_host(relay.number), edge.unwrap_or(relay.address));
            let mut string = |right: &str| {
                let text = self
                    .connection_string(relay, right)
                    .map(|string| string.expose())
                    .unwrap_or_default();
                kit.file(&format!("relay{}.{right}", relay.number), text)
            };
            files.push(RelayFiles {
                send_file: string("send"),
                listen_file: string("listen"),
            });
        }
        Ok(CloudConfig {
            listen,
            lab: LAB.to_owned(),
            tenant_id: self.tenant_id,
            certificate_file,
            key_file,
            ca_file: kit.file("ca.pem", self.authority.pem()),
            names,
            lab_token_file: Some(kit.password("lab.token", &self.lab_token)),
            message_lifetime: plan.world.message_lifetime,
            relay_timeout: Duration::from_secs(65),
            secret_file: kit.password("cloud.secret", &self.cloud_secret),
            state_file: Some(kit.folder().join("cloud-state.store")),
            heartbeat_s: HEARTBEAT_S,
            relays: files,
            tenant: tenant(plan),
            accounts: Accounts {
                client_id: CLIENT_ID.to_owned(),
                client_secret_file: kit.password("client.secret", &self.client_secret),
                admin_upn: Self::admin_upn(),
                admin_password_file: kit.password("admin.password", &self.cloud_admin),
                helpdesk_upn: Self::helpdesk_upn(),
                helpdesk_password_file: kit.password("helpdesk.password", &self.helpdesk),
            },
        })
    }

    /// Every secret of the run that is not a person's.
    pub fn secrets(&self) -> impl Iterator<Item = &Password> {
        let own = [
            &self.lab_token,
            &self.cloud_secret,
            &self.client_secret,
            &self.cloud_admin,
            &self.helpdesk,
        ];
        let domains = self.domains.iter();
        let relays = self.relays.iter();
        own.into_iter()
            .chain(domains.flat_map(|domain| [&domain.administrator, &domain.service_account]))
            .chain(relays.flat_map(|relay| [&relay.listen_key, &relay.send_key]))
            .chain(&self.former)
    }

    /// Draws another key for a right on a relay.
    pub fn rekey(&mut self, relay: u32, right: &str) -> Result<Password, EnvironmentError> {
        let fresh = RunKey::new().token()?;
        let place = usize::try_from(relay).unwrap_or_default().checked_sub(1);
        let secrets = place.and_then(|place| self.relays.get_mut(place));
        let secrets = secrets.ok_or(EnvironmentError::NotStanding)?;
        let key = if right == "listen" {
            &mut secrets.listen_key
        } else {
            &mut secrets.send_key
        };
        self.former.push(std::mem::replace(key, fresh.clone()));
        Ok(fresh)
    }

    /// Draws a password that takes the place of another for a while.
    pub fn interim_password(&mut self) -> Result<Password, EnvironmentError> {
        let fresh = RunKey::new().password()?;
        self.former.push(fresh.clone());
        Ok(fresh)
    }

    /// A new certificate of a server.
    pub fn sound(&self, hosts: &[String], address: Option<IpAddr>) -> Result<Issued, EnvironmentError> {
        self.authority.issue(&certified(hosts, address))
    }

    /// A certificate of a server with something wrong.
    pub fn flawed(&self, hosts: &[String], address: Option<IpAddr>, flaw: Flaw) -> Result<Issued, EnvironmentError> {
        let names = certified(hosts, address);
        match flaw {
            Flaw::Expired => self.authority.issue_until(&names, Some(LONG_AGO)),
            Flaw::WrongName => self.authority.issue(&[ELSEWHERE.to_owned()]),
            Flaw::UnknownAuthority => Authority::new("of nobody")?.issue(&names),
        }
    }

    /// A server's certificate: its names, the loopback, and its own address where that is known.
    pub(crate) fn certificate(
        &self,
        kit: &mut Kit,
        hosts: &[String],
        address: Option<IpAddr>,
    ) -> Result<(std::path::PathBuf, std::path::PathBuf), EnvironmentError> {
        let issued = self.sound(hosts, address)?;
        Ok((
            kit.file("server.pem", issued.certificate),
            kit.file("server.key", issued.key),
        ))
    }
}

/// The names of a server's certificate.
fn certified(hosts: &[String], address: Option<IpAddr>) -> Vec<String> {
    let mut names = hosts.to_vec();
    names.extend(["localhost".to_owned(), "127.0.0.1".to_owned()]);
    let own = address.filter(|address| !address.is_unspecified() && address.to_string() != "127.0.0.1");
    names.extend(own.map(|address| address.to_string()));
    names
}

fn tenant(plan: &Plan) -> cloud::TenantSettings {
    cloud::TenantSettings {
        licence: licence(plan.tenant.licence),
        sspr: match plan.tenant.sspr {
            Sspr::All => cloud::Sspr::All,
            Sspr::None => cloud::Sspr::None,
        },
        writeback: plan.tenant.writeback,
        unlock_without_reset: plan.tenant.unlock_without_reset,
    }
}

fn licence(licence: Licence) -> cloud::Licence {
    match licence {
        Licence::AzureAdPremium1 => cloud::Licence::AzureAdPremium1,
        Licence::AzureAdPremium2 => cloud::Licence::AzureAdPremium2,
        Licence::EnterpriseMobilitySecurityE3 => cloud::Licence::EnterpriseMobilitySecurityE3,
        Licence::EnterpriseMobilitySecurityE5 => cloud::Licence::EnterpriseMobilitySecurityE5,
        Licence::SecureProductiveEnterpriseE3 => cloud::Licence::SecureProductiveEnterpriseE3,
        Licence::SecureProductiveEnterpriseE5 => cloud::Licence::SecureProductiveEnterpriseE5,
        Licence::AzureAdFree => cloud::Licence::AzureAdFree,
        Licence::None => cloud::Licence::None,
    }
}
