//! From bytes to messages and back.

use bytes::BytesMut;
use ldap3_proto::LdapCodec;
use ldap3_proto::proto::LdapMsg;
use tokio_util::codec::{Decoder, Encoder};

use super::ber::{self, BerError, MAX_DEPTH, MAX_FRAME};
use super::values::escape_filter;

/// Takes messages off a buffer. No byte reaches the decoder before the message around it is complete and was checked, since the
/// decoder recurses, and writes what it cannot parse into the log.
pub struct Frames {
    codec: LdapCodec,
}

impl Default for Frames {
    fn default() -> Self {
        // Escaping a filter may make a message three times as long.
        Self {
            codec: LdapCodec::new(Some(4 * MAX_FRAME), Some(MAX_DEPTH + 8)),
        }
    }
}

impl Frames {
    /// The next message of a buffer; none when more bytes are needed.
    ///
    /// # Errors
    /// [`BerError`] when the bytes are no message; the connection cannot go on.
    pub fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<LdapMsg>, BerError> {
        let length = match ber::frame_length(buffer)? {
            Some(length) if length <= buffer.len() => length,
            _ => return Ok(None),
        };
        let frame = buffer.split_to(length);
        ber::check(&frame)?;
        let mut readable = match escape_filter(&frame) {
            std::borrow::Cow::Borrowed(_) => frame,
            std::borrow::Cow::Owned(escaped) => BytesMut::from(escaped.as_slice()),
        };
        match self.codec.decode(&mut readable) {
            Ok(Some(message)) => Ok(Some(message)),
            _ => Err(BerError::Undecodable),
        }
    }

    /// Appends a message to a buffer.
    ///
    /// # Errors
    /// [`BerError::Undecodable`] if it cannot be written.
    pub fn put(&mut self, message: LdapMsg, buffer: &mut BytesMut) -> Result<(), BerError> {
        self.codec.encode(message, buffer).map_err(|_| BerError::Undecodable)
    }
}
