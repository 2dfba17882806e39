//! Request controls: those known, and those that must not be ignored.

use ldap3_proto::control::LdapControl;

use super::ber::{elements, open};
use crate::state::Refusal;

const POLICY_HINTS: &str = "1.2.840.113556.1.4.2239";
const POLICY_HINTS_DEPRECATED: &str = "1.2.840.113556.1.4.2066";
const TREE_DELETE: &str = "1.2.840.113556.1.4.805";
const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";
const LAZY_COMMIT: &str = "1.2.840.113556.1.4.619";

/// The controls that the rootDSE lists: paging, policy hints (both), tree delete, show deleted, security descriptor flags, search
/// options, domain scope and lazy commit.
pub const SUPPORTED: [&str; 9] = [
    "1.2.840.113556.1.4.319",
    POLICY_HINTS,
    POLICY_HINTS_DEPRECATED,
    TREE_DELETE,
    "1.2.840.113556.1.4.417",
    "1.2.840.113556.1.4.801",
    "1.2.840.113556.1.4.1338",
    DOMAIN_SCOPE,
    LAZY_COMMIT,
];

/// What the controls of a request ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// Paged results (RFC 2696).
    pub page: Option<Page>,
    /// A reset shall obey history and minimum age.
    pub hints: bool,
    /// A delete shall take what is below with it.
    pub tree_delete: bool,
}

/// One request for a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// How many entries; 0 with a cookie gives the search up.
    pub size: usize,
    /// What the last page was ended with; empty at first.
    pub cookie: Vec<u8>,
}

impl Controls {
    /// Reads the controls of a request.
    ///
    /// # Errors
    /// Result 12 for a control that is critical and not known.
    pub fn read(controls: Vec<LdapControl>) -> Result<Self, Refusal> {
        let mut read = Self::default();
        for control in controls {
            read.apply(control)?;
        }
        Ok(read)
    }

    fn apply(&mut self, control: LdapControl) -> Result<(), Refusal> {
        match control {
            LdapControl::SimplePagedResults { size, cookie } => {
                let size = usize::try_from(size).unwrap_or(0);
                self.page = Some(Page { size, cookie });
            }
            // Nothing here that these could change: no referrals, no tombstones, no security descriptors.
            LdapControl::ManageDsaIT { .. }
            | LdapControl::ShowDeleted { .. }
            | LdapControl::SdFlags { .. }
            | LdapControl::SearchOptions { .. } => {}
            LdapControl::Unknown {
                oid,
                criticality,
                value,
            } => {
                self.apply_unknown(&oid, criticality, value.as_deref())?;
            }
            LdapControl::ExtendedDn { criticality: false, .. }
            | LdapControl::PasswordPolicyRequest { criticality: false }
            | LdapControl::SyncRequest { criticality: false, .. } => {}
            // The decoder does not tell whether these are critical; to ignore them could be wrong, to refuse them cannot.
            _ => return Err(Refusal::unknown_control()),
        }
        Ok(())
    }

    fn apply_unknown(&mut self, oid: &str, critical: bool, value: Option<&[u8]>) -> Result<(), Refusal> {
        match oid {
            POLICY_HINTS | POLICY_HINTS_DEPRECATED => {
                self.hints |= flags(value.unwrap_or_default()) == Some(1);
            }
            TREE_DELETE => self.tree_delete = true,
            DOMAIN_SCOPE | LAZY_COMMIT => {}
            _ if critical => return Err(Refusal::unknown_control()),
            _ => {}
        }
        Ok(())
    }
}

/// The number in `SEQUENCE { INTEGER }`, in the short or the long form of lengths.
fn flags(value: &[u8]) -> Option<u32> {
    let (0x30, content) = open(value)? else { return None };
    let (0x02, number) = open(elements(content).next()?)? else {
        return None;
    };
    let fits = !number.is_empty() && number.len() <= 4;
    fits.then(|| number.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(oid: &str, criticality: bool, value: Option<&[u8]>) -> LdapControl {
        LdapControl::Unknown {
            oid: oid.to_owned(),
            criticality,
            value: value.map(<[u8]>::to_vec),
        }
    }

    #[test]
    fn hints_are_read_in_both_length_forms_and_both_oids() {
        let short: &[u8] = &[0x30, 3, 2, 1, 1];
        let long: &[u8] = &[0x30, 0x84, 0, 0, 0, 3, 2, 1, 1];
        for (oid, value) in [(POLICY_HINTS, short), (POLICY_HINTS_DEPRECATED, long)] {
            assert!(Controls::read(vec![unknown(oid, true, Some(value))]).unwrap().hints);
        }
        for value in [&[0x30, 3, 2, 1, 0][..], &[0x30, 3, 2, 1], &[], &[0x30, 2, 2, 0]] {
            let read = Controls::read(vec![unknown(POLICY_HINTS, true, Some(value))]);
            assert!(!read.unwrap().hints, "{value:?}");
        }
    }

    #[test]
    fn only_critical_strangers_are_refused() {
        assert_eq!(
            Controls::read(vec![unknown("1.2.3", false, None)]),
            Ok(Controls::default())
        );
        let refused = Controls::read(vec![unknown("1.2.3", true, None)]);
        assert_eq!(refused, Err(Refusal::unknown_control()));
    }
}
