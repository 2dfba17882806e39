//! The words everyone shares: passwords, seeds, clocks, codes, stages, outcomes and units.
//!
//! For: types that more than one room must agree on, each with its range and its source.
//! Never: async, sockets, files, or anything that knows what a scenario or a world is.
//!
//! ```
//! use vocabulary::{Password, Seed};
//!
//! let password = Password::new("Never-shown-1".to_owned());
//! assert_eq!(format!("{password:?}"), "Password(redacted)");
//! assert_eq!(Seed::new(7).child("people"), Seed::new(7).child("people"));
//! ```

pub mod clock;
mod code;
pub mod duration_text;
mod goal;
pub mod lab;
mod name;
mod outcome;
mod password;
mod seed;
mod stage;
mod times;
mod units;

pub use clock::{Clock, SharedClock, SystemClock};
pub use code::{EventId, SsprCode, Win32};
pub use goal::{Goal, GoalError, GoalOf, GoalUnit, Held, Measure};
pub use name::{NameTable, forbidden_name, lab_name};
pub use outcome::{OpKind, Outcome, OutcomeClass, Reason, ReasonCode, UnknownWhy};
pub use password::Password;
pub use seed::Seed;
pub use stage::{NETWORK, Stage, StageTimes};
pub use times::Times;
pub use units::{Percentile, Rate, Ratio, UnitError, format_duration, parse_duration};
