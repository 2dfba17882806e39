//! What every command that drives load does: the world stands up, load runs, the sealed folder is judged and drawn.

use engine::Order;
use engine::clock::RunClock;
use engine::ports::Steering;
use environment::{LabWorld, Parts, ServedBinary};
use history::RunFolder;
use judge::Judgement;
use load::ChildProcess;
use vocabulary::SystemClock;

use super::order::Ordered;
use crate::error::CliError;
use crate::interrupt::Interrupt;
use crate::live::{Live, Telling};
use crate::logs;
use crate::progress::{Teller, say};
use crate::sealed::judge_and_draw;

/// What is left when load has run.
pub(crate) struct Driven {
    pub folder: RunFolder,
    pub judgement: Judgement,
    live: Option<Live>,
    interrupt: Interrupt,
}

impl Driven {
    /// Whoever still looks is shown that page of the folder.
    pub async fn end(self, page: &str) {
        if let Some(live) = self.live {
            live.end(&self.folder.path(page), &self.interrupt).await;
        }
    }
}

/// Drives a run or, where somebody steers, a search.
pub(crate) async fn drive(
    ordered: Ordered,
    parts: Parts,
    mut live: Option<Live>,
    steering: Option<&mut dyn Steering>,
) -> Result<Driven, CliError> {
    let interrupt = Interrupt::listen().map_err(CliError::Runtime)?;
    let Ordered {
        plan,
        folder,
        manifest,
        run,
    } = ordered;
    logs::to_folder(&folder.logs());
    say(&format!(
        "{} on {}, seed {}",
        plan.name,
        plan.world.kind.as_str(),
        plan.seed
    ));
    if let Some(live) = &mut live {
        live.follow(&folder);
    }
    let clock = RunClock::starting_now(SystemClock::shared());
    let ServedBinary { path: program, prefix } = parts.served.clone();
    let mut world = LabWorld::new(&run, parts, SystemClock::shared());
    let teller = Teller::new();
    let telling = Telling {
        teller: &teller,
        live: live.as_ref(),
    };
    let went = engine::run(Order {
        plan: &plan,
        folder: &folder,
        manifest,
        clock,
        world: &mut world,
        generators: &mut ChildProcess { program, prefix },
        progress: &telling,
        // As short-lived as what else is lent to the run.
        steering: steering.map(|steering| steering as &mut dyn Steering),
        interrupt: interrupt.wanted(),
    })
    .await;
    teller.finish();
    let end = went.inspect_err(|_| say(&format!("what was recorded is in {}", folder.root().display())))?;
    let judgement = judge_and_draw(&folder, &end.secrets, !interrupt.twice())?;
    Ok(Driven {
        folder,
        judgement,
        live,
        interrupt,
    })
}
