//! How far it is: a bar on a terminal, plain lines elsewhere. Always on the standard error.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "this is the one module that speaks to people"
)]

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engine::Pulse;
use engine::ports::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use vocabulary::{Clock, SystemClock};

use crate::error::CliError;
use crate::pulse;

const TICK: Duration = Duration::from_millis(120);

/// Seconds between two lines about the load where there is no terminal: for the first minute, and then.
const LINES_EVERY_S: [u64; 2] = [5, 10];

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
    /// The second of the last line about the load.
    told_s: AtomicU64,
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
            told_s: AtomicU64::new(0),
        }
    }

    /// Whether a line about the load is due; then it is taken for told.
    fn is_due(&self) -> bool {
        let now = self.clock.monotonic().as_secs();
        let [first, later] = LINES_EVERY_S;
        let every = if now < 60 { first } else { later };
        let due = now >= self.told_s.load(Ordering::Relaxed) + every;
        if due {
            self.told_s.store(now, Ordering::Relaxed);
        }
        due
    }

    /// The bar is gone; what follows stands on lines of its own.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What the bar shows: a step of known length, one of none, and below them how the load goes.
const COUNTED: &str = "{spinner} {prefix} {bar:30} {pos}/{len}";
const UNCOUNTED: &str = "{spinner} {prefix} {pos}";
const COUNTED_LOAD: &str = "{spinner} {prefix} {bar:30} {pos}/{len}\n  {wide_msg}";
const LOAD: &str = "{spinner} {prefix} {pos}\n  {wide_msg}";

fn look(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

impl Progress for Teller {
    fn step(&self, name: &str, total: Option<u64>) {
        let seconds = self.clock.monotonic().as_secs_f64();
        match &self.bar {
            Some(bar) => {
                look(bar, if total.is_some() { COUNTED } else { UNCOUNTED });
                bar.set_length(total.unwrap_or(0));
                bar.set_position(0);
                bar.set_prefix(format!("{seconds:5.1} s  {name}"));
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

    fn load(&self, pulse: &Pulse) {
        let words = pulse::words(pulse);
        match &self.bar {
            Some(bar) => {
                look(bar, if bar.length() == Some(0) { LOAD } else { COUNTED_LOAD });
                bar.set_message(words);
            }
            None if self.is_due() => {
                let (seconds, phase) = (self.clock.monotonic().as_secs_f64(), pulse.phase.as_str());
                eprintln!("{seconds:6.1} s  {phase}: {words}");
            }
            None => {}
        }
    }
}
