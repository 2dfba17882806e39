//! Loading people without a connection: as an offline load of a domain controller's database does it, a million of them too.

use vocabulary::Password;

use crate::error::DirectoryError;
use crate::server::DirectoryHandle;

/// How many people are added before others may read or write.
const AT_ONCE: usize = 500;

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
    /// Adds people of class `user`, each as if the administrator had added them over LDAP, and tells after every few hundred how many
    /// there are by now. Returns how many there were.
    ///
    /// # Errors
    /// [`DirectoryError::Load`] names the first person who could not be added; those before stay.
    pub fn load(
        &self,
        people: impl IntoIterator<Item = NewPerson> + Send,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, DirectoryError> {
        let mut people = people.into_iter();
        let mut loaded = 0;
        loop {
            // People are made before the lock is taken: whoever makes them may take their time.
            let some: Vec<NewPerson> = people.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return Ok(loaded);
            }
            self.host().load(&some)?;
            loaded += some.len() as u64;
            progress(loaded);
        }
    }
}
