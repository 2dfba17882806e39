//! Ten million operations: how long they take to judge, and how much memory at most.
//!
//! ```text
//! cargo bench -p judge --bench ten_million -- [--operations 10000000] [--people 100000] [--no-journals] [--keep FOLDER]
//! ```
//!
//! The run is made up, written as the recorder writes one, and judged in a process of its own, so that the largest memory is
//! the judge's. A folder that is kept is judged again without being made again. Everything in it is right, and must be judged so.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that meets what it did not expect has nothing to tell"
)]

mod made_up;

use std::path::{Path, PathBuf};
use std::process::Command;

use history::RunFolder;

/// How large the run is.
struct Size {
    operations: u64,
    people: u64,
    journals: bool,
}

struct Arguments(Vec<String>);

impl Arguments {
    fn text(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|argument| argument == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.text(name).map_or(otherwise, |text| text.parse().unwrap())
    }
}

fn main() {
    let arguments = Arguments(std::env::args().collect());
    if let Some(folder) = arguments.text("--judge") {
        return judge_it(Path::new(folder));
    }
    let size = Size {
        operations: arguments.number("--operations", 10_000_000),
        people: arguments.number("--people", 100_000),
        journals: !arguments.0.iter().any(|argument| argument == "--no-journals"),
    };
    let scratch = tempfile::tempdir().unwrap();
    let kept = arguments.text("--keep").map(PathBuf::from);
    let root = kept.unwrap_or_else(|| scratch.path().join("run"));
    if !root.exists() {
        made_up::write(&RunFolder::create(&root).unwrap(), &size);
    }
    let bytes = std::fs::metadata(root.join("history.jsonl.zst")).unwrap().len();
    println!("{} MiB of history", bytes >> 20);
    let this = std::env::current_exe().unwrap();
    let judged = Command::new(this).arg("--judge").arg(&root).status().unwrap();
    assert!(judged.success(), "the judge did not finish");
}

fn judge_it(root: &Path) {
    let folder = RunFolder::open(root).unwrap();
    let judgement = judge::judge(&folder).unwrap();
    for finding in judgement.verdict.findings {
        println!(
            "{:>12}  {:<40} {}",
            finding.verdict.as_str(),
            finding.check,
            finding.why
        );
    }
    println!("{}", used());
}

/// What the kernel says of this process: seconds and the largest memory.
fn used() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Fields 14, 15 and 22 of proc(5), in hundredths of a second; the name and the number come before.
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap() / 100.0;
    let up: f64 = std::fs::read_to_string("/proc/uptime")
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    format!(
        "{:.1} s, {:.1} s of processor time, {most}",
        up - ticks(19),
        ticks(11) + ticks(12)
    )
}
