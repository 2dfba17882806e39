//! What a site does with its domain controllers: making or restoring them, filling them, and reading their own databases.

use std::time::Duration;

use directory::DirectoryConfig;
use engine::ports::Progress;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::archive::{Entry, pack};
use super::bulk::{self, Done};
use super::engine::failed;
use super::exec::Listen;
use super::images;
use super::parts::{FOLDER, SAMBA_SCRIPTS};
use super::site::DockerSite;
use super::snapshots::{self, Packed, Snapshot, SnapshotKey};
use crate::EnvironmentError;
use crate::oracle::{OracleRow, rows};
use crate::site::{Address, BulkGroup, BulkPerson, Kit, RoleConfig};

/// How long the delegation may take, a bulk load of any size, the packing of a snapshot, and a look of the oracle.
const DELEGATE: Duration = Duration::from_secs(60);
const POPULATE: Duration = Duration::from_secs(1800);
const PACK: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_secs(120);
/// The bulk load's file, which the script removes before it adds anyone.
const PEOPLE: &str = "people.jsonl";
/// Room for a row of the oracle: memory that grows leaves copies behind, which nobody wipes.
const ROW: usize = 256;
const ROWS: usize = 16_384;

/// What the script says of what it packed.
#[derive(Deserialize)]
struct Size {
    bytes: u64,
}

impl DockerSite {
    /// Starts a domain controller, from a snapshot if there is a whole one of that key; says whether it was. Then everything
    /// the snapshot's domain held is there, under this run's secrets.
    ///
    /// # Errors
    /// As [`DockerSite::start`].
    pub async fn start_directory(
        &mut self,
        mut kit: Kit,
        config: DirectoryConfig,
        snapshot: Option<&Snapshot<'_>>,
    ) -> Result<(Address, bool), EnvironmentError> {
        let mut volume = None;
        if let Some(snapshot) = snapshot {
            volume = snapshots::find(&self.engine, snapshot.key).await?;
            let accounts = snapshots::accounts_file(snapshot.accounts);
            let accounts = accounts.map_err(|error| failed(format!("list the accounts of {}", kit.part()), error))?;
            kit.file(snapshots::ACCOUNTS, accounts);
        }
        let (address, ready) = self.start_with(kit, RoleConfig::Directory(config), volume).await?;
        Ok((address, ready.contains("\"restored\":true")))
    }

    /// Keeps what a domain controller holds for later runs.
    ///
    /// # Errors
    /// When it could not be packed or copied; then no snapshot was made.
    pub async fn take_snapshot(&self, part: &str, key: &SnapshotKey, people: u64) -> Result<(), EnvironmentError> {
        let container = self.common.container(part);
        let mut said = Vec::new();
        let listen: Listen<'_> = &mut |piece| said.extend_from_slice(piece);
        self.script(part, "snapshot.py", &[snapshots::PACKED], PACK, listen)
            .await?;
        let size: Size = serde_json::from_slice(&said)
            .map_err(|error| failed(format!("read the size of the snapshot of {part}"), error))?;
        let image = images::require(&self.engine, &self.common.images.samba).await?;
        let packed = Packed {
            container: &container,
            key,
            people,
            bytes: size.bytes,
            image: &image,
        };
        let kept = snapshots::keep(&self.engine, &self.common.run, &self.common.labels, &packed).await;
        let remove = ["/usr/bin/rm", "-f", snapshots::PACKED];
        let removed = self.engine.exec(&container, &remove, LOOK, &mut |_| {}).await;
        kept.and(removed)
    }

    /// Gives the principals of a domain controller's configuration their rights. They and the organisational units must exist.
    ///
    /// # Errors
    /// With the script's last words.
    pub async fn delegate(&self, part: &str) -> Result<(), EnvironmentError> {
        self.script(part, "delegate.py", &[], DELEGATE, &mut |_| {}).await
    }

    /// Adds people, then groups, to a running domain controller in one transaction. The organisational units must exist; a
    /// group that exists gets the members besides its own. Progress counts people and groups together.
    ///
    /// # Errors
    /// With the script's last words; then nobody was added.
    pub async fn bulk_add(
        &self,
        part: &str,
        people: &[BulkPerson],
        groups: &[BulkGroup],
        progress: &dyn Progress,
    ) -> Result<(), EnvironmentError> {
        let doing = || format!("write the people for {part}");
        let lines = bulk::lines(people, groups).map_err(|error| failed(doing(), error))?;
        let path = format!("{FOLDER}/{PEOPLE}");
        let entry = Entry {
            path: path.trim_start_matches('/'),
            mode: 0o600,
            content: &lines,
        };
        let archive = pack(&[entry]).map_err(|error| failed(doing(), error))?;
        self.engine.upload(&self.common.container(part), archive).await?;
        let mut done = Done::default();
        let listen: Listen<'_> = &mut |piece| {
            if let Some(count) = done.take(piece) {
                progress.at(count);
            }
        };
        self.script(part, "populate.py", &[&path], POPULATE, listen).await
    }

    /// What a domain controller's own database holds of every user below a base, without LDAP and without a bind.
    ///
    /// # Errors
    /// With the script's last words; never with a hash.
    pub async fn oracle(&self, part: &str, base: &str) -> Result<Vec<OracleRow>, EnvironmentError> {
        let mut said = Zeroizing::new(Vec::with_capacity(ROW * ROWS));
        let listen: Listen<'_> = &mut |piece| said.extend_from_slice(piece);
        self.script(part, "oracle.py", &[base], LOOK, listen).await?;
        rows(&said).map_err(|line| failed(format!("read the database of {part}"), format!("line {line} is no row")))
    }

    async fn script(
        &self,
        part: &str,
        name: &str,
        arguments: &[&str],
        within: Duration,
        listen: Listen<'_>,
    ) -> Result<(), EnvironmentError> {
        let path = format!("{SAMBA_SCRIPTS}/{name}");
        let command = [&["/usr/bin/python3", "-I", path.as_str()], arguments].concat();
        self.engine
            .exec(&self.common.container(part), &command, within, listen)
            .await
    }
}
