//! Faults of the tenant in the cloud.

use engine::ports::{Healed, Injected, lease};
use scenario::{Fault, FaultKind};

use super::{Made, Undo as Whole, unwired};
use crate::EnvironmentError;
use crate::world::LabWorld;

/// What is needed to end a fault of this group: the name that the cloud knows it by.
#[derive(Clone)]
pub(crate) struct Undo(pub(super) &'static str);

impl LabWorld {
    pub(super) async fn make_cloud(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        match fault.what {
            FaultKind::RevokeLicence
            | FaultKind::DisableWriteback
            | FaultKind::DisableUnlock
            | FaultKind::RequireNewerAgent => self.disturb_tenant(fault, "the tenant").await,
            _ => unwired(fault),
        }
    }

    /// Disturbs the tenant; the cloud itself ends it with its lease, and tells at the end whom it turned away.
    pub(super) async fn disturb_tenant(&self, fault: &Fault, target: &str) -> Result<Made, EnvironmentError> {
        let what = fault.what.as_str();
        let lease = lease(fault).unwrap_or_default();
        self.standing()?.lab()?.disturb(what, lease).await?;
        Ok(Made {
            injected: Injected {
                target: target.to_owned(),
                bit: None,
                touched: Vec::new(),
            },
            undo: Some(Whole::Cloud(Undo(what))),
        })
    }

    pub(super) async fn heal_cloud(&mut self, _fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        let touched = self.standing()?.lab()?.calm(undo.0).await?;
        Ok(Healed { bit: Some(touched > 0) })
    }
}
