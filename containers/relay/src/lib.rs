//! containers/relay
