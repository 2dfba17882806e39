//! Which domain controller takes a write, with a thought for the person's last one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ldap3::SearchEntry;
use uuid::Uuid;

use super::domain::{Domain, Look, Unheard};
use super::import::text;
use super::locator::Dc;
use super::recent::{Last, Touched, has_arrived};
use super::writer::{guid_dn, time_left};
use crate::clock;
use crate::writeback::port::{Facts, Reading, Remark, WriteResult};

/// Between two looks at whether a write has arrived.
const LOOK_EVERY: Duration = Duration::from_millis(30);

/// What tells how a person stands.
pub(super) const FACTS: [&str; 3] = ["msDS-KeyVersionNumber", "pwdLastSet", "lockoutTime"];

/// How the last write stands, seen once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// It is on the new domain controller.
    Arrived,
    /// The old one answers, and the new one does not have it yet.
    Missing,
    /// The old one answers, and has a write under way that may still come about.
    Unsettled,
    /// The old one does not answer.
    Gone,
    /// The new one does not answer.
    NoTaker,
}

impl Domain {
    /// The domain controller to write a person to. When it is another one than took the person's last write, that
    /// write must have arrived there first; if it does not in time, and where it went still answers, the write goes
    /// there again: no write may be lost, and this comes before the rule that the PDC emulator takes the writes.
    pub(super) async fn writable(
        self: &Arc<Self>,
        person: Uuid,
        expires: Duration,
        remark: &mut Remark,
    ) -> Result<Dc, WriteResult> {
        let next = self.next_writer(remark).await?;
        let last = self.recent().last(person, self.now());
        match last.filter(|last| last.dc != next) {
            None => Ok(next),
            Some(last) => Ok(self.settled(person, &last, next, expires, remark).await),
        }
    }

    /// Notes that a person was written, or may have been.
    pub(super) fn note_write(&self, person: Uuid, dc: Dc, touched: Touched, result: &WriteResult) {
        let sure = match result {
            WriteResult::Applied => true,
            WriteResult::Unknown(_) => false,
            WriteResult::Rejected(_) | WriteResult::Failed(_) => return,
        };
        self.recent().note(person, dc, touched, sure, self.now());
    }

    async fn settled(&self, person: Uuid, last: &Last, next: Dc, expires: Duration, remark: &mut Remark) -> Dc {
        let wait = time_left(self.clock.unix(), expires, self.rules.settle_wait).unwrap_or_default();
        let began = self.now();
        loop {
            let sight = self.sight(person, last, next).await;
            let now = self.now();
            let late = now.saturating_sub(began) >= wait;
            let (old, new) = (self.fqdn(last.dc), self.fqdn(next));
            match sight {
                Sight::Arrived | Sight::NoTaker => return next,
                Sight::Unsettled => {
                    remark.notes.push(format!(
                        "{old} has not answered an earlier write, which may still come about there"
                    ));
                    return last.dc;
                }
                Sight::Missing if late => {
                    remark.notes.push(format!(
                        "the last write has not reached {new} in time; {old} takes this one"
                    ));
                    return last.dc;
                }
                Sight::Gone if late || self.locator().gone(last.dc, wait, now) => {
                    remark.notes.push(format!(
                        "{old} took the last write and does not answer; it is not known to have reached {new}"
                    ));
                    return next;
                }
                Sight::Missing | Sight::Gone => clock::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Looks once. The old domain controller is asked first: what it shows then has arrived if the new one shows it
    /// later.
    async fn sight(&self, person: Uuid, last: &Last, next: Dc) -> Sight {
        if !self.is_ready(last.dc).await {
            return Sight::Gone;
        }
        let old = match self.facts(last.dc, person).await {
            Err(Unheard::Silent(_)) => return Sight::Gone,
            Err(Unheard::Refused(_)) => return Sight::Missing,
            Ok(_) if last.unsure => return Sight::Unsettled,
            Ok(old) => old,
        };
        match self.facts(next, person).await {
            Err(_) => Sight::NoTaker,
            Ok(new) if has_arrived(last.touched, &old, &new) => Sight::Arrived,
            Ok(_) => Sight::Missing,
        }
    }

    pub(super) async fn facts(&self, dc: Dc, person: Uuid) -> Result<Facts, Unheard> {
        let (entry, _) = self.ask(dc, &guid_dn(person), &FACTS).await?;
        Ok(entry.as_ref().map(facts).unwrap_or_default())
    }

    /// Chooses the domain controller for a write, keeps the choice for it, and gives it with how the person stands
    /// there: what was seen a moment ago, where it was seen there.
    pub(super) async fn ahead(
        self: &Arc<Self>,
        person: Uuid,
        expires: Duration,
        remark: &mut Remark,
    ) -> Result<(Dc, Facts), WriteResult> {
        let seen = self.take_look(person);
        let mut silent = None;
        for _ in 0..self.len() + 2 {
            let dc = self.writable(person, expires, remark).await?;
            let facts = match seen {
                Some(Look::Stands(at, facts)) if at == dc => Ok(facts),
                _ => self.facts(dc, person).await,
            };
            match facts {
                Ok(facts) => {
                    self.keep_look(person, Look::Goes(dc));
                    return Ok((dc, facts));
                }
                Err(unheard @ Unheard::Refused(_)) => return Err(unheard.told(remark)),
                Err(unheard) => silent = Some(unheard),
            }
        }
        let unheard = silent.unwrap_or_else(|| Unheard::Silent(self.nobody()));
        Err(unheard.told(remark))
    }

    /// How a person stands on every domain controller.
    pub(super) async fn everywhere(&self, person: Uuid) -> Reading {
        let dn = guid_dn(person);
        let ask = async |dc| {
            let answer = if self.is_ready(dc).await {
                self.ask(dc, &dn, &FACTS).await.ok()
            } else {
                None
            };
            answer.and_then(|(entry, _)| entry.as_ref().map(facts))
        };
        let answers = join_all((0..self.len()).map(ask)).await;
        Reading {
            complete: answers.iter().all(Option::is_some),
            facts: answers.into_iter().flatten().collect(),
        }
    }
}

/// What an entry says of how the person stands.
pub(super) fn facts(entry: &SearchEntry) -> Facts {
    let [key_version, password_set, locked] = FACTS;
    Facts {
        key_version: text(entry, key_version).and_then(|text| text.parse().ok()),
        password_set: text(entry, password_set).and_then(|text| text.parse().ok()),
        locked: text(entry, locked)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default(),
    }
}
