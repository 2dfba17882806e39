//! A whole calibration with any generator's program, as JSON: `wblab doctor --calibrate` without the rest of the program.
//!
//! ```text
//! cargo run --release -p calibration --example calibrate -- target/release/examples/load_child
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example that is talked to")]

use calibration::Size;
use engine::ports::Progress;
use load::ChildProcess;
use tokio::sync::watch;

struct Lines;

impl Progress for Lines {
    fn step(&self, name: &str, _: Option<u64>) {
        eprintln!("{name}");
    }

    fn at(&self, _: u64) {}

    fn note(&self, text: &str) {
        eprintln!("{text}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = std::env::args().nth(1).ok_or("one argument: the generator's program")?;
    let home = tempfile::tempdir()?;
    let mut generators = ChildProcess {
        program: program.into(),
        prefix: Vec::new(),
    };
    let (_keep, interrupt) = watch::channel(false);
    let calibration = calibration::calibrate(&mut generators, home.path(), Size::FULL, &Lines, interrupt).await?;
    println!("{}", serde_json::to_string_pretty(&calibration)?);
    Ok(())
}
