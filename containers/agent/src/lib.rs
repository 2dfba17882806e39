//! containers/agent
