//! containers/gateway
