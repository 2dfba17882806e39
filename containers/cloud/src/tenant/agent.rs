//! The tenant's one writeback agent: who onboarded last, with which keys, and when it was last heard of.

use std::sync::Arc;
use std::time::Duration;

use protocol::envelope::{OpeningKey, SealingKey};
use protocol::service::{Heartbeat, OnboardRequest};
use uuid::Uuid;

/// The oldest agent that is let in: 1.1.443.0.
const OLDEST: [u32; 4] = [1, 1, 443, 0];

/// Heartbeats that may be missing before the agent counts as down.
const MISSED_MAX: u64 = 3;

/// The keys of one onboarding. Operations in flight keep theirs when a newer onboarding rolls them.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Seals requests for the agent.
    pub(crate) agent: SealingKey,
    /// Opens the agent's answers.
    pub(crate) cloud: OpeningKey,
}

/// The agent that onboarded last.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) version: String,
    pub(crate) keys: Arc<Keys>,
    /// Monotonic time of the onboarding or of the last heartbeat.
    last_seen: Duration,
    pub(crate) last_heartbeat_unix: Option<Duration>,
    pub(crate) listening: u32,
    /// The journal that it keeps.
    pub(crate) journal: Option<Uuid>,
}

impl Agent {
    pub(crate) fn new(onboarded: &OnboardRequest, keys: Keys, now: Duration) -> Self {
        Self {
            version: onboarded.agent_version.clone(),
            journal: onboarded.journal,
            keys: Arc::new(keys),
            last_seen: now,
            last_heartbeat_unix: None,
            listening: 0,
        }
    }

    /// Takes a heartbeat; `false` if it comes from an agent that a newer onboarding replaced.
    pub(crate) fn heard(&mut self, heartbeat: &Heartbeat, now: Duration, now_unix: Duration) -> bool {
        if heartbeat.key_id != self.keys.agent.id() {
            return false;
        }
        self.last_seen = now;
        self.last_heartbeat_unix = Some(now_unix);
        self.listening = heartbeat.listening;
        self.version.clone_from(&heartbeat.agent_version);
        true
    }

    /// Whether it was heard of within three heartbeats.
    pub(crate) fn alive(&self, now: Duration, heartbeat_s: u64) -> bool {
        now.saturating_sub(self.last_seen) <= Duration::from_secs(heartbeat_s.saturating_mul(MISSED_MAX))
    }
}

/// Whether an agent's version is 1.1.443.0 or later; what is no version is not.
pub(crate) fn recent_enough(version: &str) -> bool {
    let parts: Option<Vec<u32>> = version.trim().split('.').map(|part| part.parse().ok()).collect();
    parts.is_some_and(|parts| (2..=4).contains(&parts.len()) && parts.as_slice() >= OLDEST.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        for good in ["1.1.443.0", "1.1.1000.0", "1.2", "2.0.0.0", "10.0"] {
            assert!(recent_enough(good), "{good}");
        }
        for bad in [
            "1.1.442.9",
            "1.1.443",
            "1.0.9999.0",
            "",
            "1.1.443.x",
            "2",
            "1.1.443.0.0",
            "-1.2.3.4",
        ] {
            assert!(!recent_enough(bad), "{bad}");
        }
    }
}
