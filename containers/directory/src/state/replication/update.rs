//! What travels from one domain controller to another. Entries are named by objectGUID: each controller numbers its own.

use uuid::Uuid;

use super::Stamp;
use crate::state::entry::Entry;
use crate::state::schema::Attr;
use crate::state::secret::Credentials;

/// One change to one entry.
#[derive(Clone)]
pub struct Update {
    /// The objectGUID of the entry.
    pub(super) guid: Uuid,
    pub(super) what: What,
}

/// What happened to an entry.
#[derive(Clone)]
pub(super) enum What {
    /// It was added.
    Birth(Box<Birth>),
    /// Some of its attributes were written.
    Write(Vec<Fact>),
    /// A member joined or left it.
    Link(Link),
    /// It was deleted.
    Death,
}

/// A new entry.
#[derive(Clone)]
pub(super) struct Birth {
    /// The entry; its parent, its USNs and its times are the sender's.
    pub entry: Entry,
    /// The objectGUID of the entry above it.
    pub parent: Uuid,
    /// The stamp of all its attributes.
    pub stamp: Stamp,
}

/// A value of one attribute, and how it came about.
#[derive(Clone)]
pub(super) struct Fact {
    /// The attribute. `name` stands for the place in the tree too.
    pub unit: Attr,
    pub stamp: Stamp,
    pub value: Value,
}

/// A value in the form the directory keeps it.
#[derive(Clone)]
pub(super) enum Value {
    /// The objectGUID of the entry above, and the name below it.
    Place(Uuid, Box<str>),
    /// A number, or none.
    Number(Option<i64>),
    /// The current password, those before it, and the version.
    Password(Option<Credentials>),
    /// A text of the directory's own.
    Text(String),
    /// What clients wrote.
    Kept(Vec<Box<[u8]>>),
}

/// A membership.
#[derive(Clone)]
pub(super) struct Link {
    /// The objectGUID of the member.
    pub member: Uuid,
    /// Whether it is one.
    pub present: bool,
    pub stamp: Stamp,
}
