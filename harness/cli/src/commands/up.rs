//! `wblab up`: a world that stays, for any other client.

use engine::ports::World as _;
use environment::{Description, LabWorld, Parts};
use scenario::{Vault, people};
use vocabulary::SystemClock;

use super::order::{Ordered, order};
use crate::args::UpArguments;
use crate::error::{CliError, Exit};
use crate::interrupt::Interrupt;
use crate::progress::{Teller, print, say};
use crate::{logs, registry};

pub(crate) async fn up(arguments: UpArguments, parts: Parts) -> Result<Exit, CliError> {
    let ordered = order(&arguments.scenario, &arguments.out)?;
    let interrupt = Interrupt::listen().map_err(CliError::Runtime)?;
    logs::to_folder(&ordered.folder.logs());
    ordered.folder.write_manifest(&ordered.manifest)?;
    let mut world = LabWorld::new(&ordered.run, parts, SystemClock::shared());
    let registered = registry::register(&ordered.run, ordered.folder.root())?;
    let kept = tokio::select! {
        stood = stand_up(&mut world, &ordered) => match stood {
            Ok(description) => {
                tell(&description, arguments.json)?;
                interrupt.first().await;
                Ok(Exit::Pass)
            }
            Err(error) => Err(error),
        },
        () = interrupt.first() => Ok(Exit::Inconclusive),
    };
    let gone = world.tear_down().await.map_err(engine::EngineError::World);
    drop(registered);
    gone?;
    kept
}

async fn stand_up(world: &mut LabWorld, ordered: &Ordered) -> Result<Description, CliError> {
    let teller = Teller::new();
    let plan = &ordered.plan;
    let everyone = people(plan);
    let vault = Vault::new(plan.seed);
    let failed = engine::EngineError::World;
    world
        .stand_up(plan, ordered.folder.logs(), &teller)
        .await
        .map_err(failed)?;
    world.populate(&everyone, &vault, &teller).await.map_err(failed)?;
    world.synchronise(plan.population.people).await.map_err(failed)?;
    teller.finish();
    let run_dir = ordered.folder.root().canonicalize();
    let run_dir = run_dir.unwrap_or_else(|_| ordered.folder.root().to_owned());
    Ok(world.describe(&run_dir, &everyone, &vault).await?)
}

fn tell(description: &Description, json: bool) -> Result<(), CliError> {
    if json {
        print(&serde_json::to_string(description).map_err(|error| CliError::Usage(error.to_string()))?);
        return Ok(());
    }
    print(&format!("portal     {}", description.portal_url));
    print(&format!("inbox      {}", description.inbox_url));
    for directory in &description.directories {
        print(&format!("directory  {}  {}", directory.url, directory.fqdn));
    }
    print(&format!("people     {}", description.people_file.display()));
    print(&format!("authority  {}", description.ca_file.display()));
    print(&format!("lab token  {}", description.lab_token_file.display()));
    say("the world stays until Ctrl-C or `wblab down`");
    Ok(())
}
