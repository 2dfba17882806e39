//! The little of BER (X.690) that must be read before a decoder may be trusted with it.

use thiserror::Error;

/// Longest message.
pub const MAX_FRAME: usize = 1 << 20;
/// Deepest nesting: a filter of twenty levels fits, a recursive decoder's stack does too.
pub const MAX_DEPTH: usize = 32;
/// Most elements of one message: each costs the decoder an allocation.
pub const MAX_ELEMENTS: usize = 100_000;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BerError {
    /// A message that does not begin as an LDAP message does.
    #[error("not an LDAP message")]
    NotAMessage,
    /// An indefinite length, or one of more than four bytes.
    #[error("a length form that LDAP does not use")]
    Length,
    /// A tag of more than one byte.
    #[error("a tag that LDAP does not use")]
    Tag,
    /// Longer than [`MAX_FRAME`].
    #[error("longer than allowed")]
    TooLong,
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than allowed")]
    TooDeep,
    /// More than [`MAX_ELEMENTS`].
    #[error("more elements than allowed")]
    TooMany,
    /// An element that reaches past the one around it.
    #[error("an element reaches past its end")]
    Overrun,
    /// A message that the decoder refused.
    #[error("not a request of LDAP")]
    Undecodable,
}

/// Tag and lengths of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The tag byte.
    pub tag: u8,
    /// How many bytes tag and length take.
    pub size: usize,
    /// How many bytes the content takes.
    pub length: usize,
}

impl Header {
    /// Whether the content is made of elements.
    #[must_use]
    pub fn constructed(self) -> bool {
        self.tag & 0x20 != 0
    }
}

/// Reads the header at the start of some bytes; none when they end too early.
///
/// # Errors
/// [`BerError`] for a form that LDAP (RFC 4511 5.1) does not use.
pub fn header(bytes: &[u8]) -> Result<Option<Header>, BerError> {
    let Some((&tag, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    if tag & 0x1F == 0x1F {
        return Err(BerError::Tag);
    }
    let Some((&first, rest)) = rest.split_first() else {
        return Ok(None);
    };
    let count = match first {
        0..=0x7F => {
            return Ok(Some(Header {
                tag,
                size: 2,
                length: usize::from(first),
            }));
        }
        0x81..=0x84 => usize::from(first & 0x7F),
        _ => return Err(BerError::Length),
    };
    let Some(digits) = rest.get(..count) else {
        return Ok(None);
    };
    let length = digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    Ok(Some(Header {
        tag,
        size: 2 + count,
        length,
    }))
}

/// The length of the message at the start of some bytes, once enough of them are there to tell.
///
/// # Errors
/// [`BerError`] as soon as it is certain that no message begins here.
pub fn frame_length(bytes: &[u8]) -> Result<Option<usize>, BerError> {
    if bytes.first().is_some_and(|tag| *tag != 0x30) {
        return Err(BerError::NotAMessage);
    }
    let Some(header) = header(bytes)? else {
        return Ok(None);
    };
    let total = header.size.saturating_add(header.length);
    if total > MAX_FRAME {
        return Err(BerError::TooLong);
    }
    Ok(Some(total))
}

/// Checks a whole message: every element lies within the one around it, not too deep and not too many. Iterative, so that
/// no message can exhaust the stack here.
///
/// # Errors
/// The first [`BerError`] met.
pub fn check(frame: &[u8]) -> Result<(), BerError> {
    let mut ends = vec![frame.len()];
    let mut at = 0;
    let mut count = 0;
    while let Some(&end) = ends.last() {
        if at == end {
            ends.pop();
            continue;
        }
        let element = header(&frame[at..end])?.ok_or(BerError::Overrun)?;
        let content = at + element.size;
        let after = content.checked_add(element.length).filter(|after| *after <= end);
        let after = after.ok_or(BerError::Overrun)?;
        count += 1;
        if count > MAX_ELEMENTS {
            return Err(BerError::TooMany);
        }
        at = if element.constructed() { content } else { after };
        if element.constructed() {
            ends.push(after);
        }
        if ends.len() > MAX_DEPTH + 1 {
            return Err(BerError::TooDeep);
        }
    }
    Ok(())
}

/// An element split into its tag and its content; none if it is broken.
#[must_use]
pub fn open(element: &[u8]) -> Option<(u8, &[u8])> {
    let header = header(element).ok()??;
    let content = element.get(header.size..)?.get(..header.length)?;
    Some((header.tag, content))
}

/// The elements that some content is made of, up to the first broken one.
pub fn elements(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = content;
    std::iter::from_fn(move || {
        let header = header(rest).ok()??;
        let (element, after) = rest.split_at_checked(header.size.checked_add(header.length)?)?;
        rest = after;
        Some(element)
    })
}

/// Writes an element.
#[must_use]
pub fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short @ 0..=0x7F) => element.push(short),
        _ => {
            element.push(0x84);
            element.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
    element.extend_from_slice(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        (0..depth).fold(Vec::new(), |inner, _| encode(0x30, &inner))
    }

    #[test]
    fn depth_is_bounded_exactly() {
        assert_eq!(check(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(check(&nested(MAX_DEPTH + 1)), Err(BerError::TooDeep));
        assert_eq!(check(&nested(10_000)), Err(BerError::TooDeep));
    }

    #[test]
    fn lengths_are_read_and_bounded() {
        assert_eq!(frame_length(&[0x30]), Ok(None));
        assert_eq!(frame_length(&[0x30, 0x82, 1]), Ok(None));
        assert_eq!(frame_length(&[0x30, 0x82, 1, 0]), Ok(Some(260)));
        assert_eq!(
            frame_length(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]),
            Err(BerError::TooLong)
        );
        assert_eq!(frame_length(&[0x30, 0x80]), Err(BerError::Length));
        assert_eq!(frame_length(&[0x30, 0x89]), Err(BerError::Length));
        assert_eq!(frame_length(b"GET / HTTP/1.1"), Err(BerError::NotAMessage));
    }

    #[test]
    fn elements_stay_within_the_one_around_them() {
        assert_eq!(check(&[0x30, 2, 4, 1]), Err(BerError::Overrun));
        assert_eq!(check(&[0x30, 1, 4]), Err(BerError::Overrun));
        assert_eq!(check(&[0x30, 2, 0x1F, 1]), Err(BerError::Tag));
        assert_eq!(
            check(&encode(0x30, &[5, 0].repeat(MAX_ELEMENTS))),
            Err(BerError::TooMany)
        );
        assert_eq!(check(&[0x30, 0]), Ok(()));
    }

    #[test]
    fn what_is_encoded_opens() {
        for length in [0, 127, 128, 70_000] {
            let content = vec![7; length];
            assert_eq!(open(&encode(4, &content)), Some((4, content.as_slice())));
        }
        let two: Vec<&[u8]> = elements(&[4, 1, 9, 5, 0, 4, 9]).collect();
        assert_eq!(two, [&[4, 1, 9][..], &[5, 0][..]]);
    }
}
