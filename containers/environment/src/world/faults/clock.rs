//! Faults of clocks.

use engine::ports::{Healed, Injected, lease};
use scenario::{Fault, FaultKind, SkewClock};

use super::{Made, Undo as Whole, unwired};
use crate::EnvironmentError;
use crate::site::Site;
use crate::skewed::Offset;
use crate::world::LabWorld;

/// What is needed to end a fault of this group: whose clock it is.
#[derive(Clone)]
pub(crate) struct Undo(String);

impl LabWorld {
    /// A part's wall time is put off. It bit once the part has read a wrong time.
    pub(super) async fn make_clock(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        let FaultKind::SkewClock(SkewClock { part, by }) = &fault.what else {
            return unwired(fault);
        };
        let Site::Embedded(site) = self.site()? else {
            return unwired(fault);
        };
        let part = part.to_string();
        let offset = Offset {
            back: by.back,
            by: by.by,
        };
        site.part_clock(&part).skew(offset, lease(fault).unwrap_or_default());
        Ok(Made {
            injected: Injected {
                target: format!("the clock of {part} by {by}"),
                bit: None,
                touched: Vec::new(),
            },
            undo: Some(Whole::Clock(Undo(part))),
        })
    }

    pub(super) async fn heal_clock(&mut self, fault: &Fault, Undo(part): Undo) -> Result<Healed, EnvironmentError> {
        let Site::Embedded(site) = self.site()? else {
            return unwired(fault).map(|_| Healed { bit: None });
        };
        let misread = site.part_clock(&part).right();
        Ok(Healed { bit: Some(misread > 0) })
    }
}
