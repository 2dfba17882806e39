//! The port between what the tenant decides and the way to the agent.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password, StageTimes};

use crate::tenant::Order;

/// How an order ended, and where the time went.
#[derive(Debug)]
pub struct Sent {
    /// How it ended.
    pub outcome: Outcome,
    /// What relay and agent said about their own time.
    pub stages: StageTimes,
    /// How long the cloud waited for others.
    pub waited: Duration,
}

/// Something on its way.
pub type Dispatching<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries orders to the agent. The port that wrong parts wrap.
pub trait Dispatcher: Send + Sync {
    /// Carries an order, at most once, and says how it ended. `expires` is in Unix seconds; the lab token asks the parts
    /// on the way to tell their times.
    fn dispatch<'a>(&'a self, order: &'a Order, expires: u64, lab_token: Option<&'a Password>)
    -> Dispatching<'a, Sent>;

    /// Asks the agent how an order ended that was sent in an earlier life, under the same operation id. Nothing is
    /// written by it; `expires` is that of the question.
    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome>;
}

impl fmt::Debug for dyn Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dispatcher")
    }
}
