//! What one process of this machine has used, as `/proc` tells (proc(5)).

use std::fs;
use std::path::{Path, PathBuf};

use history::PartSample;
use rustix::process::{Pid, setpriority_process};

/// What a process has used by now, told under that name, with `at_us` 0; nothing when it is gone.
#[must_use]
pub fn process_use(part: &str, pid: u32) -> Option<PartSample> {
    ProcessMeter::of(part, pid).read(0)
}

/// The niceness of a thread that must not wait for a processor (sched(7)), and of every other.
const URGENT: i32 = -20;
const ORDINARY: i32 = 0;

/// While it lives, the thread that made it comes before all others, where the machine lets us say so: it works for microseconds
/// at a time, and what it does late is late for good.
pub(crate) struct Urgent(Option<Pid>);

impl Urgent {
    pub fn here() -> Self {
        let thread = this_thread().filter(|thread| setpriority_process(Some(*thread), URGENT).is_ok());
        Self(thread)
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        if let Some(thread) = self.0 {
            // Who may raise it may lower it.
            let _ = setpriority_process(Some(thread), ORDINARY);
        }
    }
}

/// The calling thread's number: on Linux each thread has a niceness of its own (setpriority(2)).
fn this_thread() -> Option<Pid> {
    let place = fs::read_link("/proc/thread-self").ok()?;
    let number = place.file_name()?.to_str()?.parse().ok()?;
    Pid::from_raw(number)
}

/// Reads one process.
#[derive(Debug, Clone)]
pub(crate) struct ProcessMeter {
    part: String,
    folder: PathBuf,
}

impl ProcessMeter {
    /// A meter of that process, told under that name.
    pub fn of(part: &str, pid: u32) -> Self {
        Self {
            part: part.to_owned(),
            folder: Path::new("/proc").join(pid.to_string()),
        }
    }

    /// What it has used by now; nothing when it is gone.
    pub fn read(&self, at_us: u64) -> Option<PartSample> {
        let stat = Stat::parse(&fs::read_to_string(self.folder.join("stat")).ok()?)?;
        let io = fs::read_to_string(self.folder.join("io")).unwrap_or_default();
        let (files, sockets) = self.open_files();
        Some(PartSample {
            at_us,
            part: self.part.clone(),
            cpu_us: stat.ticks * 1_000_000 / rustix::param::clock_ticks_per_second().max(1),
            memory_bytes: stat.pages * rustix::param::page_size() as u64,
            threads: Some(stat.threads),
            files,
            sockets,
            disk_read_bytes: value(&io, "read_bytes"),
            disk_written_bytes: value(&io, "write_bytes"),
            ..PartSample::default()
        })
    }

    fn open_files(&self) -> (Option<u64>, Option<u64>) {
        let Ok(entries) = fs::read_dir(self.folder.join("fd")) else {
            return (None, None);
        };
        let (mut files, mut sockets) = (0, 0);
        for entry in entries.flatten() {
            let target = fs::read_link(entry.path()).unwrap_or_default();
            files += 1;
            sockets += u64::from(target.to_string_lossy().starts_with("socket:"));
        }
        (Some(files), Some(sockets))
    }
}

struct Stat {
    /// Processor time in user mode and in the kernel.
    ticks: u64,
    threads: u64,
    /// Resident.
    pages: u64,
}

impl Stat {
    /// The second field is a name in parentheses that may hold anything; what is counted stands behind it.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // Numbered as in proc(5), whose third field is the first one here.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            ticks: field(14)? + field(15)?,
            threads: field(20)?,
            pages: field(24)?,
        })
    }
}

fn value(text: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(name, _)| *name == key)?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_fields_confuses_nobody() {
        let text = "42 (a) 1 (b) S 1 2 3 4 5 6 7 8 9 10 300 50 0 0 20 0 7 0 100 123456 789 18446744073709551615";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.ticks, stat.threads, stat.pages), (350, 7, 789));
    }

    #[test]
    fn this_process_is_seen_with_what_it_has_open() {
        let meter = ProcessMeter::of("me", std::process::id());
        let before = meter.read(1).unwrap();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let memory = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = meter.read(2).unwrap();
        assert_eq!((after.at_us, after.part.as_str()), (2, "me"));
        assert!(after.sockets.unwrap() >= 1 && after.files.unwrap() > after.sockets.unwrap());
        assert!(
            after.memory_bytes >= before.memory_bytes / 2 + (memory.len() as u64) / 2,
            "{before:?} {after:?}"
        );
        assert!(after.cpu_us >= before.cpu_us && after.threads.unwrap() >= 1);
        drop(socket);
        assert_eq!(ProcessMeter::of("nobody", u32::MAX).read(1), None);
    }
}
