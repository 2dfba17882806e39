//! Notes a second: workers that each note a start, wait for the disk, work, and note an end without waiting; as the
//! agent does.
//!
//! ```text
//! cargo bench -p store --bench notes -- [--folder DIR] [--seconds 5] [--work-ms 1]
//! ```
//!
//! The folder must be on a disk: in memory `fsync` costs nothing. What one `fsync` costs there is told first.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and tells what it saw"
)]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use store::{Store, Table, Write};
use tokio::task::JoinSet;
use uuid::Uuid;

const OPERATIONS: Table = Table("operations");

/// Bytes of an entry of the agent's journal.
const ENTRY: usize = 260;

/// Operations after which an entry is forgotten.
const REMEMBERED: u64 = 20_000;

fn argument(name: &str) -> Option<String> {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).cloned()
}

fn number(name: &str, otherwise: u64) -> u64 {
    argument(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn main() {
    // `cargo test` runs benchmarks too, to see that they start; only `cargo bench` says this.
    let seconds = if std::env::args().any(|argument| argument == "--bench") {
        number("--seconds", 5)
    } else {
        0
    };
    let folder = argument("--folder").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder).unwrap();
    let (median, ninth) = fsync(folder.path());
    println!("fsync of 8 KiB: median {median:.2} ms, 90 % below {ninth:.2} ms");
    println!("workers  operations/s  commits/s  note p50 ms  note p99 ms  file KiB");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    for workers in [1, 4, 8, 16, 32, 64] {
        let path = folder.path().join(format!("{workers}.store"));
        runtime.block_on(run(&path, workers, Duration::from_secs(seconds)));
    }
}

fn fsync(folder: &Path) -> (f64, f64) {
    let file = File::create(folder.join("fsync")).unwrap();
    let mut times: Vec<f64> = (0..100)
        .map(|round| {
            file.write_all_at(&[round; 8192], u64::from(round % 8) * 8192).unwrap();
            let begun = Instant::now();
            file.sync_data().unwrap();
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[50], times[90])
}

async fn run(path: &Path, workers: u64, time: Duration) {
    let (store, _) = Store::open(path, &[OPERATIONS], Uuid::from_u128(1)).unwrap();
    let store = Arc::new(store);
    let next = Arc::new(AtomicU64::new(0));
    let work = Duration::from_millis(number("--work-ms", 1));
    let begun = Instant::now();
    let mut crew = JoinSet::new();
    for _ in 0..workers {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        crew.spawn(async move {
            let mut notes = Vec::new();
            loop {
                let operation = next.fetch_add(1, Ordering::Relaxed);
                let asked = Instant::now();
                store.write(started(operation)).await.unwrap();
                notes.push(asked.elapsed());
                tokio::time::sleep(work).await;
                drop(store.write(vec![Write::put(OPERATIONS, &operation.to_be_bytes(), vec![2; ENTRY])]));
                if begun.elapsed() >= time {
                    return notes;
                }
            }
        });
    }
    let mut notes: Vec<Duration> = crew.join_all().await.concat();
    store.write(Vec::new()).await.unwrap();
    report(path, workers, &mut notes, begun.elapsed());
}

/// A start, and now and then one that is forgotten.
fn started(operation: u64) -> Vec<Write> {
    let start = Write::put(OPERATIONS, &operation.to_be_bytes(), vec![1; ENTRY]);
    let old = operation
        .checked_sub(REMEMBERED)
        .map(|old| Write::delete(OPERATIONS, &old.to_be_bytes()));
    old.into_iter().chain([start]).collect()
}

fn report(path: &Path, workers: u64, notes: &mut [Duration], took: Duration) {
    notes.sort();
    let at = |share: usize| notes[(notes.len() * share / 100).min(notes.len() - 1)].as_secs_f64() * 1000.0;
    let a_second = |count: u64| count as f64 / took.as_secs_f64();
    let mut witness = path.as_os_str().to_owned();
    witness.push(".witness");
    let commits = std::fs::read(witness).unwrap()[16..24]
        .try_into()
        .map(u64::from_le_bytes)
        .unwrap();
    println!(
        "{workers:7}  {:12.0}  {:9.0}  {:11.2}  {:11.2}  {:8}",
        a_second(notes.len() as u64),
        a_second(commits),
        at(50),
        at(99),
        std::fs::metadata(path).unwrap().len() / 1024
    );
}
