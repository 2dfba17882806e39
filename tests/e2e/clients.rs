//! Clients that nobody here wrote, in the releases that others package: certificates verified, passwords out of sight.

mod kerberos;
mod openldap;
mod python;

use std::path::Path;

use crate::support::{Directory, Standing, Who};

/// A world of the embedded directory with that many people.
fn embedded(people: u32) -> Standing {
    let people = format!("population.people={people}");
    Standing::up(&["scenarios/quick.toml", "--world", "embedded"], &[&people])
}

/// Its directory, with the two who work on it.
struct Place<'a> {
    directory: Directory,
    base: &'a str,
    /// The domain's administrator.
    admin: Who<'a>,
    /// The agent's account.
    agent: Who<'a>,
}

impl<'a> Place<'a> {
    fn of(standing: &'a Standing) -> Self {
        let told = &standing.told;
        let place = &told.directories[0];
        Self {
            directory: Directory::new(&place.url, &told.ca_file),
            base: &place.base_dn,
            admin: (&place.admin_bind_dn, Path::new(&place.admin_password_file)),
            agent: (&place.agent_bind_dn, Path::new(&place.agent_password_file)),
        }
    }

    /// Where everyone lives.
    fn people(&self) -> String {
        format!("OU=People,{}", self.base)
    }
}
