//! Acknowledges before the directory has answered.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};

use super::{Planted, writing};

pub(super) const PLANTED: Planted = Planted {
    name: "answers-before-writing",
    does: "says \"applied\" as soon as the modify has left, whatever the directory says then",
    caught_by: &["no-lost-ack"],
    scenario: crate::wrong::MIXED,
    stand: |parts| writing(parts, |genuine| Arc::new(AnswersBeforeWriting { genuine })),
};

struct AnswersBeforeWriting {
    genuine: Arc<dyn DirectoryWriter>,
}

impl DirectoryWriter for AnswersBeforeWriting {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let (genuine, target, change) = (Arc::clone(&self.genuine), target.clone(), change.clone());
        tokio::spawn(async move { genuine.write(&target, &change, expires).await });
        Box::pin(async { WriteResult::Applied })
    }
}
