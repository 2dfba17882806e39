//! People in the domains of a world: created, found, locked.

use engine::ports::Progress;
use history::BindRecord;
use scenario::{Person, Vault};
use uuid::Uuid;

use super::LabWorld;
use crate::EnvironmentError;
use crate::inhabitants::bulk;
use crate::settlement::bulk_groups;
use crate::site::Site;

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
        let everyone = bulk(people, vault, &inhabitants.forest);
        let first = standing.controller(forest, 1)?.part.clone();
        match self.site()? {
            Site::Docker(site) => site.bulk_add(&first, &everyone.collect::<Vec<_>>()).await?,
            Site::Embedded(site) => site.bulk_add(&first, everyone, progress)?,
        }
        inhabitants
            .assemble(&bulk_groups(&plan, forest, people), progress)
            .await?;
        if self.standing()?.domain(forest)?.controllers.len() > 1 {
            // The agent may read from any of them.
            self.agreed(forest).await?;
        }
        inhabitants.guids(people).await
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
