//! The witness: a second, tiny file that says how many commits the store has seen.
//!
//! The database keeps two states, and after a crash takes the newer one that is whole. So damage to the last state makes
//! it fall back to the one before, silently, and an older copy of the file is as good to it as the true one. The witness
//! is written after each commit and read when the store is opened: a database that has fewer commits than that has lost
//! some. It is not synchronised, so that a commit costs one `fsync`: after the death of the process it is exact, after
//! a loss of power it may be behind, which accuses nobody falsely.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::StoreError;

/// The id of the store, the number of commits, and the number again with all bits turned.
const LENGTH: usize = 32;

#[derive(Debug)]
pub(crate) struct Witness {
    path: PathBuf,
    file: File,
    id: Uuid,
}

impl Witness {
    /// The witness of the store in that file.
    pub(crate) fn path(store: &Path) -> PathBuf {
        let mut path = store.as_os_str().to_owned();
        path.push(".witness");
        path.into()
    }

    /// Makes the witness of a new store; it is on the disk, and so is its name.
    pub(crate) fn make(store: &Path, id: Uuid) -> Result<Self, StoreError> {
        let path = Self::path(store);
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path);
        let failed = |error| StoreError::unusable(&path, &error);
        let witness = Self {
            file: opened.map_err(failed)?,
            path: path.clone(),
            id,
        };
        witness.saw(0)?;
        witness.file.sync_all().map_err(failed)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
        Ok(witness)
    }

    /// Opens the witness of a store that was made before; gives the number of commits that it has seen.
    pub(crate) fn open(store: &Path, id: Uuid) -> Result<(Self, u64), StoreError> {
        let path = Self::path(store);
        let opened = OpenOptions::new().read(true).write(true).open(&path);
        let file = opened.map_err(|error| StoreError::damaged(&path, &error))?;
        let mut bytes = [0; LENGTH];
        let whole = file.metadata().is_ok_and(|found| found.len() == LENGTH as u64);
        let read = file.read_exact_at(&mut bytes, 0);
        let Some(seen) = read.ok().filter(|()| whole).and_then(|()| number(&bytes, id)) else {
            return Err(StoreError::damaged(&path, &"it is not the witness of this store"));
        };
        Ok((Self { path, file, id }, seen))
    }

    /// Notes that the store has so many commits.
    pub(crate) fn saw(&self, commits: u64) -> Result<(), StoreError> {
        let mut bytes = [0; LENGTH];
        bytes[..16].copy_from_slice(self.id.as_bytes());
        bytes[16..24].copy_from_slice(&commits.to_le_bytes());
        bytes[24..].copy_from_slice(&(!commits).to_le_bytes());
        let written = self.file.write_all_at(&bytes, 0);
        written.map_err(|error| StoreError::unwritten(&self.path, &error))
    }
}

fn number(bytes: &[u8; LENGTH], id: Uuid) -> Option<u64> {
    let [own, number, turned] = [&bytes[..16], &bytes[16..24], &bytes[24..]];
    let number = u64::from_le_bytes(number.try_into().ok()?);
    let turned = u64::from_le_bytes(turned.try_into().ok()?);
    (own == id.as_bytes() && turned == !number).then_some(number)
}
