//! What the tenant remembers of operations: the audit log for administrators, the journal for the laboratory. Bounded.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;
use vocabulary::Outcome;

/// Rows that the audit log keeps.
const AUDIT_MAX: usize = 20_000;

/// Operations that the journal keeps.
const JOURNAL_MAX: usize = 500_000;

/// The activities of the service "Self-service Password Management" (Microsoft Learn, "Audit activity reference").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    EnableWriteback,
    DisableWriteback,
    Blocked,
    ResetSelfService,
    UnlockSelfService,
    Progress,
    ResetUserPassword,
    UpdateRefreshTokens,
}

impl Activity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EnableWriteback => "Enable password writeback for directory",
            Self::DisableWriteback => "Disable password writeback for directory",
            Self::Blocked => "Blocked from self-service password reset",
            Self::ResetSelfService => "Reset password (self-service)",
            Self::UnlockSelfService => "Unlock user account (self-service)",
            Self::Progress => "Self-service password reset flow activity progress",
            Self::ResetUserPassword => "Reset user password",
            Self::UpdateRefreshTokens => "Update StsRefreshTokenValidFrom Timestamp",
        }
    }

    pub(crate) fn category(self) -> &'static str {
        match self {
            Self::EnableWriteback | Self::DisableWriteback => "DirectoryManagement",
            _ => "UserManagement",
        }
    }

    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::ResetUserPassword | Self::UpdateRefreshTokens => "Core Directory",
            _ => "Self-service Password Management",
        }
    }
}

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuditRow {
    pub(crate) number: u64,
    pub(crate) unix: Duration,
    pub(crate) activity: Activity,
    pub(crate) correlation: Uuid,
    pub(crate) success: bool,
    pub(crate) reason: String,
    pub(crate) target: Option<(Uuid, String)>,
}

/// The audit log, newest last.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    rows: VecDeque<AuditRow>,
    written: u64,
}

impl Audit {
    pub(crate) fn write(&mut self, mut row: AuditRow) {
        row.number = self.written;
        self.written += 1;
        if self.rows.len() == AUDIT_MAX {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    /// Up to `count` rows of one activity or all, newest first, older than row number `before`.
    pub(crate) fn page(&self, activity: Option<&str>, before: Option<u64>, count: usize) -> Vec<AuditRow> {
        let wanted = |row: &&AuditRow| {
            before.is_none_or(|before| row.number < before) && activity.is_none_or(|name| row.activity.name() == name)
        };
        self.rows.iter().rev().filter(wanted).take(count).cloned().collect()
    }
}

/// How an operation stands. `result` is `in_flight` or the class of its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// The operation id.
    pub op_id: Uuid,
    /// `in_flight`, `applied`, `rejected`, `failed` or `unknown`.
    pub result: &'static str,
    /// The reason's name, if there is one.
    pub code: Option<&'static str>,
    /// When it came to stand so, in milliseconds since the Unix epoch.
    pub unix_ms: u64,
    #[serde(skip)]
    dispatched: bool,
}

/// The journal of operations, and the guard that none is dispatched twice.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: HashMap<Uuid, JournalEntry>,
    order: VecDeque<Uuid>,
}

impl Journal {
    /// Notes that an operation is about to leave; `false` if it left before.
    pub(crate) fn dispatch(&mut self, operation: Uuid, now_unix: Duration) -> bool {
        if self.entries.get(&operation).is_some_and(|entry| entry.dispatched) {
            return false;
        }
        let entry = JournalEntry {
            op_id: operation,
            result: "in_flight",
            code: None,
            unix_ms: millis(now_unix),
            dispatched: true,
        };
        self.put(entry);
        true
    }

    /// Notes how an operation ended.
    pub(crate) fn settle(&mut self, operation: Uuid, outcome: &Outcome, now_unix: Duration) {
        let dispatched = self.entries.get(&operation).is_some_and(|entry| entry.dispatched);
        let code = match outcome {
            Outcome::Applied => None,
            Outcome::Rejected(reason) | Outcome::Failed(reason) => Some(reason.code.as_str()),
            Outcome::Unknown(why) => Some(why.as_str()),
        };
        let result = outcome.class().as_str();
        self.put(JournalEntry {
            op_id: operation,
            result,
            code,
            unix_ms: millis(now_unix),
            dispatched,
        });
    }

    /// Notes a refusal before dispatch; it never hides what became of an operation that did leave.
    pub(crate) fn refuse(&mut self, operation: Uuid, outcome: &Outcome, now_unix: Duration) {
        if !self.entries.get(&operation).is_some_and(|entry| entry.dispatched) {
            self.settle(operation, outcome, now_unix);
        }
    }

    fn put(&mut self, entry: JournalEntry) {
        let operation = entry.op_id;
        if self.entries.insert(operation, entry).is_none() {
            self.order.push_back(operation);
        }
        if self.order.len() > JOURNAL_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    pub(crate) fn get(&self, operation: Uuid) -> Option<&JournalEntry> {
        self.entries.get(&operation)
    }

    /// All entries, oldest operation first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &JournalEntry> {
        self.order.iter().filter_map(|operation| self.entries.get(operation))
    }
}

/// Whole milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use vocabulary::{ReasonCode, UnknownWhy};

    use super::*;

    #[test]
    fn an_operation_leaves_once_and_a_later_refusal_does_not_hide_it() {
        let mut journal = Journal::default();
        let (operation, now) = (Uuid::from_u128(1), Duration::from_secs(1));
        let refusal = Outcome::rejected(ReasonCode::SessionInvalid);
        journal.refuse(operation, &refusal, now);
        assert!(journal.dispatch(operation, now));
        assert!(!journal.dispatch(operation, now));
        journal.refuse(operation, &refusal, now);
        assert_eq!(journal.get(operation).unwrap().result, "in_flight");
        journal.settle(operation, &Outcome::Unknown(UnknownWhy::Timeout), now);
        assert_eq!(
            journal
                .iter()
                .map(|entry| (entry.result, entry.code))
                .collect::<Vec<_>>(),
            [("unknown", Some("timeout"))]
        );
        assert!(!journal.dispatch(operation, now));
    }

    #[test]
    fn the_audit_log_is_read_newest_first() {
        let mut audit = Audit::default();
        for activity in [Activity::Progress, Activity::ResetSelfService, Activity::Progress] {
            let (unix, correlation) = (Duration::ZERO, Uuid::nil());
            audit.write(AuditRow {
                number: 0,
                unix,
                activity,
                correlation,
                success: true,
                reason: String::new(),
                target: None,
            });
        }
        let numbers = |rows: Vec<AuditRow>| rows.iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!(numbers(audit.page(None, None, 2)), [2, 1]);
        assert_eq!(numbers(audit.page(Some(Activity::Progress.name()), Some(2), 9)), [0]);
    }
}
