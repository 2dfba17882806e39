//! `wblab-wrong WHICH ARGS…`: wblab with one part that is wrong on purpose.
//!
//! For: proving that the judge finds what it promises to find; in process and, by the same name, in containers.
//! Never: shipped. The shipped program knows nothing of these parts and no option of it selects one.
//!
//! `wblab-wrong loses-write run scenarios/quick.toml` must end with 1 and name the people whose writes were lost.
//! `wblab-wrong --list` tells every part, a line of JSON each; `wblab-wrong --table KEPT` prints the table of the book
//! from what the nightly proof kept.

mod wrong;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let words: Vec<String> = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    match words.get(1).map(String::as_str) {
        Some("--list") => return told(&wrong::list()),
        Some("--table") => return table(words.get(2)),
        _ => {}
    }
    let Some(planted) = words.get(1).and_then(|name| wrong::named(name)) else {
        return usage();
    };
    arguments.remove(1);
    // Whoever is started by this program, the generator and the containers, is started with the same word.
    wblab::main_with(arguments, vec![planted.name.to_owned()], |served| {
        (planted.stand)(environment::Parts::genuine(served))
    })
}

fn table(kept: Option<&String>) -> ExitCode {
    match kept.map(|kept| wrong::table(Path::new(kept))) {
        Some(Ok(lines)) => told(&lines),
        Some(Err(why)) => refused(&why),
        None => usage(),
    }
}

fn told(lines: &[String]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    written.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn usage() -> ExitCode {
    refused("wblab-wrong WHICH ARGS… | --list | --table KEPT; WHICH is a name of --list")
}

fn refused(why: &str) -> ExitCode {
    // Printing fails only when nobody listens.
    let _ = writeln!(std::io::stderr(), "{why}");
    ExitCode::from(64)
}
