//! harness/judge
