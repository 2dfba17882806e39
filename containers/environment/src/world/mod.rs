//! A laboratory world: what the engine asks for, done with the parts of either kind.

mod attributes;
mod databases;
mod faults;
mod people;
mod reading;

use std::collections::HashMap;
use std::path::PathBuf;

use engine::ports::{
    Answer, Entry, Facts, Flow, Healed, Held, Injected, Journaled, Place, PortError, Progress, Sampler, Seen, Target,
    Watcher, World,
};
use history::{BindRecord, ScanRecord};
use scenario::{Fault, FaultGroup, Person, Plan, Vault, WorldKind};
use uuid::Uuid;
use vocabulary::{Password, SharedClock};

use crate::blueprint::{Blueprint, RelayPlace};
use crate::docker::{self, DockerSite};
use crate::domains::start_domains;
use crate::edges::{GATEWAY_ROLE, Proxies, Proxy, cloud_routes, directory_routes, firewall_routes, relay_routes};
use crate::embedded::EmbeddedSite;
use crate::evidence::{command_lines, log_sources, write_log};
use crate::lab::journal_lines;
use crate::ldap::Connection;
use crate::names::cloud_host;
use crate::process::Making;
use crate::remains::{remove_folder, secret_folder, sweep_folders};
use crate::scan::{Scan, Source};
use crate::settlement::settlement;
use crate::site::{RoleConfig, Site};
use crate::standing::{Standing, start_relays};
use crate::{EnvironmentError, Parts, wire};

/// The file in the logs that holds the agent's event log.
const EVENT_LOG: &str = "agent-events.jsonl";

/// One world of one run.
pub struct LabWorld {
    pub(crate) run: String,
    parts: Parts,
    clock: SharedClock,
    site: Option<Site>,
    pub(crate) standing: Option<Standing>,
    logs: PathBuf,
    /// A connection for binds in each domain, kept open.
    probers: HashMap<usize, Connection>,
    /// The objectGUID of each person, once they are created.
    users: Vec<Uuid>,
    in_docker: bool,
    /// Faults that are there, by their number in the plan.
    faults: HashMap<usize, faults::Undo>,
    /// The names of people who were given another, by their index.
    renamed: HashMap<u64, String>,
}

impl LabWorld {
    /// A world that does not stand yet. Everything it makes carries the run's name.
    #[must_use]
    pub fn new(run: &str, parts: Parts, clock: SharedClock) -> Self {
        Self {
            run: run.to_owned(),
            parts,
            clock,
            site: None,
            standing: None,
            logs: PathBuf::new(),
            probers: HashMap::new(),
            users: Vec::new(),
            in_docker: false,
            faults: HashMap::new(),
            renamed: HashMap::new(),
        }
    }

    pub(crate) fn standing(&self) -> Result<&Standing, EnvironmentError> {
        self.standing.as_ref().ok_or(EnvironmentError::NotStanding)
    }

    fn site(&mut self) -> Result<&mut Site, EnvironmentError> {
        self.site.as_mut().ok_or(EnvironmentError::NotStanding)
    }

    /// Where files with secrets of this run stand: outside the run folder, gone with the world.
    pub(crate) fn secret_folder(&self) -> PathBuf {
        secret_folder(&self.run)
    }

    async fn provision(&mut self, plan: &Plan, progress: &dyn Progress) -> Result<Facts, EnvironmentError> {
        for run in sweep_folders() {
            progress.note(&format!("removed the secrets that the dead run {run} left"));
        }
        let blueprint = Blueprint::draw(&self.run, plan)?;
        self.in_docker = plan.world.kind == WorldKind::Docker;
        let site = match plan.world.kind {
            WorldKind::Embedded => {
                let making = Making {
                    parts: self.parts.clone(),
                    clock: SharedClock::clone(&self.clock),
                    apart: plan
                        .faults
                        .iter()
                        .any(|fault| fault.what.group() == FaultGroup::Process),
                };
                Site::Embedded(EmbeddedSite::stand_up(&self.run, making)?)
            }
            WorldKind::Docker => {
                Site::Docker(DockerSite::stand_up(&self.run, &self.parts.served, &|text| progress.note(text)).await?)
            }
        };
        let site = self.site.insert(site);
        let relays = start_relays(site, &blueprint, plan).await?;
        let places: Vec<RelayPlace> = relays
            .iter()
            .map(|(number, address)| RelayPlace {
                number: *number,
                address: address.inside,
            })
            .collect();
        let mut proxies = Proxies::new(plan);
        proxies
            .start(site, &blueprint, Proxy::Relays, || relay_routes(&places))
            .await?;
        let mut kit = site.kit("cloud");
        let listen = site.listen("cloud", 0).await;
        let config = blueprint.cloud(&mut kit, plan, listen, &places, proxies.inside(Proxy::Relays))?;
        let cloud = site.start(kit, RoleConfig::Cloud(config)).await?;
        proxies
            .start(site, &blueprint, Proxy::Portal, || cloud_routes(&cloud))
            .await?;
        let mut kit = site.kit(GATEWAY_ROLE);
        let (listen, routes) = (site.listen(GATEWAY_ROLE, 0).await, firewall_routes(&cloud, &places));
        let gateway = blueprint.gateway(&mut kit, listen, routes, plan)?;
        let gateway = site.start(kit, RoleConfig::Gateway(gateway)).await?;
        let domains = start_domains(site, &blueprint, plan).await?;
        proxies
            .start(site, &blueprint, Proxy::Directories, || directory_routes(&domains))
            .await?;
        self.standing = Some(Standing {
            blueprint,
            plan: plan.clone(),
            relays,
            cloud,
            gateway,
            proxies: proxies.standing,
            domains,
            event_log: None,
        });
        self.settle().await
    }

    /// Each domain's units and the agent's account, the role of PDC emulator where it shall be, and what each controller says
    /// of itself.
    async fn settle(&mut self) -> Result<Facts, EnvironmentError> {
        let mut facts = Facts::default();
        for forest in 0..self.standing()?.domains.len() {
            self.settle_domain(forest, &mut facts).await?;
        }
        match self.site()? {
            Site::Embedded(_) => facts.in_process = true,
            Site::Docker(site) => facts.image_digests = site.image_digests(),
        }
        Ok(facts)
    }

    async fn settle_domain(&mut self, forest: usize, facts: &mut Facts) -> Result<(), EnvironmentError> {
        let standing = self.standing()?;
        let secrets = standing.blueprint.domain(forest)?;
        let settlement = settlement(&standing.plan, forest, &secrets.service_account);
        standing.inhabitants(forest)?.prepare(settlement).await?;
        let (first, restored) = (
            standing.controller(forest, 1)?.part.clone(),
            standing.domain(forest)?.restored,
        );
        if let Site::Docker(site) = self.site()?
            && !restored
        {
            site.delegate(&first).await?;
        }
        let standing = self.standing()?;
        let pdc = standing.forest(forest)?.pdc;
        if pdc != 1 {
            let moved = standing.move_pdc(forest, pdc).await?;
            if moved.bit != Some(true) {
                return Err(EnvironmentError::NotReady {
                    part: standing.domain(forest)?.domain.clone(),
                    cause: format!("{} did not take place", moved.target),
                });
            }
        }
        for controller in &standing.domain(forest)?.controllers {
            facts.capabilities.push(standing.capability(forest, controller).await?);
        }
        Ok(())
    }

    async fn start_agent(&mut self) -> Result<(), EnvironmentError> {
        let standing = self.standing.as_mut().ok_or(EnvironmentError::NotStanding)?;
        let site = self.site.as_mut().ok_or(EnvironmentError::NotStanding)?;
        let mut kit = site.kit("agent");
        let edge = standing.proxies.get(&Proxy::Directories).map(|proxy| proxy.inside);
        let config = standing.blueprint.agent(
            &mut kit,
            &standing.plan,
            standing.gateway.inside,
            &standing.domains,
            edge,
        );
        standing.event_log = Some(config.event_log_file.clone());
        site.start(kit, RoleConfig::Agent(config)).await?;
        Ok(())
    }

    /// Everything the parts have written, copied into the logs; gives the agent's event log too.
    async fn collect_logs(&mut self) -> Result<String, EnvironmentError> {
        let logs = self.logs.clone();
        let path = self.standing()?.event_log.clone();
        let site = self.site()?;
        if let Site::Docker(site) = site {
            for (part, log) in site.logs().await? {
                write_log(&logs, &format!("{part}.log"), &log)?;
            }
            for (part, inspect) in site.inspect().await? {
                write_log(&logs, &format!("{part}.inspect.json"), inspect.as_bytes())?;
            }
        }
        let Some(path) = path else { return Ok(String::new()) };
        let events = site.fetch("agent", &path).await?;
        write_log(&logs, EVENT_LOG, &events)?;
        Ok(String::from_utf8_lossy(&events).into_owned())
    }

    async fn read_journals(&mut self) -> Result<Vec<Journaled>, EnvironmentError> {
        let events = self.collect_logs().await?;
        let cloud = self.standing()?.lab()?.journal().await?;
        let agent = journal_lines(&events).into_iter().map(Journaled::agent);
        Ok(agent.chain(cloud.into_iter().map(Journaled::cloud)).collect())
    }

    async fn search(&mut self, secrets: &[Password], places: Vec<Place>) -> Result<ScanRecord, EnvironmentError> {
        self.collect_logs().await?;
        let own = self.standing()?.blueprint.secrets();
        let scan = Scan::new(secrets.iter().chain(own));
        let mut sources: Vec<Source> = places
            .into_iter()
            .map(|place| Source {
                name: place.name,
                content: place.content,
            })
            .collect();
        sources.extend(log_sources(&self.logs)?);
        sources.extend(command_lines());
        let site = self.site.as_ref().ok_or(EnvironmentError::NotStanding)?;
        let wires = self.standing()?.wires(site).await?;
        let searching = move || {
            let mut record = scan.search(sources)?;
            record.wire = wires.map(|wires| wire::search(&scan, wires)).transpose()?;
            Ok(record)
        };
        tokio::task::spawn_blocking(searching)
            .await
            .map_err(|error| EnvironmentError::Scan(error.to_string()))?
    }

    async fn down(&mut self) -> Result<(), EnvironmentError> {
        self.probers.clear();
        let gone = match &mut self.site {
            Some(site) => site.tear_down().await,
            // Cut short while it stood up: what it made is found by its label.
            None if self.in_docker => docker::remove_run(&self.run).await,
            None => Ok(()),
        };
        self.site = None;
        self.standing = None;
        remove_folder(&self.secret_folder()).and(gone)
    }
}

fn told<T>(result: Result<T, EnvironmentError>) -> Result<T, PortError> {
    result.map_err(PortError::from)
}

impl World for LabWorld {
    fn stand_up<'a>(&'a mut self, plan: &'a Plan, logs: PathBuf, progress: &'a dyn Progress) -> Answer<'a, Facts> {
        self.logs = logs;
        Box::pin(async move { told(self.provision(plan, progress).await) })
    }

    fn populate<'a>(
        &'a mut self,
        people: &'a [Person],
        vault: &'a Vault,
        progress: &'a dyn Progress,
    ) -> Answer<'a, Vec<Uuid>> {
        Box::pin(async move { told(self.create(people, vault, progress).await) })
    }

    fn synchronise<'a>(&'a mut self, people: u64) -> Answer<'a, ()> {
        Box::pin(async move {
            self.start_agent().await?;
            told(self.standing()?.lab()?.synchronised(people).await)
        })
    }

    fn single_out<'a>(&'a mut self, people: &'a [Person]) -> Answer<'a, ()> {
        Box::pin(async move { told(self.set_apart(people).await) })
    }

    fn lock<'a>(
        &'a mut self,
        people: &'a [&'a Person],
        vault: &'a Vault,
        progress: &'a dyn Progress,
    ) -> Answer<'a, Vec<(u64, String, BindRecord)>> {
        Box::pin(async move { told(self.lock_everyone(people, vault, progress).await) })
    }

    fn target(&self) -> Result<Target, PortError> {
        let standing = self.standing()?;
        let (portal_url, mut names) = standing.public_cloud();
        // The helpdesk meets the cloud itself, whatever stands before the portal.
        for role in ["graph", "login"] {
            names.insert(&cloud_host(role), standing.cloud.outside);
        }
        Ok(Target {
            flow: Flow::Portal,
            portal_url,
            graph_url: standing.cloud_url("graph"),
            token_url: standing.token_url(),
            helpdesk_upn: Blueprint::helpdesk_upn(),
            helpdesk_password: standing.blueprint.helpdesk.clone(),
            names,
            ca_pem: standing.blueprint.authority.pem(),
            lab_token: standing.blueprint.lab_token.clone(),
        })
    }

    fn metadata<'a>(&'a mut self) -> Answer<'a, Vec<Seen>> {
        Box::pin(async move { told(self.agreed_metadata().await) })
    }

    fn attributes<'a>(&'a mut self, take: &'a mut (dyn FnMut(Entry) + Send)) -> Answer<'a, ()> {
        Box::pin(async move { told(self.agreed_attributes(take).await) })
    }

    fn watchers<'a>(&'a mut self) -> Answer<'a, Vec<Box<dyn Watcher>>> {
        Box::pin(async move { told(self.watch().await) })
    }

    fn sampler(&mut self) -> Answer<'_, Option<Box<dyn Sampler>>> {
        let usage = match &self.site {
            Some(Site::Docker(site)) => Some(Box::new(site.usage()) as Box<dyn Sampler>),
            _ => None,
        };
        Box::pin(async move { Ok(usage) })
    }

    fn inject<'a>(&'a mut self, number: usize, fault: &'a Fault) -> Answer<'a, Injected> {
        Box::pin(async move { told(self.make(number, fault).await) })
    }

    fn again<'a>(&'a mut self, number: usize, fault: &'a Fault) -> Answer<'a, ()> {
        Box::pin(async move { told(self.make_again(number, fault).await) })
    }

    fn heal<'a>(&'a mut self, number: usize, fault: &'a Fault) -> Answer<'a, Healed> {
        Box::pin(async move { told(self.end(number, fault).await) })
    }

    fn oracle<'a>(&'a mut self, people: &'a [Person], vault: &'a Vault, labels: &'a [u32]) -> Answer<'a, Vec<Held>> {
        Box::pin(async move { told(self.ask_databases(people, vault, labels).await) })
    }

    fn bind<'a>(&'a mut self, person: &'a Person, vault: &'a Vault, label: u32) -> Answer<'a, (String, BindRecord)> {
        let password = vault.password(person.index, person.persona, label);
        Box::pin(async move { told(self.bind_once(person, &password, label).await) })
    }

    fn journals<'a>(&'a mut self) -> Answer<'a, Vec<Journaled>> {
        Box::pin(async move { told(self.read_journals().await) })
    }

    fn scan<'a>(&'a mut self, secrets: &'a [Password], places: Vec<Place>) -> Answer<'a, ScanRecord> {
        Box::pin(async move { told(self.search(secrets, places).await) })
    }

    fn secrets(&self) -> Vec<Password> {
        let standing = self.standing.as_ref();
        standing
            .map(|standing| standing.blueprint.secrets().cloned().collect())
            .unwrap_or_default()
    }

    fn tear_down<'a>(&'a mut self) -> Answer<'a, ()> {
        Box::pin(async move { told(self.down().await) })
    }
}
