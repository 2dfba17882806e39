//! Looks for acknowledged writes while load runs: whether the directory shows each to whoever asks after the acknowledgement, and
//! when each of several controllers does.
//!
//! Only people who were just written are looked at, each less often the longer it takes: a look costs a domain controller a
//! tenth of a millisecond, and asking for everything that changed would cost Samba a walk through its whole database. Nobody
//! binds here: on a Samba a bind costs as much as 80 looks, and a password that is wrong by now would count.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use history::{Event, Metadata, Observation};
use scenario::Probes;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use uuid::Uuid;
use vocabulary::Ratio;

use crate::bucket::Bucket;
use crate::clock::{RunClock, micros, wait};
use crate::ports::{Seen, Watcher};
use crate::probe::observed;
use crate::recorder::Recorder;

/// The least time between two looks at a person: the grain of what is learned.
const GRAIN: Duration = Duration::from_millis(20);
/// Above that, a look follows after this part of what has passed since the acknowledgement.
const PATIENCE: u64 = 10;
/// After this nobody looks any more; the last reading of everyone tells the rest.
const GIVE_UP: Duration = Duration::from_secs(120);

/// Watchers at work; they end when this is dropped.
pub(crate) struct Watching {
    share: Ratio,
    /// One for each domain.
    tell: Vec<mpsc::UnboundedSender<Uuid>>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Watching {
    /// Starts them, each by itself: a slow domain delays nobody else's news.
    pub fn start(watchers: Vec<Box<dyn Watcher>>, probes: Probes, recorder: &Recorder, clock: &RunClock) -> Self {
        let stop = watch::Sender::new(false);
        let (mut tasks, mut tell) = (JoinSet::new(), Vec::new());
        for watcher in watchers {
            let (sender, acknowledged) = mpsc::unbounded_channel();
            tell.push(sender);
            let follower = Follower {
                watcher,
                recorder: recorder.clone(),
                clock: clock.clone(),
                awaited: HashMap::new(),
                controllers: BTreeSet::new(),
                searches: Bucket::of(probes.searches_max),
            };
            tasks.spawn(follower.follow(acknowledged, stop.subscribe()));
        }
        Self {
            share: probes.share,
            tell,
            stop,
            tasks,
        }
    }

    /// A write of a person of this forest was acknowledged just now.
    pub fn acknowledged(&self, forest: usize, user: Uuid, op_id: Uuid) {
        let watcher = self.tell.get(forest).filter(|_| sampled(op_id, self.share));
        if let Some(sender) = watcher {
            // A watcher that has ended follows nobody any more.
            let _ = sender.send(user);
        }
    }

    /// Lets each look once more, and waits for them.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Whether an operation is of the share that is looked for. Its id follows from the seed: so does this.
fn sampled(op_id: Uuid, share: Ratio) -> bool {
    let (drawn, _) = op_id.as_u64_pair();
    (drawn as f64) < share.as_f64() * u64::MAX as f64 || share == Ratio::ONE
}

/// A person whose write has not arrived everywhere.
struct Awaited {
    since_us: u64,
    due_us: u64,
    last: HashMap<String, Metadata>,
}

struct Follower {
    watcher: Box<dyn Watcher>,
    recorder: Recorder,
    clock: RunClock,
    awaited: HashMap<Uuid, Awaited>,
    /// Every controller that ever told of anybody: one that is down now must be asked again.
    controllers: BTreeSet<String>,
    searches: Bucket,
}

impl Follower {
    async fn follow(mut self, mut acknowledged: mpsc::UnboundedReceiver<Uuid>, mut stop: watch::Receiver<bool>) {
        let mut last = false;
        while !last {
            tokio::select! {
                user = acknowledged.recv() => user.into_iter().for_each(|user| self.expect(user)),
                _ = stop.changed() => last = true,
                () = wait(GRAIN), if !self.awaited.is_empty() => {}
            }
            while let Ok(user) = acknowledged.try_recv() {
                self.expect(user);
            }
            let due = self.due(last);
            if !due.is_empty() {
                self.look(&due).await;
            }
        }
    }

    /// Who is to be looked at now, those who wait longest first; at the end everyone, though no faster than is allowed.
    fn due(&mut self, last: bool) -> Vec<Uuid> {
        let now = self.clock.at_us();
        let due = self.awaited.iter().filter(|(_, person)| last || person.due_us <= now);
        let mut due: Vec<(u64, Uuid)> = due.map(|(user, person)| (person.due_us, *user)).collect();
        let allowed = self.searches.take(now, due.len());
        due.sort_unstable();
        due.into_iter().take(allowed).map(|(_, user)| user).collect()
    }

    /// Waits for a write of this person, unless more wait already than may be looked at in a second: what is not looked for now is
    /// read after the load.
    fn expect(&mut self, user: Uuid) {
        let now = self.clock.at_us();
        if self.awaited.len() >= self.searches.capacity() && !self.awaited.contains_key(&user) {
            return;
        }
        let person = self.awaited.entry(user).or_insert_with(|| Awaited {
            since_us: now,
            due_us: now,
            last: HashMap::new(),
        });
        (person.since_us, person.due_us) = (now, now);
    }

    async fn look(&mut self, due: &[Uuid]) {
        let asked_us = self.clock.at_us();
        let mut readings: HashMap<Uuid, Vec<Seen>> = HashMap::new();
        for seen in self.watcher.look(due).await.unwrap_or_default() {
            if !self.controllers.contains(&seen.dc) {
                self.controllers.insert(seen.dc.clone());
            }
            readings.entry(seen.user).or_default().push(seen);
        }
        let now = self.clock.at_us();
        for user in due {
            let Some(person) = self.awaited.get_mut(user) else {
                continue;
            };
            let readings = readings.remove(user).unwrap_or_default();
            let age = now.saturating_sub(person.since_us);
            person.due_us = now + (age / PATIENCE).max(micros(GRAIN));
            // A controller that is down now is asked again.
            let told = !readings.is_empty() && readings.len() >= self.controllers.len();
            let done = (told && agree(&readings)) || age > micros(GIVE_UP);
            let news: Vec<Seen> = readings
                .into_iter()
                .filter(|seen| person.last.insert(seen.dc.clone(), seen.metadata) != Some(seen.metadata))
                .collect();
            if done {
                self.awaited.remove(user);
            }
            record(&self.recorder, asked_us, news).await;
        }
    }
}

async fn record(recorder: &Recorder, asked_us: u64, news: Vec<Seen>) {
    for seen in news {
        let phase = recorder.phase();
        let shown = Observation::Probe(seen.metadata);
        let mut event = observed(phase, Some(seen.dc), Some(seen.user), None, shown);
        if let Event::Observe(event) = &mut event {
            event.asked_us = Some(asked_us);
        }
        recorder.record(event, phase).await;
    }
}

/// Whether all controllers show the same. The one that was written shows the write, so then all do.
fn agree(readings: &[Seen]) -> bool {
    let shown = |seen: &Seen| {
        (
            seen.metadata.kvno,
            seen.metadata.pwd_last_set,
            seen.metadata.lockout_time,
        )
    };
    readings.windows(2).all(|pair| shown(&pair[0]) == shown(&pair[1]))
}
