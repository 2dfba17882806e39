//! People in the domains of a world: created, found, locked.

use engine::ports::Progress;
use history::BindRecord;
use scenario::{Person, Persona, Vault};
use uuid::Uuid;

use super::LabWorld;
use crate::EnvironmentError;
use crate::inhabitants::bulk;
use crate::settlement::{BulkGroup, bulk_groups};
use crate::site::Site;

/// Names told to the cloud at once.
const EXEMPTED: usize = 2000;

impl LabWorld {
    /// Creates everyone, each in the domain of their forest; gives the objectGUIDs in the order of the people.
    pub(super) async fn create(
        &mut self,
        people: &[Person],
        vault: &Vault,
        progress: &dyn Progress,
    ) -> Result<Vec<Uuid>, EnvironmentError> {
        let mut users = vec![Uuid::nil(); people.len()];
        for forest in 0..self.standing()?.domains.len() {
            let own = of_forest(people, forest);
            let found = self.create_in(forest, &own, vault, progress).await?;
            for (person, user) in own.iter().zip(found) {
                if let Some(place) = usize::try_from(person.index)
                    .ok()
                    .and_then(|index| users.get_mut(index))
                {
                    *place = user;
                }
            }
        }
        self.users.clone_from(&users);
        Ok(users)
    }

    async fn create_in(
        &mut self,
        forest: usize,
        people: &[Person],
        vault: &Vault,
        progress: &dyn Progress,
    ) -> Result<Vec<Uuid>, EnvironmentError> {
        let standing = self.standing()?;
        let inhabitants = standing.inhabitants(forest)?;
        if standing.domains.len() > 1 {
            let step = format!("populate {}", inhabitants.forest.domain);
            progress.step(&step, u64::try_from(people.len()).ok());
        }
        let plan = standing.plan.clone();
        let home = inhabitants.forest.clone();
        let everyone = bulk(people, vault, &home);
        let first = standing.controller(forest, 1)?.part.clone();
        let groups = bulk_groups(&plan, forest, people);
        let restored = standing.domain(forest)?.restored;
        match self.site()? {
            Site::Docker(_) if restored => progress.note(&format!("{} is restored from a snapshot", home.domain)),
            Site::Docker(site) => {
                let everyone: Vec<_> = everyone.collect();
                let groups: Vec<_> = groups.iter().map(BulkGroup::loaded).collect();
                site.bulk_add(&first, &everyone, &groups, progress).await?;
                self.keep(forest, people.len(), progress).await?;
            }
            Site::Embedded(site) => {
                site.bulk_add(&first, everyone, progress)?;
                inhabitants.assemble(&groups, progress).await?;
            }
        }
        if self.standing()?.domain(forest)?.controllers.len() > 1 {
            // The agent may read from any of them.
            self.replicated(forest).await?;
        }
        inhabitants.guids(people).await
    }

    /// Keeps a populated domain for later runs, where that is worth it. A domain that could not be kept is as good as any.
    async fn keep(&mut self, forest: usize, people: usize, progress: &dyn Progress) -> Result<(), EnvironmentError> {
        let standing = self.standing()?;
        let (first, key) = (
            standing.controller(forest, 1)?.part.clone(),
            standing.domain(forest)?.snapshot.clone(),
        );
        if let (Site::Docker(site), Some(key)) = (self.site()?, key) {
            let people = u64::try_from(people).unwrap_or(u64::MAX);
            if let Err(error) = site.take_snapshot(&first, &key, people).await {
                progress.note(&format!("no snapshot was kept: {error}"));
            }
        }
        Ok(())
    }

    /// Does to single people what their persona says: in the cloud by its lab interface, in the directory as its administrator.
    pub(super) async fn set_apart(&mut self, people: &[Person]) -> Result<(), EnvironmentError> {
        let standing = self.standing()?;
        let named = |wanted: Persona| -> Vec<String> {
            let some = people.iter().filter(|person| person.persona == wanted);
            some.map(|person| person.upn.clone()).collect()
        };
        let (unlicensed, outside) = (named(Persona::Unlicensed), named(Persona::OutsideSsprGroup));
        let lab = standing.lab()?;
        for some in unlicensed.chunks(EXEMPTED) {
            let unlicensed = some.to_vec();
            lab.exempt(&cloud::Exemptions {
                unlicensed,
                ..cloud::Exemptions::default()
            })
            .await?;
        }
        for some in outside.chunks(EXEMPTED) {
            let outside_group = some.to_vec();
            lab.exempt(&cloud::Exemptions {
                outside_group,
                ..cloud::Exemptions::default()
            })
            .await?;
        }
        for forest in 0..standing.domains.len() {
            let leaves = |person: &&Person| person.persona == Persona::DisabledOnPremises && person.forest == forest;
            let leavers: Vec<&Person> = people.iter().filter(leaves).collect();
            standing.inhabitants(forest)?.disable(&leavers).await?;
        }
        Ok(())
    }

    /// Locks people by wrong passwords, and proves each lock.
    pub(super) async fn lock_everyone(
        &mut self,
        people: &[&Person],
        vault: &Vault,
        progress: &dyn Progress,
    ) -> Result<Vec<(u64, String, BindRecord)>, EnvironmentError> {
        let standing = self.standing()?;
        let mut locked = Vec::with_capacity(people.len());
        for forest in 0..standing.domains.len() {
            let own: Vec<&Person> = people
                .iter()
                .copied()
                .filter(|person| person.forest == forest)
                .collect();
            locked.extend(standing.inhabitants(forest)?.lock(&own, vault, progress).await?);
        }
        Ok(locked)
    }
}

fn of_forest(people: &[Person], forest: usize) -> Vec<Person> {
    let own = people.iter().filter(|person| person.forest == forest);
    own.cloned().collect()
}
