//! Faults of people's accounts.

use engine::ports::Injected;
use scenario::{Person, people};
use uuid::Uuid;
use vocabulary::{Ratio, Seed};

use super::directory::Undo;
use super::{Made, Undo as Whole};
use crate::EnvironmentError;
use crate::inhabitants::person_dn;
use crate::ldap::Connection;
use crate::names::people_dn;
use crate::site::Site;
use crate::world::LabWorld;

/// NORMAL_ACCOUNT (MS-ADTS section 2.2.16).
const NORMAL_ACCOUNT: &[u8] = b"512";

impl LabWorld {
    /// Gives a share of the people another common name. It bit when the directory knows each by the new one.
    pub(super) async fn rename_people(&mut self, share: Ratio) -> Result<Injected, EnvironmentError> {
        let everyone = people(&self.standing()?.plan);
        let count = share.of(everyone.len() as u64);
        let (mut touched, mut bit) = (Vec::new(), true);
        for (person, user) in self.drawn(&everyone, count, "rename_people") {
            let mut administrator = self.home_of(person).await?;
            let dn = self.dn_of(person)?;
            let rdn = format!("CN=Renamed {}", person.index);
            administrator.give_name(&dn, &rdn).await?;
            let place = dn.split_once(",OU=").map_or("", |(_, place)| place);
            let renamed = format!("{rdn},OU={place}");
            bit &= administrator.value(&renamed, "cn").await?.is_some();
            self.renamed.insert(person.index, renamed);
            touched.push(user);
        }
        Ok(Injected {
            target: format!("{} people", touched.len()),
            bit: Some(bit && !touched.is_empty()),
            touched,
        })
    }

    /// Deletes people. It bit when the directory knows none of them any more.
    pub(super) async fn delete_people(&mut self, count: u32) -> Result<Injected, EnvironmentError> {
        let everyone = people(&self.standing()?.plan);
        let (mut touched, mut bit) = (Vec::new(), true);
        for (person, user) in self.drawn(&everyone, u64::from(count), "delete_people") {
            let mut administrator = self.home_of(person).await?;
            administrator.remove(&self.dn_of(person)?).await?;
            bit &= administrator.metadata_of(user).await?.is_none();
            touched.push(user);
        }
        Ok(Injected {
            target: format!("{} people", touched.len()),
            bit: Some(bit && !touched.is_empty()),
            touched,
        })
    }

    /// Makes further accounts that bear the anchors of people, and lets the agent import them. It bit when the agent has read all.
    pub(super) async fn duplicate_anchors(&mut self, count: u32) -> Result<Made, EnvironmentError> {
        let everyone = people(&self.standing()?.plan);
        let (mut touched, mut surplus) = (Vec::new(), Vec::new());
        for (person, user) in self.drawn(&everyone, u64::from(count), "duplicate_anchor") {
            let dn = format!(
                "CN=Double {},{}",
                person.index,
                people_dn(&self.standing()?.domain(person.forest)?.domain)
            );
            let attributes = vec![
                ("objectClass", b"user".to_vec()),
                ("sAMAccountName", format!("double{}", person.index).into_bytes()),
                ("userAccountControl", NORMAL_ACCOUNT.to_vec()),
                (
                    "unicodePwd",
                    self.standing()?
                        .blueprint
                        .domain(person.forest)?
                        .service_account
                        .unicode_pwd()
                        .to_vec(),
                ),
                ("mS-DS-ConsistencyGuid", user.to_bytes_le().to_vec()),
            ];
            self.home_of(person).await?.add(&dn, attributes, true).await?;
            surplus.push((person.forest, dn));
            touched.push(user);
        }
        let imported = self.resynchronise().await?;
        Ok(Made {
            injected: Injected {
                target: format!("{} people", touched.len()),
                bit: Some(imported && !touched.is_empty()),
                touched,
            },
            undo: Some(Whole::Directory(Undo::Surplus(surplus))),
        })
    }

    pub(super) async fn remove_surplus(&mut self, accounts: Vec<(usize, String)>) -> Result<(), EnvironmentError> {
        for (forest, dn) in accounts {
            let standing = self.standing()?;
            let mut administrator = standing
                .as_administrator(forest, standing.controller(forest, 1)?)
                .await?;
            administrator.remove(&dn).await?;
        }
        self.resynchronise().await.map(drop)
    }

    /// Lets the agent import anew; tells whether it did.
    async fn resynchronise(&mut self) -> Result<bool, EnvironmentError> {
        match self.site()? {
            Site::Embedded(site) => Ok(site.agent()?.synchronise().await.is_ok()),
            Site::Docker(_) => Ok(false),
        }
    }

    /// People that the seed draws, each with their objectGUID.
    fn drawn<'a>(&self, everyone: &'a [Person], count: u64, purpose: &str) -> Vec<(&'a Person, Uuid)> {
        let seed = self.standing().map_or(0, |standing| standing.plan.seed);
        let dice = Seed::new(seed).child("faults").child(purpose);
        let mut drawn: Vec<_> = everyone.iter().zip(self.users.iter().copied()).collect();
        drawn.sort_by_key(|(person, _)| dice.nth("person", person.index).uuid());
        drawn.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        drawn
    }

    /// A connection as the administrator of a person's domain.
    async fn home_of(&self, person: &Person) -> Result<Connection, EnvironmentError> {
        let standing = self.standing()?;
        standing
            .as_administrator(person.forest, standing.controller(person.forest, 1)?)
            .await
    }

    /// A person's distinguished name as it is now.
    pub(in crate::world) fn dn_of(&self, person: &Person) -> Result<String, EnvironmentError> {
        let renamed = self.renamed.get(&person.index).cloned();
        let standing = self.standing()?;
        Ok(renamed.unwrap_or(person_dn(person, standing.forest(person.forest)?)))
    }
}
