//! containers/directory
