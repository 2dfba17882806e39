//! How much a system takes: the search for the highest rate that meets the goals, what saturates first, models, and questions asked of
//! the answer.
//!
//! The search is a state machine: measurements in, the next rate out. It is told of operations live, as they end; and the answer is
//! made from the sealed history by the same code, so that both agree.

mod answer;
mod bottleneck;
pub(crate) mod climb;
mod fit;
mod growth;
mod halve;
mod law;
mod level;
mod queueing;
mod search;
mod simplex;
mod tally;
#[cfg(test)]
mod tests;
mod usl;
mod what_if;

pub(crate) use answer::{capacity, finding};
pub use search::{Order, Search};
pub use what_if::{Question, QuestionError};
