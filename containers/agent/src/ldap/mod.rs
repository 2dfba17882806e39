//! Towards the directory: LDAPS with the service account, and nothing but what import and writeback need.

mod connection;
mod credentials;
mod domain;
mod import;
mod locator;
mod outcome;
mod recent;
mod role;
mod settle;
mod writer;

pub(crate) use connection::Controller;
pub(crate) use credentials::Credentials;
pub(crate) use domain::{Domain, Rules};
pub(crate) use writer::LdapDirectory;

#[cfg(test)]
mod topology_tests;
#[cfg(test)]
mod wire_tests;
