//! `wblab run`: the main job.

use engine::Order;
use engine::clock::RunClock;
use environment::{LabWorld, Parts, ServedBinary};
use load::ChildProcess;
use vocabulary::SystemClock;

use super::order::order;
use crate::args::RunArguments;
use crate::error::{CliError, Exit};
use crate::interrupt::Interrupt;
use crate::live::{Live, Telling};
use crate::logs;
use crate::progress::{Teller, say};
use crate::sealed::{judge_and_draw, tell};

pub(crate) async fn run(arguments: RunArguments, parts: Parts) -> Result<Exit, CliError> {
    let mut live = Live::when(arguments.live).await?;
    let ordered = order(&arguments.scenario, &arguments.out)?;
    let interrupt = Interrupt::listen().map_err(CliError::Runtime)?;
    logs::to_folder(&ordered.folder.logs());
    say(&format!(
        "{} on {}, seed {}",
        ordered.plan.name,
        ordered.plan.world.kind.as_str(),
        ordered.plan.seed
    ));
    let clock = RunClock::starting_now(SystemClock::shared());
    let ServedBinary { path: program, prefix } = parts.served.clone();
    let mut world = LabWorld::new(&ordered.run, parts, SystemClock::shared());
    if let Some(live) = &mut live {
        live.follow(&ordered.folder);
    }
    let teller = Teller::new();
    let telling = Telling {
        teller: &teller,
        live: live.as_ref(),
    };
    let went = engine::run(Order {
        plan: &ordered.plan,
        folder: &ordered.folder,
        manifest: ordered.manifest,
        clock,
        world: &mut world,
        generators: &mut ChildProcess { program, prefix },
        progress: &telling,
        steering: None,
        interrupt: interrupt.wanted(),
    })
    .await;
    teller.finish();
    let end = went.inspect_err(|_| say(&format!("what was recorded is in {}", ordered.folder.root().display())))?;
    let judgement = judge_and_draw(&ordered.folder, &end.secrets, !interrupt.twice())?;
    tell(&ordered.folder, &judgement, arguments.json)?;
    if let Some(live) = live {
        live.end(&ordered.folder, &interrupt).await;
    }
    Ok(judgement.verdict.verdict.into())
}
