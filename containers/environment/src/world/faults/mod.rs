//! Faults made in a world: one file for each group, and here what is there of them.

mod accounts;
mod clock;
mod cloud;
mod directory;
mod edges;
mod identity;
mod messages;
mod people;
mod process;

use engine::ports::{Healed, Injected};
use scenario::{Fault, FaultGroup};

use super::LabWorld;
use crate::EnvironmentError;

/// What was made of a fault.
pub(crate) struct Made {
    /// What is told of it.
    injected: Injected,
    /// What ends it; none where it is over at once.
    undo: Option<Undo>,
}

impl Made {
    /// A fault that is over at once.
    fn at_once(injected: Injected) -> Self {
        Self { injected, undo: None }
    }

    /// A fault that lasts.
    fn lasting(injected: Injected, undo: Undo) -> Self {
        Self {
            injected,
            undo: Some(undo),
        }
    }
}

/// What is needed to end a fault, by its group.
#[derive(Clone)]
pub(crate) enum Undo {
    Process(process::Undo),
    Edges(edges::Undo),
    Messages(messages::Undo),
    Identity(identity::Undo),
    Clock(clock::Undo),
    Directory(directory::Undo),
    Cloud(cloud::Undo),
}

impl LabWorld {
    /// Makes a fault happen.
    pub(super) async fn make(&mut self, number: usize, fault: &Fault) -> Result<Injected, EnvironmentError> {
        let made = match fault.what.group() {
            FaultGroup::Process => self.make_process(fault).await?,
            FaultGroup::Edge => self.make_edges(fault).await?,
            FaultGroup::Messages => self.make_messages(fault).await?,
            FaultGroup::Identity => self.make_identity(fault).await?,
            FaultGroup::Clock => self.make_clock(fault).await?,
            FaultGroup::Directory => self.make_directory(fault).await?,
            FaultGroup::Cloud => self.make_cloud(fault).await?,
        };
        if let Some(undo) = made.undo {
            self.faults.insert(number, undo);
        }
        Ok(made.injected)
    }

    /// Makes a fault of several times happen once more.
    pub(super) async fn make_again(&mut self, number: usize, fault: &Fault) -> Result<(), EnvironmentError> {
        match self.faults.remove(&number) {
            Some(Undo::Process(undo)) => {
                let undo = self.process_again(fault, undo).await?;
                self.faults.insert(number, Undo::Process(undo));
                Ok(())
            }
            _ => Err(not_there(fault)),
        }
    }

    /// Ends a fault. One that would not end is still there, and can be tried again.
    pub(super) async fn end(&mut self, number: usize, fault: &Fault) -> Result<Healed, EnvironmentError> {
        let undo = self.faults.get(&number).cloned().ok_or_else(|| not_there(fault))?;
        let healed = match undo {
            Undo::Process(undo) => self.heal_process(fault, undo).await?,
            Undo::Edges(undo) => self.heal_edges(fault, undo).await?,
            Undo::Messages(undo) => self.heal_messages(fault, undo).await?,
            Undo::Identity(undo) => self.heal_identity(fault, undo).await?,
            Undo::Clock(undo) => self.heal_clock(fault, undo).await?,
            Undo::Directory(undo) => self.heal_directory(fault, undo).await?,
            Undo::Cloud(undo) => self.heal_cloud(fault, undo).await?,
        };
        self.faults.remove(&number);
        Ok(healed)
    }
}

fn not_there(fault: &Fault) -> EnvironmentError {
    failed(fault, "it is not there")
}

fn failed(fault: &Fault, cause: &str) -> EnvironmentError {
    EnvironmentError::Fault {
        fault: fault.what.as_str(),
        cause: cause.to_owned(),
    }
}

/// A fault that no group carries out.
fn unwired(fault: &Fault) -> Result<Made, EnvironmentError> {
    Err(failed(fault, "this version cannot make it"))
}
