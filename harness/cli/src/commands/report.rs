//! `wblab report`: judge and draw an old run again, on any machine.

use history::RunFolder;

use crate::args::ReportArguments;
use crate::error::{CliError, Exit};
use crate::sealed::{judge_and_draw, tell};

pub(crate) fn report(arguments: &ReportArguments) -> Result<Exit, CliError> {
    let folder = RunFolder::open(&arguments.run)?;
    let judgement = judge_and_draw(&folder, &[], true)?;
    tell(&folder, &judgement, arguments.json)?;
    Ok(judgement.verdict.verdict.into())
}
