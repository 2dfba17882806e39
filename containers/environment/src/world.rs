//! A laboratory world: what the engine asks for, done with the parts of either kind.

use std::fs;
use std::path::{Path, PathBuf};

use engine::ports::{Answer, Facts, Journaled, Place, PortError, Progress, Seen, Target, World};
use history::{BindRecord, Capability, ScanRecord};
use scenario::{Person, Plan, Vault, WorldKind};
use uuid::Uuid;
use vocabulary::{NameTable, Password, SharedClock};

use crate::blueprint::{Blueprint, RelayPlace};
use crate::docker::{self, DockerSite};
use crate::embedded::EmbeddedSite;
use crate::inhabitants::{Inhabitants, bulk, person_dn};
use crate::lab::{Lab, journal_lines};
use crate::ldap::{Connection, DirectoryClient};
use crate::names::{CLOUD_ROLES, base_dn, cloud_host, dc_fqdn, people_dn};
use crate::remains::{remove_folder, secret_folder, sweep_folders};
use crate::scan::{Scan, Source};
use crate::site::{Address, RoleConfig, Site};
use crate::{EnvironmentError, Parts};

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
    prober: Option<Connection>,
    in_docker: bool,
}

/// What stands.
pub(crate) struct Standing {
    pub blueprint: Blueprint,
    pub kind: WorldKind,
    pub relays: Vec<(u32, Address)>,
    pub cloud: Address,
    pub gateway: Address,
    pub controllers: Vec<(u32, Address)>,
    lockout_threshold: u32,
    event_log: Option<PathBuf>,
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
            prober: None,
            in_docker: false,
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
            WorldKind::Embedded => Site::Embedded(EmbeddedSite::stand_up(
                &self.run,
                SharedClock::clone(&self.clock),
                self.parts.clone(),
            )?),
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
        let mut kit = site.kit("cloud");
        let config = blueprint.cloud(&mut kit, plan, site.listen("cloud", 0).await, &places)?;
        let cloud = site.start(kit, RoleConfig::Cloud(config)).await?;
        let gateway = Blueprint::gateway(site.listen("gateway", 0).await, cloud.inside, &places);
        let gateway = site.start(site.kit("gateway"), RoleConfig::Gateway(gateway)).await?;
        let controllers = start_controllers(site, &blueprint, plan).await?;
        self.standing = Some(Standing {
            blueprint,
            kind: plan.world.kind,
            relays,
            cloud,
            gateway,
            controllers,
            lockout_threshold: plan.world.lockout.threshold,
            event_log: None,
        });
        self.settle().await
    }

    /// The directory's units and the agent's account, and what the directory says of itself.
    async fn settle(&mut self) -> Result<Facts, EnvironmentError> {
        let standing = self.standing()?;
        let inhabitants = standing.inhabitants()?;
        inhabitants.prepare(&standing.blueprint.service_account).await?;
        let capabilities = vec![standing.capability(&inhabitants).await?];
        let mut facts = Facts {
            capabilities,
            ..Facts::default()
        };
        if let Site::Docker(site) = self.site()? {
            site.delegate("dc1").await?;
            facts.image_digests = site.image_digests();
        }
        Ok(facts)
    }

    async fn create(
        &mut self,
        people: &[Person],
        vault: &Vault,
        progress: &dyn Progress,
    ) -> Result<Vec<Uuid>, EnvironmentError> {
        let standing = self.standing()?;
        let inhabitants = standing.inhabitants()?;
        let everyone = bulk(people, vault, &standing.blueprint.domain);
        match self.site()? {
            Site::Docker(site) => site.bulk_add("dc1", &everyone).await?,
            Site::Embedded(_) => inhabitants.create(&everyone, progress).await?,
        }
        inhabitants.guids(people).await
    }

    async fn start_agent(&mut self) -> Result<(), EnvironmentError> {
        let standing = self.standing.as_mut().ok_or(EnvironmentError::NotStanding)?;
        let site = self.site.as_mut().ok_or(EnvironmentError::NotStanding)?;
        let mut kit = site.kit("agent");
        let controllers: Vec<_> = standing
            .controllers
            .iter()
            .map(|(number, address)| (*number, address.inside))
            .collect();
        let config = standing
            .blueprint
            .agent(&mut kit, standing.gateway.inside, &controllers);
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
        let scan = Scan::new(secrets.iter().chain(own))?;
        let mut sources: Vec<Source> = places
            .into_iter()
            .map(|place| Source {
                name: place.name,
                content: place.content,
            })
            .collect();
        sources.extend(log_sources(&self.logs)?);
        sources.extend(command_lines());
        tokio::task::spawn_blocking(move || scan.search(sources))
            .await
            .map_err(|error| EnvironmentError::Scan(error.to_string()))?
    }

    async fn down(&mut self) -> Result<(), EnvironmentError> {
        self.prober = None;
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

    async fn bind_once(
        &mut self,
        person: &Person,
        password: &Password,
        label: u32,
    ) -> Result<(String, BindRecord), EnvironmentError> {
        let standing = self.standing()?;
        let client = standing.client(1)?;
        let dn = person_dn(person, &standing.blueprint.domain);
        let mut connection = match self.prober.take() {
            Some(connection) => connection,
            None => client.connect().await?,
        };
        let record = connection.try_bind(&dn, password, label).await?;
        self.prober = Some(connection);
        Ok((client.fqdn, record))
    }
}

impl Standing {
    /// A client of a domain controller, counted from 1.
    pub fn client(&self, number: u32) -> Result<DirectoryClient, EnvironmentError> {
        let place = self
            .controllers
            .iter()
            .find(|(known, _)| *known == number)
            .ok_or(EnvironmentError::NotStanding)?;
        Ok(DirectoryClient {
            fqdn: dc_fqdn(number, &self.blueprint.domain),
            address: place.1.outside,
            tls: self.blueprint.authority.client()?,
        })
    }

    pub fn inhabitants(&self) -> Result<Inhabitants, EnvironmentError> {
        Ok(Inhabitants {
            client: self.client(1)?,
            domain: self.blueprint.domain.clone(),
            administrator: self.blueprint.domain_admin.clone(),
            lockout_threshold: self.lockout_threshold,
        })
    }

    /// Where the cloud's names are, for the harness.
    pub fn names(&self) -> NameTable {
        let mut names = NameTable::default();
        for role in CLOUD_ROLES {
            names.insert(&cloud_host(role), self.cloud.outside);
        }
        names
    }

    pub fn portal_url(&self) -> String {
        format!("https://{}:{}", cloud_host("portal"), self.cloud.outside.port())
    }

    pub fn lab(&self) -> Result<Lab, EnvironmentError> {
        Lab::new(
            &self.portal_url(),
            &self.names(),
            &self.blueprint.authority.pem(),
            &self.blueprint.lab_token,
        )
    }

    /// What the directory says of itself; issue by issue this grows into a sheet that is found out by probing.
    async fn capability(&self, inhabitants: &Inhabitants) -> Result<Capability, EnvironmentError> {
        let mut connection = inhabitants.as_administrator().await?;
        let root = connection
            .read(
                "",
                &["supportedControl", "dnsHostName", "domainControllerFunctionality"],
            )
            .await?;
        let head = connection
            .read(
                &base_dn(&self.blueprint.domain),
                &["lockoutThreshold", "minPwdLength", "pwdHistoryLength", "pwdProperties"],
            )
            .await?;
        let mut capability = Capability {
            dc: dc_fqdn(1, &self.blueprint.domain),
            ..Capability::default()
        };
        let controls = root.attrs.get("supportedControl").cloned().unwrap_or_default();
        let hints = controls
            .iter()
            .any(|oid| oid == "1.2.840.113556.1.4.2239" || oid == "1.2.840.113556.1.4.2066");
        capability.facts.insert("policy_hints".to_owned(), hints.to_string());
        for (name, values) in head
            .attrs
            .iter()
            .chain(root.attrs.iter().filter(|(name, _)| *name != "supportedControl"))
        {
            capability.facts.insert(name.clone(), values.join(", "));
        }
        Ok(capability)
    }
}

async fn start_relays(
    site: &mut Site,
    blueprint: &Blueprint,
    plan: &Plan,
) -> Result<Vec<(u32, Address)>, EnvironmentError> {
    let mut relays = Vec::new();
    for number in 1..=plan.world.relays {
        let mut kit = site.kit(&format!("relay{number}"));
        let config = blueprint.relay(&mut kit, number, site.listen("relay", number).await, plan.seed)?;
        relays.push((number, site.start(kit, RoleConfig::Relay(config)).await?));
    }
    Ok(relays)
}

async fn start_controllers(
    site: &mut Site,
    blueprint: &Blueprint,
    plan: &Plan,
) -> Result<Vec<(u32, Address)>, EnvironmentError> {
    let mut controllers = Vec::new();
    let count = plan.world.forests.first().map_or(0, |forest| forest.domain_controllers);
    for number in 1..=count {
        let mut kit = site.kit(&format!("dc{number}"));
        let listen = site.listen("directory", number).await;
        let address = site.planned_address(kit.part(), listen.ip())?;
        let config = blueprint.directory(&mut kit, plan, number, listen, address)?;
        controllers.push((number, site.start(kit, RoleConfig::Directory(config)).await?));
    }
    Ok(controllers)
}

fn write_log(logs: &Path, name: &str, content: &[u8]) -> Result<(), EnvironmentError> {
    let path = logs.join(name);
    fs::write(&path, content).map_err(|source| EnvironmentError::File { path, source })
}

fn log_sources(logs: &Path) -> Result<Vec<Source>, EnvironmentError> {
    let failed = |source| EnvironmentError::File {
        path: logs.to_owned(),
        source,
    };
    let mut sources = Vec::new();
    for entry in fs::read_dir(logs).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = format!("logs/{}", path.file_name().unwrap_or_default().to_string_lossy());
        let content = fs::File::open(&path).map_err(|source| EnvironmentError::File { path, source })?;
        sources.push(Source {
            name,
            content: Box::new(content),
        });
    }
    Ok(sources)
}

/// The command line and the environment of every process of this machine that may be read and is ours or our child's.
fn command_lines() -> Vec<Source> {
    let own = std::process::id().to_string();
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ours = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1))
            .unwrap_or_default()
            .to_owned();
        pid == own || parent == own
    };
    let processes = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    processes
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && ours(name))
        .flat_map(|pid| ["cmdline", "environ"].map(|file| format!("/proc/{pid}/{file}")))
        .filter_map(|path| {
            let content = fs::read(&path).ok()?;
            Some(Source {
                name: path,
                content: Box::new(std::io::Cursor::new(content)),
            })
        })
        .collect()
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

    fn lock<'a>(
        &'a mut self,
        people: &'a [&'a Person],
        vault: &'a Vault,
        progress: &'a dyn Progress,
    ) -> Answer<'a, Vec<(u64, String, BindRecord)>> {
        Box::pin(async move { told(self.standing()?.inhabitants()?.lock(people, vault, progress).await) })
    }

    fn target(&self) -> Result<Target, PortError> {
        let standing = self.standing()?;
        Ok(Target {
            portal_url: standing.portal_url(),
            names: standing.names(),
            ca_pem: standing.blueprint.authority.pem(),
            lab_token: standing.blueprint.lab_token.clone(),
        })
    }

    fn metadata<'a>(&'a mut self) -> Answer<'a, Vec<Seen>> {
        Box::pin(async move {
            let standing = self.standing()?;
            let (dn, password) = standing.blueprint.administrator();
            let base = people_dn(&standing.blueprint.domain);
            let mut seen = Vec::new();
            for (number, _) in &standing.controllers {
                let client = standing.client(*number)?;
                let found = client.bound(&dn, password).await?.metadata(&base).await?;
                seen.extend(found.into_iter().map(|(user, metadata)| Seen {
                    dc: client.fqdn.clone(),
                    user,
                    metadata,
                }));
            }
            Ok(seen)
        })
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

    fn tear_down<'a>(&'a mut self) -> Answer<'a, ()> {
        Box::pin(async move { told(self.down().await) })
    }
}
