//! Makes answers up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::hybrid::Response;
use relay::{Answer, Carrier, Carrying, Errand, Reply};

use super::{Planted, carrying};
use crate::wrong::LOSSY;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "makes-up-answers",
    does: "loses a message and makes an answer up",
    caught_by: &["unknown_ratio_max"],
    scenario: LOSSY,
    stand: |parts| {
        carrying(parts, |genuine| {
            Arc::new(MakesUpAnswers {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct MakesUpAnswers {
    genuine: Arc<dyn Carrier>,
    turn: OneIn,
}

impl Carrier for MakesUpAnswers {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        if !self.turn.now() {
            return self.genuine.carry(errand);
        }
        Box::pin(async {
            let response = Response {
                request_id: String::new(),
                status_code: 200,
                status_description: None,
                response_headers: BTreeMap::new(),
                body: true,
            };
            Ok(Reply::Answered(Answer {
                response,
                body: br#"{"result":"applied"}"#.as_slice().into(),
                sent_at: None,
                heard_at: Duration::ZERO,
            }))
        })
    }
}
