//! harness/engine
