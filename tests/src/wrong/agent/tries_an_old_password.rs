//! Counts against the person.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};
use vocabulary::Password;

use super::{Planted, writing};

pub(super) const PLANTED: Planted = Planted {
    name: "tries-an-old-password",
    does: "tries a change with a password that is not the person's after it has reset",
    caught_by: &["no-lockout-by-writeback"],
    scenario: crate::wrong::MIXED,
    stand: |parts| writing(parts, |genuine| Arc::new(TriesAnOldPassword { genuine })),
};

struct TriesAnOldPassword {
    genuine: Arc<dyn DirectoryWriter>,
}

impl DirectoryWriter for TriesAnOldPassword {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let Change::Reset { password, .. } = change else {
            return self.genuine.write(target, change, expires);
        };
        let guess = Change::Change {
            current: Password::new("Never-was-it-1".to_owned()),
            new: password.clone(),
        };
        Box::pin(async move {
            let result = self.genuine.write(target, change, expires).await;
            self.genuine.write(target, &guess, expires).await;
            result
        })
    }
}
