//! The load generator: goose users that wait for tickets and do what a persona does, in a process of their own.
//!
//! For: `wblab load`, and starting it. goose owns process-wide things (Ctrl-C, a kill switch, a logger); here they stay
//! in a child that ignores SIGINT, ends when its pipe closes, and whose processor time is counted apart from the world's.
//! Never: decides when somebody arrives (the tickets say so) or what an answer means for the run.
//!
//! ```no_run
//! // In the child, started by `ChildProcess`:
//! let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
//! runtime.block_on(load::serve())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod child;
mod client;
mod course;
mod error;
mod gauge;
mod helpdesk;
mod portal;
mod serve;
mod users;
mod visit;

pub use child::ChildProcess;
pub use error::LoadError;
pub use serve::serve;
