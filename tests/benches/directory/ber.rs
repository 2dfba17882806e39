//! As much of LDAP's BER (RFC 4511) as the benchmark speaks: requests are encoded once, before anything is timed.

use vocabulary::Password;

pub const SEARCH_ENTRY: u8 = 0x64;
pub const SEARCH_REFERENCE: u8 = 0x73;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0A;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// An element.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short @ 0..=0x7F) => bytes.push(short),
        _ => {
            bytes.push(0x84);
            bytes.extend(u32::try_from(length).unwrap().to_be_bytes());
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

fn octets(value: impl AsRef<[u8]>) -> Vec<u8> {
    element(OCTETS, value.as_ref())
}

/// A message with its number; the number takes four bytes, so that all of one kind are as long.
pub fn message(id: u32, operation: &[u8], controls: &[u8]) -> Vec<u8> {
    let id = element(INTEGER, &id.to_be_bytes());
    element(SEQUENCE, &[id.as_slice(), operation, controls].concat())
}

/// A simple bind.
pub fn bind(dn: &str, clear: &[u8]) -> Vec<u8> {
    let parts = [element(INTEGER, &[3]), octets(dn), element(0x80, clear)];
    element(0x60, &parts.concat())
}

fn attribute(name: &str, value: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[octets(name), element(SET, &octets(value))].concat())
}

/// A reset: `replace: unicodePwd`.
pub fn reset(dn: &str, clear: &str) -> Vec<u8> {
    modify(dn, &[replace_password(clear)])
}

/// A reset that also clears the lock, as the agent's does.
pub fn reset_and_unlock(dn: &str, clear: &str) -> Vec<u8> {
    modify(dn, &[replace_password(clear), replace("lockoutTime", b"0")])
}

fn modify(dn: &str, changes: &[Vec<u8>]) -> Vec<u8> {
    let changes = element(SEQUENCE, &changes.concat());
    element(0x66, &[octets(dn), changes].concat())
}

fn replace_password(clear: &str) -> Vec<u8> {
    replace("unicodePwd", &Password::new(clear.to_owned()).unicode_pwd())
}

fn replace(name: &str, value: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[element(ENUMERATED, &[2]), attribute(name, value)].concat())
}

/// An add; each attribute has one value.
pub fn add(dn: &str, attributes: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let all: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, value)| attribute(name, value))
        .collect();
    element(0x68, &[octets(dn), element(SEQUENCE, &all)].concat())
}

/// A search below a base: for one value of an attribute, or for everything that has it.
pub fn search(base: &str, (attr, value): (&str, Option<&[u8]>), wanted: &[&str]) -> Vec<u8> {
    let filter = match value {
        Some(value) => element(0xA3, &[octets(attr), octets(value)].concat()),
        None => element(0x87, attr.as_bytes()),
    };
    let wanted: Vec<u8> = wanted.iter().flat_map(octets).collect();
    let numbers = [
        element(ENUMERATED, &[2]),
        element(ENUMERATED, &[0]),
        element(INTEGER, &[0]),
        element(INTEGER, &[0]),
        element(0x01, &[0]),
    ];
    let parts = [octets(base), numbers.concat(), filter, element(SEQUENCE, &wanted)];
    element(0x63, &parts.concat())
}

/// The paging control (RFC 2696).
pub fn page(size: u16, cookie: &[u8]) -> Vec<u8> {
    let [high, low] = size.to_be_bytes();
    let value = element(SEQUENCE, &[element(INTEGER, &[0, high, low]), octets(cookie)].concat());
    let control = [octets("1.2.840.113556.1.4.319"), octets(value)].concat();
    element(0xA0, &element(SEQUENCE, &control))
}

/// One message of an answer.
#[derive(Debug)]
pub struct Answer {
    pub id: u32,
    pub tag: u8,
    /// The result code; none for entries.
    pub code: Option<u8>,
    /// The diagnostic text.
    pub text: String,
    /// What the paging control brought; empty at the end.
    pub cookie: Vec<u8>,
}

/// Splits the first element off; none while it is not complete.
pub fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        let length = digits.iter().fold(0, |all, byte| all << 8 | usize::from(*byte));
        (length, rest)
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// Reads a message that is complete.
pub fn read(content: &[u8]) -> Option<Answer> {
    let (_, id, rest) = split(content)?;
    let (tag, operation, controls) = split(rest)?;
    let mut answer = Answer {
        id: id.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)),
        tag,
        code: None,
        text: String::new(),
        cookie: Vec::new(),
    };
    if tag == SEARCH_ENTRY || tag == SEARCH_REFERENCE {
        return Some(answer);
    }
    let (_, code, rest) = split(operation)?;
    let (_, _, rest) = split(rest)?;
    answer.code = code.first().copied();
    answer.text = String::from_utf8_lossy(split(rest)?.1).into_owned();
    answer.cookie = cookie(controls).unwrap_or_default();
    Some(answer)
}

fn cookie(controls: &[u8]) -> Option<Vec<u8>> {
    let (_, all, _) = split(controls)?;
    let (_, control, _) = split(all)?;
    let (_, _, rest) = split(control)?;
    let (tag, first, rest) = split(rest)?;
    // Criticality may stand between the name and the value.
    let value = if tag == OCTETS { first } else { split(rest)?.1 };
    let (_, value, _) = split(value)?;
    let (_, _, rest) = split(value)?;
    Some(split(rest)?.1.to_vec())
}
