//! `wblab capacity`: how much the system takes, and whether that is enough.

mod asked;

use std::path::Path;
use std::time::Duration;

use engine::Order;
use engine::clock::RunClock;
use engine::ports::{Steering, Step};
use environment::{LabWorld, Parts, ServedBinary};
use history::{Capacity, Event, Manifest, Mark, RunFolder, StepEvent};
use judge::capacity::{Question, Search};
use load::ChildProcess;
use vocabulary::SystemClock;

use super::order::{Ordered, ordered, plan_of, reproduce};
use crate::args::CapacityArguments;
use crate::error::{CliError, Exit};
use crate::interrupt::Interrupt;
use crate::logs;
use crate::progress::{Teller, is_watched, print, say};
use crate::sealed::judge_and_draw;

/// The judge's search in the place of the engine's port.
struct Steered(Search);

impl Steering for Steered {
    fn next(&mut self) -> Option<Step> {
        self.0.order().map(|order| Step {
            rate_millis: order.rate_millis,
            warm_up: Duration::from_micros(order.warm_up_us),
            measure: Duration::from_micros(order.measure_us),
        })
    }

    fn begins(&mut self, step: StepEvent) {
        self.0.begins(step);
    }

    fn sees(&mut self, event: &Event) {
        self.0.sees(event);
    }

    fn told(&self) -> Option<String> {
        self.0.told()
    }
}

pub(crate) async fn capacity(arguments: CapacityArguments, parts: Parts) -> Result<Exit, CliError> {
    if let Some(from) = &arguments.from {
        return earlier(from, arguments.what_if.as_ref(), arguments.json);
    }
    let ordered = prepared(&arguments)?;
    let (folder, mark) = searched(ordered, parts).await?;
    answered(&folder, arguments.what_if.as_ref(), arguments.json, mark)
}

/// Everything that can be wrong with the question is said before anything stands.
fn prepared(arguments: &CapacityArguments) -> Result<Ordered, CliError> {
    let chosen = arguments
        .chosen()
        .ok_or_else(|| CliError::Usage("no scenario was given".to_owned()))?;
    let plan = plan_of(&chosen)?;
    let asked = asked::asked(&plan, arguments.within / 100.0)?;
    if let Some(note) = asked::note(&plan) {
        say(&note);
    }
    let replay = format!(
        "{} --within {}",
        reproduce("capacity", &chosen, &plan),
        arguments.within
    );
    ordered(plan, &arguments.out, Some(asked), replay)
}

/// Runs the search and judges the sealed folder.
async fn searched(ordered: Ordered, parts: Parts) -> Result<(RunFolder, Mark), CliError> {
    let interrupt = Interrupt::listen().map_err(CliError::Runtime)?;
    logs::to_folder(&ordered.folder.logs());
    let Ordered {
        plan,
        folder,
        manifest,
        run,
    } = ordered;
    say(&format!(
        "{} on {}, seed {}",
        plan.name,
        plan.world.kind.as_str(),
        plan.seed
    ));
    let mut steering = Steered(search(&manifest)?);
    let ServedBinary { path: program, prefix } = parts.served.clone();
    let mut world = LabWorld::new(&run, parts, SystemClock::shared());
    let teller = Teller::new();
    let went = engine::run(Order {
        plan: &plan,
        folder: &folder,
        manifest,
        clock: RunClock::starting_now(SystemClock::shared()),
        world: &mut world,
        generators: &mut ChildProcess { program, prefix },
        progress: &teller,
        steering: Some(&mut steering),
        interrupt: interrupt.wanted(),
    })
    .await;
    teller.finish();
    let end = went.inspect_err(|_| say(&format!("what was recorded is in {}", folder.root().display())))?;
    let judgement = judge_and_draw(&folder, &end.secrets, !interrupt.twice())?;
    Ok((folder, judgement.verdict.verdict))
}

fn search(manifest: &Manifest) -> Result<Search, CliError> {
    let asked = manifest.capacity.clone();
    let asked = asked.ok_or_else(|| CliError::Usage("the manifest asks for no search".to_owned()))?;
    Ok(Search::new(asked, manifest.goals.clone(), manifest.start_within_us))
}

/// Answers from the folder of a search that was.
fn earlier(from: &Path, question: Option<&Question>, json: bool) -> Result<Exit, CliError> {
    let folder = RunFolder::open(from)?;
    answered(&folder, question, json, Mark::Pass)
}

/// Tells the answer, and what was asked of it; the worse of both decides how it ends.
fn answered(folder: &RunFolder, question: Option<&Question>, json: bool, mark: Mark) -> Result<Exit, CliError> {
    let mut capacity = known(folder)?;
    let mut ends = mark;
    if let Some(question) = question {
        let answer = question
            .answer(&capacity)
            .map_err(|error| CliError::Usage(format!("{}: {error}", folder.root().display())))?;
        ends = ends.max(match answer.enough.as_str() {
            "yes" => Mark::Pass,
            "no" => Mark::Fail,
            _ => Mark::Inconclusive,
        });
        capacity.what_if = Some(answer);
        reports::write_capacity(folder, &capacity)?;
    }
    tell(folder, &capacity, json)?;
    Ok(ends.into())
}

/// What the folder says of the capacity; judged now where nobody has yet.
fn known(folder: &RunFolder) -> Result<Capacity, CliError> {
    if let Some(capacity) = folder.capacity()? {
        return Ok(capacity);
    }
    judge::judge(folder)?.figures.capacity.ok_or_else(|| {
        let place = folder.root().display();
        CliError::Usage(format!(
            "{place} is no folder of a search: `wblab capacity SCENARIO` makes one"
        ))
    })
}

fn tell(folder: &RunFolder, capacity: &Capacity, json: bool) -> Result<(), CliError> {
    if json {
        print(&serde_json::to_string(capacity).map_err(|error| CliError::Usage(error.to_string()))?);
        return Ok(());
    }
    print(&reports::terminal_of_capacity(capacity, is_watched()));
    if let Ok(verdict) = folder.verdict()
        && verdict.verdict != Mark::Pass
    {
        say(&format!(
            "the run is judged {}: {}",
            verdict.verdict.as_str(),
            folder.path("report.html").display()
        ));
    }
    print(&folder.path("capacity.html").display().to_string());
    Ok(())
}
