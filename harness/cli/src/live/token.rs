//! Whoever knows the address may look, nobody else.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;

use crate::error::CliError;

/// Random bytes in it.
const BYTES: usize = 32;

/// A part of the address that cannot be guessed. It is printed once and stands nowhere else: not in a file, not in a log.
pub(super) struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(redacted)")
    }
}

impl Token {
    /// A new one, from the operating system's randomness.
    pub fn new() -> Result<Self, CliError> {
        let mut bytes = [0; BYTES];
        let failed = |_| CliError::Runtime(std::io::Error::other("the system gives no random bytes"));
        rand::fill(&mut bytes).map_err(failed)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The path of the page.
    pub fn path(&self) -> String {
        format!("/{}/", self.0)
    }

    /// Whether a path is the page's. How long that takes tells nothing of the token.
    pub fn opens(&self, path: &str) -> bool {
        verify_slices_are_equal(path.as_bytes(), self.path().as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_path_alone_and_is_never_shown() {
        let (token, other) = (Token::new().unwrap(), Token::new().unwrap());
        let path = token.path();
        assert_eq!(path.len(), 2 * BYTES + 2);
        assert!(token.opens(&path) && !other.opens(&path));
        for near in [path.trim_end_matches('/'), &path[1..], &path.to_uppercase(), "/", ""] {
            assert!(!token.opens(near), "{near}");
        }
        assert_eq!(format!("{token:?}"), "Token(redacted)");
    }
}
