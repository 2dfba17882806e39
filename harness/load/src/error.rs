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
    /// The run's certificate authority does not read.
    #[error("could not trust the run's certificate authority: {0}")]
    Authority(String),
    /// No connection can be secured.
    #[error("could not set TLS up: {0}")]
    Tls(#[from] rustls::Error),
    /// A URL that leads to nothing in the lab.
    #[error("{0} is not the URL of anything in this lab")]
    Address(String),
    /// goose refused its configuration or failed.
    #[error("goose failed: {0}")]
    Goose(String),
}
