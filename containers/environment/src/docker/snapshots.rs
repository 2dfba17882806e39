//! Snapshots of populated domains: volumes that stay after a run, found again by what decided the domain's state.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use testcontainers::bollard::body_try_stream;
use testcontainers::bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType, Volume, VolumeCreateRequest};
use testcontainers::bollard::query_parameters::{
    CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder, ListVolumesOptionsBuilder, RemoveVolumeOptions,
    UploadToContainerOptionsBuilder,
};
use tokio::sync::mpsc;
use tokio::time::timeout;
use vocabulary::{Password, SystemClock};

use super::archive::{Entry, pack};
use super::engine::{Engine, bounded, failed};
use super::images::whole;
use super::sweep::remove_container;
use crate::EnvironmentError;

/// The label of every snapshot.
const LABEL: (&str, &str) = ("wblab.cache", "snapshot");
const KEY: &str = "wblab.snapshot.key";
const CREATED: &str = "wblab.snapshot.created";
const PEOPLE: &str = "wblab.snapshot.people";
const BYTES: &str = "wblab.snapshot.bytes";
const IMAGE: &str = "wblab.snapshot.image";
/// Where a domain controller finds its snapshot; `snapshot.py` of the Samba image knows the names too.
pub(super) const FOLDER: &str = "/var/lib/wblab-snapshot";
/// The file of a kit that holds the accounts whose passwords are the run's own.
pub(super) const ACCOUNTS: &str = "accounts.json";
/// Where one packs its own.
pub(super) const PACKED: &str = "/var/cache/state.tar.zst";
/// The file that says that the archive beside it is whole.
const COMPLETE: &str = "complete";
/// How many snapshots stay.
const KEPT: usize = 4;
/// How long the copying of one may take.
const COPY: Duration = Duration::from_secs(600);
/// Pieces of an archive on their way from one container to the other.
const ON_THE_WAY: usize = 16;

/// What decided a domain's state, as a SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotKey(String);

impl SnapshotKey {
    /// The key of everything that decides the state: the same parts in the same order give the same key, and no others do.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A domain that may be restored rather than made.
pub(crate) struct Snapshot<'a> {
    /// What decides its state.
    pub key: &'a SnapshotKey,
    /// Accounts whose passwords are this run's own: distinguished name and password. Who is not in the snapshot is left out.
    pub accounts: &'a [(String, Password)],
}

/// A snapshot that stays after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedSnapshot {
    /// The volume's name.
    pub name: String,
    /// The key that it is found by, a SHA-256 in hexadecimal.
    pub key: String,
    /// How many people the domain holds.
    pub people: u64,
    /// The archive's size.
    pub bytes: u64,
    /// When it was taken, in seconds since the Unix epoch.
    pub created: u64,
}

impl From<Volume> for CachedSnapshot {
    fn from(volume: Volume) -> Self {
        let text = |label: &str| volume.labels.get(label).cloned().unwrap_or_default();
        let number = |label: &str| text(label).parse().unwrap_or_default();
        Self {
            key: text(KEY),
            people: number(PEOPLE),
            bytes: number(BYTES),
            created: number(CREATED),
            name: volume.name,
        }
    }
}

/// What is kept: what a domain controller has packed, and what is known of it.
pub(super) struct Packed<'a> {
    /// The container that packed it.
    pub container: &'a str,
    /// What it is found by.
    pub key: &'a SnapshotKey,
    /// How many people it holds.
    pub people: u64,
    /// The archive's size.
    pub bytes: u64,
    /// The id of the image that made the domain.
    pub image: &'a str,
}

/// All snapshots, the newest first.
pub(super) async fn cached(engine: &Engine) -> Result<Vec<CachedSnapshot>, EnvironmentError> {
    let filters = HashMap::from([("label".to_owned(), vec![format!("{}={}", LABEL.0, LABEL.1)])]);
    let options = ListVolumesOptionsBuilder::new().filters(&filters).build();
    let listed = bounded("list snapshots", engine.docker().list_volumes(Some(options))).await?;
    let volumes = listed.volumes.unwrap_or_default();
    let mut snapshots: Vec<_> = volumes.into_iter().map(CachedSnapshot::from).collect();
    snapshots.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.created));
    Ok(snapshots)
}

/// The newest snapshot of a key. It may still turn out not to be whole: the domain controller looks for itself.
pub(super) async fn find(engine: &Engine, key: &SnapshotKey) -> Result<Option<String>, EnvironmentError> {
    let found = cached(engine).await?.into_iter().find(|snapshot| snapshot.key == key.0);
    Ok(found.map(|snapshot| snapshot.name))
}

/// Removes all snapshots that no container uses, and names them.
pub(super) async fn prune(engine: &Engine) -> Result<Vec<CachedSnapshot>, EnvironmentError> {
    let mut removed = Vec::new();
    for snapshot in cached(engine).await? {
        if remove(engine, &snapshot.name).await.is_ok() {
            removed.push(snapshot);
        }
    }
    Ok(removed)
}

/// Keeps what a domain controller has packed: in a volume of its own, through a container of the run that never starts.
pub(super) async fn keep(
    engine: &Engine,
    run: &str,
    labels: &HashMap<String, String>,
    packed: &Packed<'_>,
) -> Result<(), EnvironmentError> {
    let volume = format!("wblab-snapshot-{}-{run}", &packed.key.0[..16]);
    create(engine, &volume, packed).await?;
    let kept = fill(engine, run, labels, &volume, packed).await;
    if kept.is_err() {
        drop(remove(engine, &volume).await);
        return kept;
    }
    for name in old(cached(engine).await?, &volume, packed.key) {
        if let Err(error) = remove(engine, &name).await {
            tracing::debug!(%error, volume = name, "an old snapshot stays");
        }
    }
    Ok(())
}

async fn create(engine: &Engine, volume: &str, packed: &Packed<'_>) -> Result<(), EnvironmentError> {
    let created = SystemClock::shared().unix().as_secs();
    let labels = [
        (LABEL.0, LABEL.1.to_owned()),
        (KEY, packed.key.0.clone()),
        (CREATED, created.to_string()),
        (PEOPLE, packed.people.to_string()),
        (BYTES, packed.bytes.to_string()),
        (IMAGE, packed.image.to_owned()),
    ];
    let request = VolumeCreateRequest {
        name: Some(volume.to_owned()),
        labels: Some(labels.map(|(name, value)| (name.to_owned(), value)).into()),
        ..VolumeCreateRequest::default()
    };
    let call = engine.docker().create_volume(request);
    bounded(format!("create the volume {volume}"), call).await.map(drop)
}

async fn fill(
    engine: &Engine,
    run: &str,
    labels: &HashMap<String, String>,
    volume: &str,
    packed: &Packed<'_>,
) -> Result<(), EnvironmentError> {
    let carrier = format!("wblab-{run}-snapshot");
    let options = CreateContainerOptionsBuilder::new().name(&carrier).build();
    let mount = Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_owned()),
        target: Some(FOLDER.to_owned()),
        ..Mount::default()
    };
    let body = ContainerCreateBody {
        image: Some(packed.image.to_owned()),
        labels: Some(labels.clone()),
        host_config: Some(HostConfig {
            mounts: Some(vec![mount]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    let call = engine.docker().create_container(Some(options), body);
    bounded(format!("create the container {carrier}"), call).await?;
    let filled = copy(engine, packed.container, &carrier).await;
    remove_container(engine, &carrier).await.and(filled)
}

/// Copies the archive, and once it is whole the file that says so.
async fn copy(engine: &Engine, from: &str, carrier: &str) -> Result<(), EnvironmentError> {
    let doing = format!("copy the snapshot out of {from}");
    let (pieces, mut arriving) = mpsc::channel(ON_THE_WAY);
    let download = async {
        let options = DownloadFromContainerOptionsBuilder::new().path(PACKED).build();
        let mut archive = std::pin::pin!(engine.docker().download_from_container(from, Some(options)));
        while let Some(piece) = archive.try_next().await.transpose() {
            // An error ends the upload too, so that it never looks whole.
            let piece = piece.map_err(std::io::Error::other);
            if pieces.send(piece).await.is_err() {
                break;
            }
        }
        drop(pieces);
    };
    let body = body_try_stream(futures_util::stream::poll_fn(move |context| {
        arriving.poll_recv(context)
    }));
    let upload = engine.docker().upload_to_container(carrier, Some(into_folder()), body);
    let both = async { tokio::join!(download, upload).1 };
    timeout(COPY, both)
        .await
        .map_err(|_| failed(&doing, format!("not done within {} s", COPY.as_secs())))?
        .map_err(|error| failed(&doing, error))?;
    let mark = Entry {
        path: COMPLETE,
        mode: 0o600,
        content: b"",
    };
    let mark = pack(&[mark]).map_err(|error| failed(&doing, error))?;
    let body = body_try_stream(whole(mark));
    let call = engine.docker().upload_to_container(carrier, Some(into_folder()), body);
    bounded(doing, call).await
}

fn into_folder() -> testcontainers::bollard::query_parameters::UploadToContainerOptions {
    UploadToContainerOptionsBuilder::new().path(FOLDER).build()
}

/// What goes once `keep` is there: everything else of its key, and of the rest all but the newest.
fn old(snapshots: Vec<CachedSnapshot>, keep: &str, key: &SnapshotKey) -> Vec<String> {
    let others = snapshots.into_iter().filter(|snapshot| snapshot.name != keep);
    let (same, rest): (Vec<_>, Vec<_>) = others.partition(|snapshot| snapshot.key == key.0);
    let surplus = rest.into_iter().skip(KEPT - 1);
    same.into_iter().chain(surplus).map(|snapshot| snapshot.name).collect()
}

async fn remove(engine: &Engine, volume: &str) -> Result<(), EnvironmentError> {
    let call = engine.docker().remove_volume(volume, None::<RemoveVolumeOptions>);
    bounded(format!("remove the volume {volume}"), call).await
}

/// The accounts whose passwords are the run's own, as a file.
pub(super) fn accounts_file(accounts: &[(String, Password)]) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(serde::Serialize)]
    struct Account<'a> {
        dn: &'a str,
        password: &'a str,
    }
    let listed: Vec<_> = accounts
        .iter()
        .map(|(dn, password)| Account {
            dn,
            password: password.expose(),
        })
        .collect();
    serde_json::to_vec(&listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(name: &str, key: &SnapshotKey, created: u64) -> CachedSnapshot {
        CachedSnapshot {
            name: name.to_owned(),
            key: key.0.clone(),
            people: 1,
            bytes: 1,
            created,
        }
    }

    #[test]
    fn a_key_tells_parts_apart_that_run_together() {
        let key = |parts: &[&str]| SnapshotKey::of(parts.iter().map(|part| part.as_bytes()));
        assert_eq!(key(&["seed 1", "300"]), key(&["seed 1", "300"]));
        assert_ne!(key(&["seed 1", "300"]), key(&["seed 13", "00"]));
        assert_eq!(key(&[]).0.len(), 64);
    }

    #[test]
    fn the_newest_four_stay_and_one_of_each_key() {
        let [mine, other] = ["mine", "other"].map(|part| SnapshotKey::of([part.as_bytes()]));
        let others = ["d", "e", "f", "g"].map(|name| snapshot(name, &other, 1));
        let mut all = vec![snapshot("a", &mine, 9), snapshot("b", &mine, 8)];
        all.extend(others);
        assert_eq!(old(all, "a", &mine), ["b", "g"]);
    }

    #[test]
    fn a_volume_is_read_by_its_labels() {
        let labels = [(KEY, "k"), (PEOPLE, "10000"), (BYTES, "21"), (CREATED, "5")];
        let volume = Volume {
            name: "v".to_owned(),
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..Volume::default()
        };
        let read = CachedSnapshot::from(volume);
        assert_eq!((read.name.as_str(), read.key.as_str()), ("v", "k"));
        assert_eq!((read.people, read.bytes, read.created), (10_000, 21, 5));
    }

    #[test]
    fn accounts_are_listed_as_the_script_reads_them() {
        let accounts = [("CN=svc,DC=corp,DC=test".to_owned(), Password::new("a\"b".to_owned()))];
        let read: serde_json::Value = serde_json::from_slice(&accounts_file(&accounts).unwrap()).unwrap();
        assert_eq!(read[0]["dn"], "CN=svc,DC=corp,DC=test");
        assert_eq!(read[0]["password"], "a\"b");
    }
}
