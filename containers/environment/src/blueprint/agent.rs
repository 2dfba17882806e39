//! What the on-premises agent is told.

use std::net::SocketAddr;
use std::time::Duration;

use agent::{AgentConfig, DomainController, Forest, WritebackDc};
use scenario::Plan;
use vocabulary::NameTable;

use super::{Blueprint, DomainSecrets};
use crate::domains::StandingDomain;
use crate::names::{AGENT_ROLES, LAB, base_dn, cloud_host, dc_fqdn, population_bases, service_account_dn};
use crate::site::Kit;

/// How long the agent waits for a person's last write to reach the domain controller that has the role now: longer than two
/// controllers of a Samba domain take to tell each other.
const SETTLE_WAIT: Duration = Duration::from_secs(8);

impl Blueprint {
    /// The agent; `edge` is the gateway that stands between it and the domain controllers, if one does.
    pub fn agent(
        &self,
        kit: &mut Kit,
        plan: &Plan,
        gateway: SocketAddr,
        domains: &[StandingDomain],
        edge: Option<SocketAddr>,
    ) -> AgentConfig {
        let mut names = NameTable::default();
        for role in AGENT_ROLES {
            names.insert(&cloud_host(role), gateway);
        }
        names.insert(&format!("*.servicebus.{LAB}.test"), gateway);
        for controller in domains.iter().flat_map(|domain| &domain.controllers) {
            names.insert(&controller.fqdn, edge.unwrap_or(controller.address.inside));
        }
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
            journal_file: Some(kit.folder().join("agent-journal.store")),
            workers: 8,
            queue_limit: 4096,
            settle_period: Duration::from_secs(60),
            settle_wait: SETTLE_WAIT,
            ldap_timeout: Duration::from_secs(10),
            listen_timeout: Duration::from_secs(30),
            writeback_dc: match plan.world.writeback_dc {
                scenario::WritebackDc::Pdc => WritebackDc::Pdc,
                scenario::WritebackDc::Locator => WritebackDc::Locator,
            },
            pdc_refresh: Duration::from_secs(1),
            forests: domains
                .iter()
                .zip(&plan.world.forests)
                .zip(&self.domains)
                .map(|((standing, asked), secrets)| forest(kit, standing, asked, secrets, edge))
                .collect(),
            onlooker: agent::Onlooking::default(),
        }
    }
}

fn forest(
    kit: &mut Kit,
    standing: &StandingDomain,
    asked: &scenario::Forest,
    secrets: &DomainSecrets,
    edge: Option<SocketAddr>,
) -> Forest {
    let domain = &standing.domain;
    let controllers = standing.controllers.iter().map(|controller| DomainController {
        fqdn: controller.fqdn.clone(),
        port: edge.unwrap_or(controller.address.inside).port(),
        pdc: asked.pdc == controller.number,
    });
    Forest {
        domain: domain.clone(),
        base_dn: base_dn(domain),
        search_base: population_bases(domain),
        bind_dn: service_account_dn(domain),
        password_file: kit.password(&format!("service-account-{domain}.password"), &secrets.service_account),
        domain_controllers: controllers.collect(),
        preferred: asked
            .preferred_dcs
            .iter()
            .map(|number| dc_fqdn(*number, domain))
            .collect(),
    }
}
