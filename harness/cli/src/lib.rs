//! The command line of writeback-lab: the only crate that knows everyone, and the only one that ends the process.
//!
//! For: arguments, exit codes, progress, logs and signals, around the engine, a world, the judge and the reports.
//! Never: decides what a run does (the scenario says so) or what it means (the judge says so).
//!
//! ```no_run
//! // A test stands wrong parts in the place of ours by calling this with constructors of its own.
//! let code = wblab::main(Vec::new(), environment::Parts::genuine);
//! # drop(code);
//! ```

mod args;
mod ci;
mod commands;
mod error;
mod interrupt;
mod live;
mod logs;
mod progress;
mod pulse;
mod registry;
mod sealed;

use std::ffi::OsString;
use std::panic::resume_unwind;
use std::process::ExitCode;

use clap::Parser as _;
use environment::{Parts, ServedBinary};
use tokio::runtime::{Builder, Runtime};

use crate::args::{Arguments, Command};
use crate::error::{CliError, Exit};

/// Runs the command line and gives the process's exit code. `prefix` stands before `serve` when this program serves parts
/// in containers; `parts` makes the parts of a world.
pub fn main(prefix: Vec<String>, parts: impl Fn(ServedBinary) -> Parts) -> ExitCode {
    main_with(std::env::args_os(), prefix, parts)
}

/// The same with arguments of one's own, the program's name first.
pub fn main_with(
    arguments: impl IntoIterator<Item = OsString>,
    prefix: Vec<String>,
    parts: impl Fn(ServedBinary) -> Parts,
) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Printing fails only when nobody listens.
            let _ = error.print();
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Pass };
            return code.into();
        }
    };
    match run(arguments, prefix, parts) {
        Ok(exit) => exit.into(),
        Err(error) => {
            progress::complain(&error);
            error.exit().into()
        }
    }
}

/// On all processors, but for the generator: its users hand each other so little that a second thread costs more than it does.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    let mut builder = match command {
        Command::Load => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

fn run(arguments: Arguments, prefix: Vec<String>, parts: impl Fn(ServedBinary) -> Parts) -> Result<Exit, CliError> {
    // A second installation is refused and changes nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = runtime(&arguments.command).map_err(CliError::Runtime)?;
    let path = std::env::current_exe().map_err(CliError::Runtime)?;
    let parts = parts(ServedBinary {
        path: path.clone(),
        prefix,
    });
    // On a worker, who is woken by what it waits for; the thread that waits for the whole is woken by a worker.
    let work = runtime.spawn(async move {
        match arguments.command {
            Command::Run(arguments) => commands::run::run(arguments, parts).await,
            Command::Check(arguments) => commands::check::check(&arguments),
            Command::Plan(arguments) => commands::plan::plan(&arguments),
            Command::Capacity(arguments) => commands::capacity::capacity(arguments, parts).await,
            Command::Report(arguments) => commands::report::report(&arguments),
            Command::Trend(arguments) => commands::trend::trend(&arguments),
            Command::Compare(arguments) => commands::compare::compare(&arguments),
            Command::Baseline(arguments) => commands::baseline::baseline(&arguments),
            Command::Up(arguments) => commands::up::up(arguments, parts).await,
            Command::Down(arguments) => commands::down::down(&arguments).await,
            Command::Doctor(arguments) if arguments.calibrate => {
                commands::calibrate::calibrate(&arguments, parts).await
            }
            Command::Doctor(arguments) => commands::doctor::doctor(&arguments).await,
            Command::Conformance(arguments) => commands::conformance::conformance(&arguments, parts).await,
            Command::Schema(arguments) => commands::schema::schema(&arguments),
            Command::Completions(arguments) => commands::completions::completions(&arguments),
            Command::Serve(arguments) => commands::serve::serve(&arguments, &parts).await,
            Command::Load => load::serve().await.map(|()| Exit::Pass).map_err(CliError::Load),
        }
    });
    let exit = runtime
        .block_on(work)
        .unwrap_or_else(|error| resume_unwind(error.into_panic()));
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    exit
}
