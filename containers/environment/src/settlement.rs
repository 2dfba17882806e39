//! What stands in a domain besides people: units, the agent's account, groups, fine-grained policies.

use std::time::Duration;

use engine::ports::Progress;
use ldap3::dn_escape;
use scenario::{AccountState, FineGrainedPolicy, Forest, Group, Person, Plan, World, groups_of};
use vocabulary::Password;

use crate::EnvironmentError;
use crate::inhabitants::{Inhabitants, person_dn};
use crate::names::{
    domain_admins_dn, elsewhere_dn, groups_dn, password_settings_dn, people_dn, service_account_dn, services_dn,
    unit_dn,
};

/// NORMAL_ACCOUNT with DONT_EXPIRE_PASSWORD (MS-ADTS section 2.2.16).
pub(crate) const SERVICE_ACCOUNT: &str = "66048";
/// Members of a group that go into one modification: far below the 5,000 values that Active Directory takes in one.
const MEMBERS: usize = 1000;
/// Units of 100 ns in a microsecond.
const TICKS_PER_US: i64 = 10;
/// An age or a lock without end.
const NEVER: i64 = i64::MIN;

/// An entry that is not a person.
pub(crate) struct NewEntry {
    /// Distinguished name.
    pub dn: String,
    /// Attributes of one value each.
    pub attributes: Vec<(&'static str, Vec<u8>)>,
}

/// A group and who is in it.
pub(crate) struct BulkGroup<'p> {
    /// Distinguished name.
    pub dn: String,
    /// `sAMAccountName`.
    pub sam: String,
    /// Whether every domain has this group from the start; any other is made where it is not there yet.
    pub built_in: bool,
    members: Vec<&'p Person>,
    forest: &'p Forest,
}

impl BulkGroup<'_> {
    /// How many are in it.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The group as an offline load takes it.
    pub fn loaded(&self) -> crate::site::BulkGroup {
        let sam = (!self.built_in).then(|| ("sAMAccountName", self.sam.clone()));
        crate::site::BulkGroup {
            dn: self.dn.clone(),
            attributes: sam.into_iter().collect(),
            members: self.members().collect(),
        }
    }

    /// The distinguished names of its members, made as they are asked for.
    pub fn members(&self) -> impl Iterator<Item = String> {
        self.members.iter().map(|person| person_dn(person, self.forest))
    }
}

/// The groups of one forest, counted from 0, with their members among its people; last the protected group, where somebody is
/// protected.
pub(crate) fn bulk_groups<'p>(plan: &'p Plan, forest: usize, people: &'p [Person]) -> Vec<BulkGroup<'p>> {
    let Some(home) = plan.world.forests.get(forest) else {
        return Vec::new();
    };
    let known = |index: &u64| {
        let place = people.binary_search_by_key(index, |person| person.index).ok()?;
        people.get(place)
    };
    let group = |group: Group| BulkGroup {
        dn: group_dn(&group.name, &home.domain),
        members: group.members.iter().filter_map(known).collect(),
        sam: group.sam,
        built_in: false,
        forest: home,
    };
    let mut groups: Vec<BulkGroup<'_>> = groups_of(plan, forest, people).into_iter().map(group).collect();
    let protected = |person: &&Person| person.forest == forest && person.account == AccountState::Protected;
    let protected: Vec<&Person> = people.iter().filter(protected).collect();
    if !protected.is_empty() {
        groups.push(BulkGroup {
            dn: domain_admins_dn(&home.domain),
            sam: "Domain Admins".to_owned(),
            built_in: true,
            members: protected,
            forest: home,
        });
    }
    groups
}

fn group_dn(name: &str, domain: &str) -> String {
    format!("CN={},{}", dn_escape(name), groups_dn(domain))
}

/// What stands in a forest's domain before people come, in an order in which each entry finds what it names: units, the agent's
/// account, the groups of the fine-grained policies, the policies. Ordinary groups come with their members.
pub(crate) fn settlement(plan: &Plan, forest: usize, service_account: &Password) -> Vec<NewEntry> {
    let Some(home) = plan.world.forests.get(forest) else {
        return Vec::new();
    };
    let domain = &home.domain;
    let mut entries = bare_settlement(domain, service_account);
    entries.extend(home.units.iter().map(|name| unit(unit_dn(name, domain))));
    let groups = groups_of(plan, forest, &[]).into_iter();
    let of_policies = groups.filter(|group| group.policy.is_some());
    entries.extend(of_policies.map(|group| empty_group(group_dn(&group.name, domain), &group.sam)));
    let policies = plan.world.fine_grained_policies.iter();
    entries.extend(policies.map(|policy| password_settings(&plan.world, policy, domain)));
    entries
}

/// What stands in every domain: the units of people, services and groups, and the agent's account.
pub(crate) fn bare_settlement(domain: &str, service_account: &Password) -> Vec<NewEntry> {
    let own = [people_dn, services_dn, elsewhere_dn, groups_dn].map(|dn| dn(domain));
    let mut entries: Vec<NewEntry> = own.into_iter().map(unit).collect();
    entries.push(agent_account(domain, service_account));
    entries
}

fn unit(dn: String) -> NewEntry {
    NewEntry {
        dn,
        attributes: vec![("objectClass", b"organizationalUnit".to_vec())],
    }
}

fn agent_account(domain: &str, password: &Password) -> NewEntry {
    NewEntry {
        dn: service_account_dn(domain),
        attributes: vec![
            ("objectClass", b"user".to_vec()),
            ("sAMAccountName", b"svc-writeback".to_vec()),
            ("userAccountControl", SERVICE_ACCOUNT.into()),
            ("unicodePwd", password.unicode_pwd().to_vec()),
        ],
    }
}

fn empty_group(dn: String, sam: &str) -> NewEntry {
    NewEntry {
        dn,
        attributes: vec![
            ("objectClass", b"group".to_vec()),
            ("sAMAccountName", sam.as_bytes().to_vec()),
        ],
    }
}

/// A password settings object: all that the class must have (MS-ADSC section 2.144), and the group it applies to.
fn password_settings(world: &World, policy: &FineGrainedPolicy, domain: &str) -> NewEntry {
    let (own, lockout) = (&world.policy, &world.lockout);
    let boolean = |value: bool| if value { "TRUE" } else { "FALSE" }.to_owned();
    let complexity = policy.complexity.unwrap_or(own.complexity);
    let min_age = policy.min_age.unwrap_or(own.min_age);
    let threshold = policy.lockout_threshold.unwrap_or(lockout.threshold);
    let values = [
        ("objectClass", "msDS-PasswordSettings".to_owned()),
        ("msDS-PasswordSettingsPrecedence", policy.precedence.to_string()),
        ("msDS-PasswordReversibleEncryptionEnabled", boolean(false)),
        ("msDS-PasswordComplexityEnabled", boolean(complexity)),
        (
            "msDS-PasswordHistoryLength",
            policy.history.unwrap_or(own.history).to_string(),
        ),
        (
            "msDS-MinimumPasswordLength",
            policy.min_length.unwrap_or(own.min_length).to_string(),
        ),
        ("msDS-MinimumPasswordAge", ticks(min_age).to_string()),
        ("msDS-MaximumPasswordAge", NEVER.to_string()),
        ("msDS-LockoutThreshold", threshold.to_string()),
        ("msDS-LockoutObservationWindow", ticks(lockout.window).to_string()),
        ("msDS-LockoutDuration", lock_ticks(lockout.duration).to_string()),
        ("msDS-PSOAppliesTo", group_dn(&policy.name, domain)),
    ];
    NewEntry {
        dn: password_settings_dn(&policy.name, domain),
        attributes: values
            .into_iter()
            .map(|(name, value)| (name, value.into_bytes()))
            .collect(),
    }
}

/// A duration as the directory stores it: negative units of 100 ns.
pub(crate) fn ticks(duration: Duration) -> i64 {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    micros.saturating_mul(-TICKS_PER_US)
}

/// The same for a lock, which a duration of nothing leaves until it is taken off.
fn lock_ticks(duration: Duration) -> i64 {
    if duration.is_zero() { NEVER } else { ticks(duration) }
}

impl Inhabitants {
    /// Makes what stands before people come. What is there already, from a snapshot, stays as it is.
    pub async fn prepare(&self, settlement: Vec<NewEntry>) -> Result<(), EnvironmentError> {
        let mut connection = self.as_administrator().await?;
        for entry in settlement {
            connection.add(&entry.dn, entry.attributes, true).await?;
        }
        Ok(())
    }

    /// Makes groups and puts people into them over LDAP. Groups and members that are there already stay.
    pub async fn assemble(&self, groups: &[BulkGroup<'_>], progress: &dyn Progress) -> Result<(), EnvironmentError> {
        if groups.is_empty() {
            return Ok(());
        }
        let all: usize = groups.iter().map(BulkGroup::len).sum();
        progress.step(&format!("groups of {}", self.forest.domain), u64::try_from(all).ok());
        let mut connection = self.as_administrator().await?;
        let mut done = 0;
        for group in groups {
            if !group.built_in {
                let entry = empty_group(group.dn.clone(), &group.sam);
                connection.add(&entry.dn, entry.attributes, true).await?;
            }
            let mut members = group.members();
            loop {
                let some: Vec<String> = members.by_ref().take(MEMBERS).collect();
                if some.is_empty() {
                    break;
                }
                connection.add_values(&group.dn, "member", &some).await?;
                done += some.len() as u64;
                progress.at(done);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
