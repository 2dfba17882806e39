//! `wblab capacity`: how much the system takes, and whether that is enough.

mod asked;

use std::path::Path;
use std::time::Duration;

use engine::ports::{Steering, Step};
use environment::Parts;
use history::{Capacity, Event, Manifest, Mark, RunFolder, StepEvent};
use judge::capacity::{Question, Search};

use super::drive::drive;
use super::order::{Ordered, ordered, plan_of, reproduce};
use crate::args::CapacityArguments;
use crate::error::{CliError, Exit};
use crate::live::Live;
use crate::progress::{is_watched, print, say};

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
    let live = Live::when(arguments.live).await?;
    let ordered = prepared(&arguments)?;
    let mut steering = Steered(search(&ordered.manifest)?);
    let driven = drive(ordered, parts, live, Some(&mut steering)).await?;
    let mark = driven.judgement.verdict.verdict;
    let exit = answered(&driven.folder, arguments.what_if.as_ref(), arguments.json, mark)?;
    driven.end("capacity.html").await;
    Ok(exit)
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
