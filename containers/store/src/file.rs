//! The file behind a store: opened with distrust, committed with one `fsync`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, Durability, ReadableDatabase as _, ReadableTable as _};
use redb::{StorageError, TableDefinition, TableError};
use uuid::Uuid;

use crate::witness::Witness;
use crate::{Content, Entry, StoreError, Table, Write};

/// Memory for pages, in bytes: everything is read once, so little is enough.
const CACHE: usize = 8 * 1024 * 1024;

/// The store's own table: its id and the number of its commits.
const OWN: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("store");
const ID: &str = "id";
const COMMITS: &str = "commits";

type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Why a transaction did not come about.
type Failed = redb::Error;

#[derive(Debug)]
pub(crate) struct StoreFile {
    path: PathBuf,
    id: Uuid,
    /// None after a commit failed: what the file holds then is found out by opening it.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    database: Database,
    witness: Witness,
    commits: u64,
}

impl StoreFile {
    pub(crate) fn open(path: &Path, tables: &[Table], fresh: Uuid) -> Result<(Self, Content), StoreError> {
        let (id, open) = open(path, fresh)?;
        let content = read(&open.database, tables).map_err(|error| StoreError::damaged(path, &error))?;
        let file = Self {
            path: path.to_owned(),
            id,
            open: Some(open),
        };
        Ok((file, content))
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// Commits all writes as one; without any there is nothing to do.
    pub(crate) fn commit<'a>(&mut self, writes: impl Iterator<Item = &'a Write>) -> Result<(), StoreError> {
        let mut by_table: BTreeMap<Table, Vec<&Write>> = BTreeMap::new();
        for write in writes {
            by_table.entry(write.table).or_default().push(write);
        }
        if by_table.is_empty() {
            return Ok(());
        }
        let mut file = match self.open.take() {
            Some(file) => file,
            None => open(&self.path, self.id)?.1,
        };
        let next = file.commits + 1;
        let committed = commit(&file.database, &by_table, next);
        committed.map_err(|error| StoreError::unwritten(&self.path, &error))?;
        file.witness.saw(next)?;
        file.commits = next;
        self.open = Some(file);
        Ok(())
    }
}

fn open(path: &Path, fresh: Uuid) -> Result<(Uuid, Open), StoreError> {
    let witnessed = Witness::path(path).exists();
    let missing = std::fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if missing && witnessed {
        return Err(StoreError::damaged(path, &"its witness is there and it is not"));
    }
    let database = database(path)?;
    let own = own(&database).map_err(|error| StoreError::damaged(path, &error))?;
    match own {
        Some((id, commits)) if witnessed || commits > 0 => known(path, database, id, commits),
        None if witnessed => Err(StoreError::damaged(path, &"it is empty and its witness is not")),
        // A store that was being made when the process died: nobody was told of anything in it.
        _ => make(path, database, fresh),
    }
}

fn make(path: &Path, database: Database, fresh: Uuid) -> Result<(Uuid, Open), StoreError> {
    found(&database, fresh.as_bytes()).map_err(|error| StoreError::unwritten(path, &error))?;
    let open = Open {
        database,
        witness: Witness::make(path, fresh)?,
        commits: 0,
    };
    Ok((fresh, open))
}

fn known(path: &Path, database: Database, id: Uuid, commits: u64) -> Result<(Uuid, Open), StoreError> {
    let (witness, seen) = Witness::open(path, id)?;
    if commits < seen {
        let why = format!("it has {commits} commits of {seen}: the last ones are lost, or it is an older copy");
        return Err(StoreError::damaged(path, &why));
    }
    witness.saw(commits)?;
    let open = Open {
        database,
        witness,
        commits,
    };
    Ok((id, open))
}

/// Opens the database with every checksum checked: a plain open would trust a file that was shut down cleanly.
fn database(path: &Path) -> Result<Database, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(|error| StoreError::unusable(path, &error))?;
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    let opened = FileBackend::new(file).and_then(|backend| builder.create_with_backend(backend));
    opened.map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path.to_owned()),
        DatabaseError::Storage(StorageError::Io(error)) if !is_content(&error) => StoreError::unusable(path, &error),
        error => StoreError::damaged(path, &error),
    })
}

/// Whether an error is about what the file holds: it is cut, or is something else.
fn is_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// Writes the id and the first number of commits.
fn found(database: &Database, id: &[u8]) -> Result<(), Failed> {
    let transaction = database.begin_write()?;
    {
        let mut own = transaction.open_table(OWN)?;
        own.insert(ID, id)?;
        own.insert(COMMITS, 0_u64.to_le_bytes().as_slice())?;
    }
    Ok(transaction.commit()?)
}

/// The id and the number of commits.
fn own(database: &Database) -> Result<Option<(Uuid, u64)>, Failed> {
    let transaction = database.begin_read()?;
    let own = match transaction.open_table(OWN) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        own => own?,
    };
    let (id, commits) = (own.get(ID)?, own.get(COMMITS)?);
    let id = id.and_then(|id| Uuid::from_slice(id.value()).ok());
    let commits = commits.and_then(|commits| commits.value().try_into().ok().map(u64::from_le_bytes));
    Ok(id.zip(commits))
}

fn read(database: &Database, tables: &[Table]) -> Result<Content, Failed> {
    let transaction = database.begin_read()?;
    let mut content = Content::default();
    for table in tables {
        let opened = match transaction.open_table(definition(*table)) {
            Err(TableError::TableDoesNotExist(_)) => continue,
            opened => opened?,
        };
        let mut entries: Vec<Entry> = Vec::new();
        for entry in opened.iter()? {
            let (key, value) = entry?;
            entries.push((key.value().to_vec(), value.value().to_vec()));
        }
        content.0.insert(*table, entries);
    }
    Ok(content)
}

fn commit(database: &Database, writes: &BTreeMap<Table, Vec<&Write>>, number: u64) -> Result<(), Failed> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    for (table, writes) in writes {
        let mut table = transaction.open_table(definition(*table))?;
        for write in writes {
            match &write.value {
                Some(value) => table.insert(write.key.as_slice(), value.as_slice())?,
                None => table.remove(write.key.as_slice())?,
            };
        }
    }
    {
        let mut own = transaction.open_table(OWN)?;
        own.insert(COMMITS, number.to_le_bytes().as_slice())?;
    }
    Ok(transaction.commit()?)
}

fn definition(table: Table) -> Bytes {
    TableDefinition::new(table.0)
}
