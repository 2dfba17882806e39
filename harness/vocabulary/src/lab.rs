//! Headers that only a laboratory has. Every part ignores them unless the lab token on the request is right.

/// Carries the lab token: with it, stage times, outcomes and lab endpoints are given.
pub const LAB_TOKEN: &str = "lab-token";

/// Carries the operation id that the harness chose (the standard name of Graph's correlation header).
pub const OPERATION_ID: &str = "client-request-id";

/// Carries the outcome of an operation as JSON, on the cloud's answer.
pub const OUTCOME: &str = "lab-outcome";

/// Carries stage times (W3C Server Timing).
pub const SERVER_TIMING: &str = "server-timing";
