//! People in the directory: created, counted, locked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::ports::Progress;
use futures_util::StreamExt as _;
use futures_util::stream;
use history::BindRecord;
use ldap3::dn_escape;
use scenario::{AccountState, Forest, Person, Vault};
use uuid::Uuid;
use vocabulary::{Password, Win32};

use crate::EnvironmentError;
use crate::ldap::{Connection, DirectoryClient, ldap_error};
use crate::names::{administrator_dn, elsewhere_dn, people_dn, population_bases, unit_dn};
use crate::site::BulkPerson;

/// Bits of `userAccountControl` (MS-ADTS section 2.2.16).
const ACCOUNT_DISABLE: u32 = 0x2;
const NORMAL_ACCOUNT: u32 = 0x200;
const DONT_EXPIRE_PASSWORD: u32 = 0x1_0000;
const SMARTCARD_REQUIRED: u32 = 0x4_0000;
/// The beginning of 2020, in units of 100 ns since 1601: an `accountExpires` that is over.
const LONG_OVER: &str = "132223104000000000";
/// Connections that lock people side by side: enough for a directory of several processors to have work while answers travel.
const LOCKING: usize = 16;
/// People that one of them locks before it tells how far it is.
const LOCKED_AT_ONCE: usize = 20;

/// The domain's inhabitants, over LDAP as its administrator.
#[derive(Clone)]
pub(crate) struct Inhabitants {
    pub client: DirectoryClient,
    pub forest: Forest,
    pub administrator: Password,
    /// Wrong passwords that lock anybody, whichever policy applies to them.
    pub lock_attempts: u32,
}

/// A person's distinguished name in their forest.
pub(crate) fn person_dn(person: &Person, forest: &Forest) -> String {
    let domain = &forest.domain;
    let unit = person.unit.and_then(|unit| forest.units.get(unit));
    let home = match unit {
        _ if person.account == AccountState::OutsideScope => elsewhere_dn(domain),
        Some(unit) => unit_dn(unit, domain),
        None => people_dn(domain),
    };
    format!("CN={},{home}", dn_escape(person.display_name.as_str()))
}

impl Inhabitants {
    pub async fn as_administrator(&self) -> Result<Connection, EnvironmentError> {
        self.client
            .bound(&administrator_dn(&self.forest.domain), &self.administrator)
            .await
    }

    /// The objectGUIDs of everyone, in the order of the people.
    pub async fn guids(&self, people: &[Person]) -> Result<Vec<Uuid>, EnvironmentError> {
        let mut connection = self.as_administrator().await?;
        let mut found = HashMap::new();
        for base in population_bases(&self.forest.domain) {
            found.extend(connection.guids(&base).await?);
        }
        people
            .iter()
            .map(|person| {
                let missing = || {
                    ldap_error(
                        &format!("find {}", person.sam),
                        &self.client.fqdn,
                        "nobody has that name".into(),
                    )
                };
                found.get(&person.sam.to_lowercase()).copied().ok_or_else(missing)
            })
            .collect()
    }

    /// Disables accounts that were enabled so far.
    pub async fn disable(&self, people: &[&Person]) -> Result<(), EnvironmentError> {
        if people.is_empty() {
            return Ok(());
        }
        let mut connection = self.as_administrator().await?;
        let disabled = (NORMAL_ACCOUNT | ACCOUNT_DISABLE).to_string();
        for person in people {
            let dn = person_dn(person, &self.forest);
            connection.replace(&dn, "userAccountControl", &disabled).await?;
        }
        Ok(())
    }

    /// Locks people by wrong passwords, several at a time, and proves each lock by the right one being refused.
    pub async fn lock(
        &self,
        people: &[&Person],
        vault: &Vault,
        progress: &dyn Progress,
    ) -> Result<Vec<(u64, String, BindRecord)>, EnvironmentError> {
        let portions: Vec<&[&Person]> = people.chunks(LOCKED_AT_ONCE).collect();
        let share = portions.len().div_ceil(LOCKING).max(1);
        let done = AtomicU64::new(0);
        let workers: Vec<_> = portions
            .chunks(share)
            .map(|portions| self.lock_portions(portions, vault, &done, progress))
            .collect();
        let mut locked = Vec::with_capacity(people.len());
        let mut working = stream::iter(workers).buffer_unordered(LOCKING);
        while let Some(some) = working.next().await {
            locked.extend(some?);
        }
        Ok(locked)
    }

    /// One worker's portions, over one connection; `done` counts those of all workers.
    async fn lock_portions(
        &self,
        portions: &[&[&Person]],
        vault: &Vault,
        done: &AtomicU64,
        progress: &dyn Progress,
    ) -> Result<Vec<(u64, String, BindRecord)>, EnvironmentError> {
        let mut connection = self.client.connect().await?;
        let mut locked = Vec::new();
        for people in portions {
            locked.extend(self.lock_some(&mut connection, people, vault).await?);
            let some = u64::try_from(people.len()).unwrap_or(u64::MAX);
            progress.at(done.fetch_add(some, Ordering::Relaxed) + some);
        }
        Ok(locked)
    }

    async fn lock_some(
        &self,
        connection: &mut Connection,
        people: &[&Person],
        vault: &Vault,
    ) -> Result<Vec<(u64, String, BindRecord)>, EnvironmentError> {
        let mut locked = Vec::with_capacity(people.len());
        for person in people {
            let dn = person_dn(person, &self.forest);
            for attempt in 0..self.lock_attempts {
                let wrong = Password::new(format!("Wrong-{attempt}-{}", person.index));
                let refused = connection.try_bind(&dn, &wrong, 0).await?;
                if refused.data == Some(Win32::ACCOUNT_LOCKED_OUT) {
                    break;
                }
            }
            let right = vault.password(person.index, person.persona, 0);
            let proof = connection.try_bind(&dn, &right, 0).await?;
            if proof.data != Some(Win32::ACCOUNT_LOCKED_OUT) {
                let cause = format!(
                    "after {} wrong passwords the right one gave {proof:?}",
                    self.lock_attempts
                );
                return Err(ldap_error(&format!("lock {dn}"), &self.client.fqdn, cause));
            }
            locked.push((person.index, self.client.fqdn.clone(), proof));
        }
        Ok(locked)
    }
}

/// People of one forest as a bulk load takes them, one after another, since a million of them at once are large.
pub(crate) fn bulk<'a>(
    people: &'a [Person],
    vault: &'a Vault,
    forest: &'a Forest,
) -> impl Iterator<Item = BulkPerson> + 'a {
    people.iter().map(|person| BulkPerson {
        dn: person_dn(person, forest),
        attributes: attributes(person),
        password: vault.password(person.index, person.persona, 0),
    })
}

/// What an account of each state is in the directory.
fn attributes(person: &Person) -> Vec<(&'static str, String)> {
    let mut attributes = vec![
        ("sAMAccountName", person.sam.clone()),
        ("userPrincipalName", person.upn.clone()),
        ("givenName", person.given_name.clone()),
        ("sn", person.surname.clone()),
        ("displayName", person.display_name.clone()),
        ("mail", person.mail.clone()),
        ("userAccountControl", control(person.account).to_string()),
    ];
    match person.account {
        AccountState::Expired => attributes.push(("accountExpires", LONG_OVER.to_owned())),
        AccountState::MustChange => attributes.push(("pwdLastSet", "0".to_owned())),
        AccountState::Protected => attributes.push(("adminCount", "1".to_owned())),
        AccountState::Usual
        | AccountState::Disabled
        | AccountState::NeverExpires
        | AccountState::Smartcard
        | AccountState::OutsideScope => {}
    }
    attributes
}

fn control(account: AccountState) -> u32 {
    NORMAL_ACCOUNT
        | match account {
            AccountState::Disabled => ACCOUNT_DISABLE,
            AccountState::NeverExpires => DONT_EXPIRE_PASSWORD,
            AccountState::Smartcard => SMARTCARD_REQUIRED,
            AccountState::Usual
            | AccountState::Expired
            | AccountState::MustChange
            | AccountState::Protected
            | AccountState::OutsideScope => 0,
        }
}

#[cfg(test)]
mod tests;
