//! The port of a relay behind which somebody else's part may stand.

use std::fmt;
use std::sync::Arc;

use crate::waiting::Carrier;

/// Wraps a port: given the part that stands behind it, the part to use.
pub type Wrap<T> = Box<dyn Fn(Arc<T>) -> Arc<T> + Send + Sync>;

/// What stands behind each port.
pub struct RelayParts {
    /// What carries senders' requests to listeners.
    pub carrier: Wrap<dyn Carrier>,
}

impl Default for RelayParts {
    fn default() -> Self {
        Self {
            carrier: Box::new(|carrier| carrier),
        }
    }
}

impl fmt::Debug for RelayParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayParts")
    }
}
