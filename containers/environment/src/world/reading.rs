//! Reading the domains: metadata of everyone, changes as they arrive, the databases themselves, and binds.

use std::collections::HashMap;
use std::time::Duration;

use engine::ports::{Answer, PortError, Seen, Watcher};
use history::{BindRecord, Metadata};
use scenario::Person;
use uuid::Uuid;
use vocabulary::Password;

use super::LabWorld;
use crate::EnvironmentError;
use crate::clock::breathe;
use crate::inhabitants::person_dn;
use crate::ldap::{Connection, DirectoryClient};
use crate::names::{people_dn, population_bases};

/// How long the controllers of a domain may take to agree; what they hold then is recorded, whether they agree or not.
const AGREE_WITHIN: Duration = Duration::from_secs(60);

/// What one domain controller tells of everyone.
type Reading = HashMap<Uuid, Metadata>;

impl LabWorld {
    /// The metadata of everyone on every domain controller, once the controllers of each domain agree.
    pub(super) async fn agreed_metadata(&mut self) -> Result<Vec<Seen>, EnvironmentError> {
        let mut seen = Vec::new();
        for forest in 0..self.standing()?.domains.len() {
            for (dc, reading) in self.agreed(forest).await? {
                let everyone = reading.into_iter();
                seen.extend(everyone.map(|(user, metadata)| Seen {
                    dc: dc.clone(),
                    user,
                    metadata,
                }));
            }
        }
        Ok(seen)
    }

    /// What each controller of a domain tells of everyone, once they agree.
    pub(super) async fn agreed(&self, forest: usize) -> Result<Vec<(String, Reading)>, EnvironmentError> {
        let until = self.clock.monotonic() + AGREE_WITHIN;
        loop {
            let readings = self.read_all(forest).await?;
            if agree(&readings) || self.clock.monotonic() >= until {
                return Ok(readings);
            }
            breathe().await;
        }
    }

    async fn read_all(&self, forest: usize) -> Result<Vec<(String, Reading)>, EnvironmentError> {
        let standing = self.standing()?;
        let domain = standing.domain(forest)?;
        let mut readings = Vec::new();
        for controller in &domain.controllers {
            let mut connection = standing.as_administrator(forest, controller).await?;
            let mut reading = Reading::new();
            for base in population_bases(&domain.domain) {
                reading.extend(connection.metadata(&base).await?);
            }
            readings.push((controller.fqdn.clone(), reading));
        }
        Ok(readings)
    }

    /// A watcher of each controller of the domains that have several.
    pub(super) async fn watch(&mut self) -> Result<Vec<Box<dyn Watcher>>, EnvironmentError> {
        let standing = self.standing()?;
        let mut watchers: Vec<Box<dyn Watcher>> = Vec::new();
        for (domain, secrets) in standing.domains.iter().zip(&standing.blueprint.domains) {
            if domain.controllers.len() < 2 {
                continue;
            }
            for controller in &domain.controllers {
                let (dn, password) = secrets.administrator();
                let client = standing.client(controller)?;
                let mut connection = client.bound(&dn, password).await?;
                watchers.push(Box::new(Follower {
                    next_usn: connection.highest_usn().await? + 1,
                    base: people_dn(&domain.domain),
                    dn,
                    password: password.clone(),
                    connection: Some(connection),
                    client,
                }));
            }
        }
        Ok(watchers)
    }

    /// One bind on the first controller of the person's domain.
    pub(super) async fn bind_once(
        &mut self,
        person: &Person,
        password: &Password,
        label: u32,
    ) -> Result<(String, BindRecord), EnvironmentError> {
        let standing = self.standing()?;
        let client = standing.client(standing.controller(person.forest, 1)?)?;
        let dn = person_dn(person, standing.forest(person.forest)?);
        let mut connection = match self.probers.remove(&person.forest) {
            Some(connection) => connection,
            None => client.connect().await?,
        };
        let record = connection.try_bind(&dn, password, label).await?;
        self.probers.insert(person.forest, connection);
        Ok((client.fqdn, record))
    }
}

/// Whether all controllers tell the same of what replicates.
fn agree(readings: &[(String, Reading)]) -> bool {
    let replicated = |metadata: &Metadata| {
        (
            metadata.kvno,
            metadata.pwd_last_set,
            metadata.lockout_time,
            metadata.uac,
        )
    };
    let Some(((_, first), others)) = readings.split_first() else {
        return true;
    };
    others.iter().all(|(_, other)| {
        other.len() == first.len()
            && other
                .iter()
                .all(|(user, metadata)| first.get(user).map(replicated) == Some(replicated(metadata)))
    })
}

/// Follows one domain controller by its update sequence numbers.
struct Follower {
    client: DirectoryClient,
    dn: String,
    password: Password,
    base: String,
    next_usn: u64,
    connection: Option<Connection>,
}

impl Follower {
    async fn look(&mut self) -> Result<Vec<Seen>, EnvironmentError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.client.bound(&self.dn, &self.password).await?,
        };
        let found = connection.changed(&self.base, self.next_usn).await?;
        self.connection = Some(connection);
        let last = found.iter().map(|(_, metadata)| metadata.usn).max();
        self.next_usn = last.map_or(self.next_usn, |usn| usn + 1);
        let dc = &self.client.fqdn;
        let seen = found.into_iter().map(|(user, metadata)| Seen {
            dc: dc.clone(),
            user,
            metadata,
        });
        Ok(seen.collect())
    }
}

impl Watcher for Follower {
    fn changes<'a>(&'a mut self) -> Answer<'a, Vec<Seen>> {
        Box::pin(async move { self.look().await.map_err(PortError::from) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(kvno: u32, bad_pwd_count: u32, usn: u64) -> Reading {
        let metadata = Metadata {
            kvno,
            pwd_last_set: 5,
            lockout_time: 0,
            bad_pwd_count,
            uac: 512,
            usn,
        };
        HashMap::from([(Uuid::from_u128(1), metadata)])
    }

    #[test]
    fn controllers_agree_on_what_replicates_and_on_nothing_else() {
        let pair = |one, two| [("dc1".to_owned(), one), ("dc2".to_owned(), two)];
        assert!(agree(&pair(reading(2, 0, 7), reading(2, 3, 900))));
        assert!(!agree(&pair(reading(2, 0, 7), reading(1, 0, 7))));
        assert!(!agree(&pair(reading(2, 0, 7), Reading::new())));
        assert!(agree(&[]));
    }
}
