//! Processes and their sockets, as `/proc` tells them.

use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, SocketAddr};

/// The state of a listening TCP socket in `/proc/net/tcp` (Linux, `include/net/tcp_states.h`).
const LISTEN: &str = "0A";

/// Where a process listens: the local addresses of its own sockets in that state.
pub fn listening_ports(pid: u32) -> Vec<SocketAddr> {
    let own = inodes(pid);
    let tables = ["tcp", "tcp6"].map(|name| fs::read_to_string(format!("/proc/{pid}/net/{name}")).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    lines
        .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.len() > 9 && fields[3] == LISTEN && own.contains(fields[9]))
        .map(|fields| address(fields[1]).unwrap())
        .collect()
}

fn inodes(pid: u32) -> HashSet<String> {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return HashSet::new();
    };
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let inode = |target: std::path::PathBuf| {
        let text = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned();
        Some(text)
    };
    targets.filter_map(inode).collect()
}

/// The processes of a group that still run. One that has ended and waits to be reaped runs no more: init takes its time.
pub fn living(group: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap();
    let stat = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("stat")).ok();
    let stats = entries.filter_map(|entry| stat(entry.ok()?));
    stats
        .filter_map(|stat| runs_in(&stat).filter(|(_, of)| *of == group))
        .map(|(pid, _)| pid)
        .collect()
}

/// Number and group in a line of `/proc/PID/stat` (proc_pid_stat(5)), unless the process is dead. Its name may hold anything.
fn runs_in(stat: &str) -> Option<(u32, u32)> {
    let (pid, _) = stat.split_once(' ')?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let dead = ["Z", "X"].contains(&fields.next()?);
    let group = fields.nth(1)?.parse().ok()?;
    (!dead).then_some((pid.parse().ok()?, group))
}

/// `0100007F:01BB`: words of the address in the machine's order, little-endian here, and the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let words: Option<Vec<[u8; 4]>> = (0..host.len() / 8)
        .map(|at| {
            u32::from_str_radix(host.get(at * 8..at * 8 + 8)?, 16)
                .ok()
                .map(u32::to_le_bytes)
        })
        .collect();
    let bytes = words?.concat();
    let host: IpAddr = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok()?.into(),
        _ => <[u8; 16]>::try_from(bytes).ok()?.into(),
    };
    Some(SocketAddr::new(host, u16::from_str_radix(port, 16).ok()?))
}

#[test]
fn addresses_of_the_tables_are_read() {
    assert_eq!(address("0200007F:01BB"), "127.0.0.2:443".parse().ok());
    let six = address("00000000000000000000000001000000:0050");
    assert_eq!(six, "[::1]:80".parse().ok());
}

#[test]
fn the_dead_are_told_from_the_living() {
    assert_eq!(runs_in("12 (a) b) S 1 7 7 0"), Some((12, 7)));
    assert_eq!(runs_in("12 (wblab) Z 1 7 7 0"), None);
    let mut child = std::process::Command::new("cat");
    let mut child = std::os::unix::process::CommandExt::process_group(&mut child, 0)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(living(child.id()), [child.id()], "a process that waits for input lives");
    drop(child.stdin.take());
    // Not reaped before: a zombie counts as dead.
    super::eventually(std::time::Duration::from_secs(5), "the end of cat", || {
        living(child.id()).is_empty().then_some(())
    });
    child.wait().unwrap();
}
