//! What the tests share: the programs, runs of them, tools of other people, and time.

mod binary;
mod clock;
mod curl;
mod folder;
mod job;
mod junit;
mod kerberos;
mod ldap;
pub mod ldif;
mod need;
mod portal;
mod process;
mod standing;
mod tool;
mod world;

pub use binary::{root, scratch, wblab, wrong};
pub use clock::{Stopwatch, eventually};
pub use curl::{Curl, Page, text_of};
pub use folder::{ops, phases, resets_and_unlocks};
pub use job::{Finished, Job, Started, shared};
pub use junit::junit;
pub use kerberos::Realm;
pub use ldap::{Directory, Who};
pub use ldif::Entry;
pub use need::{chromium, python, require};
pub use portal::Visitor;
pub use process::{listening_ports, living};
pub use standing::{Resident, Standing};
pub use tool::fed;
pub use world::{Quiet, plan_of, run_name, served};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Two processors carry one world at a time: whoever stands one up, or looks at the time, holds this.
pub fn alone() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}
