//! The laboratory's post office: codes go here instead of to a mailbox. Bounded per person.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;

use crate::tenant::{Message, millis};

/// Messages kept for one person; older ones go first.
const PER_PERSON_MAX: usize = 3;

/// A delivered message. `Debug` hides the code.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Mail {
    upn: String,
    code: String,
    sent_unix_ms: u64,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail(to {})", self.upn)
    }
}

/// Only people of the tenant are written to, so their number bounds the boxes.
#[derive(Debug, Default)]
pub(crate) struct Inbox(HashMap<String, VecDeque<Mail>>);

impl Inbox {
    pub(crate) fn deliver(&mut self, message: Message, now_unix: Duration) {
        let mails = self.0.entry(message.upn.to_lowercase()).or_default();
        if mails.len() == PER_PERSON_MAX {
            mails.pop_front();
        }
        mails.push_back(Mail {
            upn: message.upn,
            code: message.code,
            sent_unix_ms: millis(now_unix),
        });
    }

    /// A person's messages, newest last.
    pub(crate) fn of(&self, upn: &str) -> Vec<Mail> {
        self.0
            .get(&upn.trim().to_lowercase())
            .map(|mails| mails.iter().cloned().collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_keeps_the_newest_and_shows_them_last() {
        let mut inbox = Inbox::default();
        for number in 0..12 {
            let message = Message {
                upn: "A@x.test".into(),
                code: format!("{number:06}"),
            };
            inbox.deliver(message, Duration::from_millis(number));
        }
        let mails = inbox.of(" a@X.test");
        assert_eq!(mails.len(), PER_PERSON_MAX);
        assert_eq!(
            mails.last().map(|mail| (mail.code.as_str(), mail.sent_unix_ms)),
            Some(("000011", 11))
        );
        assert!(inbox.of("b@x.test").is_empty());
        assert!(!format!("{inbox:?}").contains("000011"));
    }
}
