//! An agent on a machine whose clock is behind.

use std::sync::Arc;
use std::time::Duration;

use agent::AgentParts;
use environment::Parts;

use super::Planted;
use super::deaf::Deaf;
use crate::wrong::LATE;
use crate::wrong::clock::Behind;
use crate::wrong::relay::holding;

pub(super) const PLANTED: Planted = Planted {
    name: "behind-the-time",
    does: "asks a clock that is twenty seconds behind whether a message has expired, and answers no inquiry, on a relay that holds some back and loses the answer",
    caught_by: &["no-late-apply"],
    scenario: LATE,
    stand: |parts| Parts {
        agent: Arc::new(|config, genuine| {
            // Less than what an agent takes for a clock that is wrong.
            let by = Duration::from_secs(20);
            let parts = AgentParts {
                opener: Box::new(|genuine| Arc::new(Deaf::before(genuine))),
                ..AgentParts::default()
            };
            Box::pin(agent::start_with(config, Arc::new(Behind { genuine, by }), parts))
        }),
        ..holding(parts)
    },
};
