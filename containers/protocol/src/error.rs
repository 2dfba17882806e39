//! What can be wrong with what came over a wire.

use thiserror::Error;

/// Something on the wire could not be read, opened or verified.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The sealed message does not open. One text for every cause, so that it is no oracle.
    #[error("the sealed message does not open")]
    Sealed,
    /// A key could not be made or read.
    #[error("the key could not be {0}")]
    Key(&'static str),
    /// A SAS token is missing a part or is malformed.
    #[error("the token is malformed: {0}")]
    TokenMalformed(&'static str),
    /// The signature of a SAS token is wrong, or its rule is unknown.
    #[error("the token has an invalid signature")]
    TokenSignature,
    /// A SAS token has expired.
    #[error("the token expired at {0}")]
    TokenExpired(u64),
    /// A connection string lacks a part.
    #[error("the connection string lacks {0}")]
    ConnectionString(&'static str),
    /// A JSON message has the wrong shape.
    #[error("the message has the wrong shape: {0}")]
    Shape(String),
}
