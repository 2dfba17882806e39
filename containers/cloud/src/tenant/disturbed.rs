//! What a laboratory does to the tenant while it runs: switches thrown and keys mislaid for a while. Each has a deadline beside it,
//! after which all is as before, and counts whom it turned away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::agent::Keys;
use super::{Licence, TenantSettings};

/// A disturbance of the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Disturbance {
    /// Nobody has a licence.
    RevokeLicence,
    /// Writeback is off.
    DisableWriteback,
    /// Unlock without reset is off.
    DisableUnlock,
    /// The agent's version is too old, whichever it is.
    RequireNewerAgent,
    /// Requests are sealed for a key that no agent holds.
    LoseAgentKey,
}

#[derive(Debug)]
struct Active {
    what: Disturbance,
    until: Duration,
    touched: AtomicU64,
}

/// All disturbances. Times are monotonic.
#[derive(Debug, Default)]
pub(super) struct Disturbed {
    active: Vec<Active>,
    /// What requests are sealed for while the agent's key is lost.
    decoy: Option<Arc<Keys>>,
}

impl Disturbed {
    pub(super) fn begin(&mut self, what: Disturbance, until: Duration) {
        self.active.retain(|active| active.what != what);
        self.active.push(Active {
            what,
            until,
            touched: AtomicU64::new(0),
        });
    }

    /// Ends one; tells whom it touched.
    pub(super) fn end(&mut self, what: Disturbance) -> u64 {
        let touched = self.touched(what);
        self.active.retain(|active| active.what != what);
        touched
    }

    /// How many it touched so far, over or not, until it is ended.
    pub(super) fn touched(&self, what: Disturbance) -> u64 {
        let found = self.active.iter().find(|active| active.what == what);
        found.map_or(0, |active| active.touched.load(Ordering::Relaxed))
    }

    /// Whether it disturbs now.
    pub(super) fn has(&self, what: Disturbance, now: Duration) -> bool {
        self.living(what, now).is_some()
    }

    /// Notes that somebody was turned away for it, if it disturbs now.
    pub(super) fn touch(&self, what: Disturbance, now: Duration) {
        if let Some(active) = self.living(what, now) {
            active.touched.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What the tenant allows now.
    pub(super) fn over(&self, settings: TenantSettings, now: Duration) -> TenantSettings {
        let has = |what| self.has(what, now);
        TenantSettings {
            licence: if has(Disturbance::RevokeLicence) {
                Licence::None
            } else {
                settings.licence
            },
            writeback: settings.writeback && !has(Disturbance::DisableWriteback),
            unlock_without_reset: settings.unlock_without_reset && !has(Disturbance::DisableUnlock),
            ..settings
        }
    }

    /// Takes the keys that nobody holds.
    pub(super) fn mislay(&mut self, decoy: Keys) {
        self.decoy = Some(Arc::new(decoy));
    }

    /// What an order is sealed with: the keys given, or those that nobody holds.
    pub(super) fn keys(&self, keys: Arc<Keys>, now: Duration) -> Arc<Keys> {
        match &self.decoy {
            Some(decoy) if self.has(Disturbance::LoseAgentKey, now) => {
                self.touch(Disturbance::LoseAgentKey, now);
                Arc::clone(decoy)
            }
            _ => keys,
        }
    }

    fn living(&self, what: Disturbance, now: Duration) -> Option<&Active> {
        let mut active = self.active.iter();
        active.find(|active| active.what == what && now < active.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_lease_that_is_over_leaves_the_switches_as_they_were() {
        let settings = TenantSettings::default();
        let mut disturbed = Disturbed::default();
        assert_eq!(disturbed.over(settings, S), settings);
        disturbed.begin(Disturbance::RevokeLicence, S * 5);
        disturbed.begin(Disturbance::DisableUnlock, S * 9);
        let now = disturbed.over(settings, S);
        assert!(!now.licence.allows_writeback() && !now.unlock_without_reset && now.writeback);
        assert!(disturbed.over(settings, S * 5).licence.allows_writeback());
        disturbed.touch(Disturbance::DisableUnlock, S);
        disturbed.touch(Disturbance::DisableUnlock, S * 9);
        assert_eq!(disturbed.end(Disturbance::DisableUnlock), 1);
        assert_eq!(disturbed.over(settings, S * 6), settings);
    }
}
