//! `wblab completions`: for a shell.

use clap::CommandFactory as _;

use crate::args::{Arguments, CompletionsArguments};
use crate::error::{CliError, Exit};

pub(crate) fn completions(arguments: &CompletionsArguments) -> Result<Exit, CliError> {
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "wblab",
        &mut std::io::stdout(),
    );
    Ok(Exit::Pass)
}
