//! Starting the generator as a child of the engine's process.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;

use engine::pipe::Frames;
use engine::ports::{Generator, Generators, PortError};
use tokio::net::UnixStream;
use tokio::process::Command;

use crate::LoadError;

/// Starts `PROGRAM [PREFIX…] load`. Its standard input is one end of a socket pair: tickets and results both travel there, since
/// goose prints a line to the standard output that nothing silences.
#[derive(Debug, Clone)]
pub struct ChildProcess {
    /// The program; the running one, as a rule.
    pub program: PathBuf,
    /// The arguments before `load`.
    pub prefix: Vec<String>,
}

impl Generators for ChildProcess {
    fn start(&mut self) -> Result<Generator, PortError> {
        let failed = |source| LoadError::Start {
            program: self.program.display().to_string(),
            source,
        };
        let (ours, theirs) = StdUnixStream::pair().map_err(failed)?;
        ours.set_nonblocking(true).map_err(failed)?;
        let child = Command::new(&self.program)
            .args(&self.prefix)
            .arg("load")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (up, down) = UnixStream::from_std(ours).map_err(failed)?.into_split();
        Ok(Generator {
            down: Box::new(down),
            up: Frames::of(Box::new(up)),
            pid: child.id(),
            guard: Box::new(child),
        })
    }
}
