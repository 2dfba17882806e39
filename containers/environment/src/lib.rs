//! containers/environment
