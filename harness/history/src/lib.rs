//! harness/history
