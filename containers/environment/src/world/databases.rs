//! The exact oracle: what each domain controller's own database holds of everyone, read without LDAP and without a bind.

use std::collections::HashMap;

use engine::ports::Held;
use history::OracleRecord;
use scenario::{Person, Vault};
use uuid::Uuid;
use vocabulary::Password;

use super::LabWorld;
use crate::EnvironmentError;
use crate::names::population_bases;
use crate::site::Site;

/// One account as a database holds it. What it keeps of the password is compared here and goes nowhere else.
struct Account {
    record: OracleRecord,
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
                    holds,
                    ..account.record
                },
            })
        })
    }

    async fn accounts(&mut self, part: &str, domain: &str) -> Result<HashMap<Uuid, Account>, EnvironmentError> {
        let mut accounts = HashMap::new();
        for base in population_bases(domain) {
            match self.site()? {
                Site::Embedded(site) => accounts.extend(site.inspect(part, &base)?.into_iter().map(of_embedded)),
                Site::Docker(_) => {}
            }
        }
        Ok(accounts)
    }
}

fn of_embedded(seen: directory::Inspected) -> (Uuid, Account) {
    let guid = seen.guid;
    let record = OracleRecord {
        kvno: seen.kvno,
        pwd_last_set: seen.pwd_last_set,
        lockout_time: seen.lockout_time,
        bad_pwd_count: seen.bad_pwd_count,
        uac: seen.uac,
        usn: seen.usn,
        holds: None,
    };
    let account = Account {
        record,
        holds: Box::new(move |password| seen.holds(password)),
    };
    (guid, account)
}
