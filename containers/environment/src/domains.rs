//! The domains of a world as they stand, one for each forest, and how the harness reaches their controllers.

use directory::JoinConfig;
use scenario::{Forest, Person, Plan, people, people_sha256};

use crate::EnvironmentError;
use crate::blueprint::{Blueprint, ControllerPlan};
use crate::docker::{Snapshot, SnapshotKey};
use crate::inhabitants::Inhabitants;
use crate::ldap::{Connection, DirectoryClient};
use crate::names::{dc_fqdn, dc_part, service_account_dn};
use crate::site::{Address, Site};
use crate::standing::Standing;

/// Fewer people than this are loaded as quickly as they are restored.
const WORTH_KEEPING: usize = 1000;

/// A domain with its controllers.
#[derive(Debug, Clone)]
pub(crate) struct StandingDomain {
    /// Its DNS name.
    pub domain: String,
    /// Its controllers; the first one made the domain.
    pub controllers: Vec<Controller>,
    /// What its state is kept under; none where keeping it is not worth it.
    pub snapshot: Option<SnapshotKey>,
    /// Whether it was restored from a snapshot: then people and groups are there already.
    pub restored: bool,
}

/// One domain controller.
#[derive(Debug, Clone)]
pub(crate) struct Controller {
    /// Its number in its domain, from 1.
    pub number: u32,
    /// What the site calls it.
    pub part: String,
    /// Its DNS name.
    pub fqdn: String,
    /// Where it answers.
    pub address: Address,
}

impl Standing {
    /// A domain, counted from 0.
    pub fn domain(&self, forest: usize) -> Result<&StandingDomain, EnvironmentError> {
        self.domains.get(forest).ok_or(EnvironmentError::NotStanding)
    }

    /// A forest as the plan has it, counted from 0.
    pub fn forest(&self, forest: usize) -> Result<&Forest, EnvironmentError> {
        let forests = &self.plan.world.forests;
        forests.get(forest).ok_or(EnvironmentError::NotStanding)
    }

    /// A domain controller of a domain, counted from 1.
    pub fn controller(&self, forest: usize, number: u32) -> Result<&Controller, EnvironmentError> {
        let mut controllers = self.domain(forest)?.controllers.iter();
        controllers
            .find(|controller| controller.number == number)
            .ok_or(EnvironmentError::NotStanding)
    }

    /// A client of a domain controller.
    pub fn client(&self, controller: &Controller) -> Result<DirectoryClient, EnvironmentError> {
        Ok(DirectoryClient {
            fqdn: controller.fqdn.clone(),
            address: controller.address.outside,
            tls: self.blueprint.authority.client()?,
        })
    }

    /// A connection to a domain controller as the domain's administrator.
    pub async fn as_administrator(
        &self,
        forest: usize,
        controller: &Controller,
    ) -> Result<Connection, EnvironmentError> {
        let secrets = self.blueprint.domain(forest)?;
        let (dn, password) = secrets.administrator();
        self.client(controller)?.bound(&dn, password).await
    }

    /// The inhabitants of a domain, reached through its first controller.
    pub fn inhabitants(&self, forest: usize) -> Result<Inhabitants, EnvironmentError> {
        let secrets = self.blueprint.domain(forest)?;
        Ok(Inhabitants {
            client: self.client(self.controller(forest, 1)?)?,
            forest: self.forest(forest)?.clone(),
            administrator: secrets.administrator.clone(),
            lock_attempts: self.plan.world.lock_attempts(),
        })
    }
}

/// Starts every domain controller of every forest: the first makes the domain, the others join it.
pub(crate) async fn start_domains(
    site: &mut Site,
    blueprint: &Blueprint,
    plan: &Plan,
) -> Result<Vec<StandingDomain>, EnvironmentError> {
    let mut domains = Vec::new();
    for (index, forest) in plan.world.forests.iter().enumerate() {
        let mut standing = StandingDomain {
            domain: forest.domain.clone(),
            controllers: Vec::new(),
            snapshot: site.samba_image().and_then(|image| snapshot_key(plan, index, &image)),
            restored: false,
        };
        for number in 1..=forest.domain_controllers {
            let (controller, restored) = start_controller(site, blueprint, plan, index, number, &standing).await?;
            standing.restored |= restored;
            standing.controllers.push(controller);
        }
        domains.push(standing);
    }
    Ok(domains)
}

async fn start_controller(
    site: &mut Site,
    blueprint: &Blueprint,
    plan: &Plan,
    forest: usize,
    number: u32,
    standing: &StandingDomain,
) -> Result<(Controller, bool), EnvironmentError> {
    let part = dc_part(forest, number);
    let mut kit = site.kit(&part);
    let listen = site.listen("directory", number).await;
    let place = ControllerPlan {
        forest,
        number,
        listen,
        address: site.planned_address(&part, listen.ip())?,
        join: standing.controllers.first().map(|first| JoinConfig {
            fqdn: first.fqdn.clone(),
            address: first.address.inside.ip(),
        }),
    };
    let config = blueprint.directory(&mut kit, plan, place)?;
    let secrets = blueprint.domain(forest)?;
    let accounts = [(service_account_dn(&secrets.domain), secrets.service_account.clone())];
    let snapshot = standing.snapshot.as_ref().map(|key| Snapshot {
        key,
        accounts: &accounts,
    });
    let (address, restored) = site.start_directory(kit, config, snapshot.as_ref()).await?;
    let controller = Controller {
        number,
        fqdn: dc_fqdn(number, &standing.domain),
        address,
        part,
    };
    Ok((controller, restored))
}

/// What a domain's populated state is kept under: everything that decides it. A domain of several controllers is not kept, since
/// they know of each other; neither is one that is made again as quickly.
fn snapshot_key(plan: &Plan, forest: usize, image: &str) -> Option<SnapshotKey> {
    let home = plan.world.forests.get(forest)?;
    let people: Vec<Person> = people(plan)
        .into_iter()
        .filter(|person| person.forest == forest)
        .collect();
    if home.domain_controllers > 1 || people.len() < WORTH_KEEPING {
        return None;
    }
    let world = &plan.world;
    let asked = serde_json::json!({
        "seed": plan.seed,
        "forest": [forest, home],
        "population": plan.population,
        "policies": [world.policy, world.fine_grained_policies, world.lockout, world.rights],
    });
    let parts = [
        "populated domain, version 1".to_owned(),
        asked.to_string(),
        people_sha256(&people),
        image.to_owned(),
    ];
    Some(SnapshotKey::of(parts.iter().map(String::as_bytes)))
}
