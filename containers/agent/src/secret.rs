//! Secrets come from files, never from the configuration.

use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use vocabulary::Password;
use zeroize::Zeroizing;

use crate::AgentError;

/// Reads a secret; the trailing newline is not part of it, and an empty secret is refused: an empty password would
/// make a bind an unauthenticated one that succeeds (RFC 4513 section 5.1.2).
pub(crate) fn read(path: &Path) -> Result<Password, AgentError> {
    let source = |source| AgentError::File {
        path: path.to_owned(),
        source,
    };
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(source)?);
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(AgentError::Content {
            path: path.to_owned(),
            why: "the secret is empty".to_owned(),
        });
    }
    Ok(Password::new(secret.to_owned()))
}

/// Compares without telling by time how much was right.
pub(crate) fn same(expected: &Password, given: &str) -> bool {
    verify_slices_are_equal(expected.expose().as_bytes(), given.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newline_is_trimmed_and_emptiness_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "with space \r\n").unwrap();
        let secret = read(&path).unwrap();
        assert_eq!(secret.expose(), "with space ");
        assert!(same(&secret, "with space ") && !same(&secret, "with space"));
        std::fs::write(&path, "\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().ends_with("the secret is empty"));
        assert!(read(&folder.path().join("absent")).is_err());
    }
}
