//! How far it is: a bar on a terminal, plain lines elsewhere. Always on the standard error.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "this is the one module that speaks to people"
)]

use std::io::IsTerminal as _;
use std::time::Duration;

use engine::ports::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use vocabulary::{Clock, SystemClock};

use crate::error::CliError;

const TICK: Duration = Duration::from_millis(120);

/// A line for people.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// An answer, on the standard output.
pub(crate) fn print(text: &str) {
    println!("{}", text.trim_end_matches('\n'));
}

/// Whether the standard output is a person's terminal.
pub(crate) fn is_watched() -> bool {
    std::io::stdout().is_terminal()
}

/// What went wrong.
pub(crate) fn complain(error: &CliError) {
    eprintln!("wblab: {error}");
}

/// Tells how far a run is.
pub(crate) struct Teller {
    bar: Option<ProgressBar>,
    clock: SystemClock,
}

impl Teller {
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(TICK);
            bar
        });
        Self {
            bar,
            clock: SystemClock::new(),
        }
    }

    /// The bar is gone; what follows stands on lines of its own.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Teller {
    fn step(&self, name: &str, total: Option<u64>) {
        let seconds = self.clock.monotonic().as_secs_f64();
        match &self.bar {
            Some(bar) => {
                let template = if total.is_some() {
                    "{spinner} {msg} {bar:30} {pos}/{len}"
                } else {
                    "{spinner} {msg} {pos}"
                };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                bar.set_length(total.unwrap_or(0));
                bar.set_position(0);
                bar.set_message(format!("{seconds:5.1} s  {name}"));
            }
            None => eprintln!("{seconds:6.1} s  {name}"),
        }
    }

    fn at(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("          {text}"),
        }
    }
}
