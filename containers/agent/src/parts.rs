//! The ports of an agent behind which somebody else's parts may stand.

use std::fmt;
use std::sync::Arc;

use crate::event::EventSink;
use crate::writeback::journal::Journal;
use crate::writeback::port::DirectoryWriter;
use crate::writeback::seal::{Opener, Sealer};

/// Wraps a port: given the part that stands behind it, the part to use.
pub type Wrap<T> = Box<dyn Fn(Arc<T>) -> Arc<T> + Send + Sync>;

/// What stands behind each port.
pub struct AgentParts {
    /// What writes to the directory.
    pub writer: Wrap<dyn DirectoryWriter>,
    /// The journal that the configuration asks for.
    pub journal: Wrap<dyn Journal>,
    /// What opens requests.
    pub opener: Wrap<dyn Opener>,
    /// What seals answers.
    pub sealer: Wrap<dyn Sealer>,
    /// Where the event log's lines go.
    pub events: Wrap<dyn EventSink>,
}

impl Default for AgentParts {
    fn default() -> Self {
        Self {
            writer: Box::new(|writer| writer),
            journal: Box::new(|journal| journal),
            opener: Box::new(|opener| opener),
            sealer: Box::new(|sealer| sealer),
            events: Box::new(|events| events),
        }
    }
}

impl fmt::Debug for AgentParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgentParts")
    }
}
