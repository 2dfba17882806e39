//! The site itself: one run's networks and containers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use testcontainers::core::{AccessMode, IntoContainerPort, Mount};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt, TestcontainersError};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::archive::{Entry, pack};
use super::engine::{CALL, Engine, failed};
use super::images::{self, Say, ServedBinary};
use super::networks::{Networks, address_on};
use super::owner::Owner;
use super::parts::{Common, FOLDER, PART, Place, Shape};
use super::usage::Usage;
use super::{ready, snapshots, sweep};
use crate::EnvironmentError;
use crate::site::{Address, Kit, RoleConfig};

/// How long a part may take until it says that it is ready. A domain controller makes its domain first, or copies one.
const READY_WITHIN: Duration = Duration::from_secs(30);
const DIRECTORY_READY_WITHIN: Duration = Duration::from_secs(600);

type Starting = JoinHandle<Result<ContainerAsync<GenericImage>, TestcontainersError>>;

/// One run's place in a Docker engine.
#[derive(Debug)]
pub(crate) struct DockerSite {
    pub(super) engine: Engine,
    pub(super) common: Common,
    networks: Networks,
    containers: BTreeMap<String, ContainerAsync<GenericImage>>,
    /// A container on its way. It is a task of its own: one that is created must be known, also when nobody waits any more.
    starting: Option<Starting>,
}

impl DockerSite {
    /// Sweeps what dead runs left, makes the images that are missing and the two networks of this run.
    ///
    /// # Errors
    /// When no engine answers, or an image or a network cannot be made. Networks that were made are removed again.
    pub async fn stand_up(run: &str, binary: &ServedBinary, say: Say<'_>) -> Result<Self, EnvironmentError> {
        let engine = Engine::connect().await?;
        match sweep::sweep(&engine).await {
            Ok(runs) if runs.is_empty() => {}
            Ok(runs) => say(&format!("removed what a dead run left: {}", runs.join(", "))),
            Err(error) => say(&format!("could not remove everything that dead runs left: {error}")),
        }
        let images = images::ensure(&engine, binary, say).await?;
        let owner = Owner::this().ok_or_else(|| failed("name this process", "/proc cannot be read"))?;
        let networks = match Networks::create(&engine, run, &owner).await {
            Ok(networks) => networks,
            Err(error) => {
                drop(sweep::remove_run(&engine, run).await);
                return Err(error);
            }
        };
        let labels = owner.labels(run);
        let common = Common {
            run: run.to_owned(),
            labels,
            images,
            binary: binary.clone(),
        };
        Ok(Self {
            engine,
            common,
            networks,
            containers: BTreeMap::new(),
            starting: None,
        })
    }

    /// An empty kit for a part.
    #[expect(clippy::unused_self, reason = "both sites offer it, and the other one needs itself")]
    pub fn kit(&self, part: &str) -> Kit {
        Kit::new(part, Path::new(FOLDER))
    }

    /// The on-premises address that a domain controller or the gateway has, or will have once started. It is planned, so
    /// that a certificate can name it first, and stays the same when the container starts again.
    ///
    /// # Errors
    /// When the network is full.
    pub fn planned_address(&mut self, part: &str) -> Result<Ipv4Addr, EnvironmentError> {
        self.networks.planned(part)
    }

    /// Starts a part and waits until it says that it is ready.
    ///
    /// # Errors
    /// [`EnvironmentError::NotReady`] with the part's last words when it is not.
    pub async fn start(&mut self, kit: Kit, role: RoleConfig) -> Result<Address, EnvironmentError> {
        self.start_with(kit, role, None).await.map(|(address, _)| address)
    }

    /// Starts a part, with a snapshot's volume if it has one; gives also what it said once it was ready.
    pub(super) async fn start_with(
        &mut self,
        kit: Kit,
        role: RoleConfig,
        snapshot: Option<String>,
    ) -> Result<(Address, String), EnvironmentError> {
        let shape = Shape::of(&role);
        let part = kit.part().to_owned();
        images::require(&self.engine, self.common.image(&shape)).await?;
        let planned = match shape.place {
            Place::Between | Place::OnpremPlanned => Some(self.networks.planned(&part)?),
            Place::Internet | Place::Onprem => None,
        };
        let mut request = self.request(&kit, &role, planned)?;
        if let Some(volume) = snapshot {
            let mount = Mount::volume_mount(volume, snapshots::FOLDER).with_access_mode(AccessMode::ReadOnly);
            request = request.with_mount(mount);
        }
        drop((kit, role));
        self.launch(&part, request).await?;
        self.place(&part, shape.place, planned).await?;
        let within = if shape.place == Place::OnpremPlanned {
            DIRECTORY_READY_WITHIN
        } else {
            READY_WITHIN
        };
        let ready = ready::wait(&self.engine, &self.common.container(&part), &part, within).await?;
        Ok((self.address(&part, &shape, planned).await?, ready))
    }

    fn request(
        &self,
        kit: &Kit,
        role: &RoleConfig,
        planned: Option<Ipv4Addr>,
    ) -> Result<ContainerRequest<GenericImage>, EnvironmentError> {
        let place = Shape::of(role).place;
        let network = match place {
            Place::Internet | Place::Between => &self.networks.internet,
            Place::Onprem | Place::OnpremPlanned => &self.networks.onprem,
        };
        let told = planned.filter(|_| place == Place::OnpremPlanned);
        let address: Vec<_> = told.iter().map(|address| ("address", address.to_string())).collect();
        self.common.request(kit, role, network, &address)
    }

    /// Creates the container, copies its files in and starts it.
    async fn launch(&mut self, part: &str, request: ContainerRequest<GenericImage>) -> Result<(), EnvironmentError> {
        let doing = format!("start the container of {part}");
        let starting = self.starting.insert(tokio::spawn(request.start()));
        let started = timeout(CALL, starting).await;
        let in_time = started.map_err(|_| failed(&doing, format!("not done within {} s", CALL.as_secs())))?;
        self.starting = None;
        let container = in_time
            .map_err(|error| failed(&doing, error))?
            .map_err(|error| failed(&doing, error))?;
        self.containers.insert(part.to_owned(), container);
        Ok(())
    }

    /// Gives the container its planned address. testcontainers cannot: it knows networks by name only.
    async fn place(&self, part: &str, place: Place, planned: Option<Ipv4Addr>) -> Result<(), EnvironmentError> {
        let Some(address) = planned else {
            return Ok(());
        };
        let container = self.common.container(part);
        if place == Place::OnpremPlanned {
            self.networks.leave_onprem(&self.engine, &container).await?;
        }
        self.networks.join_onprem(&self.engine, &container, address).await
    }

    async fn address(&self, part: &str, shape: &Shape, planned: Option<Ipv4Addr>) -> Result<Address, EnvironmentError> {
        let container = self.common.container(part);
        let same = |ip: IpAddr| {
            let address = SocketAddr::new(ip, shape.port);
            Address {
                inside: address,
                outside: address,
            }
        };
        match (shape.place, planned) {
            (_, Some(address)) => Ok(same(address.into())),
            (Place::Internet, None) => {
                let inside = address_on(&self.engine, &container, &self.networks.internet).await?;
                let outside = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.host_port(part, shape.port).await?);
                Ok(Address {
                    inside: SocketAddr::new(inside, shape.port),
                    outside,
                })
            }
            (_, None) => address_on(&self.engine, &container, &self.networks.onprem)
                .await
                .map(same),
        }
    }

    async fn host_port(&self, part: &str, port: u16) -> Result<u16, EnvironmentError> {
        let doing = format!("find the published port of {part}");
        let container = self
            .containers
            .get(part)
            .ok_or_else(|| failed(&doing, "it was not started"))?;
        container
            .get_host_port_ipv4(port.tcp())
            .await
            .map_err(|error| failed(&doing, error))
    }

    /// Puts another content into a file that a part was given.
    ///
    /// # Errors
    /// When the engine does not take it.
    pub async fn replace(&self, part: &str, name: &str, content: &[u8]) -> Result<(), EnvironmentError> {
        let path = format!("{FOLDER}/{name}");
        let entry = Entry {
            path: path.trim_start_matches('/'),
            mode: 0o600,
            content,
        };
        let archive = pack(&[entry]).map_err(|error| failed(format!("pack {path}"), error))?;
        self.engine.upload(&self.common.container(part), archive).await
    }

    /// Who tells what each part's container has used.
    pub fn usage(&self) -> Usage {
        Usage::of(self.engine.clone(), &self.common.run)
    }

    /// A file out of a part's container, running or not.
    ///
    /// # Errors
    /// When there is no such container or file.
    pub async fn fetch(&self, part: &str, path: &Path) -> Result<Vec<u8>, EnvironmentError> {
        self.engine.fetch(&self.common.container(part), path).await
    }

    /// Everything each part has said, on both of its outputs.
    ///
    /// # Errors
    /// When the engine does not give it.
    pub async fn logs(&self) -> Result<Vec<(String, Vec<u8>)>, EnvironmentError> {
        let mut logs = Vec::new();
        for (part, id) in self.ids().await? {
            logs.push((part, self.engine.log(&id).await?));
        }
        Ok(logs)
    }

    /// What the engine shows of each part's container to whoever asks, as JSON.
    ///
    /// # Errors
    /// When the engine does not give it.
    pub async fn inspect(&self) -> Result<Vec<(String, String)>, EnvironmentError> {
        let mut all = Vec::new();
        for (part, id) in self.ids().await? {
            let seen = self.engine.inspect(&id).await?;
            let text = serde_json::to_string(&seen).map_err(|error| failed(format!("inspect {part}"), error))?;
            all.push((part, text));
        }
        Ok(all)
    }

    /// The run's containers by part, also those whose start failed.
    async fn ids(&self) -> Result<BTreeMap<String, String>, EnvironmentError> {
        let found = sweep::find(&self.engine, Some(&self.common.run)).await?.containers;
        Ok(found
            .into_iter()
            .map(|(id, labels)| (labels.get(PART).unwrap_or(&id).clone(), id))
            .collect())
    }

    /// The images' names with the engine's ids, which are digests.
    pub fn image_digests(&self) -> BTreeMap<String, String> {
        self.common.images.digests.clone()
    }

    /// The digest of the image of domain controllers.
    pub fn samba_image(&self) -> String {
        let digests = &self.common.images.digests;
        let name = self.common.images.samba.full();
        digests.get(&name).cloned().unwrap_or(name)
    }

    /// Removes everything of this run: containers, also frozen ones, then networks and volumes. Doing it twice is no error.
    ///
    /// # Errors
    /// When something would not go; calling again tries again.
    pub async fn tear_down(&mut self) -> Result<(), EnvironmentError> {
        if let Some(starting) = self.starting.take()
            && let Ok(Ok(Ok(container))) = timeout(CALL, starting).await
        {
            self.containers.insert(container.id().to_owned(), container);
        }
        sweep::remove_run(&self.engine, &self.common.run).await?;
        // They are gone already; this only tells testcontainers so.
        for container in std::mem::take(&mut self.containers).into_values() {
            drop(timeout(CALL, container.rm()).await);
        }
        Ok(())
    }
}

impl Drop for DockerSite {
    /// A safety net for a site that was not torn down: testcontainers removes the containers, the next run's sweep the rest.
    fn drop(&mut self) {
        if tokio::runtime::Handle::try_current().is_err() {
            // Its own removal needs a runtime and would panic here.
            std::mem::take(&mut self.containers)
                .into_values()
                .for_each(std::mem::forget);
        }
    }
}
