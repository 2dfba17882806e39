//! What each part of a world is told: the same in both worlds but for addresses and paths.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use agent::{AgentConfig, DomainController, Forest};
use cloud::{Accounts, CloudConfig, RelayFiles};
use directory::{Delegation, DirectoryConfig};
use gateway::{AllowRule, GatewayConfig};
use protocol::connection::ConnectionString;
use relay::{EntityConfig, RelayConfig, RuleConfig};
use scenario::{Licence, Plan, Sspr};
use uuid::Uuid;
use vocabulary::{NameTable, Password};

use crate::EnvironmentError;
use crate::authority::Authority;
use crate::names::{
    AGENT_ROLES, CLIENT_ID, CLOUD_ROLES, ENTITY, LAB, administrator_dn, base_dn, cloud_host, dc_fqdn, people_dn,
    relay_host, service_account_dn,
};
use crate::secrets::RunKey;
use crate::site::Kit;

/// Between two heartbeats of the agent: far shorter than the product's five minutes, so that a dead one shows soon.
const HEARTBEAT_S: u64 = 30;

/// A relay with both of its keys.
pub(crate) struct RelaySecrets {
    pub listen_key: Password,
    pub send_key: Password,
}

/// Where a relay is, for those who dial it.
#[derive(Debug, Clone)]
pub(crate) struct RelayPlace {
    pub number: u32,
    pub address: SocketAddr,
}

/// Everything that is decided before anything stands.
pub(crate) struct Blueprint {
    pub domain: String,
    pub tenant_id: Uuid,
    pub authority: Authority,
    pub lab_token: Password,
    pub cloud_secret: Password,
    pub client_secret: Password,
    pub cloud_admin: Password,
    pub helpdesk: Password,
    pub domain_admin: Password,
    pub service_account: Password,
    pub relays: Vec<RelaySecrets>,
}

impl Blueprint {
    pub fn draw(run: &str, plan: &Plan) -> Result<Self, EnvironmentError> {
        let domain = plan
            .world
            .forests
            .first()
            .map(|forest| forest.domain.clone())
            .unwrap_or_default();
        if !vocabulary::lab_name(&domain) {
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
        Ok(Self {
            domain,
            tenant_id: key.uuid()?,
            authority: Authority::new(run)?,
            lab_token: key.token()?,
            cloud_secret: key.token()?,
            client_secret: key.token()?,
            cloud_admin: key.password()?,
            helpdesk: key.password()?,
            domain_admin: key.password()?,
            service_account: key.password()?,
            relays: (0..plan.world.relays)
                .map(relay)
                .collect::<Result<_, EnvironmentError>>()?,
        })
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

    pub fn cloud(
        &self,
        kit: &mut Kit,
        plan: &Plan,
        listen: SocketAddr,
        relays: &[RelayPlace],
    ) -> Result<CloudConfig, EnvironmentError> {
        let hosts: Vec<String> = CLOUD_ROLES.iter().map(|role| cloud_host(role)).collect();
        let (certificate_file, key_file) = self.certificate(kit, &hosts, None)?;
        let mut names = NameTable::default();
        let mut files = Vec::new();
        for relay in relays {
            names.insert(&relay_host(relay.number), relay.address);
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

    /// The firewall: the names of writeback, sign-in and synchronisation, and nothing else.
    pub fn gateway(listen: SocketAddr, cloud: SocketAddr, relays: &[RelayPlace]) -> GatewayConfig {
        let to_cloud = AGENT_ROLES.iter().map(|role| AllowRule {
            name: cloud_host(role),
            to: cloud,
        });
        let to_relays = relays.iter().map(|relay| AllowRule {
            name: relay_host(relay.number),
            to: relay.address,
        });
        GatewayConfig {
            listen,
            allow: to_cloud.chain(to_relays).collect(),
            hello_timeout: Duration::from_secs(5),
            connections_max: 1000,
        }
    }

    pub fn directory(
        &self,
        kit: &mut Kit,
        plan: &Plan,
        number: u32,
        listen: SocketAddr,
        address: IpAddr,
    ) -> Result<DirectoryConfig, EnvironmentError> {
        let fqdn = dc_fqdn(number, &self.domain);
        let (certificate_file, key_file) = self.certificate(kit, std::slice::from_ref(&fqdn), Some(address))?;
        let world = &plan.world;
        let services = &world.directory.service_time;
        Ok(DirectoryConfig {
            listen,
            domain: self.domain.clone(),
            fqdn,
            certificate_file,
            key_file,
            admin_password_file: kit.password("domain-admin.password", &self.domain_admin),
            guid_seed: plan.seed,
            old_password_allowed: world.policy.old_password_allowed,
            policy: directory::PolicyConfig {
                min_length: world.policy.min_length,
                complexity: world.policy.complexity,
                history: world.policy.history,
                min_age: world.policy.min_age,
                max_age: None,
            },
            lockout: directory::LockoutConfig {
                threshold: world.lockout.threshold,
                duration: world.lockout.duration,
                window: world.lockout.window,
            },
            functional_level: 6,
            join: None,
            replication_delay: world.directory.replication_delay,
            process_model: match world.directory.process_model {
                scenario::ProcessModel::Standard => directory::ProcessModel::Standard,
                scenario::ProcessModel::Prefork => directory::ProcessModel::Prefork,
            },
            concurrent_writes: world.directory.concurrent_writes,
            delegations: vec![self.delegation()],
            service: directory::ServiceTimes {
                reset: services.reset,
                unlock: services.unlock,
                search: services.search,
                bind: services.bind,
                add: services.add,
            },
        })
    }

    /// What the agent's account may do, and no more: it is no administrator.
    fn delegation(&self) -> Delegation {
        use directory::Right::{ChangePassword, ResetPassword, UnexpirePassword, WriteLockoutTime, WritePwdLastSet};
        Delegation {
            principal: service_account_dn(&self.domain),
            ous: vec![people_dn(&self.domain)],
            rights: vec![
                ResetPassword,
                ChangePassword,
                WriteLockoutTime,
                WritePwdLastSet,
                UnexpirePassword,
            ],
        }
    }

    pub fn agent(&self, kit: &mut Kit, gateway: SocketAddr, dcs: &[(u32, SocketAddr)]) -> AgentConfig {
        let mut names = NameTable::default();
        for role in AGENT_ROLES {
            names.insert(&cloud_host(role), gateway);
        }
        names.insert(&format!("*.servicebus.{LAB}.test"), gateway);
        for (number, address) in dcs {
            names.insert(&dc_fqdn(*number, &self.domain), *address);
        }
        let controller = |(number, address): &(u32, SocketAddr)| DomainController {
            fqdn: dc_fqdn(*number, &self.domain),
            port: address.port(),
            pdc: *number == 1,
        };
        AgentConfig {
            lab: LAB.to_owned(),
            tenant_id: self.tenant_id,
            version: "2.5.190.0".to_owned(),
            ca_file: kit.file("ca.pem", self.authority.pem()),
            names,
            admin_upn: Self::admin_upn(),
            admin_password_file: kit.password("admin.password", &self.cloud_admin),
            lab_token_file: Some(kit.password("lab.token", &self.lab_token)),
            event_log_file: kit.folder().join("agent-events.jsonl"),
            workers: 8,
            queue_limit: 4096,
            settle_period: Duration::from_secs(60),
            settle_wait: Duration::from_secs(1),
            ldap_timeout: Duration::from_secs(10),
            listen_timeout: Duration::from_secs(30),
            forests: vec![Forest {
                domain: self.domain.clone(),
                base_dn: base_dn(&self.domain),
                search_base: vec![people_dn(&self.domain)],
                bind_dn: service_account_dn(&self.domain),
                password_file: kit.password("service-account.password", &self.service_account),
                domain_controllers: dcs.iter().map(controller).collect(),
                preferred: Vec::new(),
            }],
            writeback_dc: agent::WritebackDc::Pdc,
            pdc_refresh: Duration::from_secs(1),
        }
    }

    /// Every secret of the run that is not a person's.
    pub fn secrets(&self) -> impl Iterator<Item = &Password> {
        let own = [
            &self.lab_token,
            &self.cloud_secret,
            &self.client_secret,
            &self.cloud_admin,
            &self.helpdesk,
            &self.domain_admin,
            &self.service_account,
        ];
        own.into_iter().chain(
            self.relays
                .iter()
                .flat_map(|relay| [&relay.listen_key, &relay.send_key]),
        )
    }

    pub fn administrator(&self) -> (String, &Password) {
        (administrator_dn(&self.domain), &self.domain_admin)
    }

    /// A server's certificate: its names, the loopback, and its own address where that is known.
    fn certificate(
        &self,
        kit: &mut Kit,
        hosts: &[String],
        address: Option<IpAddr>,
    ) -> Result<(std::path::PathBuf, std::path::PathBuf), EnvironmentError> {
        let mut names = hosts.to_vec();
        names.extend(["localhost".to_owned(), "127.0.0.1".to_owned()]);
        if let Some(address) = address.filter(|address| !address.is_unspecified() && address.to_string() != "127.0.0.1")
        {
            names.push(address.to_string());
        }
        let issued = self.authority.issue(&names)?;
        Ok((
            kit.file("server.pem", issued.certificate),
            kit.file("server.key", issued.key),
        ))
    }
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
