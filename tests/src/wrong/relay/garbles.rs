//! Garbles messages.

use std::sync::Arc;

use relay::{Carrier, Carrying, Errand};

use super::{Planted, carrying};
use crate::wrong::LOSSY;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "garbles",
    does: "changes a byte of a sealed message",
    caught_by: &["unknown_ratio_max"],
    scenario: LOSSY,
    stand: |parts| {
        carrying(parts, |genuine| {
            Arc::new(Garbles {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct Garbles {
    genuine: Arc<dyn Carrier>,
    turn: OneIn,
}

impl Carrier for Garbles {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        let mut errand = errand;
        if self.turn.now()
            && let Some(body) = &errand.body
        {
            let mut bytes = body.to_vec();
            if let Some(middle) = bytes.get_mut(400) {
                *middle = if *middle == b'A' { b'B' } else { b'A' };
            }
            errand.body = Some(bytes.into());
        }
        self.genuine.carry(errand)
    }
}
