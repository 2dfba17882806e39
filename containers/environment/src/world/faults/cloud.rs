//! Faults of the tenant in the cloud.

use engine::ports::Healed;
use scenario::Fault;

use super::{Made, unwired};
use crate::EnvironmentError;
use crate::world::LabWorld;

/// What is needed to end a fault of this group.
#[derive(Clone)]
pub(crate) enum Undo {}

impl LabWorld {
    pub(super) async fn make_cloud(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        unwired(fault)
    }

    pub(super) async fn heal_cloud(&mut self, _fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        match undo {}
    }
}
