//! The faults of a run, and what they excuse.

/// A fault from its injection to its end.
#[derive(Debug, Clone)]
pub(crate) struct FaultWindow {
    /// The fault.
    pub fault: String,
    /// What it was done to.
    pub target: String,
    /// When it was injected.
    pub from_us: u64,
    /// When it was healed.
    pub to_us: Option<u64>,
    /// After how long it ends by itself.
    pub lease_us: Option<u64>,
    /// What the efficacy probe said.
    pub bit: Option<bool>,
}

/// Faults under which a domain controller may finish late what it was sent in time, by the beginning of their names.
const STALLS: [&str; 11] = [
    "pause",
    "stop",
    "slow",
    "delay",
    "half_open",
    "partition",
    "loss",
    "slice",
    "limit_memory",
    "full_directory",
    "read_only_directory",
];

/// Faults that deliver a message more than once.
const REPEATS: [&str; 2] = ["duplicate", "replay"];

impl FaultWindow {
    /// Until it was healed, else until its lease or the run ended. What has neither is over at once: it is never healed.
    pub(crate) fn until_us(&self, ended_us: u64) -> u64 {
        let lease_end = self.lease_us.map(|lease| self.from_us.saturating_add(lease));
        let unhealed = lease_end.map_or(self.from_us, |end| end.min(ended_us));
        self.to_us.unwrap_or(unhealed)
    }

    /// Whether it keeps a domain controller from answering in time. One between cloud, relay and agent does not: what it holds
    /// up is void when it arrives.
    pub(crate) fn stalls_directory(&self) -> bool {
        let stalls = STALLS.iter().any(|name| self.fault.starts_with(name));
        stalls && (self.fault.contains("directory") || names_dc(&self.target))
    }

    /// Whether it delivers messages again.
    pub(crate) fn repeats(&self) -> bool {
        REPEATS.iter().any(|name| self.fault.starts_with(name))
    }

    /// Whether it had an effect, as far as anybody could tell.
    pub(crate) fn may_have_bit(&self) -> bool {
        self.bit != Some(false)
    }
}

/// Whether a target is a domain controller or the way to it: `dc2`, `dc1.corp.test`, `agent-dc`, `forest2-dc1`.
fn names_dc(target: &str) -> bool {
    let words = target.split(|letter: char| !letter.is_ascii_alphanumeric());
    let numbered = |word: &str| {
        word.strip_prefix("dc")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    words.into_iter().any(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(fault: &str, target: &str) -> FaultWindow {
        FaultWindow {
            fault: fault.into(),
            target: target.into(),
            from_us: 10,
            to_us: None,
            lease_us: Some(50),
            bit: None,
        }
    }

    #[test]
    fn only_what_holds_up_a_domain_controller_stalls_it() {
        for (name, target) in [
            ("pause", "dc2"),
            ("delay", "agent-dc"),
            ("slow_directory", "corp.test"),
            ("stop", "dc1.corp.test"),
        ] {
            assert!(fault(name, target).stalls_directory(), "{name} {target}");
        }
        for (name, target) in [("pause", "agent"), ("delay", "agent-relay"), ("kill", "dc1")] {
            assert!(!fault(name, target).stalls_directory(), "{name} {target}");
        }
        assert!(fault("duplicate_requests", "relay").repeats());
    }

    #[test]
    fn a_fault_ends_when_it_is_healed_or_its_lease_is_over_or_at_once() {
        let mut window = fault("pause", "dc1");
        assert_eq!((window.until_us(1000), window.until_us(20)), (60, 20));
        window.to_us = Some(33);
        assert_eq!(window.until_us(1000), 33);
        (window.to_us, window.lease_us) = (None, None);
        assert_eq!(window.until_us(1000), 10);
    }
}
