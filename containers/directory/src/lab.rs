//! What a laboratory does to a domain controller while it runs, as a plain state machine: each disturbance has a deadline
//! beside it, after which it is gone by itself, and counts what it touched.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use ldap3_proto::proto::LdapResultCode;

use crate::state::Refusal;

/// Something that a domain controller suffers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// Every operation takes this much longer; a write keeps its slot meanwhile, as a slow transaction does.
    Slow(Duration),
    /// Nothing is written: every write is referred to another controller, as a read-only domain controller does.
    ReadOnly,
    /// The database's disk is full: no write succeeds, reads go on.
    Full,
    /// Changes of this controller do not travel to its partners.
    ReplicationPaused,
    /// No delegation gives a right to anybody: only administrators write.
    RightsWithdrawn,
}

/// `ERROR_DS_REFERRAL`, as a read-only domain controller answers a write (MS-ADTS section 3.1.1.5.3.2).
const REFERRAL: &str = "0000202B: RefErr: DSID-0310063C, data 0, 1 access points, ref 1: ";
/// `ERROR_DS_DATABASE_ERROR` with `JET_errDiskFull` (-1808) for data.
const DISK_FULL: &str = "000020D9: SvcErr: DSID-03190500, problem 5012 (DIR_ERROR), data -1808";

#[derive(Debug)]
struct Active {
    what: Disturbance,
    until: Duration,
    touched: u64,
}

/// The disturbances of one controller. Times are those of its monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Lab {
    active: Vec<Active>,
}

impl Lab {
    /// Begins a disturbance, in the place of one of its kind.
    pub(crate) fn begin(&mut self, what: Disturbance, until: Duration) {
        self.active
            .retain(|active| discriminant(&active.what) != discriminant(&what));
        self.active.push(Active {
            what,
            until,
            touched: 0,
        });
    }

    /// Ends a disturbance; tells how much it touched.
    pub(crate) fn end(&mut self, what: Disturbance) -> u64 {
        let touched = self.touched(what);
        self.active
            .retain(|active| discriminant(&active.what) != discriminant(&what));
        touched
    }

    /// How much a disturbance touched so far, over or not, until it is ended.
    pub(crate) fn touched(&self, what: Disturbance) -> u64 {
        let of_kind = |active: &&Active| discriminant(&active.what) == discriminant(&what);
        self.active.iter().find(of_kind).map_or(0, |active| active.touched)
    }

    /// Whether nothing disturbs.
    pub(crate) fn is_calm(&self) -> bool {
        self.active.is_empty()
    }

    /// How much longer an operation takes.
    pub(crate) fn slowed(&mut self, now: Duration) -> Duration {
        let slow = discriminant(&Disturbance::Slow(Duration::ZERO));
        match self.living(slow, now) {
            Some(Active {
                what: Disturbance::Slow(by),
                touched,
                ..
            }) => {
                *touched += 1;
                *by
            }
            _ => Duration::ZERO,
        }
    }

    /// What a write is refused with; `partner` is where a referral points.
    pub(crate) fn refuse_write(&mut self, partner: &str, now: Duration) -> Option<Refusal> {
        if let Some(active) = self.living(discriminant(&Disturbance::ReadOnly), now) {
            active.touched += 1;
            return Some(Refusal {
                referral: vec![format!("ldap://{partner}/")],
                ..Refusal::new(LdapResultCode::Referral, format!("{REFERRAL}'{partner}'"))
            });
        }
        let active = self.living(discriminant(&Disturbance::Full), now)?;
        active.touched += 1;
        Some(Refusal::new(LdapResultCode::OperationsError, DISK_FULL.to_owned()))
    }

    /// How long changes are still kept back; nothing where they travel.
    pub(crate) fn kept_back(&mut self, now: Duration) -> Duration {
        let paused = self.living(discriminant(&Disturbance::ReplicationPaused), now);
        paused.map_or(Duration::ZERO, |active| active.until.saturating_sub(now))
    }

    /// Counts a change that is kept back.
    pub(crate) fn keeps_back(&mut self, now: Duration) {
        if let Some(active) = self.living(discriminant(&Disturbance::ReplicationPaused), now) {
            active.touched += 1;
        }
    }

    /// Whether delegations hold.
    pub(crate) fn rights_hold(&mut self, now: Duration) -> bool {
        self.living(discriminant(&Disturbance::RightsWithdrawn), now).is_none()
    }

    /// Counts a write that was refused for want of a right.
    pub(crate) fn was_denied(&mut self, now: Duration) {
        if let Some(active) = self.living(discriminant(&Disturbance::RightsWithdrawn), now) {
            active.touched += 1;
        }
    }

    fn living(&mut self, kind: Discriminant<Disturbance>, now: Duration) -> Option<&mut Active> {
        let of_kind = |active: &&mut Active| discriminant(&active.what) == kind && now < active.until;
        self.active.iter_mut().find(of_kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_disturbance_ends_with_its_lease_and_keeps_its_count() {
        let mut lab = Lab::default();
        assert!(lab.is_calm() && lab.slowed(S).is_zero());
        lab.begin(Disturbance::Slow(S * 2), S * 10);
        assert_eq!(lab.slowed(S), S * 2);
        assert_eq!(lab.slowed(S * 10), Duration::ZERO, "the lease is over");
        assert_eq!(lab.touched(Disturbance::Slow(Duration::ZERO)), 1);
        assert_eq!(lab.end(Disturbance::Slow(Duration::ZERO)), 1);
        assert_eq!(lab.end(Disturbance::Slow(Duration::ZERO)), 0);
    }

    #[test]
    fn a_later_one_takes_the_place_of_its_kind_alone() {
        let mut lab = Lab::default();
        lab.begin(Disturbance::Slow(S), S * 10);
        lab.begin(Disturbance::RightsWithdrawn, S * 10);
        lab.begin(Disturbance::Slow(S * 3), S * 20);
        assert_eq!(lab.slowed(S * 15), S * 3);
        assert!(!lab.rights_hold(S) && lab.rights_hold(S * 15));
    }

    #[test]
    fn writes_are_refused_as_a_read_only_or_a_full_controller_refuses_them() {
        let mut lab = Lab::default();
        assert_eq!(lab.refuse_write("dc2.corp.test", S), None);
        lab.begin(Disturbance::Full, S * 10);
        let full = lab.refuse_write("dc2.corp.test", S).unwrap();
        assert_eq!(full.code, LdapResultCode::OperationsError);
        lab.begin(Disturbance::ReadOnly, S * 10);
        let referred = lab.refuse_write("dc2.corp.test", S).unwrap();
        assert_eq!(referred.referral, ["ldap://dc2.corp.test/"]);
        assert!(referred.text.starts_with("0000202B:"));
        assert_eq!((lab.end(Disturbance::Full), lab.end(Disturbance::ReadOnly)), (1, 1));
    }

    #[test]
    fn changes_are_kept_back_until_the_lease_ends() {
        let mut lab = Lab::default();
        lab.begin(Disturbance::ReplicationPaused, S * 10);
        lab.keeps_back(S * 4);
        assert_eq!(lab.kept_back(S * 4), S * 6);
        lab.keeps_back(S * 11);
        assert_eq!(lab.kept_back(S * 11), Duration::ZERO);
        assert_eq!(lab.end(Disturbance::ReplicationPaused), 1);
    }
}
