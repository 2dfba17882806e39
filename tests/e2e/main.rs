//! The end-to-end suite: the program from outside, the worlds from inside, and the house itself.
//!
//! What a machine lacks is skipped loudly; `WBLAB_REQUIRE=docker,chromium,python,openldap,kerberos,xmllint` makes a lack a failure.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test that fails is a test that fails"
)]

mod capacity;
mod catalogue;
mod ci;
mod clients;
mod commands;
mod compare;
mod conformance;
mod deliveries;
mod determinism;
mod docker_job;
mod executors;
mod exports;
mod faults;
mod goals;
mod judged;
mod kills;
mod live;
mod main_job;
mod old_folder;
mod overload;
mod page;
mod personas;
mod proof;
mod refusals;
mod standing;
mod support;
mod tidy;
mod topologies;
mod trend;
mod wrong_parts;
mod zoo;
