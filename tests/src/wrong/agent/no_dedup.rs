//! Does not look back before it acts.

use std::sync::Arc;

use agent::{Operation, Seen};

use super::journal::{Look, Looking};
use super::{Planted, remembering};
use crate::wrong::AGAIN;
use crate::wrong::relay::repeating;

pub(super) const PLANTED: Planted = Planted {
    name: "no-dedup",
    does: "carries a message out whenever it comes, on a relay that delivers some of them twice",
    caught_by: &["no-double-apply"],
    scenario: AGAIN,
    stand: |parts| remembering(repeating(parts), |genuine| Arc::new(Looking { genuine, look: NoDedup })),
};

struct NoDedup;

impl Look for NoDedup {
    fn see(&self, _operation: &Operation, _genuine: Seen) -> Seen {
        Seen::New
    }
}
