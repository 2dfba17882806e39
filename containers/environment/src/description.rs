//! A world that stays, described for any other client.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use scenario::{Person, Vault, WorldKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::Password;

use crate::blueprint::{Blueprint, RelayPlace};
use crate::domains::StandingDomain;
use crate::embedded::write_secret;
use crate::inhabitants::person_dn;
use crate::names::{CLIENT_ID, ENTITY, administrator_dn, base_dn, relay_host, service_account_dn};
use crate::site::Address;
use crate::standing::Standing;
use crate::{EnvironmentError, LabWorld};

/// What `wblab up --json` prints: one line, once everything is ready.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Description {
    /// The run's folder.
    pub run_dir: PathBuf,
    /// The run's certificate authority, PEM.
    pub ca_file: PathBuf,
    /// The tenant.
    pub tenant_id: Uuid,
    /// The OAuth 2.0 authority.
    pub authority: String,
    /// The cloud.
    pub cloud_url: String,
    /// The self-service portal.
    pub portal_url: String,
    /// Graph.
    pub graph_url: String,
    /// The token endpoint.
    pub token_url: String,
    /// The inbox that codes go to; asks for the lab token and `?upn=`.
    pub inbox_url: String,
    /// The file with the lab token.
    pub lab_token_file: PathBuf,
    /// The application for client credentials.
    pub client_id: String,
    /// The file with its secret.
    pub client_secret_file: PathBuf,
    /// The cloud's administrator.
    pub admin_upn: String,
    /// The file with the administrator's password.
    pub admin_password_file: PathBuf,
    /// The cloud's helpdesk.
    pub helpdesk_upn: String,
    /// The file with the helpdesk's password.
    pub helpdesk_password_file: PathBuf,
    /// The relays.
    pub relays: Vec<RelayDescription>,
    /// The domain controllers.
    pub directories: Vec<DirectoryDescription>,
    /// Everyone: upn, sam, dn, initial_password.
    pub people_file: PathBuf,
    /// A Kerberos configuration; in the docker world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub krb5_conf: Option<PathBuf>,
}

/// A relay as a listener or sender dials it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RelayDescription {
    /// The namespace's name.
    pub namespace: String,
    /// The address to dial.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path of the hybrid connection.
    pub path: String,
    /// The file with a connection string that may listen.
    pub connection_string_file: PathBuf,
}

/// A domain controller as a client dials it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DirectoryDescription {
    /// The forest's root domain.
    pub forest: String,
    /// The domain.
    pub domain: String,
    /// The Kerberos realm.
    pub realm: String,
    /// The domain's SID.
    pub sid: String,
    /// The domain controller's short name.
    pub dc: String,
    /// Its full name.
    pub fqdn: String,
    /// The address to dial.
    pub address: String,
    /// The LDAPS URL; its certificate holds this name.
    pub url: String,
    /// The domain's distinguished name.
    pub base_dn: String,
    /// The administrator.
    pub admin_bind_dn: String,
    /// The file with the administrator's password.
    pub admin_password_file: PathBuf,
    /// The agent's account.
    pub agent_bind_dn: String,
    /// The file with its password.
    pub agent_password_file: PathBuf,
}

struct Folder(PathBuf);

impl Folder {
    fn secret(&self, name: &str, secret: &Password) -> Result<PathBuf, EnvironmentError> {
        self.file(name, secret.expose().as_bytes())
    }

    fn file(&self, name: &str, content: &[u8]) -> Result<PathBuf, EnvironmentError> {
        let path = self.0.join(name);
        write_secret(&path, content)?;
        Ok(path)
    }
}

impl LabWorld {
    /// Describes the standing world. Files with secrets are 0600 in a 0700 folder outside the run folder, removed with the
    /// world.
    ///
    /// # Errors
    /// [`EnvironmentError`] when the world does not stand, the directory does not answer, or a file cannot be written.
    pub async fn describe(
        &self,
        run_dir: &Path,
        people: &[Person],
        vault: &Vault,
    ) -> Result<Description, EnvironmentError> {
        let standing = self.standing()?;
        let path = self.secret_folder().join("described");
        fs::create_dir_all(&path)
            .and_then(|()| fs::set_permissions(self.secret_folder(), fs::Permissions::from_mode(0o700)))
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o700)))
            .map_err(|source| EnvironmentError::File {
                path: path.clone(),
                source,
            })?;
        let folder = Folder(path);
        let blueprint = &standing.blueprint;
        let cloud_url = format!("https://{}", standing.cloud.outside);
        let authority = format!("{cloud_url}/{}", blueprint.tenant_id);
        Ok(Description {
            run_dir: run_dir.to_owned(),
            ca_file: folder.file("ca.pem", blueprint.authority.pem().as_bytes())?,
            tenant_id: blueprint.tenant_id,
            token_url: format!("{authority}/oauth2/v2.0/token"),
            authority,
            portal_url: format!("{cloud_url}/passwordreset"),
            graph_url: format!("{cloud_url}/v1.0"),
            inbox_url: format!("{cloud_url}/lab/inbox"),
            cloud_url,
            lab_token_file: folder.secret("lab.token", &blueprint.lab_token)?,
            client_id: CLIENT_ID.to_owned(),
            client_secret_file: folder.secret("client.secret", &blueprint.client_secret)?,
            admin_upn: Blueprint::admin_upn(),
            admin_password_file: folder.secret("admin.password", &blueprint.cloud_admin)?,
            helpdesk_upn: Blueprint::helpdesk_upn(),
            helpdesk_password_file: folder.secret("helpdesk.password", &blueprint.helpdesk)?,
            relays: relays(standing, &folder)?,
            directories: directories(standing, &folder).await?,
            people_file: folder.file("people.csv", people_csv(people, vault, standing).as_bytes())?,
            krb5_conf: krb5_conf(standing, &folder)?,
        })
    }
}

fn relays(standing: &Standing, folder: &Folder) -> Result<Vec<RelayDescription>, EnvironmentError> {
    let describe = |(number, address): &(u32, Address)| {
        let place = RelayPlace {
            number: *number,
            address: address.outside,
        };
        let string = standing
            .blueprint
            .connection_string(&place, "listen")
            .ok_or(EnvironmentError::NotStanding)?;
        Ok(RelayDescription {
            namespace: relay_host(*number),
            host: address.outside.ip().to_string(),
            port: address.outside.port(),
            path: ENTITY.to_owned(),
            connection_string_file: folder
                .file(&format!("relay{number}.connection-string"), string.expose().as_bytes())?,
        })
    };
    standing.relays.iter().map(describe).collect()
}

async fn directories(standing: &Standing, folder: &Folder) -> Result<Vec<DirectoryDescription>, EnvironmentError> {
    let mut described = Vec::new();
    for (forest, secrets) in standing.blueprint.domains.iter().enumerate() {
        let domain = &secrets.domain;
        let administrator = folder.secret(&format!("administrator-{domain}.password"), &secrets.administrator)?;
        let agent = folder.secret(&format!("service-account-{domain}.password"), &secrets.service_account)?;
        for controller in &standing.domain(forest)?.controllers {
            let mut connection = standing.as_administrator(forest, controller).await?;
            described.push(DirectoryDescription {
                forest: domain.clone(),
                domain: domain.clone(),
                realm: domain.to_uppercase(),
                sid: connection.domain_sid(&base_dn(domain)).await?,
                dc: format!("dc{}", controller.number),
                fqdn: controller.fqdn.clone(),
                address: controller.address.outside.ip().to_string(),
                url: format!("ldaps://{}", controller.address.outside),
                base_dn: base_dn(domain),
                admin_bind_dn: administrator_dn(domain),
                admin_password_file: administrator.clone(),
                agent_bind_dn: service_account_dn(domain),
                agent_password_file: agent.clone(),
            });
        }
    }
    Ok(described)
}

fn people_csv(people: &[Person], vault: &Vault, standing: &Standing) -> String {
    let mut csv = String::from("upn,sam,dn,initial_password\n");
    for person in people {
        let password = vault.password(person.index, person.persona, 0);
        let forest = standing.plan.world.forests.get(person.forest);
        let dn = forest.map_or_else(String::new, |forest| person_dn(person, forest));
        let fields = [&person.upn, &person.sam, &dn, password.expose()].map(quoted);
        csv.push_str(&fields.join(","));
        csv.push('\n');
    }
    csv
}

/// A CSV field in quotes (RFC 4180).
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

fn krb5_conf(standing: &Standing, folder: &Folder) -> Result<Option<PathBuf>, EnvironmentError> {
    if standing.plan.world.kind != WorldKind::Docker {
        return Ok(None);
    }
    let first = standing.domain(0)?.domain.to_uppercase();
    let (mut realms, mut names) = (String::new(), String::new());
    for StandingDomain { domain, controllers } in &standing.domains {
        let realm = domain.to_uppercase();
        let kdcs: String = controllers
            .iter()
            .map(|controller| format!("    kdc = {}\n", controller.address.outside.ip()))
            .collect();
        realms.push_str(&format!("  {realm} = {{\n{kdcs}  }}\n"));
        names.push_str(&format!("  .{domain} = {realm}\n  {domain} = {realm}\n"));
    }
    let text = format!(
        "[libdefaults]\n  default_realm = {first}\n  dns_lookup_kdc = false\n  dns_lookup_realm = false\n  rdns = false\n\n\
         [realms]\n{realms}\n[domain_realm]\n{names}"
    );
    folder.file("krb5.conf", text.as_bytes()).map(Some)
}
