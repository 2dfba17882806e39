//! Towards the directory: LDAPS with the service account, and nothing but what import and writeback need.

mod connection;
mod import;
mod outcome;
mod writer;

pub(crate) use connection::Controller;
pub(crate) use import::full_import;
pub(crate) use writer::LdapDirectory;

#[cfg(test)]
mod wire_tests;
