//! `wblab report`: judge and draw an old run again, on any machine, or write its operations as a table.

use std::path::Path;

use history::RunFolder;
use reports::Format;

use crate::args::ReportArguments;
use crate::error::{CliError, Exit};
use crate::progress::print;
use crate::sealed::{judge_and_draw, tell};

pub(crate) fn report(arguments: &ReportArguments) -> Result<Exit, CliError> {
    let folder = RunFolder::open(&arguments.run)?;
    if let Some((format, path)) = &arguments.operations {
        return export(&folder, *format, path);
    }
    let judgement = judge_and_draw(&folder, &[], true)?;
    tell(&folder, &judgement, arguments.json)?;
    Ok(judgement.verdict.verdict.into())
}

fn export(folder: &RunFolder, format: Format, path: &Path) -> Result<Exit, CliError> {
    let count = reports::operations(folder, format, path)?;
    print(&format!("{}: {count} operations and dropped arrivals", path.display()));
    Ok(Exit::Pass)
}
