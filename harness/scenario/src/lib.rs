//! harness/scenario
