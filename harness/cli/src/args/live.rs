//! `--live`, for every command that drives load.

use clap::Args;

/// Whether the report is served while load runs.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct LiveArguments {
    /// Serve the report while load runs, on 127.0.0.1 under a secret address that is printed; at this port, else at any
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub live: Option<u16>,
}
