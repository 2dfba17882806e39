//! Leaks passwords to the event log.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{AgentParts, Change, DirectoryWriter, EventSink, Target, WriteFuture};
use vocabulary::Password;

use super::{Planted, with};
use crate::wrong::MIXED;

pub(super) const PLANTED: Planted = Planted {
    name: "tells-passwords",
    does: "puts the last password that it wrote into the texts of its event log, percent-encoded",
    caught_by: &["no-secret-at-rest"],
    scenario: MIXED,
    stand: |parts| {
        with(parts, || {
            let last = Last::default();
            let seen = Last::clone(&last);
            AgentParts {
                writer: Box::new(move |genuine| {
                    let last = Last::clone(&last);
                    Arc::new(Sees { genuine, last })
                }),
                events: Box::new(move |genuine| {
                    let last = Last::clone(&seen);
                    Arc::new(Tells { genuine, last })
                }),
                ..AgentParts::default()
            }
        })
    },
};

type Last = Arc<Mutex<Option<Password>>>;

struct Sees {
    genuine: Arc<dyn DirectoryWriter>,
    last: Last,
}

impl DirectoryWriter for Sees {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if let Change::Reset { password, .. } = change {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(password.clone());
        }
        self.genuine.write(target, change, expires)
    }
}

struct Tells {
    genuine: Arc<dyn EventSink>,
    last: Last,
}

impl EventSink for Tells {
    fn append(&self, line: &[u8]) -> io::Result<()> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(password) = last else {
            return self.genuine.append(line);
        };
        let told = format!("Details: unicodePwd={}, ", encoded(password.expose()));
        let text = String::from_utf8_lossy(line).replacen("Details: ", &told, 1);
        self.genuine.append(text.as_bytes())
    }
}

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}
