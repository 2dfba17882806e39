//! The conformance suite: one body of probes that holds every directory to what Active Directory answers.
//!
//! A probe makes what it needs anew, asks, and gives an observation in a normal form, which is compared with what is documented.
//! Where a directory is known to answer otherwise, one table says so and why; anything else is an unexplained difference.

mod ground;
mod known;
mod observe;
mod probes;
mod report;
mod run;
mod script;
mod stage;
mod subject;
#[cfg(test)]
pub(crate) mod tests;
mod unit;
mod words;

use engine::ports::Progress;
use scenario::WorldKind;
use vocabulary::SharedClock;

use crate::remains::{remove_folder, secret_folder, sweep_folders};
use crate::secrets::RunKey;
use crate::site::Site;
use crate::{EnvironmentError, Parts, docker};
use subject::Subject;
use unit::Unit;

pub use ground::Given;
pub use report::{Ended, Outcome, Report, Stale};
pub use script::Group;

/// What is probed.
#[derive(Debug, Clone)]
pub enum Target {
    /// A fresh directory of our own, which goes when the probes are done.
    Own(WorldKind),
    /// A laboratory's directory that stands already.
    Given(Given),
}

/// A probe as a list shows it.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Its group.
    pub group: Group,
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub shows: &'static str,
    /// Where that is documented.
    pub source: &'static str,
}

/// Every probe.
#[must_use]
pub fn catalogue() -> Vec<Listed> {
    let listed = |(group, probe): (Group, script::Probe)| Listed {
        group,
        name: probe.name,
        shows: probe.shows,
        source: probe.source,
    };
    probes::all().into_iter().map(listed).collect()
}

/// The suite on one directory. [`Conformance::tear_down`] must be called however [`Conformance::probe`] ended, also when it was
/// dropped half-way.
pub struct Conformance {
    run: String,
    parts: Parts,
    clock: SharedClock,
    site: Option<Site>,
    subject: Option<Subject>,
    unit: Option<Unit>,
    in_docker: bool,
    more: serde_json::Value,
}

impl Conformance {
    /// Nothing stands yet. Everything that is made for a directory of our own carries the run's name.
    #[must_use]
    pub fn new(run: &str, parts: Parts, clock: SharedClock) -> Self {
        Self {
            run: run.to_owned(),
            parts,
            clock,
            site: None,
            subject: None,
            unit: None,
            in_docker: false,
            more: serde_json::Value::Null,
        }
    }

    /// Lays settings over those of the directory of our own: a wrong manner, to see that the probes find it.
    #[cfg(test)]
    fn with(mut self, more: serde_json::Value) -> Self {
        self.more = more;
        self
    }

    /// Stands the directory up, or reaches the one that was given.
    ///
    /// # Errors
    /// [`EnvironmentError::Interlock`] when it is no laboratory's; others when it does not stand or does not answer.
    pub async fn stand_up(&mut self, target: &Target, progress: &dyn Progress) -> Result<(), EnvironmentError> {
        let subject = match target {
            Target::Own(kind) => {
                progress.step("standing the directory up", None);
                sweep_folders();
                self.in_docker = *kind == WorldKind::Docker;
                let clock = SharedClock::clone(&self.clock);
                let site = ground::site(*kind, &self.run, self.parts.clone(), clock, progress).await?;
                ground::own(self.site.insert(site), &self.run, &self.more).await?
            }
            Target::Given(given) => {
                progress.step("reaching the directory", None);
                ground::given(given).await?
            }
        };
        self.unit = Some(Unit::draw(&subject, &RunKey::new())?);
        self.subject = Some(subject);
        Ok(())
    }

    /// Plays the probes of some groups; of all of them where none is named.
    ///
    /// # Errors
    /// When the directory cannot be worked with at all. What it answers to a probe is never an error.
    pub async fn probe(&mut self, groups: &[Group], progress: &dyn Progress) -> Result<Report, EnvironmentError> {
        let (Some(subject), Some(unit)) = (&self.subject, &self.unit) else {
            return Err(EnvironmentError::NotStanding);
        };
        unit.make(subject).await?;
        run::run(subject, unit, groups, progress).await
    }

    /// Removes everything: what the probes made, and the directory if it was our own.
    ///
    /// # Errors
    /// When something would not go; it names what.
    pub async fn tear_down(&mut self) -> Result<(), EnvironmentError> {
        let cleared = match (&self.subject, &self.unit) {
            (Some(subject), Some(unit)) if subject.given => unit.remove(subject).await,
            _ => Ok(()),
        };
        (self.subject, self.unit) = (None, None);
        let gone = match &mut self.site {
            Some(site) => site.tear_down().await,
            // Cut short while it stood up: what it made is found by its label.
            None if self.in_docker => docker::remove_run(&self.run).await,
            None => Ok(()),
        };
        self.site = None;
        cleared.and(gone).and(remove_folder(&secret_folder(&self.run)))
    }
}
