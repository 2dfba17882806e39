//! A small durable store for what a part must not forget: tables of bytes, written in groups, checked when opened.
//!
//! For: journals and states that fit into memory. What is written is on the disk when the write says so; writes that
//! come together share one `fsync`; a file that is torn, cut, flipped or older than what was written last is refused.
//! Never: a database for queries. Everything is read once, when the store is opened.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use store::{Store, Table, Write};
//!
//! const NOTES: Table = Table("notes");
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("notes.store");
//! let (store, _) = Store::open(&path, &[NOTES], uuid::Uuid::from_u128(1))?;
//! store.write(vec![Write::put(NOTES, b"one", b"first".to_vec())]).await?;
//! drop(store);
//! let (store, content) = Store::open(&path, &[NOTES], uuid::Uuid::from_u128(2))?;
//! assert_eq!(content.of(NOTES), [(b"one".to_vec(), b"first".to_vec())]);
//! assert_eq!(store.id(), uuid::Uuid::from_u128(1), "the id is the file's own");
//! # Ok::<(), store::StoreError>(())
//! # }).unwrap();
//! ```

mod error;
mod file;
mod witness;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;
use uuid::Uuid;

pub use error::StoreError;
use file::StoreFile;

/// Groups of writes that one commit takes at most.
const GROUPS_MAX: usize = 4096;

/// A table, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Table(pub &'static str);

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    table: Table,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Write {
    /// Sets a key's value.
    #[must_use]
    pub fn put(table: Table, key: &[u8], value: Vec<u8>) -> Self {
        Self {
            table,
            key: key.to_vec(),
            value: Some(value),
        }
    }

    /// Removes a key; one that is not there is no error.
    #[must_use]
    pub fn delete(table: Table, key: &[u8]) -> Self {
        Self {
            table,
            key: key.to_vec(),
            value: None,
        }
    }

    /// The key that it is about.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The value that it sets, or nothing when it removes the key.
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        self.value.as_deref()
    }
}

/// A key with its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// What a store held when it was opened.
#[derive(Debug, Default)]
pub struct Content(BTreeMap<Table, Vec<Entry>>);

impl Content {
    /// The entries of a table, in the order of their keys.
    #[must_use]
    pub fn of(&self, table: Table) -> &[Entry] {
        self.0.get(&table).map(Vec::as_slice).unwrap_or_default()
    }
}

struct Group {
    writes: Vec<Write>,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// An open store. Dropping it ends it once everything that was written is on the disk.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    id: Uuid,
    queue: Option<Sender<Group>>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the store in this file, and a second file of the same name with `.witness` behind it; makes both when there
    /// is neither. `fresh` becomes the id of a store that is made.
    ///
    /// # Errors
    /// [`StoreError`] when the files cannot be used, or are not what was written last.
    pub fn open(path: &Path, tables: &[Table], fresh: Uuid) -> Result<(Self, Content), StoreError> {
        let (file, content) = StoreFile::open(path, tables, fresh)?;
        let id = file.id();
        let (queue, groups) = channel();
        let name = "store".to_owned();
        let started = Builder::new().name(name).spawn(move || write_groups(file, &groups));
        let writer = started.map_err(|error| StoreError::unusable(path, &error))?;
        let store = Self {
            path: path.to_owned(),
            id,
            queue: Some(queue),
            writer: Some(writer),
        };
        Ok((store, content))
    }

    /// The id that the store was given when it was made.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Writes all of it or nothing. The order of writes is the order of these calls; what is returned need not be
    /// awaited for the write to happen. Without writes it waits for those before it.
    pub fn write(&self, writes: Vec<Write>) -> Written {
        let (done, told) = oneshot::channel();
        if let Some(queue) = &self.queue {
            // When the writer is gone the sender is dropped here, and that is what is told.
            let _ = queue.send(Group { writes, done });
        }
        Written {
            told,
            path: self.path.clone(),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// A write under way: done when it is on the disk.
#[derive(Debug)]
pub struct Written {
    told: oneshot::Receiver<Result<(), StoreError>>,
    path: PathBuf,
}

impl Future for Written {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let told = Pin::new(&mut self.told).poll(context);
        told.map(|told| told.unwrap_or_else(|_| Err(StoreError::Ended(self.path.clone()))))
    }
}

/// Takes whatever waits, commits it as one, and tells everybody.
fn write_groups(mut file: StoreFile, queue: &Receiver<Group>) {
    while let Ok(first) = queue.recv() {
        let mut groups = vec![first];
        groups.extend(queue.try_iter().take(GROUPS_MAX - 1));
        let result = file.commit(groups.iter().flat_map(|group| &group.writes));
        for group in groups {
            // Who does not wait need not be told.
            let _ = group.done.send(result.clone());
        }
    }
}
