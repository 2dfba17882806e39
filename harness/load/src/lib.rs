//! harness/load
