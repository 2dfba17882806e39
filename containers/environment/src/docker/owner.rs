//! Whose a container or network is: the process that made it, and whether that process still lives.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// The label that names the run. Everything that carries it is removed at the latest by the next sweep.
pub(super) const RUN: &str = "wblab.run";
const PID: &str = "wblab.pid";
const STARTED: &str = "wblab.started";
const HOST: &str = "wblab.host";

/// A process, named so that no later process can be taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    /// The process id.
    pid: u32,
    /// When it started, in clock ticks since the machine's start (proc(5), `/proc/<pid>/stat` field 22).
    started: u64,
    /// The machine's start and the pid namespace that the id counts in.
    host: Host,
}

/// A start of a machine, and a pid namespace on it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    boot: String,
    namespace: String,
}

impl Owner {
    /// This process; `None` where there is no `/proc`.
    pub(super) fn this() -> Option<Self> {
        let pid = std::process::id();
        Some(Self {
            pid,
            started: started(Path::new("/proc"), pid)?,
            host: Host::this()?,
        })
    }

    /// The labels of everything a run makes.
    pub(super) fn labels(&self, run: &str) -> HashMap<String, String> {
        [
            (RUN, run.to_owned()),
            (PID, self.pid.to_string()),
            (STARTED, self.started.to_string()),
            (HOST, format!("{} {}", self.host.boot, self.host.namespace)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// The owner that labels name; `None` if they name none.
    pub(super) fn of(labels: &HashMap<String, String>) -> Option<Self> {
        let (boot, namespace) = labels.get(HOST)?.split_once(' ')?;
        let host = Host {
            boot: boot.to_owned(),
            namespace: namespace.to_owned(),
        };
        Some(Self {
            pid: labels.get(PID)?.parse().ok()?,
            started: labels.get(STARTED)?.parse().ok()?,
            host,
        })
    }

    /// Whether this owner is surely gone. One in another pid namespace of this machine cannot be seen: it is left alone.
    pub(super) fn is_gone(&self) -> bool {
        Host::this().is_some_and(|here| self.is_gone_seen_from(&here, Path::new("/proc")))
    }

    fn is_gone_seen_from(&self, here: &Host, proc: &Path) -> bool {
        if self.host.boot != here.boot {
            return true;
        }
        self.host.namespace == here.namespace && started(proc, self.pid) != Some(self.started)
    }
}

impl Host {
    fn this() -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()?
            .trim()
            .to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?.display().to_string();
        Some(Self { boot, namespace })
    }
}

/// Whether what carries these labels is to be swept: its owner is gone, or nobody can tell who that was.
pub(super) fn is_orphan(labels: &HashMap<String, String>) -> bool {
    Owner::of(labels).is_none_or(|owner| owner.is_gone())
}

/// When a process started; `None` if there is none, or it is a zombie and will do nothing more.
fn started(proc: &Path, pid: u32) -> Option<u64> {
    parse_started(&fs::read_to_string(proc.join(pid.to_string()).join("stat")).ok()?)
}

/// Field 22 of `/proc/<pid>/stat`. The second field is a name in brackets that may itself hold blanks and brackets.
fn parse_started(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let dead = matches!(state, "Z" | "X");
    fields.nth(18)?.parse().ok().filter(|_| !dead)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "42 (a (b) c) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 2 3";

    fn somebody(pid: u32, started: u64) -> Owner {
        Owner {
            pid,
            started,
            host: Host {
                boot: "b1".into(),
                namespace: "pid:[1]".into(),
            },
        }
    }

    #[test]
    fn the_start_time_is_read_past_an_awkward_name() {
        assert_eq!(parse_started(STAT), Some(98765));
        assert_eq!(parse_started(&STAT.replace(") S ", ") Z ")), None);
        assert_eq!(parse_started("nonsense"), None);
    }

    #[test]
    fn labels_name_the_owner_they_came_from() {
        let owner = somebody(7, 8);
        let labels = owner.labels("r1");
        assert_eq!(Owner::of(&labels), Some(owner));
        assert_eq!(labels[RUN], "r1");
        assert_eq!(labels["wblab.pid"], "7");
        assert_eq!(labels["wblab.started"], "8");
    }

    #[test]
    fn labels_without_an_owner_are_orphans() {
        let labels = HashMap::from([(RUN.to_owned(), "r1".to_owned())]);
        assert!(is_orphan(&labels));
    }

    #[test]
    fn this_process_is_no_orphan_and_its_predecessor_with_the_same_id_is() {
        let this = Owner::this().unwrap();
        assert!(!is_orphan(&this.labels("r")));
        let predecessor = Owner {
            started: this.started - 1,
            ..this
        };
        assert!(is_orphan(&predecessor.labels("r")));
    }

    #[test]
    fn a_process_that_ended_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        let here = Host::this().unwrap();
        let owner = Owner {
            pid,
            started: 1,
            host: here.clone(),
        };
        assert!(owner.is_gone_seen_from(&here, Path::new("/proc")));
    }

    #[test]
    fn another_boot_is_gone_and_another_namespace_is_left_alone() {
        let owner = somebody(1, 1);
        let seen = |boot: &str, namespace: &str| {
            owner.is_gone_seen_from(
                &Host {
                    boot: boot.into(),
                    namespace: namespace.into(),
                },
                Path::new("/nowhere"),
            )
        };
        assert!(seen("b2", "pid:[1]"));
        assert!(!seen("b1", "pid:[2]"));
        assert!(seen("b1", "pid:[1]"));
    }
}
