//! The counting target alone, for other generators: prints its address, and what it counted when its standard input ends.
//!
//! ```text
//! cargo run --release -p calibration --example counting_target -- [STALL_EVERY_S STALL_FOR_S]
//! ```
#![expect(clippy::print_stdout, reason = "an example that is talked to")]

use std::io::Read as _;

use calibration::{CountingTarget, Stall};
use engine::clock::RunClock;
use vocabulary::SystemClock;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    let stall = match numbers[..] {
        [every_s, for_s] => Some(Stall {
            every_us: every_s * 1_000_000,
            for_us: for_s * 1_000_000,
        }),
        _ => None,
    };
    let clock = RunClock::starting_now(SystemClock::shared());
    let target = CountingTarget::start(0, clock, stall)?;
    println!("{}", target.url());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    println!("{}", target.count());
    Ok(())
}
