//! An agent on a machine whose clock is behind.

use std::sync::Arc;
use std::time::Duration;

use environment::Parts;

use super::Planted;
use crate::wrong::LATE;
use crate::wrong::clock::Behind;
use crate::wrong::relay::holding;

pub(super) const PLANTED: Planted = Planted {
    name: "behind-the-time",
    does: "asks a clock that is ten minutes behind whether a message has expired, on a relay that holds some back and loses the answer",
    caught_by: &["no-late-apply"],
    scenario: LATE,
    stand: |parts| Parts {
        agent: Arc::new(|config, genuine| {
            let by = Duration::from_secs(600);
            Box::pin(agent::start(config, Arc::new(Behind { genuine, by })))
        }),
        ..holding(parts)
    },
};
