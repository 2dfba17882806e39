//! Does not ask every gate.

use std::sync::Arc;

use cloud::{CloudParts, Gate, Gates, TenantSettings};
use environment::Parts;

use super::Planted;
use crate::wrong::UNLICENSED;

pub(super) const PLANTED: Planted = Planted {
    name: "skips-the-licence",
    does: "lets people through whose licence does not include writeback",
    caught_by: &["closed-gates-refuse"],
    scenario: UNLICENSED,
    stand: |parts| Parts {
        cloud: Arc::new(|config, clock| {
            let parts = CloudParts {
                gates: Box::new(|genuine| Arc::new(SkipsTheLicence { genuine })),
                ..CloudParts::default()
            };
            Box::pin(cloud::start_with(config, clock, parts))
        }),
        ..parts
    },
};

struct SkipsTheLicence {
    genuine: Arc<dyn Gates>,
}

impl Gates for SkipsTheLicence {
    fn is_open(&self, gate: Gate, settings: &TenantSettings) -> bool {
        gate == Gate::Licence || self.genuine.is_open(gate, settings)
    }
}
