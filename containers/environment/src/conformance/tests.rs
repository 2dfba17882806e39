//! The suite itself.
