//! The tenant's gates: what its switches let through.

use std::fmt;

use super::{Sspr, TenantSettings};

/// One gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Whether people may reset by themselves.
    SelfService,
    /// Whether the licence includes writeback.
    Licence,
    /// Whether passwords are written back.
    Writeback,
    /// Whether an account may be unlocked without a reset.
    Unlock,
}

/// Opens and closes gates. The port that wrong parts wrap.
pub trait Gates: Send + Sync {
    /// Whether a gate is open under these settings.
    fn is_open(&self, gate: Gate, settings: &TenantSettings) -> bool;
}

impl fmt::Debug for dyn Gates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gates")
    }
}

/// Gates as the settings say.
pub(crate) struct AsSet;

impl Gates for AsSet {
    fn is_open(&self, gate: Gate, settings: &TenantSettings) -> bool {
        match gate {
            Gate::SelfService => settings.sspr != Sspr::None,
            Gate::Licence => settings.licence.allows_writeback(),
            Gate::Writeback => settings.writeback,
            Gate::Unlock => settings.unlock_without_reset,
        }
    }
}
