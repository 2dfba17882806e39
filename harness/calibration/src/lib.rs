//! How good the generator and its figures are: whole runs against a target that counts, stalls on purpose and knows the truth.
//!
//! For: `wblab doctor --calibrate`: the generator's ceiling, offered against planned, release error, and a percentile that was
//! reported beside the one that was true.
//! Never: starts a generator itself (that is a port), or lets a run that it measures go another way than every other run.
//!
//! ```
//! use calibration::Stall;
//!
//! let stall = Stall { every_us: 20_000_000, for_us: 2_000_000 };
//! assert_eq!(stall.end_at(17_000_000), None);
//! assert_eq!(stall.end_at(18_500_000), Some(20_000_000));
//! // Of even arrivals a tenth waits, up to two seconds: the 99th percentile waits 1.8 s.
//! let even = (0..2000).map(|arrival| arrival * 10_000);
//! assert_eq!(stall.truth_p99_us(even), 1_800_000);
//! ```

mod error;
mod idle;
mod measure;
mod stall;
mod target;
mod world;

pub use error::CalibrationError;
pub use idle::{Idle, idle};
pub use measure::{Calibration, Ceiling, Lateness, Size, Stalled, Step, calibrate, ceiling};
pub use stall::Stall;
pub use target::{CountingTarget, Request};
