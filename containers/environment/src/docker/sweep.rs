//! What runs leave behind: found by label, removed in the order that works.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveVolumeOptions, WaitContainerOptionsBuilder,
};
use tokio::time::timeout;

use super::engine::{Engine, bounded, failed};
use super::{networks, owner};
use crate::EnvironmentError;

/// A container that was being created while the others were removed is found in a later round.
const ROUNDS: u32 = 4;
/// How long the removal of one container may take.
const REMOVAL: Duration = Duration::from_secs(20);

/// How many things of runs there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Containers, running or not.
    pub containers: usize,
    /// Networks.
    pub networks: usize,
    /// Volumes.
    pub volumes: usize,
}

impl Leftovers {
    /// Whether there is nothing.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

type Labels = HashMap<String, String>;

/// Everything labelled: each thing's name or id with its labels.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) containers: Vec<(String, Labels)>,
    networks: Vec<(String, Labels)>,
    volumes: Vec<(String, Labels)>,
}

impl Found {
    pub(super) fn count(&self) -> Leftovers {
        Leftovers {
            containers: self.containers.len(),
            networks: self.networks.len(),
            volumes: self.volumes.len(),
        }
    }

    fn keep(&mut self, wanted: impl Fn(&Labels) -> bool) {
        for things in [&mut self.containers, &mut self.networks, &mut self.volumes] {
            things.retain(|(_, labels)| wanted(labels));
        }
    }

    fn runs(&self) -> BTreeSet<String> {
        let things = [&self.containers, &self.networks, &self.volumes];
        let labels = things
            .into_iter()
            .flatten()
            .filter_map(|(_, labels)| labels.get(owner::RUN));
        labels.cloned().collect()
    }
}

/// What carries the label of one run, or of any.
pub(super) async fn find(engine: &Engine, run: Option<&str>) -> Result<Found, EnvironmentError> {
    let label = run.map_or_else(|| owner::RUN.to_owned(), |run| format!("{}={run}", owner::RUN));
    let filters = HashMap::from([("label".to_owned(), vec![label])]);
    let docker = engine.docker();
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let containers = bounded("list containers", docker.list_containers(Some(options))).await?;
    let options = ListNetworksOptionsBuilder::new().filters(&filters).build();
    let networks = bounded("list networks", docker.list_networks(Some(options))).await?;
    let options = ListVolumesOptionsBuilder::new().filters(&filters).build();
    let volumes = bounded("list volumes", docker.list_volumes(Some(options)))
        .await?
        .volumes
        .unwrap_or_default();
    Ok(Found {
        containers: containers
            .into_iter()
            .filter_map(|c| Some((c.id?, c.labels.unwrap_or_default())))
            .collect(),
        networks: networks
            .into_iter()
            .filter_map(|n| Some((n.name?, n.labels.unwrap_or_default())))
            .collect(),
        volumes: volumes.into_iter().map(|v| (v.name, v.labels)).collect(),
    })
}

/// Removes what runs left whose owner is gone, and names those runs. A run that still lives is left alone.
pub(super) async fn sweep(engine: &Engine) -> Result<Vec<String>, EnvironmentError> {
    let mut found = find(engine, None).await?;
    found.keep(owner::is_orphan);
    let runs = found.runs();
    for run in &runs {
        remove_run(engine, run).await?;
    }
    Ok(runs.into_iter().collect())
}

/// Removes everything of one run. Doing it twice is no error.
pub(super) async fn remove_run(engine: &Engine, run: &str) -> Result<(), EnvironmentError> {
    let mut why = None;
    for _ in 0..ROUNDS {
        let found = find(engine, Some(run)).await?;
        if found.count().is_empty() {
            return Ok(());
        }
        why = remove(engine, &found).await.err();
    }
    let left = find(engine, Some(run)).await?.count();
    match why {
        _ if left.is_empty() => Ok(()),
        Some(error) => Err(error),
        None => Err(failed(
            format!("remove everything of {run}"),
            format!("{left:?} remain"),
        )),
    }
}

/// Containers first, all at once; networks and volumes can only go when no container is on them.
async fn remove(engine: &Engine, found: &Found) -> Result<(), EnvironmentError> {
    let removals = found.containers.iter().map(|(id, _)| remove_container(engine, id));
    let mut outcome: Result<(), EnvironmentError> = join_all(removals).await.into_iter().collect();
    for (name, _) in &found.networks {
        outcome = outcome.and(networks::remove(engine, name).await);
    }
    for (name, _) in &found.volumes {
        let call = engine.docker().remove_volume(name, None::<RemoveVolumeOptions>);
        outcome = outcome.and(bounded(format!("remove the volume {name}"), call).await);
    }
    outcome
}

/// Removes a container with its anonymous volumes. It is thawed first: where the freezer is a control group of version 1,
/// a frozen process cannot be killed.
pub(super) async fn remove_container(engine: &Engine, id: &str) -> Result<(), EnvironmentError> {
    let doing = || format!("remove the container {id}");
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    let removal = async {
        drop(engine.docker().unpause_container(id).await);
        engine.docker().remove_container(id, Some(options)).await
    };
    match timeout(REMOVAL, removal).await {
        Ok(Ok(()) | Err(Error::DockerResponseServerError { status_code: 404, .. })) => Ok(()),
        Ok(Err(Error::DockerResponseServerError { status_code: 409, .. })) => wait_gone(engine, id).await,
        Ok(Err(error)) => Err(failed(doing(), error)),
        Err(_) => Err(failed(doing(), format!("not done within {} s", REMOVAL.as_secs()))),
    }
}

/// Somebody else is removing the container already: waits until that is done.
async fn wait_gone(engine: &Engine, id: &str) -> Result<(), EnvironmentError> {
    let options = WaitContainerOptionsBuilder::new().condition("removed").build();
    let mut gone = std::pin::pin!(engine.docker().wait_container(id, Some(options)));
    match timeout(REMOVAL, gone.next()).await {
        Ok(_) => Ok(()),
        Err(_) => Err(failed(
            format!("remove the container {id}"),
            "somebody else's removal does not end",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(name: &str, run: &str) -> (String, Labels) {
        (name.to_owned(), Labels::from([(owner::RUN.to_owned(), run.to_owned())]))
    }

    #[test]
    fn the_runs_of_all_things_are_named_once() {
        let mut found = Found {
            containers: vec![thing("c1", "a"), thing("c2", "b")],
            networks: vec![thing("n1", "b")],
            volumes: vec![thing("v1", "c")],
        };
        assert_eq!(found.runs().into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        found.keep(|labels| labels[owner::RUN] == "b");
        assert_eq!(
            found.count(),
            Leftovers {
                containers: 1,
                networks: 1,
                volumes: 0
            }
        );
    }

    #[test]
    fn nothing_is_empty() {
        assert!(Found::default().count().is_empty());
        assert!(
            !Leftovers {
                volumes: 1,
                ..Leftovers::default()
            }
            .is_empty()
        );
    }
}
