//! Worlds, embedded and docker: provision, populate, inject, read, tear down.
//!
//! For: the engine's [`engine::ports::World`], in one process or in containers, with the same parts on the same wire.
//! Never: judges what it reads, or touches anything that is not a laboratory.
//!
//! ```no_run
//! use environment::{LabWorld, Parts, ServedBinary};
//!
//! let served = ServedBinary { path: std::env::current_exe()?, prefix: Vec::new() };
//! let world = LabWorld::new("20261123T090000Z-1", Parts::genuine(served), vocabulary::SystemClock::shared());
//! # drop(world);
//! # Ok::<(), std::io::Error>(())
//! ```

mod authority;
mod blueprint;
mod capability;
mod clock;
pub mod conformance;
mod description;
mod docker;
mod domains;
mod edges;
mod embedded;
mod error;
mod evidence;
mod flaw;
mod inhabitants;
mod lab;
mod lab_client;
mod ldap;
mod names;
mod oracle;
mod parts;
mod process;
mod remains;
mod scan;
mod secrets;
mod settlement;
mod site;
mod skewed;
mod standing;
mod trap;
mod wire;
mod world;

pub use description::Description;
pub use docker::{
    CachedImage, CachedSnapshot, EngineVersion, Leftovers, ServedBinary, cached_images, cached_snapshots,
    engine_version, leftovers, prune, prune_snapshots, sweep,
};
pub use error::EnvironmentError;
pub use parts::{Parts, Start, Starting};
pub use remains::forget_run;
pub use scan::{Scan, Source};
pub use world::LabWorld;
