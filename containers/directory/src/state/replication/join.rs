//! A further domain controller, begun as a copy of one that is there.

use super::{POOL, Replica, invocation};
use crate::config::DirectoryConfig;
use crate::state::Domain;
use crate::state::dn::Rdn;
use crate::state::schema::Attr;
use crate::state::time::FileTime;
use crate::state::tree::Tree;

impl Domain {
    /// Gives a further controller its computer account, unless it has one from an earlier life.
    pub fn enrol(&mut self, host: &str, fqdn: &str, now: FileTime) {
        if self.tree.by_sam(&format!("{host}$")).is_some() {
            return;
        }
        let rdn = Rdn {
            kind: "OU".into(),
            value: "Domain Controllers".to_owned(),
        };
        let unit = self.tree.child(Tree::HEAD, &rdn).unwrap_or(Tree::HEAD);
        self.seat(unit, host, fqdn, None, now);
    }

    /// A copy of the domain for the controller of a configuration, the `number`th that joins. It has no partners yet, counts USNs of
    /// its own, and hands out RIDs from a pool of its own; counters of bad passwords do not come along.
    #[must_use]
    pub fn copy_for(&self, config: &DirectoryConfig, number: u32, now: FileTime) -> Self {
        let mut copy = self.clone();
        copy.identity.name_host(&config.fqdn);
        copy.old_password_allowed = config.old_password_allowed;
        copy.next_rid = number.saturating_mul(POOL);
        copy.replica = Replica {
            invocation: invocation(&self.identity.seed, &copy.identity.host, number),
            first: false,
            supports: config.functional_level,
            outbox: super::Outbox::default(),
            ..copy.replica
        };
        copy.number_anew(now);
        copy
    }

    fn number_anew(&mut self, now: FileTime) {
        self.highest_usn = 0;
        self.tree.by_usn = crate::state::usn::UsnIndex::default();
        for id in self.tree.below(Tree::HEAD) {
            let usn = self.next_usn();
            let Some(entry) = self.tree.get_mut(id) else {
                continue;
            };
            (entry.usn_created, entry.usn_changed, entry.when_changed) = (usn, usn, now);
            if let Some(account) = entry.account.as_mut() {
                (account.bad_password_count, account.bad_password_time) = (0, 0);
            }
            self.tree.note_usn(usn, id);
        }
    }

    /// Whether a controller of that host name has a computer account here, which tells a controller from any other machine.
    pub(super) fn is_controller(&self, host: &str) -> bool {
        let id = self.tree.by_sam(&format!("{host}$"));
        let entry = id.and_then(|id| self.tree.get(id));
        let account = entry.and_then(|entry| entry.account.as_ref());
        account.is_some_and(|account| account.has(crate::state::entry::uac::SERVER_TRUST))
    }

    /// `dNSHostName` of a controller.
    pub(super) fn dns_name_of(&self, host: &str) -> Option<String> {
        let id = self.tree.by_sam(&format!("{host}$"))?;
        let name = self.tree.get(id)?.attributes.text(Attr::DnsHostName)?;
        Some(name.to_owned())
    }
}
