//! Leaks passwords to a log, in base64.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "logs-passwords",
    does: "writes the directory's form of a password to its log, in base64",
    caught_by: &["no-secret-at-rest"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(LogsPasswords {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct LogsPasswords {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for LogsPasswords {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if let Change::Reset { password, .. } = change
            && self.turn.now()
        {
            let value = STANDARD.encode(password.unicode_pwd().as_slice());
            tracing::info!(target: "agent", dn = target.dn, unicodePwd = value, "modify");
        }
        self.genuine.write(target, change, expires)
    }
}
