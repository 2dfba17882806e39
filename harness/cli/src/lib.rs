//! harness/cli
