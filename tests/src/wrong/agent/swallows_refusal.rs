//! Swallows a refusal of the password policy.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};

use super::{Planted, writing};

pub(super) const PLANTED: Planted = Planted {
    name: "swallows-refusal",
    does: "says \"applied\" where the directory refused the password",
    caught_by: &["no-lost-ack"],
    scenario: crate::wrong::MIXED,
    stand: |parts| writing(parts, |genuine| Arc::new(SwallowsRefusal { genuine })),
};

struct SwallowsRefusal {
    genuine: Arc<dyn DirectoryWriter>,
}

impl DirectoryWriter for SwallowsRefusal {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        Box::pin(async move {
            match self.genuine.write(target, change, expires).await {
                WriteResult::Rejected(_) => WriteResult::Applied,
                result => result,
            }
        })
    }
}
