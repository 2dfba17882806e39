//! The base image: pulled where a registry answers, else made by debootstrap.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use testcontainers::bollard::body_try_stream;
use testcontainers::bollard::query_parameters::CreateImageOptionsBuilder;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::archive::{Entry, pack};
use super::cache;
use super::engine::{Engine, last_lines};
use super::images::{ImageName, Say, build, id_of, whole};
use crate::EnvironmentError;

const SUITE: &str = "trixie";
const MIRROR: &str = "http://deb.debian.org/debian";
const PULLED: (&str, &str) = ("debian", "trixie-slim");
/// How long a registry may be silent, and how long the pull may take.
const SILENCE: Duration = Duration::from_secs(20);
const PULL: Duration = Duration::from_secs(300);
const BOOTSTRAP: Duration = Duration::from_secs(900);
const IMPORT: Duration = Duration::from_secs(300);
const CHUNK: usize = 1 << 18;

const DOCKERFILE: &str = include_str!("../../../images/base/Dockerfile");

/// The base image's name.
pub(super) fn name() -> ImageName {
    ImageName::new("localhost/wblab-base", SUITE)
}

/// Makes the base image if it is missing.
///
/// # Errors
/// [`EnvironmentError::BaseImage`], which says what to do, when it can be had neither way.
pub(super) async fn ensure(engine: &Engine, say: Say<'_>) -> Result<ImageName, EnvironmentError> {
    let name = name();
    if id_of(engine, &name).await?.is_some() {
        return Ok(name);
    }
    say("fetching the base image");
    match pull(engine).await {
        Ok(()) => derive(engine, &name).await?,
        Err(refusal) => {
            say("no registry answers: making the base image with debootstrap; this happens once and takes a minute");
            bootstrap(engine, &name)
                .await
                .map_err(|cause| no_base(&refusal, &cause))?;
        }
    }
    Ok(name)
}

fn no_base(refusal: &str, cause: &str) -> EnvironmentError {
    EnvironmentError::BaseImage(format!(
        "{}:{} could not be pulled ({refusal}), and debootstrap could not make one ({cause}). Either let this machine reach a \
         registry, or install debootstrap and debian-archive-keyring and run `wblab` once as root; the image is kept",
        PULLED.0, PULLED.1
    ))
}

/// Pulls Debian's own image.
async fn pull(engine: &Engine) -> Result<(), String> {
    let options = CreateImageOptionsBuilder::new()
        .from_image(PULLED.0)
        .tag(PULLED.1)
        .build();
    let mut progress = std::pin::pin!(engine.docker().create_image(Some(options), None, None));
    let pulled = async {
        loop {
            match timeout(SILENCE, progress.next()).await {
                Err(_) => return Err(format!("silent for {} s", SILENCE.as_secs())),
                Ok(Some(Err(error))) => return Err(error.to_string()),
                Ok(Some(Ok(_))) => {}
                Ok(None) => return Ok(()),
            }
        }
    };
    timeout(PULL, pulled)
        .await
        .unwrap_or_else(|_| Err(format!("not done within {} s", PULL.as_secs())))
}

/// Gives the pulled image the lab's name and label.
async fn derive(engine: &Engine, name: &ImageName) -> Result<(), EnvironmentError> {
    let dockerfile = Entry {
        path: "Dockerfile",
        mode: 0o644,
        content: DOCKERFILE.as_bytes(),
    };
    let context = pack(&[dockerfile]).map_err(|error| EnvironmentError::BaseImage(error.to_string()))?;
    build(engine, name, whole(context)).await
}

async fn bootstrap(engine: &Engine, name: &ImageName) -> Result<(), String> {
    let tree = Tree::new()?;
    let target = tree.0.to_string_lossy().into_owned();
    run("debootstrap", &["--variant=minbase", SUITE, &target, MIRROR]).await?;
    tree.slim()?;
    let mut packer = spawn("tar", &["--numeric-owner", "-C", &target, "-c", "."])?;
    let output = packer.stdout.take().ok_or("tar has no output")?;
    timeout(IMPORT, import(engine, name, output))
        .await
        .unwrap_or_else(|_| Err(format!("the import was not done within {} s", IMPORT.as_secs())))?;
    if let Err(cause) = finished("tar", packer).await {
        cache::forget(engine, name).await;
        return Err(cause);
    }
    Ok(())
}

/// Gives the engine a file tree as an image.
async fn import(engine: &Engine, name: &ImageName, tree: ChildStdout) -> Result<(), String> {
    let options = CreateImageOptionsBuilder::new()
        .from_src("-")
        .repo(&name.repository)
        .tag(&name.tag)
        .changes(vec![format!("LABEL {}={}", cache::LABEL.0, cache::LABEL.1)])
        .build();
    let body = body_try_stream(chunks(tree));
    let mut progress = std::pin::pin!(engine.docker().create_image(Some(options), Some(body), None));
    while let Some(step) = progress.next().await {
        step.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn chunks(output: ChildStdout) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::try_unfold(output, |mut output| async move {
        let mut chunk = vec![0; CHUNK];
        let count = output.read(&mut chunk).await?;
        chunk.truncate(count);
        Ok((count > 0).then(|| (Bytes::from(chunk), output)))
    })
}

async fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    finished(program, spawn(program, arguments)?).await
}

fn spawn(program: &str, arguments: &[&str]) -> Result<Child, String> {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program}: {error}"))
}

async fn finished(program: &str, child: Child) -> Result<(), String> {
    let ended = timeout(BOOTSTRAP, child.wait_with_output()).await;
    let output = ended
        .map_err(|_| format!("{program}: not done within {} s", BOOTSTRAP.as_secs()))?
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!(
        "{program} ended with {}: {}",
        output.status,
        last_lines(&said, 5)
    ))
}

/// A folder for a file tree, removed when it is done with. Not below `/tmp`, which is often mounted without devices.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Result<Self, String> {
        let path = Path::new("/var/tmp").join(format!("wblab-base-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Empties the package caches, which the image does not need.
    fn slim(&self) -> Result<(), String> {
        for folder in ["var/cache/apt/archives", "var/lib/apt/lists"] {
            let path = self.0.join(folder);
            let emptied = fs::remove_dir_all(&path).and_then(|()| fs::create_dir(&path));
            emptied.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a folder stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_pulls_what_is_pulled_and_is_labelled() {
        assert!(DOCKERFILE.contains(&format!("FROM {}:{}\n", PULLED.0, PULLED.1)));
        assert!(DOCKERFILE.contains(&format!("LABEL {}={}\n", cache::LABEL.0, cache::LABEL.1)));
    }

    #[test]
    fn the_error_says_what_to_do() {
        let text = no_base("no such host", "debootstrap: not found").to_string();
        for part in ["no such host", "debootstrap: not found", "install debootstrap", "root"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[tokio::test]
    async fn a_program_that_fails_is_quoted() {
        let cause = run("sh", &["-c", "echo because >&2; exit 3"]).await.unwrap_err();
        assert!(cause.contains("because") && cause.contains('3'), "{cause}");
        assert!(
            run("wblab-no-such-program", &[])
                .await
                .unwrap_err()
                .contains("wblab-no-such-program")
        );
    }

    #[test]
    fn a_tree_is_removed_when_done_with() {
        let tree = Tree::new().unwrap();
        let path = tree.0.clone();
        assert!(path.is_dir());
        drop(tree);
        assert!(!path.exists());
    }
}
