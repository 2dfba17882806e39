//! An operation in doubt is settled by reading the directory, and never by writing again.

use vocabulary::{EventId, OpKind, ReasonCode};

use super::journal::{Doubt, GRACE, Operation};
use super::operation::{Ending, failed};
use super::port::{Facts, Reading, Remark, WriteResult};
use super::service::Service;

/// What a reading says about an operation in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It took effect.
    Applied,
    /// It did not, and cannot any more.
    NotApplied,
    /// It cannot be said yet.
    Open,
    /// It can never be said: something else may explain what is read.
    Never,
}

/// Settles an operation by what was read before it and what is read now.
fn judge(kind: OpKind, doubt: &Doubt, now: &Reading) -> Verdict {
    let untouched = if now.complete && doubt.quiet {
        Verdict::NotApplied
    } else {
        Verdict::Open
    };
    if kind == OpKind::Unlock {
        return judge_lock(doubt, now, untouched);
    }
    let (Some(before), Some(latest)) = (doubt.before.facts.key_version, latest(now)) else {
        return if now.complete { Verdict::Never } else { Verdict::Open };
    };
    let after = latest.key_version.unwrap_or_default();
    match after.checked_sub(before) {
        Some(0) => untouched,
        Some(1) if !doubt.crowded && !is_half(doubt, &latest) => Verdict::Applied,
        None if !now.complete => Verdict::Open,
        _ => Verdict::Never,
    }
}

/// The facts with the highest version: replication brings them everywhere.
fn latest(now: &Reading) -> Option<Facts> {
    let told = now.facts.iter().filter(|facts| facts.key_version.is_some());
    told.max_by_key(|facts| facts.key_version).copied()
}

/// Whether the password was written and the lock that was to be cleared still stands.
fn is_half(doubt: &Doubt, latest: &Facts) -> bool {
    let locked = doubt.before.facts.locked;
    doubt.before.unlocks && locked != 0 && latest.locked == locked
}

/// An unlock that is repeated is invisible, so an account that is not locked is as it should be.
fn judge_lock(doubt: &Doubt, now: &Reading, untouched: Verdict) -> Verdict {
    let before = doubt.before.facts.locked;
    let free = now.facts.iter().any(|facts| facts.locked == 0);
    if free && (before == 0 || !doubt.crowded) {
        return Verdict::Applied;
    }
    let same = !now.facts.is_empty() && now.facts.iter().all(|facts| facts.locked == before);
    match (same, now.complete) {
        (true, _) => untouched,
        (false, false) => Verdict::Open,
        (false, true) => Verdict::Never,
    }
}

impl Service {
    /// Reads the directory and settles an operation, if that can be done now. What could not be settled is told as it
    /// stands.
    pub(super) async fn settle_by_reading(&self, operation: &Operation) -> Ending {
        let unknown = || Ending::in_doubt(operation.kind);
        let Ok(target) = self.find(&operation.anchor, operation.kind) else {
            return unknown();
        };
        let reading = self.parts.reader.reread(&target).await;
        // Asked after the reading: a write that began in between may be what was read.
        let Some(doubt) = self.parts.journal.doubt(operation.id) else {
            return unknown();
        };
        let ending = match judge(operation.kind, &doubt, &reading) {
            Verdict::Applied => Ending::of(WriteResult::Applied, operation.kind),
            Verdict::NotApplied => Ending::of(
                failed(ReasonCode::NotApplied, EventId::AD_UNKNOWN_ERROR),
                operation.kind,
            ),
            Verdict::Never if doubt.ended.is_none() => unknown(),
            Verdict::Never | Verdict::Open => return doubt.ended.unwrap_or_else(unknown),
        };
        self.close(operation, &ending).await;
        ending
    }

    /// Notes and tells how an operation in doubt came out.
    async fn close(&self, operation: &Operation, ending: &Ending) {
        let noted = self.parts.journal.end(operation.id, ending.clone()).await;
        if let Err(error) = noted {
            tracing::error!(operation = %operation.id, %error, "a settled operation could not be noted");
        }
        let remark = Remark {
            dc: None,
            notes: vec![
                "in doubt after a restart or a timeout: settled by reading, nothing was written again".to_owned(),
            ],
        };
        self.telling(operation, false).end(ending, &remark);
    }

    /// Looks at every operation that an earlier life of this agent left in doubt; gives how many still are. One that
    /// cannot be settled before it is forgotten ends as unknown.
    pub(crate) async fn settle_unended(&self) -> usize {
        let unended = self.parts.journal.unended();
        for operation in &unended {
            let ending = self.settle_by_reading(operation).await;
            let open = self
                .parts
                .journal
                .doubt(operation.id)
                .is_some_and(|doubt| doubt.ended.is_none());
            let last_chance = operation.expires.saturating_add(GRACE / 2);
            if open && self.parts.clock.unix().as_secs() >= last_chance {
                self.close(operation, &ending).await;
            }
        }
        self.parts.journal.unended().len()
    }

    /// Settles what is in doubt about a person before the next write for them makes it unreadable.
    pub(super) async fn settle_earlier(&self, anchor: &str) {
        for operation in self.parts.journal.unended() {
            if operation.anchor == anchor {
                self.settle_by_reading(&operation).await;
            }
        }
    }
}

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod tests;
