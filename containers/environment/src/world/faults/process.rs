//! Faults of processes and what they keep on disk.

use std::path::PathBuf;

use engine::ports::{Healed, Injected};
use scenario::{Damage, Fault, FaultKind};

use super::{Made, unwired};
use crate::EnvironmentError;
use crate::docker::mebibytes;
use crate::process::End;
use crate::site::Site;
use crate::trap::Trap;
use crate::world::LabWorld;

/// The agent's part.
const AGENT: &str = "agent";
/// The agent's journal in its folder, and what goes with it.
const JOURNAL: [&str; 2] = ["agent-journal.store", "agent-journal.store.witness"];

/// What is needed to end a fault of this group.
#[derive(Clone)]
pub(crate) enum Undo {
    /// A part is down.
    Down { part: String },
    /// A part died so often, of so many times.
    Storm { part: String, seen: u32, of: u32 },
    /// The agent's next operation may end it.
    Trap,
    /// The disk of the agent's journal is full.
    Full,
    /// The agent is down and its journal is no longer what it was; whether it must be seen to be so.
    Damaged { refused: bool },
    /// A part stands still.
    Still { part: String },
    /// A part had so many bytes of memory.
    Limited { part: String, had: i64 },
}

impl LabWorld {
    pub(super) async fn make_process(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        let part = fault.what.part().map(|part| part.to_string()).unwrap_or_default();
        match &fault.what {
            FaultKind::Kill(_) => self.put_down(part, End::Killed).await,
            FaultKind::Stop(_) => self.put_down(part, End::Stopped).await,
            FaultKind::RestartStorm(storm) => {
                let seen = u32::from(self.bounce(&part).await?);
                let of = storm.times;
                Ok(made(&part.clone(), None, Undo::Storm { part, seen, of }))
            }
            FaultKind::KillAgentAt(kill) => {
                self.trap(fault)?.arm(kill.moment);
                Ok(made(AGENT, None, Undo::Trap))
            }
            FaultKind::JournalFull => {
                self.trap(fault)?.fill();
                Ok(made("the agent's journal", None, Undo::Full))
            }
            FaultKind::JournalTorn(torn) => self.damage(fault, Some(torn.how)).await,
            FaultKind::JournalLost => self.damage(fault, None).await,
            FaultKind::Pause(_) => {
                let Site::Docker(site) = self.site()? else {
                    return unwired(fault);
                };
                let bit = site.pause(&part).await?;
                Ok(made(&part.clone(), Some(bit), Undo::Still { part }))
            }
            FaultKind::LimitMemory(limit) => {
                let Site::Docker(site) = self.site()? else {
                    return unwired(fault);
                };
                let had = site.begin_short_of_memory(&part, mebibytes(limit.mebibytes)).await?;
                Ok(made(&part.clone(), None, Undo::Limited { part, had }))
            }
            _ => unwired(fault),
        }
    }

    /// The next time of a fault of several.
    pub(super) async fn process_again(&mut self, fault: &Fault, undo: Undo) -> Result<Undo, EnvironmentError> {
        match undo {
            Undo::Storm { part, seen, of } => {
                let seen = seen + u32::from(self.bounce(&part).await?);
                Ok(Undo::Storm { part, seen, of })
            }
            _ => Err(EnvironmentError::Fault {
                fault: fault.what.as_str(),
                cause: "it comes once".to_owned(),
            }),
        }
    }

    pub(super) async fn heal_process(&mut self, fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        let bit = match undo {
            Undo::Down { part } => {
                self.stand_again(&part).await?;
                None
            }
            Undo::Storm { part, seen, of } => {
                self.stand_again(&part).await?;
                Some(seen == of)
            }
            Undo::Trap => {
                let sprung = self.trap(fault)?.disarm();
                if sprung {
                    self.site()?.end(AGENT, End::Killed).await?;
                    self.stand_again(AGENT).await?;
                }
                Some(sprung)
            }
            Undo::Full => Some(self.trap(fault)?.empty() > 0),
            Undo::Damaged { refused } => Some(self.mend_journal(refused).await?),
            Undo::Still { part } => {
                if let Site::Docker(site) = self.site()? {
                    site.go_on(&part).await?;
                }
                None
            }
            Undo::Limited { part, had } => Some(self.give_back(&part, had).await?),
        };
        Ok(Healed { bit })
    }

    async fn put_down(&mut self, part: String, end: End) -> Result<Made, EnvironmentError> {
        let gone = self.site()?.end(&part, end).await?;
        self.forget_connections();
        Ok(made(&part.clone(), Some(gone), Undo::Down { part }))
    }

    /// A part dies and stands again at once; tells whether it was seen to be gone.
    async fn bounce(&mut self, part: &str) -> Result<bool, EnvironmentError> {
        let gone = self.site()?.end(part, End::Killed).await?;
        self.stand_again(part).await?;
        Ok(gone)
    }

    async fn stand_again(&mut self, part: &str) -> Result<(), EnvironmentError> {
        self.site()?.start_again(part).await?;
        self.forget_connections();
        Ok(())
    }

    /// Those to a part that ended are of no use.
    fn forget_connections(&mut self) {
        self.probers.clear();
    }

    fn trap(&mut self, fault: &Fault) -> Result<&Trap, EnvironmentError> {
        match self.site()? {
            Site::Embedded(site) => Ok(site.trap()),
            Site::Docker(_) => Err(EnvironmentError::Fault {
                fault: fault.what.as_str(),
                cause: "the agent's ports are in reach only where it runs in this process".to_owned(),
            }),
        }
    }

    /// The agent dies, and its journal is cut, wrong or gone.
    async fn damage(&mut self, fault: &Fault, how: Option<Damage>) -> Result<Made, EnvironmentError> {
        let Site::Embedded(site) = self.site()? else {
            return unwired(fault);
        };
        let files = journal(site.kit(AGENT).folder());
        let [store, _] = &files;
        site.end(AGENT, End::Killed).await?;
        let content = std::fs::read(store);
        let bit = content.is_ok();
        match (how, content) {
            (Some(how), Ok(content)) => written(store, &damaged(content, how))?,
            _ => removed(&files),
        }
        // Only the agent can tell whether it finds damage; that a file is gone is seen.
        let refused = how.is_some();
        let bit = (!refused || !bit).then_some(bit);
        Ok(made("the agent's journal", bit, Undo::Damaged { refused }))
    }

    /// Starts the agent; a journal that it refuses is put aside, as an administrator would. Tells whether that came as awaited.
    async fn mend_journal(&mut self, refused: bool) -> Result<bool, EnvironmentError> {
        let started = self.stand_again(AGENT).await;
        if !refused {
            return started.map(|()| true);
        }
        match started {
            Ok(()) => Ok(false),
            Err(EnvironmentError::Part { cause, .. }) if cause.contains("damaged") => {
                if let Site::Embedded(site) = self.site()? {
                    removed(&journal(site.kit(AGENT).folder()));
                }
                self.stand_again(AGENT).await?;
                Ok(true)
            }
            Err(other) => Err(other),
        }
    }

    /// A part has its memory again, and stands again where it ran out of it; tells whether it did.
    async fn give_back(&mut self, part: &str, had: i64) -> Result<bool, EnvironmentError> {
        let Site::Docker(site) = self.site()? else {
            return Ok(false);
        };
        let out = site.ran_out_of_memory(part).await?;
        site.end(part, End::Killed).await.ok();
        site.limit_memory(part, had).await?;
        self.stand_again(part).await?;
        Ok(out)
    }
}

fn made(target: &str, bit: Option<bool>, undo: Undo) -> Made {
    Made {
        injected: Injected {
            target: target.to_owned(),
            bit,
            touched: Vec::new(),
        },
        undo: Some(super::Undo::Process(undo)),
    }
}

fn journal(folder: &std::path::Path) -> [PathBuf; 2] {
    JOURNAL.map(|name| folder.join(name))
}

fn written(path: &std::path::Path, content: &[u8]) -> Result<(), EnvironmentError> {
    std::fs::write(path, content).map_err(|source| EnvironmentError::File {
        path: path.to_owned(),
        source,
    })
}

/// One that is not there is removed already.
fn removed(files: &[PathBuf; 2]) {
    for file in files {
        drop(std::fs::remove_file(file));
    }
}

fn damaged(mut content: Vec<u8>, how: Damage) -> Vec<u8> {
    match how {
        Damage::CutShort => content.truncate(content.len() / 2),
        Damage::BitFlipped => {
            let middle = content.len() / 2;
            if let Some(byte) = content.get_mut(middle) {
                *byte ^= 1;
            }
        }
    }
    content
}
