//! Reading the domains: metadata of everyone, changes as they arrive, the databases themselves, and binds.

use std::collections::HashMap;
use std::time::Duration;

use engine::ports::{Answer, Seen, Watcher};
use futures_util::future::join_all;
use history::{BindRecord, Metadata};
use scenario::Person;
use uuid::Uuid;
use vocabulary::Password;

use super::LabWorld;
use crate::EnvironmentError;
use crate::clock::{breathe, within};
use crate::ldap::{Connection, DirectoryClient};
use crate::names::population_bases;

/// How long the controllers of a domain may take to agree; what they hold then is recorded, whether they agree or not.
pub(super) const AGREE_WITHIN: Duration = Duration::from_secs(60);

/// How long a populated domain may take until every controller has everybody.
const REPLICATE_WITHIN: Duration = Duration::from_secs(900);

/// How long a domain controller may take to tell of those who are watched.
const MOMENT: Duration = Duration::from_secs(2);

/// What one domain controller tells of everyone.
type Reading = HashMap<Uuid, Metadata>;

impl LabWorld {
    /// The metadata of everyone on every domain controller, once the controllers of each domain agree.
    pub(super) async fn agreed_metadata(&mut self) -> Result<Vec<Seen>, EnvironmentError> {
        let mut seen = Vec::new();
        for forest in 0..self.standing()?.domains.len() {
            for (dc, reading) in self.agreed(forest, AGREE_WITHIN).await? {
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

    /// Waits until the controllers of a domain tell the same of everyone.
    pub(super) async fn replicated(&self, forest: usize) -> Result<(), EnvironmentError> {
        let readings = self.agreed(forest, REPLICATE_WITHIN).await?;
        if agree(&readings) {
            return Ok(());
        }
        let known: Vec<String> = readings
            .iter()
            .map(|(dc, reading)| format!("{} on {dc}", reading.len()))
            .collect();
        Err(EnvironmentError::NotReady {
            part: self.standing()?.domain(forest)?.domain.clone(),
            cause: format!(
                "its domain controllers do not agree; people known: {}",
                known.join(", ")
            ),
        })
    }

    /// What each controller of a domain tells of everyone once they agree, or when the time is up.
    async fn agreed(&self, forest: usize, within: Duration) -> Result<Vec<(String, Reading)>, EnvironmentError> {
        let until = self.clock.monotonic() + within;
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

    /// A watcher of each domain.
    pub(super) async fn watch(&mut self) -> Result<Vec<Box<dyn Watcher>>, EnvironmentError> {
        let standing = self.standing()?;
        let mut watchers: Vec<Box<dyn Watcher>> = Vec::new();
        for (domain, secrets) in standing.domains.iter().zip(&standing.blueprint.domains) {
            let (dn, password) = secrets.administrator();
            let mut views = Vec::new();
            for controller in &domain.controllers {
                let client = standing.client(controller)?;
                views.push(View {
                    connection: Some(client.bound(&dn, password).await?),
                    dn: dn.clone(),
                    password: password.clone(),
                    client,
                });
            }
            watchers.push(Box::new(Follower { views }));
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
        let dn = self.dn_of(person)?;
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

/// One domain controller, seen through a connection of its own.
struct View {
    client: DirectoryClient,
    dn: String,
    password: Password,
    connection: Option<Connection>,
}

impl View {
    async fn look(&mut self, users: &[Uuid]) -> Result<Vec<Seen>, EnvironmentError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.client.bound(&self.dn, &self.password).await?,
        };
        let mut seen = Vec::new();
        for user in users {
            if let Some(metadata) = connection.metadata_of(*user).await? {
                let dc = self.client.fqdn.clone();
                seen.push(Seen {
                    dc,
                    user: *user,
                    metadata,
                });
            }
        }
        self.connection = (!connection.is_worn()).then_some(connection);
        Ok(seen)
    }
}

/// Looks at people on all controllers of one domain side by side.
struct Follower {
    views: Vec<View>,
}

impl Watcher for Follower {
    fn look<'a>(&'a mut self, users: &'a [Uuid]) -> Answer<'a, Vec<Seen>> {
        Box::pin(async move {
            let looks = self.views.iter_mut().map(|view| within(MOMENT, view.look(users)));
            let told = join_all(looks).await;
            Ok(told.into_iter().flatten().flatten().flatten().collect())
        })
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
