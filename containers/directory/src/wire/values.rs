//! Bytes in filters. The decoder takes filter values for UTF-8 and refuses the rest, yet objectGUID and objectSid are looked up by
//! their bytes. So before a search is decoded, each backslash and each byte that is not UTF-8 in its filter becomes `\xx`
//! (RFC 4515's own escape), and whoever evaluates the filter turns them back.

use std::borrow::Cow;

use super::ber::{elements, encode, open};
use crate::state::dn::unhex;

const SEARCH_REQUEST: u8 = 0x63;
/// Where the filter stands in a search request (RFC 4511 4.5.1).
const FILTER: usize = 6;

/// The message with its filter's values escaped; it must have passed [`super::ber::check`].
#[must_use]
pub fn escape_filter(frame: &[u8]) -> Cow<'_, [u8]> {
    rewrite(frame, 1, |operation| match operation.first() {
        Some(&SEARCH_REQUEST) => rewrite(operation, FILTER, escape_element),
        _ => Cow::Borrowed(operation),
    })
}

/// An element with one of its elements rewritten.
fn rewrite<'a>(element: &'a [u8], index: usize, change: impl Fn(&'a [u8]) -> Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    let Some((tag, content)) = open(element) else {
        return Cow::Borrowed(element);
    };
    let Some(old) = elements(content).nth(index) else {
        return Cow::Borrowed(element);
    };
    let Cow::Owned(new) = change(old) else {
        return Cow::Borrowed(element);
    };
    let parts = elements(content).enumerate();
    let parts = parts.flat_map(|(at, part)| if at == index { new.as_slice() } else { part });
    Cow::Owned(encode(tag, &parts.copied().collect::<Vec<u8>>()))
}

fn escape_element(element: &[u8]) -> Cow<'_, [u8]> {
    let Some((tag, content)) = open(element) else {
        return Cow::Borrowed(element);
    };
    if tag & 0x20 == 0 {
        return match escape(content) {
            Some(escaped) => Cow::Owned(encode(tag, escaped.as_bytes())),
            None => Cow::Borrowed(element),
        };
    }
    let parts: Vec<Cow<'_, [u8]>> = elements(content).map(escape_element).collect();
    if parts.iter().all(|part| matches!(part, Cow::Borrowed(_))) {
        return Cow::Borrowed(element);
    }
    Cow::Owned(encode(tag, &parts.concat()))
}

/// The escaped form of a value; none when it needs no escape.
fn escape(value: &[u8]) -> Option<String> {
    if !value.contains(&b'\\') && std::str::from_utf8(value).is_ok() {
        return None;
    }
    let mut text = String::with_capacity(value.len() * 3);
    for chunk in value.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\5c"));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\{byte:02x}"));
        }
    }
    Some(text)
}

/// The bytes that an escaped value stands for.
#[must_use]
pub fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(unhex) {
            Some(byte) => {
                bytes.extend_from_slice(&byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(b'\\');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_survive_the_detour() {
        let all: Vec<u8> = (0..=255).collect();
        for value in [all.as_slice(), b"a\\b", b"\\5c", "Zoë\\".as_bytes(), b"\xff\xfe"] {
            let escaped = escape(value).unwrap();
            assert_eq!(unescape(&escaped), value);
        }
        assert_eq!(escape("Zoë".as_bytes()), None);
    }

    #[test]
    fn only_the_filter_of_a_search_is_touched() {
        let text = |tag, value: &[u8]| encode(tag, value);
        let filter = |value: &[u8]| encode(0xA3, &[text(4, b"objectGUID"), text(4, value)].concat());
        let head = [text(4, b"DC=\\"), vec![10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0]].concat();
        let message = |tag, value: &[u8]| {
            let operation = encode(tag, &[head.clone(), filter(value), encode(0x30, &[])].concat());
            encode(0x30, &[vec![2, 1, 1], operation].concat())
        };
        assert_eq!(escape_filter(&message(0x63, b"\xff\\")), message(0x63, b"\\ff\\5c"));
        assert!(matches!(escape_filter(&message(0x63, b"plain")), Cow::Borrowed(_)));
        assert!(matches!(escape_filter(&message(0x66, b"\xff")), Cow::Borrowed(_)));
    }
}
