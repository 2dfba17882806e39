//! The exact oracle: what each domain controller's own database holds of everyone, read without LDAP and without a bind.

use std::collections::HashMap;

use engine::ports::Held;
use history::{Metadata, OracleRecord};
use scenario::{Person, Vault};
use uuid::Uuid;
use vocabulary::Password;

use super::LabWorld;
use crate::EnvironmentError;
use crate::names::population_bases;
use crate::oracle::{NtHash, OracleRow};
use crate::site::Site;

/// One account as a database holds it. What it keeps of the password is compared here and goes nowhere else.
struct Account {
    metadata: Metadata,
    holds: Box<dyn Fn(&Password) -> bool + Send>,
}

impl LabWorld {
    /// What each controller's own database holds of everyone; of each person's labels from the last to 0.
    pub(super) async fn ask_databases(
        &mut self,
        people: &[Person],
        vault: &Vault,
        labels: &[u32],
    ) -> Result<Vec<Held>, EnvironmentError> {
        let mut held = Vec::new();
        for forest in 0..self.standing()?.domains.len() {
            let domain = self.standing()?.domain(forest)?.clone();
            for controller in &domain.controllers {
                let accounts = self.accounts(&controller.part, &domain.domain).await?;
                held.extend(self.compared(&controller.fqdn, &accounts, people, vault, labels));
            }
        }
        Ok(held)
    }

    fn compared<'a>(
        &'a self,
        dc: &'a str,
        accounts: &'a HashMap<Uuid, Account>,
        people: &'a [Person],
        vault: &'a Vault,
        labels: &'a [u32],
    ) -> impl Iterator<Item = Held> + 'a {
        let everyone = people.iter().zip(&self.users).zip(labels);
        everyone.filter_map(move |((person, user), last)| {
            let account = accounts.get(user)?;
            let holds = (0..=*last)
                .rev()
                .find(|label| (account.holds)(&vault.password(person.index, person.persona, *label)));
            Some(Held {
                dc: dc.to_owned(),
                user: *user,
                record: OracleRecord {
                    metadata: account.metadata,
                    holds,
                },
            })
        })
    }

    async fn accounts(&mut self, part: &str, domain: &str) -> Result<HashMap<Uuid, Account>, EnvironmentError> {
        let mut accounts = HashMap::new();
        for base in population_bases(domain) {
            match self.site()? {
                Site::Embedded(site) => accounts.extend(site.inspect(part, &base)?.into_iter().map(of_embedded)),
                Site::Docker(site) => accounts.extend(site.oracle(part, &base).await?.into_iter().map(of_samba)),
            }
        }
        Ok(accounts)
    }
}

fn of_embedded(seen: directory::Inspected) -> (Uuid, Account) {
    let metadata = Metadata {
        kvno: seen.kvno,
        pwd_last_set: seen.pwd_last_set,
        lockout_time: seen.lockout_time,
        bad_pwd_count: seen.bad_pwd_count,
        uac: seen.uac,
        usn: seen.usn,
    };
    let (user, holds) = (seen.guid, move |password: &Password| seen.holds(password));
    (
        user,
        Account {
            metadata,
            holds: Box::new(holds),
        },
    )
}

fn of_samba(row: OracleRow) -> (Uuid, Account) {
    let OracleRow {
        user,
        metadata,
        nt_hash,
    } = row;
    let holds = move |password: &Password| nt_hash.as_ref() == Some(&NtHash::of(password));
    (
        user,
        Account {
            metadata,
            holds: Box::new(holds),
        },
    )
}
