//! Distinguished names (RFC 4514), with the quoted form of RFC 2253 that old clients still send.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

/// Why a text is no distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DnError {
    /// No `=` between a type and a value.
    #[error("a part has no `type=value`")]
    NoType,
    /// An attribute type with characters it cannot have.
    #[error("an attribute type may hold letters, digits, dots and hyphens")]
    BadType,
    /// An escape that ends too early or is not UTF-8 in the end.
    #[error("an escape sequence is broken")]
    BadEscape,
    /// A quoted value that never ends, or goes on after its end.
    #[error("a quoted value is broken")]
    BadQuote,
    /// A value that is empty.
    #[error("a value is empty")]
    Empty,
    /// A `+`: Active Directory names entries by one attribute only.
    #[error("multi-valued names are not supported")]
    MultiValued,
}

/// One part of a name: an attribute type and its value, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rdn {
    /// The attribute type, in upper case.
    pub kind: Cow<'static, str>,
    /// The value.
    pub value: String,
}

impl Rdn {
    /// Whether both spell one name.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.kind == other.kind && same_text(self.value.as_bytes(), &fold(&other.value))
    }
}

impl fmt::Display for Rdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.kind)?;
        let last = self.value.chars().count().saturating_sub(1);
        for (at, letter) in self.value.chars().enumerate() {
            match letter {
                '\0'..='\x1f' | '\x7f' => write!(f, "\\{:02X}", u32::from(letter))?,
                ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => write!(f, "\\{letter}")?,
                '#' if at == 0 => f.write_str("\\#")?,
                ' ' if at == 0 || at == last => f.write_str("\\ ")?,
                _ => write!(f, "{letter}")?,
            }
        }
        Ok(())
    }
}

/// A whole name, leaf first; the empty name is the rootDSE's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dn(pub Vec<Rdn>);

impl Dn {
    /// Reads a name.
    ///
    /// # Errors
    /// The first [`DnError`] met.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        let mut reader = Reader {
            rest: text.trim_matches(' '),
        };
        let mut parts = Vec::new();
        while !reader.rest.is_empty() {
            parts.push(reader.part()?);
            if !reader.separator()? {
                break;
            }
            if reader.rest.is_empty() {
                return Err(DnError::NoType);
            }
        }
        Ok(Self(parts))
    }

    /// What two spellings of one name have in common.
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = String::new();
        for (at, rdn) in self.0.iter().enumerate() {
            if at > 0 {
                key.push('\u{1}');
            }
            key.push_str(&rdn.kind);
            key.push('=');
            key.push_str(&fold(&rdn.value));
        }
        key
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rdn) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{rdn}")?;
        }
        Ok(())
    }
}

/// Text as the directory compares it: case does not count.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.to_lowercase()
    }
}

/// Whether a value is the text whose folded form is given, without a copy where both are ASCII.
#[must_use]
pub fn same_text(value: &[u8], folded: &str) -> bool {
    if value.is_ascii() && folded.is_ascii() {
        return value.eq_ignore_ascii_case(folded.as_bytes());
    }
    std::str::from_utf8(value).is_ok_and(|text| fold(text) == folded)
}

/// An attribute type in upper case, without a copy of those that nearly all names are made of.
fn kind_of(text: &str) -> Cow<'static, str> {
    let usual = ["CN", "OU", "DC"]
        .into_iter()
        .find(|usual| usual.eq_ignore_ascii_case(text));
    usual.map_or_else(|| text.to_ascii_uppercase().into(), Cow::Borrowed)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn part(&mut self) -> Result<Rdn, DnError> {
        let (kind, rest) = self.rest.split_once('=').ok_or(DnError::NoType)?;
        let kind = kind.trim_matches(' ');
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if kind.is_empty() || !kind.bytes().all(allowed) {
            return Err(DnError::BadType);
        }
        self.rest = rest.trim_start_matches(' ');
        let value = match self.rest.as_bytes().first() {
            Some(b'"') => self.quoted()?,
            Some(b'#') => self.hexadecimal()?,
            _ => self.plain()?,
        };
        if value.is_empty() {
            return Err(DnError::Empty);
        }
        Ok(Rdn {
            kind: kind_of(kind),
            value,
        })
    }

    /// Steps over the separator; false at the end of the text.
    fn separator(&mut self) -> Result<bool, DnError> {
        let rest = self.rest.trim_start_matches(' ');
        match rest.as_bytes().first() {
            None => {
                self.rest = rest;
                Ok(false)
            }
            Some(b',' | b';') => {
                self.rest = rest[1..].trim_start_matches(' ');
                Ok(true)
            }
            Some(b'+') => Err(DnError::MultiValued),
            Some(_) => Err(DnError::BadQuote),
        }
    }

    fn plain(&mut self) -> Result<String, DnError> {
        let mut value = Vec::new();
        // Spaces at the end do not count, unless they were escaped.
        let mut kept = 0;
        while let Some(letter) = self.rest.chars().next() {
            match letter {
                ',' | ';' | '+' => break,
                '"' | '<' | '>' => return Err(DnError::BadQuote),
                '\\' => {
                    self.escape(&mut value)?;
                    kept = value.len();
                }
                _ => {
                    self.take(letter, &mut value);
                    if letter != ' ' {
                        kept = value.len();
                    }
                }
            }
        }
        value.truncate(kept);
        String::from_utf8(value).map_err(|_| DnError::BadEscape)
    }

    fn quoted(&mut self) -> Result<String, DnError> {
        self.rest = &self.rest[1..];
        let mut value = Vec::new();
        loop {
            match self.rest.chars().next() {
                None => return Err(DnError::BadQuote),
                Some('"') => break,
                Some('\\') => self.escape(&mut value)?,
                Some(letter) => self.take(letter, &mut value),
            }
        }
        self.rest = &self.rest[1..];
        String::from_utf8(value).map_err(|_| DnError::BadEscape)
    }

    /// `#` and the BER of a string in hexadecimal: only short strings are ever written so.
    fn hexadecimal(&mut self) -> Result<String, DnError> {
        let digits = &self.rest[1..];
        let end = digits
            .find(|letter: char| !letter.is_ascii_hexdigit())
            .unwrap_or(digits.len());
        let bytes = unhex(&digits[..end]).ok_or(DnError::BadEscape)?;
        self.rest = &digits[end..];
        match bytes.as_slice() {
            [_, length, value @ ..] if *length < 128 && usize::from(*length) == value.len() => {
                String::from_utf8(value.to_vec()).map_err(|_| DnError::BadEscape)
            }
            _ => Err(DnError::BadEscape),
        }
    }

    fn escape(&mut self, value: &mut Vec<u8>) -> Result<(), DnError> {
        let after = &self.rest[1..];
        let byte = after.get(..2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let digits = after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        if let (Some(byte), true) = (byte, digits) {
            value.push(byte);
            self.rest = &after[2..];
            return Ok(());
        }
        let letter = after.chars().next().ok_or(DnError::BadEscape)?;
        if !matches!(letter, ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\') {
            return Err(DnError::BadEscape);
        }
        self.rest = after;
        self.take(letter, value);
        Ok(())
    }

    fn take(&mut self, letter: char, value: &mut Vec<u8>) {
        value.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        self.rest = &self.rest[letter.len_utf8()..];
    }
}

/// Bytes from hexadecimal; none when a digit is missing or wrong.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Dn::parse(text).unwrap().0.into_iter().map(|rdn| rdn.value).collect()
    }

    #[test]
    fn escapes_quotes_hex_and_utf8_are_read() {
        let awkward = r#"CN=O'Brien\, Zoë \"Zed\",OU=People,DC=corp,DC=test"#;
        assert_eq!(values(awkward)[0], r#"O'Brien, Zoë "Zed""#);
        assert_eq!(values(r"CN=Lu\C4\8Di\C4\87,DC=x"), ["Lučić", "x"]);
        assert_eq!(values(r#"cn="a, b+c" , dc=x"#), ["a, b+c", "x"]);
        assert_eq!(values(r"cn=\ lead and trail\ ,dc=x"), [" lead and trail ", "x"]);
        assert_eq!(values("cn=#0402486A,dc=x"), ["Hj", "x"]);
        assert_eq!(values("CN = Ann  ; DC = x "), ["Ann", "x"]);
        assert!(Dn::parse("").unwrap().0.is_empty());
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        for value in [r#"O'Brien, Zoë "Zed""#, " #a# ", "a+b;c<d>e=f\\g", "#", " ", "日本\n語"] {
            let rdn = Rdn {
                kind: "CN".into(),
                value: value.to_owned(),
            };
            let dn = Dn(vec![
                rdn,
                Rdn {
                    kind: "DC".into(),
                    value: "x".to_owned(),
                },
            ]);
            assert_eq!(Dn::parse(&dn.to_string()), Ok(dn), "{value}");
        }
    }

    #[test]
    fn case_does_not_count() {
        let one = Dn::parse("CN=ZOË Ärger,OU=People").unwrap();
        let two = Dn::parse("cn=zoë ärger, ou=PEOPLE").unwrap();
        assert_eq!(one.key(), two.key());
        assert_ne!(one.key(), Dn::parse("CN=Zoe Ärger,OU=People").unwrap().key());
        let joined = Dn::parse(r"CN=a\,OU\=b").unwrap();
        assert_ne!(joined.key(), Dn::parse("CN=a,OU=b").unwrap().key());
    }

    #[test]
    fn broken_names_are_refused() {
        let wrong = [
            ("People", DnError::NoType),
            ("CN=a,", DnError::NoType),
            ("=a", DnError::BadType),
            ("C N=a", DnError::BadType),
            ("CN=", DnError::Empty),
            (r"CN=a\", DnError::BadEscape),
            (r"CN=a\x", DnError::BadEscape),
            (r"CN=a\FF", DnError::BadEscape),
            ("CN=#04", DnError::BadEscape),
            ("CN=\"a", DnError::BadQuote),
            ("CN=\"a\"b", DnError::BadQuote),
            ("CN=a+SN=b", DnError::MultiValued),
        ];
        for (text, error) in wrong {
            assert_eq!(Dn::parse(text), Err(error), "{text}");
        }
        assert!(Dn::parse("CN=é\\é").is_err());
    }
}
