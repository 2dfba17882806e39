//! Loading people without a connection: as an offline load of a domain controller's database does it, a million of them too.

use vocabulary::Password;

use crate::error::DirectoryError;
use crate::server::DirectoryHandle;

/// How many people are made before the lock is taken, and then added before others may read or write. Few: whatever is made here
/// and gone a moment later then never piles up in the allocator.
const AT_ONCE: usize = 8;
/// How many people are added between two words about it.
const TOLD_EVERY: u64 = 1000;

/// A person to be added.
#[derive(Debug)]
pub struct NewPerson {
    /// The DN; what is above it must exist.
    pub dn: String,
    /// Attributes and values, as an add over LDAP would carry them, without `objectClass` and `unicodePwd`. An attribute with
    /// several values is named once for each.
    pub attributes: Vec<(&'static str, String)>,
    /// The first password. No policy judges it, as none does in an offline load.
    pub password: Password,
}

impl DirectoryHandle {
    /// Adds people of class `user`, each as if the administrator had added them over LDAP, and tells after every thousand, and at the
    /// end, how many there are by now. Returns how many there were.
    ///
    /// # Errors
    /// [`DirectoryError::Load`] names the first person who could not be added; those before stay.
    pub fn load(
        &self,
        people: impl IntoIterator<Item = NewPerson> + Send,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, DirectoryError> {
        let mut people = people.into_iter();
        let mut some = Vec::with_capacity(AT_ONCE);
        let mut loaded = 0;
        loop {
            some.extend(people.by_ref().take(AT_ONCE));
            if some.is_empty() {
                progress(loaded);
                return Ok(loaded);
            }
            let before = loaded / TOLD_EVERY;
            loaded += some.len() as u64;
            self.host().load(some.drain(..))?;
            if loaded / TOLD_EVERY > before {
                progress(loaded);
            }
        }
    }
}
