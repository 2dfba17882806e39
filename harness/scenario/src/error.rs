//! What is wrong with a scenario file: all of it, with places.

use std::fmt;

use thiserror::Error;

/// One mistake and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Line, from 1; 0 for a mistake in a `--set`.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A scenario could not be used.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file could not be read.
    #[error("could not read {file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("{}", Listed(file, mistakes))]
    Mistakes {
        /// The file.
        file: String,
        /// All of them, in the order of the file.
        mistakes: Vec<Mistake>,
    },
    /// A `--set` does not fit.
    #[error("--set {set}: {message}")]
    Set {
        /// The assignment as given.
        set: String,
        /// What is wrong with it.
        message: String,
    },
}

struct Listed<'a>(&'a str, &'a [Mistake]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.1.iter().enumerate() {
            let line_break = if number == 0 { "" } else { "\n" };
            write!(
                f,
                "{line_break}{}:{}:{}: {}",
                self.0, mistake.line, mistake.column, mistake.message
            )?;
        }
        Ok(())
    }
}
