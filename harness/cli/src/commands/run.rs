//! `wblab run`: the main job.

use environment::Parts;

use super::drive::drive;
use super::order::order;
use crate::args::RunArguments;
use crate::error::{CliError, Exit};
use crate::live::Live;
use crate::sealed::tell;

pub(crate) async fn run(arguments: RunArguments, parts: Parts) -> Result<Exit, CliError> {
    let live = Live::when(arguments.live).await?;
    let ordered = order(&arguments.scenario, &arguments.out)?;
    let driven = drive(ordered, parts, live, None).await?;
    tell(&driven.folder, &driven.judgement, arguments.json)?;
    let verdict = driven.judgement.verdict.verdict;
    driven.end("report.html").await;
    Ok(verdict.into())
}
