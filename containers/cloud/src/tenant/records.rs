//! The audit log for administrators. Bounded.

use std::collections::VecDeque;
use std::time::Duration;

use uuid::Uuid;

/// Rows that the audit log keeps.
const AUDIT_MAX: usize = 20_000;

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
    ChangeSelfService,
    ResetByAdmin,
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
            Self::ChangeSelfService => "Change password (self-service)",
            Self::ResetByAdmin => "Reset password (by admin)",
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

/// Whole milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

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
