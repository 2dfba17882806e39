//! `wblab check`: every mistake of scenario files.

use crate::args::CheckArguments;
use crate::error::{CliError, Exit};
use crate::progress::{complain, print};

pub(crate) fn check(arguments: &CheckArguments) -> Result<Exit, CliError> {
    let mut exit = Exit::Pass;
    for path in &arguments.scenarios {
        match scenario::read(path, &[]) {
            Ok(scenario) => print(&format!("{}: {} is sound", path.display(), scenario.name)),
            Err(error) => {
                let error = CliError::from(error);
                complain(&error);
                exit = error.exit();
            }
        }
    }
    Ok(exit)
}
