//! The embedded directory on one processor, the load on the other: resets, binds and searches a second.
//!
//! ```text
//! cargo bench -p e2e --bench directory -- [--samba DESCRIPTION.json] [--chain DESCRIPTION.json] [--people 1000000]
//!     [--connections 8] [--depth 16] [--accounts 64] [--rounds 5] [--seconds 2]
//! ```
//!
//! With `--chain DESCRIPTION.json` (and `--users 16 --pairs 10 --block 30`) resets over LDAP alone and resets through the chain of that world take
//! turns instead, and the ratio of each pair is told.
//!
//! Requests are encoded beforehand; every answer is decoded and must have the result it should. Passwords are hashed and compared
//! for real: each bind uses the password that the last reset wrote, and one in 64 a wrong one, which must be refused.
//! `--samba` drives a Samba with the same requests: the line that `wblab up SCENARIO --world docker --json` prints says where.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that meets what it did not expect has nothing to tell"
)]

mod ber;
mod chain;
mod clock;
mod connection;
mod drive;
mod million;
mod target;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use chain::Blocks;
use drive::{Load, Operation, Shape, rates};
use target::{LOAD_CORE, Server, Target};

/// What the command line asks for.
struct Arguments(Vec<String>);

impl Arguments {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|argument| argument == name)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|argument| argument == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.text(name).map_or(otherwise, |text| {
            text.parse().unwrap_or_else(|_| panic!("{name} takes a number"))
        })
    }

    fn shape(&self) -> Shape {
        let size = |name, otherwise| usize::try_from(self.number(name, otherwise)).unwrap().max(1);
        Shape {
            connections: size("--connections", 8),
            depth: size("--depth", 16),
            people: size("--accounts", 64),
            rounds: size("--rounds", 5),
            round: Duration::from_secs(self.number("--seconds", 2)),
        }
    }

    fn blocks(&self) -> Blocks {
        Blocks {
            users: u32::try_from(self.number("--users", 16)).unwrap(),
            pairs: usize::try_from(self.number("--pairs", 10)).unwrap(),
            length: Duration::from_secs(self.number("--block", 30)),
        }
    }
}

fn main() {
    let arguments = Arguments(std::env::args().skip(1).collect());
    if let Some(people) = arguments.text("--serve-people") {
        let folder = arguments.text("--folder").expect("--folder");
        return million::serve(people.parse().unwrap(), folder.as_ref());
    }
    // `cargo test` runs benchmarks too, to see that they start; only `cargo bench` says this.
    if !arguments.has("--bench") {
        return;
    }
    if let Some(description) = arguments.text("--chain") {
        return chain::compare(description, arguments.blocks());
    }
    if !arguments.has("--pinned") {
        let mut command = Command::new("taskset");
        command.args(["-c", LOAD_CORE]).arg(std::env::current_exe().unwrap());
        let error = command.args(&arguments.0).arg("--pinned").exec();
        panic!("could not run taskset: {error}");
    }
    match arguments.text("--people") {
        Some(_) => million::measure(arguments.number("--people", 0)),
        None => compare(&arguments),
    }
}

fn compare(arguments: &Arguments) {
    let shape = arguments.shape();
    let server = Server::wblab();
    let own = figures(&server.target(), shape);
    let Some(description) = arguments.text("--samba") else {
        return;
    };
    let samba = figures(&Target::samba(&PathBuf::from(description)), shape);
    for (operation, (own, samba)) in Operation::ALL.iter().zip(own.iter().zip(&samba)) {
        println!("{}: {:.1} times as many", operation.name(), own / samba);
    }
}

/// Measures all operations, tells of each, and returns the medians.
fn figures(target: &Target, shape: Shape) -> Vec<f64> {
    let mut load = Load::new(target, shape);
    let measured = Operation::ALL.iter().map(|operation| {
        let (figures, each) = load.measure(*operation);
        let each = each.map_or(String::new(), |each| format!(", {each:.1} us of its processor each"));
        let told = rates(figures.clone(), "/s");
        println!("{}: {} {told}{each}", target.name, operation.name());
        drive::median(figures)
    });
    measured.collect()
}
