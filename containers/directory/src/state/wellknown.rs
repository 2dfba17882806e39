//! The groups that stand in every domain, so that a person can be a member of a protected one (MS-ADTS 6.1.1.6, MS-DTYP 2.4.2.4).

use super::Domain;
use super::add::scope_group;
use super::entry::EntryId;
use super::groups::{ADMINISTRATORS, BUILTIN_LOCAL, DOMAIN_COMPUTERS, DOMAIN_CONTROLLERS, DOMAIN_USERS};
use super::preset::set;
use super::schema::{Attr, Class};
use super::time::FileTime;

/// `groupType` of a universal and of a domain local group.
const UNIVERSAL: &str = "-2147483640";
const LOCAL: &str = "-2147483644";

/// One group: its name, its RID, whether AdminSDHolder protects it, and its `groupType` where that is not the usual one.
type Known = (&'static str, u32, bool, Option<&'static str>);

const DOMAIN_ADMINS: u32 = 512;
const DOMAIN_GUESTS: u32 = 514;
const ENTERPRISE_ADMINS: u32 = 519;
const USERS: u32 = 545;
const GUESTS: u32 = 546;

/// The groups below `CN=Users`.
const OF_THE_DOMAIN: [Known; 13] = [
    ("Enterprise Read-only Domain Controllers", 498, false, Some(UNIVERSAL)),
    ("Domain Admins", DOMAIN_ADMINS, true, None),
    ("Domain Users", DOMAIN_USERS, false, None),
    ("Domain Guests", DOMAIN_GUESTS, false, None),
    ("Domain Computers", DOMAIN_COMPUTERS, false, None),
    ("Domain Controllers", DOMAIN_CONTROLLERS, true, None),
    ("Cert Publishers", 517, false, Some(LOCAL)),
    ("Schema Admins", 518, true, Some(UNIVERSAL)),
    ("Enterprise Admins", ENTERPRISE_ADMINS, true, Some(UNIVERSAL)),
    ("Group Policy Creator Owners", 520, false, None),
    ("Read-only Domain Controllers", 521, true, None),
    ("Protected Users", 525, false, None),
    ("RAS and IAS Servers", 553, false, Some(LOCAL)),
];

/// The groups below `CN=Builtin`.
const BUILTIN: [Known; 9] = [
    ("Administrators", ADMINISTRATORS, true, Some(BUILTIN_LOCAL)),
    ("Users", USERS, false, Some(BUILTIN_LOCAL)),
    ("Guests", GUESTS, false, Some(BUILTIN_LOCAL)),
    ("Account Operators", 548, true, Some(BUILTIN_LOCAL)),
    ("Server Operators", 549, true, Some(BUILTIN_LOCAL)),
    ("Print Operators", 550, true, Some(BUILTIN_LOCAL)),
    ("Backup Operators", 551, true, Some(BUILTIN_LOCAL)),
    ("Replicator", 552, true, Some(BUILTIN_LOCAL)),
    ("Remote Desktop Users", 555, false, Some(BUILTIN_LOCAL)),
];

/// Which group is a member of which.
const NESTED: [(u32, u32); 4] = [
    (ADMINISTRATORS, DOMAIN_ADMINS),
    (ADMINISTRATORS, ENTERPRISE_ADMINS),
    (USERS, DOMAIN_USERS),
    (GUESTS, DOMAIN_GUESTS),
];

impl Domain {
    pub(super) fn furnish_groups(&mut self, users: EntryId, builtin: EntryId, now: FileTime) {
        for (parent, groups) in [(users, OF_THE_DOMAIN.as_slice()), (builtin, BUILTIN.as_slice())] {
            for (name, rid, protected, kind) in groups {
                self.preset(parent, Class::Group, name, now, |_, entry| {
                    entry.rid = Some(*rid);
                    set(entry, Attr::SamAccountName, name);
                    if let Some(kind) = kind {
                        set(entry, Attr::GroupType, kind);
                    }
                    if *protected {
                        set(entry, Attr::AdminCount, "1");
                    }
                    scope_group(entry);
                });
            }
        }
        for (group, member) in NESTED {
            self.join_known(group, member);
        }
    }

    /// Makes the administrator a member of what makes an administrator.
    pub(super) fn join_administrators(&mut self, administrator: u32) {
        for group in [ADMINISTRATORS, DOMAIN_ADMINS, ENTERPRISE_ADMINS, 518, 520] {
            self.join_known(group, administrator);
        }
    }

    fn join_known(&mut self, group: u32, member: u32) {
        if let (Some(group), Some(member)) = (self.tree.by_rid(group), self.tree.by_rid(member)) {
            self.link(group, vec![(member, true)]);
        }
    }
}
