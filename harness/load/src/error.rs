//! Why the generator could not run.

use thiserror::Error;

/// The generator could not start or go on.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The process could not be started.
    #[error("could not start the load generator {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The pipe to the engine could not be used.
    #[error("could not use the pipe to the engine: {0}: `wblab load` is started by `wblab run`, not by hand")]
    Pipe(#[source] std::io::Error),
    /// The pipe broke or held noise.
    #[error(transparent)]
    Frames(#[from] engine::pipe::PipeError),
    /// The engine did not begin with a hello.
    #[error("the engine did not begin with a hello")]
    NoHello,
    /// The HTTP client could not be built.
    #[error("could not build the client: {0}")]
    Client(#[from] reqwest::Error),
    /// goose refused its configuration or failed.
    #[error("goose failed: {0}")]
    Goose(String),
}
