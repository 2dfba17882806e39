//! Standing an agent up, step by step, and taking it down.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use protocol::connection::ConnectionString;
use protocol::envelope::{OpeningKey, SealingKey};
use protocol::service::OnboardResponse;
use rustls::ClientConfig;
use store::StoreError;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;
use vocabulary::{EventId, Password, SharedClock};

use crate::cloud::Cloud;
use crate::config::Forest;
use crate::event::{ADSYNC_ENDPOINT_FAILED, ADSYNC_ENGINE_ERROR, EventLog, LogFile};
use crate::ldap::{Controller, Credentials, Domain, LdapDirectory, Rules};
use crate::relay::listener::{self, Link, Shared, Times};
use crate::renew::Renewal;
use crate::sync::SyncEngine;
use crate::writeback::journal::{Journal, KeptJournal};
use crate::writeback::keyring::Seals;
use crate::writeback::service::{self, Service};
use crate::writeback::worker::{Crew, Desk, desk};
use crate::{AgentConfig, AgentError, AgentParts, clock, secret, tls};

/// Between two tries to open a journal that is in use, and how many there are.
const OPEN_AGAIN: Duration = Duration::from_millis(50);
const OPEN_TRIES: u32 = 60;

/// Between two looks at what a restart left in doubt.
const SETTLE_EVERY: Duration = Duration::from_secs(1);

/// A running agent. Dropping it ends it.
pub struct AgentHandle {
    tasks: JoinSet<()>,
    links: Vec<watch::Receiver<Link>>,
    service: Arc<Service>,
    crew: Arc<Crew>,
    log: Arc<EventLog>,
    renewal: Arc<Notify>,
    cycle: Cycle,
}

/// What a synchronisation cycle needs.
struct Cycle {
    config: AgentConfig,
    cloud: Arc<Cloud>,
    domains: HashMap<String, Arc<Domain>>,
}

impl fmt::Debug for AgentHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "AgentHandle(listening {}, served {})",
            self.listening(),
            self.served()
        )
    }
}

impl AgentHandle {
    /// Relays on which it listens now.
    #[must_use]
    pub fn listening(&self) -> usize {
        listening(&self.links)
    }

    /// Requests that it has answered.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.service.served()
    }

    /// The id of the key that requests are sealed for now.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.service.keys().id()
    }

    /// Onboards anew, as disabling and enabling writeback does: the key is rolled, and what is under way ends with the one
    /// before. Done in the background; [`Self::key_id`] tells when.
    pub fn renew(&self) {
        self.renewal.notify_one();
    }

    /// Imports in full, syncs in full and exports, as the initial cycle does; operations go by what was found from then on.
    ///
    /// # Errors
    /// [`AgentError`] naming the step that failed; then everything is as before.
    pub async fn synchronise(&self) -> Result<(), AgentError> {
        let Cycle { config, cloud, domains } = &self.cycle;
        let engine = synchronise(config, cloud, domains, &self.log).await?;
        self.service.takes(engine);
        Ok(())
    }

    /// Stops listening and ends everything; what is in flight stays unknown to the cloud.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        self.crew.end().await;
        self.log
            .service(EventId::SERVICE_STOPPED, "Details: the service was stopped");
    }
}

/// Starts an agent with its own parts: see [`start_with`].
///
/// # Errors
/// [`AgentError`] naming the step that failed.
pub async fn start(config: AgentConfig, clock: SharedClock) -> Result<AgentHandle, AgentError> {
    start_with(config, clock, AgentParts::default()).await
}

/// Starts an agent: signs in, onboards with a fresh key, imports in full, syncs in full, exports, and listens. Returns
/// when every relay has taken the listener.
///
/// # Errors
/// [`AgentError`] naming the step that failed; the event log has the product's event for it.
pub async fn start_with(config: AgentConfig, clock: SharedClock, parts: AgentParts) -> Result<AgentHandle, AgentError> {
    config.check()?;
    let events = (parts.events)(Arc::new(LogFile::open(&config.event_log_file)?));
    let log = Arc::new(EventLog::new(events, Arc::clone(&clock)));
    let mut ground = Ground::lay(&config, &clock, Arc::clone(&log))?;
    let journal = (parts.journal)(journal(&config, &clock, &log).await?);
    let journal = config.onlooker.journal(journal);
    let own_key = prepare_onboarding(&ground.cloud, &log).await?;
    let onboarding = onboard(&ground.cloud, &own_key, journal.id(), &log).await?;
    let engine = synchronise(&config, &ground.cloud, &ground.domains, &log).await?;
    let directory = Arc::new(LdapDirectory::new(ground.domains.clone()));
    let seals = Seals {
        opener: parts.opener,
        sealer: parts.sealer,
    };
    let service = Arc::new(Service::new(service::Parts {
        tenant: config.tenant_id,
        keys: seals.keyring(own_key, cloud_key(&onboarding, &log)?),
        lab_token: ground.lab_token.take(),
        engine: RwLock::new(engine),
        reader: Arc::clone(&directory) as _,
        writer: config.onlooker.writer((parts.writer)(directory)),
        journal,
        log,
        clock: Arc::clone(&clock),
    }));
    ground.work(config, clock, service, onboarding, seals).await
}

/// What an agent stands on before anybody knows it.
struct Ground {
    log: Arc<EventLog>,
    tls: Arc<ClientConfig>,
    lab_token: Option<Password>,
    domains: HashMap<String, Arc<Domain>>,
    cloud: Arc<Cloud>,
}

impl Ground {
    /// Reads what the configuration names.
    fn lay(config: &AgentConfig, clock: &SharedClock, log: Arc<EventLog>) -> Result<Self, AgentError> {
        let tls = tls::client(&config.ca_file)?;
        let admin = secret::read(&config.admin_password_file)?;
        Ok(Self {
            log,
            lab_token: config.lab_token_file.as_deref().map(secret::read).transpose()?,
            domains: domains(config, &tls, clock)?,
            cloud: Arc::new(Cloud::new(config, admin, &tls, Arc::clone(clock))?),
            tls,
        })
    }

    /// Settles what a restart left in doubt, listens, and beats.
    async fn work(
        self,
        config: AgentConfig,
        clock: SharedClock,
        service: Arc<Service>,
        onboarding: OnboardResponse,
        seals: Seals,
    ) -> Result<AgentHandle, AgentError> {
        let Self { log, cloud, .. } = self;
        let in_doubt = service.settle_unended().await;
        let (desk, crew) = desk(Arc::clone(&service), config.queue_limit.saturating_add(config.workers));
        let mut tasks = JoinSet::new();
        for _ in 0..config.workers {
            tasks.spawn(Arc::clone(&crew).work());
        }
        if in_doubt > 0 {
            tasks.spawn(settle_later(Arc::clone(&service)));
        }
        let connections = connections(&onboarding, &log)?;
        let network = Network {
            config: &config,
            tls: self.tls,
            clock: Arc::clone(&clock),
            log: Arc::clone(&log),
            refused: Arc::default(),
        };
        let (links, strings) = network.listen(connections, desk, &mut tasks).await?;
        let renewal = network.refused;
        log.service(
            EventId::SERVICE_STARTED,
            &format!("Details: listening on {} relays", links.len()),
        );
        let renewing = Renewal {
            cloud: Arc::clone(&cloud),
            service: Arc::clone(&service),
            log: Arc::clone(&log),
            clock,
            strings,
            links: links.clone(),
            seals,
            wanted: Arc::clone(&renewal),
        };
        tasks.spawn(renewing.run());
        let pulse = Pulse {
            cloud: Arc::clone(&cloud),
            links: links.clone(),
            service: Arc::clone(&service),
            log: Arc::clone(&log),
        };
        pulse.beat().await;
        tasks.spawn(pulse.run(Duration::from_secs(onboarding.heartbeat_s)));
        let domains = self.domains;
        Ok(AgentHandle {
            tasks,
            links,
            service,
            crew,
            log,
            renewal,
            cycle: Cycle { config, cloud, domains },
        })
    }
}

/// The journal that the configuration asks for. A modify that left may be under way as long as one may take.
async fn journal(config: &AgentConfig, clock: &SharedClock, log: &EventLog) -> Result<Arc<dyn Journal>, AgentError> {
    let (stall, time) = (config.ldap_timeout, clock);
    let Some(path) = &config.journal_file else {
        return Ok(Arc::new(KeptJournal::in_memory(stall, Arc::clone(time))));
    };
    let mut tries = 0;
    loop {
        let fresh = random_id().ok_or(AgentError::Key(protocol::ProtocolError::Key("generated")))?;
        match KeptJournal::open(path, fresh, stall, Arc::clone(time)) {
            // The one before may not be quite gone.
            Err(AgentError::Journal(StoreError::InUse(_))) if tries < OPEN_TRIES => {
                tries += 1;
                clock::sleep(OPEN_AGAIN).await;
            }
            opened => return Ok(Arc::new(told(log, EventId::UNKNOWN_ERROR, opened)?)),
        }
    }
}

/// Looks again at what a restart left in doubt, until nothing is.
async fn settle_later(service: Arc<Service>) {
    loop {
        clock::sleep(SETTLE_EVERY).await;
        if service.settle_unended().await == 0 {
            return;
        }
    }
}

/// Every domain with its controllers and the service account's password, by name.
fn domains(
    config: &AgentConfig,
    tls: &Arc<ClientConfig>,
    clock: &SharedClock,
) -> Result<HashMap<String, Arc<Domain>>, AgentError> {
    let mut domains = HashMap::new();
    for forest in &config.forests {
        let password = secret::read(&forest.password_file)?;
        let file = Some(forest.password_file.clone());
        let credentials = Arc::new(Credentials::new(&forest.bind_dn, password, file, Arc::clone(clock)));
        let limits = (config.workers, config.ldap_timeout);
        let controllers = forest
            .domain_controllers
            .iter()
            .map(|dc| Controller::new(dc, &config.names, Arc::clone(tls), Arc::clone(&credentials), limits));
        let controllers = controllers.collect::<Result<_, _>>()?;
        let domain = Domain::new(forest.clone(), controllers, Rules::of(config), Arc::clone(clock));
        domains.insert(forest.domain.clone(), domain);
    }
    Ok(domains)
}

/// Signs in and makes a fresh key.
pub(crate) async fn prepare_onboarding(cloud: &Cloud, log: &EventLog) -> Result<OpeningKey, AgentError> {
    log.service(EventId::ONBOARDING_START, "Details: onboarding");
    told(log, EventId::AUTH_TOKEN_ERROR, cloud.sign_in().await)?;
    log.service(EventId::AUTH_TOKEN_SUCCESS, "Details: a token was obtained");
    let key = told(log, EventId::VALIDATION_ERROR, fresh_key().await)?;
    log.service(
        EventId::KEY_PAIR_CREATION_SUCCESS,
        &format!("Details: key {}", key.id()),
    );
    Ok(key)
}

/// Becomes the tenant's writeback endpoint with a key.
pub(crate) async fn onboard(
    cloud: &Cloud,
    key: &OpeningKey,
    journal: Option<Uuid>,
    log: &EventLog,
) -> Result<OnboardResponse, AgentError> {
    let public = told(log, EventId::VALIDATION_ERROR, key.public().map_err(AgentError::Key))?;
    let answer = told(
        log,
        EventId::ONBOARDING_SERVICE_ERROR,
        cloud.onboard(key.id(), public, journal).await,
    )?;
    log.service(
        EventId::ONBOARDING_SUCCESS,
        &format!("Details: {} relays", answer.listeners.len()),
    );
    Ok(answer)
}

/// Making a key takes long enough to be kept off the tasks that serve connections.
async fn fresh_key() -> Result<OpeningKey, AgentError> {
    let failed = || AgentError::Key(protocol::ProtocolError::Key("generated"));
    let id = format!("agent-{}", random_id().ok_or_else(failed)?.simple());
    let made = tokio::task::spawn_blocking(move || OpeningKey::generate(&id)).await;
    made.map_err(|_| failed())?.map_err(AgentError::Key)
}

/// An id from the system's dice: keys and connections of two agents must never share one, whatever the seed.
fn random_id() -> Option<Uuid> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

pub(crate) fn cloud_key(onboarding: &OnboardResponse, log: &EventLog) -> Result<SealingKey, AgentError> {
    let key = SealingKey::new(&onboarding.key_id, &onboarding.public_key).map_err(AgentError::Key);
    told(log, EventId::VALIDATION_ERROR, key)
}

pub(crate) fn connections(onboarding: &OnboardResponse, log: &EventLog) -> Result<Vec<ConnectionString>, AgentError> {
    let parsed: Result<Vec<_>, _> = onboarding
        .listeners
        .iter()
        .map(|text| ConnectionString::parse(text))
        .collect();
    let wrong = |why: String| AgentError::Config(format!("the cloud's onboarding answer: {why}"));
    let parsed = parsed.map_err(|error| wrong(error.to_string()));
    let parsed = parsed.and_then(|list| {
        if list.is_empty() {
            Err(wrong("no relay".to_owned()))
        } else {
            Ok(list)
        }
    });
    told(log, EventId::VALIDATION_ERROR, parsed)
}

/// Full import of both sides, full sync, export.
async fn synchronise(
    config: &AgentConfig,
    cloud: &Cloud,
    domains: &HashMap<String, Arc<Domain>>,
    log: &EventLog,
) -> Result<SyncEngine, AgentError> {
    let mut engine = SyncEngine::new(config.forests.iter().map(|forest| forest.domain.as_str()));
    let cycle = async {
        for forest in &config.forests {
            let objects = import_forest(forest, domains).await?;
            tracing::info!(domain = forest.domain, objects = objects.len(), "full import");
            engine.import_directory(&forest.domain, objects);
        }
        engine.import_cloud(cloud.import().await?);
        let people = engine.full_sync()?;
        cloud.export(&engine.exports()).await?;
        engine.exported();
        tracing::info!(people, "full sync and export");
        Ok(())
    };
    let done: Result<(), AgentError> = cycle.await;
    if let Err(error) = &done {
        log.sync(ADSYNC_ENGINE_ERROR, &format!("Details: {error}"));
    }
    done.map(|()| engine)
}

async fn import_forest(
    forest: &Forest,
    domains: &HashMap<String, Arc<Domain>>,
) -> Result<Vec<crate::sync::AdObject>, AgentError> {
    match domains.get(&forest.domain) {
        Some(domain) => domain.import().await,
        None => Err(AgentError::Sync(forest.domain.clone())),
    }
}

/// Passes a result on; a failure is written to the event log first.
fn told<T>(log: &EventLog, event: EventId, result: Result<T, AgentError>) -> Result<T, AgentError> {
    if let Err(error) = &result {
        log.service(event, &format!("Details: {error}"));
    }
    result
}

/// What every listener needs.
struct Network<'a> {
    config: &'a AgentConfig,
    tls: Arc<ClientConfig>,
    clock: SharedClock,
    log: Arc<EventLog>,
    /// Rung when a relay takes its string no longer.
    refused: Arc<Notify>,
}

type Listening = (Vec<watch::Receiver<Link>>, Vec<watch::Sender<ConnectionString>>);

impl Network<'_> {
    /// Starts one listener for each relay and waits until all are taken.
    async fn listen(
        &self,
        connections: Vec<ConnectionString>,
        desk: Desk,
        tasks: &mut JoinSet<()>,
    ) -> Result<Listening, AgentError> {
        let desk = Arc::new(desk);
        let (mut links, mut strings) = (Vec::new(), Vec::new());
        for connection in connections {
            let host = connection.host.clone();
            let (string, connection) = watch::channel(connection);
            strings.push(string);
            let shared = self.shared(connection, Arc::clone(&desk))?;
            let (sender, link) = watch::channel(Link::Down(None));
            tasks.spawn(listener::run(Arc::new(shared), sender));
            links.push((host, link));
        }
        for (host, link) in &mut links {
            self.wait_for(host, link).await?;
        }
        Ok((links.into_iter().map(|(_, link)| link).collect(), strings))
    }

    fn shared(&self, connection: watch::Receiver<ConnectionString>, desk: Arc<Desk>) -> Result<Shared, AgentError> {
        let id = random_id().ok_or(AgentError::Key(protocol::ProtocolError::Key("generated")))?;
        Ok(Shared {
            connection,
            refused: Arc::clone(&self.refused),
            names: self.config.names.clone(),
            tls: Arc::clone(&self.tls),
            clock: Arc::clone(&self.clock),
            desk,
            log: Arc::clone(&self.log),
            times: Times::default(),
            id,
        })
    }

    async fn wait_for(&self, host: &str, link: &mut watch::Receiver<Link>) -> Result<(), AgentError> {
        let settled = |link: &Link| matches!(link, Link::Up | Link::Refused(_));
        let _ = timeout(self.config.listen_timeout, link.wait_for(settled)).await;
        let why = match &*link.borrow() {
            Link::Up => return Ok(()),
            Link::Down(Some(why)) | Link::Refused(why) => why.clone(),
            Link::Down(None) => "the relay did not answer in time".to_owned(),
        };
        self.log
            .sync(ADSYNC_ENDPOINT_FAILED, &format!("Details: listening on {host}: {why}"));
        Err(AgentError::Listen {
            host: host.to_owned(),
            why,
        })
    }
}

fn listening(links: &[watch::Receiver<Link>]) -> usize {
    links.iter().filter(|link| *link.borrow() == Link::Up).count()
}

/// The heartbeat.
struct Pulse {
    cloud: Arc<Cloud>,
    links: Vec<watch::Receiver<Link>>,
    service: Arc<Service>,
    log: Arc<EventLog>,
}

impl Pulse {
    async fn run(self, every: Duration) {
        let mut ticker = clock::ticker(every.max(Duration::from_secs(1)));
        loop {
            ticker.tick().await;
            self.beat().await;
        }
    }

    /// One heartbeat. That the cloud does not hear it is no reason to stop serving.
    async fn beat(&self) {
        let listening = listening(&self.links);
        let served = self.service.served();
        let counted = u32::try_from(listening).unwrap_or(u32::MAX);
        match self.cloud.heartbeat(&self.service.keys().id(), counted, served).await {
            Ok(()) => {
                let text = format!("Details: listening {listening}, served {served}");
                self.log.service(EventId::HEARTBEAT, &text);
            }
            Err(error) => self
                .log
                .service(EventId::HEALTH_REPORT_ERROR, &format!("Details: {error}")),
        }
    }
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
