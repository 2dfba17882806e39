//! The ports of a cloud behind which somebody else's parts may stand.

use std::fmt;
use std::sync::Arc;

use crate::dispatch::Dispatcher;
use crate::tenant::Gates;

/// Wraps a port: given the part that stands behind it, the part to use.
pub type Wrap<T> = Box<dyn Fn(Arc<T>) -> Arc<T> + Send + Sync>;

/// What stands behind each port.
pub struct CloudParts {
    /// What carries orders to the agent.
    pub dispatcher: Wrap<dyn Dispatcher>,
    /// What opens and closes the tenant's gates.
    pub gates: Wrap<dyn Gates>,
}

impl Default for CloudParts {
    fn default() -> Self {
        Self {
            dispatcher: Box::new(|dispatcher| dispatcher),
            gates: Box::new(|gates| gates),
        }
    }
}

impl fmt::Debug for CloudParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CloudParts")
    }
}
