//! The machine's fingerprint.

use std::fs;

use history::Host;

/// What this machine is, as far as `/proc` tells; unknown values stay empty.
#[must_use]
pub fn fingerprint() -> Host {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    Host {
        cpu: value(&cpu, "model name").to_owned(),
        cores,
        memory_mib: value(&memory, "MemTotal")
            .trim_end_matches(" kB")
            .parse::<u64>()
            .unwrap_or(0)
            / 1024,
        kernel: kernel.trim().to_owned(),
    }
}

fn value<'t>(text: &'t str, key: &str) -> &'t str {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == key)
        .map_or("", |(_, value)| value.trim())
}
