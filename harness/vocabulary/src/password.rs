//! One type for a password.

use std::fmt;

use zeroize::Zeroizing;

/// A password: redacted in `Debug`, without `Display` and `Serialize`, wiped when dropped.
///
/// Copies that a formatter or a codec makes on the way are out of reach of the wipe; hold one of these as long as possible.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes ownership of the clear text.
    #[must_use]
    pub fn new(clear: String) -> Self {
        Self(Zeroizing::new(clear))
    }

    /// The clear text, for the one place that must put it on a wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The value of the `unicodePwd` attribute: UTF-16LE with surrounding double quotes (MS-ADTS 3.1.1.3.1.5.1).
    #[must_use]
    pub fn unicode_pwd(&self) -> Zeroizing<Vec<u8>> {
        let quoted = std::iter::once(u16::from(b'"'))
            .chain(self.0.encode_utf16())
            .chain(std::iter::once(u16::from(b'"')));
        Zeroizing::new(quoted.flat_map(u16::to_le_bytes).collect())
    }

    /// Reads a `unicodePwd` value back; `None` if it is not quoted UTF-16LE.
    #[must_use]
    pub fn from_unicode_pwd(value: &[u8]) -> Option<Self> {
        let (pairs, rest) = value.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let quote = u16::from(b'"');
        match units.as_slice() {
            [first, inner @ .., last] if rest.is_empty() && *first == quote && *last == quote => {
                String::from_utf16(inner).ok().map(Self::new)
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_pwd_round_trips_and_refuses_what_is_not_quoted() {
        let password = Password::new("Grüße-1".to_owned());
        let wire = password.unicode_pwd();
        assert_eq!(&wire[..4], &[0x22, 0, 0x47, 0]);
        assert_eq!(Password::from_unicode_pwd(&wire), Some(password));
        assert_eq!(Password::from_unicode_pwd(b"plain"), None);
        assert_eq!(Password::from_unicode_pwd(&[0x22, 0]), None);
    }
}
