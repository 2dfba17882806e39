//! The life of a run, phase by phase.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use history::{Manifest, Observation, PersonRow, Phase, RunFolder};
use scenario::{Person, Persona, Plan, Vault, people};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;
use vocabulary::Password;

use crate::arrival::{Arrival, Asking};
use crate::attributes::Attributes;
use crate::clock::{RunClock, wait};
use crate::error::EngineError;
use crate::keeping::Keeping;
use crate::load::{Load, LoadEnd};
use crate::nemesis::Nemesis;
use crate::ports::{Generators, Place, Progress, Steering, World};
use crate::probe;
use crate::process::ProcessMeter;
use crate::recorder::Recorder;
use crate::sampling::{Sampled, Sampling};
use crate::schedule::Fire;
use crate::watch::Watching;

/// What a run is ordered with.
pub struct Order<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The run's folder, new.
    pub folder: &'a RunFolder,
    /// The manifest as far as it is known before anything stands.
    pub manifest: Manifest,
    /// The run's axis, from its begin on.
    pub clock: RunClock,
    /// The world to stand up.
    pub world: &'a mut dyn World,
    /// What generates the load.
    pub generators: &'a mut dyn Generators,
    /// Tells people how far it is.
    pub progress: &'a dyn Progress,
    /// Says at which rate people come next, where the run searches for the capacity; else the plan does.
    pub steering: Option<&'a mut dyn Steering>,
    /// Becomes true when a person wants the run to end.
    pub interrupt: watch::Receiver<bool>,
}

/// How a run ended.
#[derive(Debug)]
pub struct RunEnd {
    /// Whether it was ended early.
    pub interrupted: bool,
    /// Every password used and every secret of the world, for the search after drawing.
    pub secrets: Vec<Password>,
}

struct Stage<'a> {
    plan: &'a Plan,
    folder: &'a RunFolder,
    world: &'a mut dyn World,
    generators: &'a mut dyn Generators,
    progress: &'a dyn Progress,
    recorder: Recorder,
    clock: RunClock,
    people: Vec<Person>,
    users: Vec<Uuid>,
    /// All attributes of everyone before the load.
    before: Attributes,
    vault: Vault,
    phase: Phase,
    manifest: Manifest,
    released: Arc<AtomicU64>,
    keeping: Keeping,
    sampling: Option<Sampling>,
    steering: Option<&'a mut dyn Steering>,
}

/// Carries a plan out: the folder's history is sealed and the world is gone when this returns, however it went.
///
/// # Errors
/// [`EngineError`] when the world would not stand up or fell, the generator failed, or the history could not be written.
pub async fn run(order: Order<'_>) -> Result<RunEnd, EngineError> {
    let Order {
        plan,
        folder,
        manifest,
        clock,
        world,
        generators,
        progress,
        steering,
        mut interrupt,
    } = order;
    folder.write_manifest(&manifest)?;
    folder.write_json("plan.json", plan)?;
    let (recorder, recording) = Recorder::start(folder.writer()?, clock.clone());
    let mut stage = Stage {
        plan,
        folder,
        world,
        generators,
        progress,
        recorder,
        clock,
        people: people(plan),
        users: Vec::new(),
        before: Attributes::default(),
        vault: Vault::new(plan.seed),
        phase: Phase::Provision,
        manifest,
        released: Arc::default(),
        keeping: Keeping::default(),
        sampling: None,
        steering,
    };
    let went = stage.live(&mut interrupt).await;
    if let Some(sampling) = stage.sampling.take() {
        sampling.stop().await;
    }
    let interrupted = matches!(went, Ok(true));
    if interrupted || went.is_err() {
        stage.enter(Phase::Interrupted).await;
    }
    stage.enter(Phase::Seal).await;
    progress.step("seal", None);
    let mut secrets = stage.secrets();
    secrets.extend(stage.world.secrets());
    let Stage { recorder, world, .. } = stage;
    drop(recorder);
    let sealed = recording.seal().await;
    progress.step("tear down", None);
    let gone = world.tear_down().await.map_err(EngineError::World);
    went?;
    sealed?;
    gone?;
    Ok(RunEnd { interrupted, secrets })
}

impl Stage<'_> {
    async fn enter(&mut self, phase: Phase) {
        self.recorder.enter(self.phase, phase).await;
        self.phase = phase;
    }

    /// Everything until the seal; tells whether it was interrupted.
    async fn live(&mut self, interrupt: &mut watch::Receiver<bool>) -> Result<bool, EngineError> {
        let mut early = interrupt.clone();
        tokio::select! {
            ready = self.prepare() => ready?,
            _ = early.changed() => return Ok(true),
        }
        let watchers = self.world.watchers().await.map_err(EngineError::World)?;
        let watching = Watching::start(watchers, self.plan.world.probes, &self.recorder, &self.clock);
        let end = self.load(&watching, interrupt).await?;
        if end.interrupted {
            return Ok(true);
        }
        tokio::select! {
            proved = self.prove(&end, watching) => proved?,
            _ = interrupt.changed() => return Ok(true),
        }
        Ok(false)
    }

    async fn prepare(&mut self) -> Result<(), EngineError> {
        self.enter(Phase::Provision).await;
        self.progress.step("provision", None);
        let facts = self
            .world
            .stand_up(self.plan, self.folder.logs(), self.progress)
            .await
            .map_err(EngineError::World)?;
        self.manifest.capabilities = facts.capabilities;
        self.manifest.image_digests = facts.image_digests;
        self.manifest.versions.extend(facts.versions);
        self.folder.write_manifest(&self.manifest)?;
        self.sample(facts.in_process).await?;

        self.enter(Phase::Populate).await;
        self.progress.step("populate", Some(self.plan.population.people));
        self.users = self
            .world
            .populate(&self.people, &self.vault, self.progress)
            .await
            .map_err(EngineError::World)?;
        let rows = self.people.iter().zip(&self.users);
        let rows: Vec<PersonRow> = rows
            .map(|(person, user)| PersonRow {
                user: *user,
                upn: person.upn.clone(),
            })
            .collect();
        self.folder.write_people(&rows)?;
        self.progress.step("synchronise", None);
        self.world
            .synchronise(self.plan.population.people)
            .await
            .map_err(EngineError::World)?;

        self.world.single_out(&self.people).await.map_err(EngineError::World)?;

        self.enter(Phase::Baseline).await;
        self.lock_victims().await?;
        self.progress.step("baseline", None);
        probe::metadata(self.world, &self.recorder, Phase::Baseline, Observation::Baseline).await?;
        self.before = probe::attributes(self.world).await?;
        Ok(())
    }

    /// From now on, what every part uses is written down once a second.
    async fn sample(&mut self, in_process: bool) -> Result<(), EngineError> {
        let name = if in_process { "harness+world" } else { "harness" };
        self.sampling = Some(Sampling::start(Sampled {
            writer: self.folder.sample_writer()?,
            clock: self.clock.clone(),
            own: ProcessMeter::of(name, std::process::id()),
            world: self.world.sampler().await.map_err(EngineError::World)?,
            keeping: self.keeping.clone(),
            phases: self.recorder.phases(),
        }));
        Ok(())
    }

    async fn lock_victims(&mut self) -> Result<(), EngineError> {
        let victims: Vec<&Person> = self
            .people
            .iter()
            .filter(|person| person.persona.starts_locked())
            .collect();
        if victims.is_empty() {
            return Ok(());
        }
        self.progress.step("lock", u64::try_from(victims.len()).ok());
        let proofs = self
            .world
            .lock(&victims, &self.vault, self.progress)
            .await
            .map_err(EngineError::World)?;
        for (person, dc, record) in proofs {
            let user = usize::try_from(person).ok().and_then(|index| self.users.get(index));
            if let Some(user) = user {
                probe::record_bind(&self.recorder, Phase::Baseline, dc, *user, record).await;
            }
        }
        Ok(())
    }

    async fn load(
        &mut self,
        watching: &Watching,
        interrupt: &mut watch::Receiver<bool>,
    ) -> Result<LoadEnd, EngineError> {
        let end = self.drive(watching, interrupt).await;
        self.keeping.end();
        self.count_the_released()?;
        self.phase = self.recorder.phase();
        end
    }

    async fn drive(
        &mut self,
        watching: &Watching,
        interrupt: &mut watch::Receiver<bool>,
    ) -> Result<LoadEnd, EngineError> {
        let target = self.world.target().map_err(EngineError::World)?;
        let generator = self.generators.start().map_err(EngineError::Generator)?;
        let load = Load {
            plan: self.plan,
            people: &self.people,
            users: &self.users,
            recorder: &self.recorder,
            clock: &self.clock,
            progress: self.progress,
            watching,
            released: &self.released,
            keeping: &self.keeping,
        };
        let nemesis = Nemesis {
            faults: &self.plan.faults,
            recorder: &self.recorder,
            clock: &self.clock,
            progress: self.progress,
        };
        let steering = self
            .steering
            .as_mut()
            .map(|steering| &mut **steering as &mut dyn Steering);
        let (begun, begins) = oneshot::channel();
        let (living, ended) = oneshot::channel();
        let driving = async {
            let end = load.drive(generator, &target, begun, steering, interrupt).await;
            drop(living);
            end
        };
        let (end, ()) = tokio::join!(driving, nemesis.disturb(self.world, begins, ended));
        end
    }

    /// How many begin in a closed model or in a search is known only now, and the judge must know it from elsewhere than the history.
    fn count_the_released(&mut self) -> Result<(), EngineError> {
        if self.manifest.counts_released() {
            self.manifest.arrivals = self.released.load(Ordering::Relaxed);
            self.folder.write_manifest(&self.manifest)?;
        }
        Ok(())
    }

    /// Every arrival that was planned; of a closed model or a search, every one that was released, though not when.
    fn asked(&self) -> Box<dyn Iterator<Item = Arrival>> {
        if !self.manifest.counts_released() {
            return Box::new(crate::arrivals(self.plan, &self.people));
        }
        let mut asking = Asking::of(self.plan, &self.people);
        let released = 0..self.released.load(Ordering::Relaxed);
        Box::new(released.map_while(move |_| asking.next(Fire { at_us: 0, op: None })))
    }

    /// Quiet, then metadata, then the databases themselves, then binds, then journals, then the search for secrets.
    async fn prove(&mut self, end: &LoadEnd, watching: Watching) -> Result<(), EngineError> {
        self.enter(Phase::Quiet).await;
        self.progress.step("quiet", None);
        wait(self.plan.world.message_lifetime).await;
        watching.stop().await;
        self.enter(Phase::Probe).await;
        self.progress.step("probe: metadata", None);
        probe::metadata(self.world, &self.recorder, Phase::Probe, Observation::Probe).await?;
        probe::compare(self.world, &self.recorder, &self.before).await?;
        self.progress.step("probe: databases", None);
        let labels = self.labels();
        probe::oracle(self.world, &self.recorder, &self.people, &self.vault, &labels).await?;
        let binds = probe::Binds {
            people: &self.people,
            users: &self.users,
            vault: &self.vault,
            touched: &end.touched,
            lock_attempts: self.plan.world.lock_attempts_least(),
        };
        binds.make(self.world, &self.recorder, self.progress).await?;
        probe::journals(self.world, &self.recorder).await?;
        self.progress.step("search for secrets", None);
        self.recorder.flush().await;
        let secrets = self.secrets();
        let scan = self
            .world
            .scan(&secrets, self.places()?)
            .await
            .map_err(EngineError::World)?;
        let event = probe::observed(Phase::Probe, None, None, None, Observation::SecretScan(scan));
        self.recorder.record(event, Phase::Probe).await;
        Ok(())
    }

    /// The last label of each person that anyone asked for.
    fn labels(&self) -> Vec<u32> {
        let mut labels = vec![0; self.people.len()];
        for arrival in self.asked() {
            let place = usize::try_from(arrival.person)
                .ok()
                .and_then(|index| labels.get_mut(index));
            if let Some(last) = place {
                *last = arrival.labels().fold(*last, u32::max);
            }
        }
        labels
    }

    /// Every password that anyone was given or chose, and what somebody typed who mistyped theirs.
    fn secrets(&self) -> Vec<Password> {
        let initial = self
            .people
            .iter()
            .map(|person| self.vault.password(person.index, person.persona, 0));
        let chosen = self
            .asked()
            .flat_map(|arrival| arrival.labels().map(move |label| (arrival, label)))
            .map(|(arrival, label)| self.vault.password(arrival.person, arrival.persona, label));
        let changers = self
            .people
            .iter()
            .filter(|person| person.persona == Persona::VoluntaryChange);
        let mistyped = changers.map(|person| self.vault.mistyped(person.index, person.persona, 0));
        initial.chain(chosen).chain(mistyped).collect()
    }

    /// What the run itself has written so far; the history as it reads.
    fn places(&self) -> Result<Vec<Place>, EngineError> {
        let mut places = Vec::new();
        for name in ["manifest.json", "plan.json", "people.csv"] {
            let path = self.folder.path(name);
            let file = File::open(&path).map_err(|source| history::HistoryError::Read { path, source })?;
            places.push(Place {
                name: name.to_owned(),
                content: Box::new(file),
            });
        }
        let history = self.folder.history_text()?;
        places.push(Place {
            name: "history.jsonl".to_owned(),
            content: history,
        });
        Ok(places)
    }
}
