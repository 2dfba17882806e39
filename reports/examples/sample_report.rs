//! Writes a run folder with an invented, honest-looking judgement, to look at and for pictures in the documents:
//! `cargo run -p reports --example sample_report -- FOLDER [WINDOWS] [wrong]`.
#![expect(clippy::print_stdout, reason = "an example tells where it wrote")]

use std::error::Error;
use std::path::Path;

use history::RunFolder;

mod synthetic;

const SEED: u64 = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments
        .first()
        .ok_or("usage: sample_report FOLDER [WINDOWS] [wrong]")?;
    let windows = arguments.get(1).map_or(Ok(72), |text| text.parse())?;
    let wrong = arguments.iter().any(|argument| argument == "wrong");
    let judgement = synthetic::judgement(SEED, windows, wrong);
    let manifest = synthetic::manifest::manifest(SEED, &judgement.figures);
    let folder = RunFolder::create(Path::new(folder))?;
    folder.write_manifest(&manifest)?;
    let written = reports::write(&folder, &judgement)?;
    print!("{}", reports::terminal(&judgement, &manifest));
    println!("\n{}", written.html.display());
    Ok(())
}
