//! Makes a run happen: the schedule, the generator's pipe, the recorder and the lifecycle; ports for the rest.
//!
//! For: carrying a plan out, phase by phase, and writing down all that happened, whatever happens.
//! Never: judges, draws, knows what a world is made of, or how load is generated; those come in through [`ports`].
//!
//! ```
//! let text = "schema = 1\nname = \"tiny\"\nwhy = \"an example\"\nseed = 7\n[population]\npeople = 10\n\
//!             [load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n";
//! let scenario = scenario::parse("tiny.toml", text, &[]).expect("no mistakes");
//! let plan = scenario::Plan::resolve(&scenario, &scenario::Choices::default());
//! let arrivals: Vec<_> = engine::arrivals(&plan, &scenario::people(&plan)).collect();
//! assert_eq!(arrivals.len(), 10);
//! assert_eq!(arrivals[1].at_us, 200_000);
//! ```

mod arrival;
pub mod attempt;
mod attributes;
mod breach;
mod bucket;
mod climb;
pub mod clock;
mod error;
mod host;
mod keeping;
mod lifecycle;
mod load;
mod nemesis;
pub mod pipe;
pub mod ports;
mod probe;
mod process;
mod pulse;
mod recorder;
mod release;
mod sampling;
mod schedule;
mod tickets;
mod watch;

pub use arrival::{Arrival, Arrivals, arrivals, arrivals_sha256, planned_phases};
pub use error::EngineError;
pub use host::fingerprint;
pub use lifecycle::{Order, RunEnd, run};
pub use process::process_use;
pub use pulse::Pulse;
pub use sampling::SAMPLES_EVERY_US;
