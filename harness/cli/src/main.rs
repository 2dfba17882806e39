//! `wblab`: the genuine parts, and an exit code.

use std::process::ExitCode;

use environment::Parts;

fn main() -> ExitCode {
    wblab::main(Vec::new(), Parts::genuine)
}
