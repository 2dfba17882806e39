//! The lab's names.

/// The lab: its hosts are `portal.wblab.test` and its sisters.
pub(crate) const LAB: &str = "wblab";
/// The path of the hybrid connection on every relay.
pub(crate) const ENTITY: &str = "writeback";
/// The hosts of the cloud, in front of the lab's name.
pub(crate) const CLOUD_ROLES: [&str; 5] = ["portal", "graph", "login", "sync", "passwordreset"];
/// What the gateway lets through to the cloud.
pub(crate) const AGENT_ROLES: [&str; 3] = ["login", "sync", "passwordreset"];
/// The application's id for client credentials.
pub(crate) const CLIENT_ID: &str = "wblab-client";

/// A host of the cloud.
pub(crate) fn cloud_host(role: &str) -> String {
    format!("{role}.{LAB}.test")
}

/// The namespace of a relay, counted from 1.
pub(crate) fn relay_host(number: u32) -> String {
    format!("relay{number}.servicebus.{LAB}.test")
}

/// The distinguished name of a domain.
pub(crate) fn base_dn(domain: &str) -> String {
    domain
        .split('.')
        .map(|label| format!("DC={label}"))
        .collect::<Vec<_>>()
        .join(",")
}

/// Where people live.
pub(crate) fn people_dn(domain: &str) -> String {
    format!("OU=People,{}", base_dn(domain))
}

/// A unit below `OU=People`. Its name needs no escaping: what would is refused in a scenario.
pub(crate) fn unit_dn(unit: &str, domain: &str) -> String {
    format!("OU={unit},{}", people_dn(domain))
}

/// Where people live whom the agent's account has no rights on.
pub(crate) fn elsewhere_dn(domain: &str) -> String {
    format!("OU=Elsewhere,{}", base_dn(domain))
}

/// Below which all people of a population are found, and nobody else.
pub(crate) fn population_bases(domain: &str) -> Vec<String> {
    vec![people_dn(domain), elsewhere_dn(domain)]
}

/// Where the population's groups stand.
pub(crate) fn groups_dn(domain: &str) -> String {
    format!("OU=Groups,{}", base_dn(domain))
}

/// The protected group that protected people are in.
pub(crate) fn domain_admins_dn(domain: &str) -> String {
    format!("CN=Domain Admins,CN=Users,{}", base_dn(domain))
}

/// A fine-grained policy's object (MS-ADTS section 6.1.1.4.11.1).
pub(crate) fn password_settings_dn(name: &str, domain: &str) -> String {
    format!("CN={name},CN=Password Settings Container,CN=System,{}", base_dn(domain))
}

/// Where service accounts live, outside the people's unit.
pub(crate) fn services_dn(domain: &str) -> String {
    format!("OU=Services,{}", base_dn(domain))
}

/// The agent's account in the directory.
pub(crate) fn service_account_dn(domain: &str) -> String {
    format!("CN=svc-writeback,{}", services_dn(domain))
}

/// The domain's administrator.
pub(crate) fn administrator_dn(domain: &str) -> String {
    format!("CN=Administrator,CN=Users,{}", base_dn(domain))
}

/// The name of a domain controller, counted from 1.
pub(crate) fn dc_fqdn(number: u32, domain: &str) -> String {
    format!("dc{number}.{domain}")
}

/// What the site calls a domain controller: `dc1`, and in a further forest `forest2-dc1`.
pub(crate) fn dc_part(forest: usize, number: u32) -> String {
    match forest {
        0 => format!("dc{number}"),
        further => format!("forest{}-dc{number}", further + 1),
    }
}
