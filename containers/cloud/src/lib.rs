//! containers/cloud
