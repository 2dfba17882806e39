//! The ports of the two seals: what opens requests, and what seals answers.

use protocol::ProtocolError;
use protocol::envelope::{Binding, Header, OpeningKey, SealingKey};
use zeroize::Zeroizing;

/// A message's header, which its seal vouches for, and its content.
pub type Opened = (Header, Zeroizing<Vec<u8>>);

/// Opens what was sealed for this agent. The port that wrong parts wrap.
pub trait Opener: Send + Sync {
    /// Opens a message in compact form.
    ///
    /// # Errors
    /// [`ProtocolError::Sealed`], the same for every cause.
    fn open(&self, compact: &str) -> Result<Opened, ProtocolError>;
}

/// Seals what this agent answers. The port that wrong parts wrap.
pub trait Sealer: Send + Sync {
    /// Seals content, bound to what the binding says.
    ///
    /// # Errors
    /// [`ProtocolError::Sealed`] when the library failed.
    fn seal(&self, binding: &Binding, content: &[u8]) -> Result<String, ProtocolError>;
}

impl Opener for OpeningKey {
    fn open(&self, compact: &str) -> Result<Opened, ProtocolError> {
        Self::open(self, compact)
    }
}

impl Sealer for SealingKey {
    fn seal(&self, binding: &Binding, content: &[u8]) -> Result<String, ProtocolError> {
        Self::seal(self, binding, content)
    }
}
