//! The lab's images: built here from files embedded in this binary, named so that no registry can answer for them.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use sha2::{Digest, Sha256};
use testcontainers::bollard::body_try_stream;
use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::BuildInfo;
use testcontainers::bollard::query_parameters::BuildImageOptionsBuilder;
use tokio::time::timeout;

use super::archive::{Entry, pack};
use super::base;
use super::binary::Binary;
use super::cache;
use super::engine::{Engine, bounded, failed};
use crate::EnvironmentError;

/// The repository of images that hold the binary.
const BINARY: &str = "localhost/wblab";
/// The repository of images that hold a Samba domain controller.
const SAMBA: &str = "localhost/wblab-samba-ad";
/// How long a build may take: the slowest fetches packages over a slow line.
const BUILD: Duration = Duration::from_secs(900);

const BINARY_DOCKERFILE: &str = include_str!("../../../images/wblab/Dockerfile");

/// A file of the Samba image's build: its name and its text.
macro_rules! samba_file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../images/samba-ad/", $name)))
    };
}

/// The files of the Samba image's build, the Dockerfile first.
const SAMBA_FILES: [(&str, &str); 14] = [
    samba_file!("Dockerfile"),
    samba_file!("delegate.py"),
    samba_file!("domain.py"),
    samba_file!("entrypoint.py"),
    samba_file!("join.py"),
    samba_file!("keys.py"),
    samba_file!("lab.py"),
    samba_file!("oracle.py"),
    samba_file!("populate.py"),
    samba_file!("principals.py"),
    samba_file!("ready.py"),
    samba_file!("records.py"),
    samba_file!("renew.py"),
    samba_file!("snapshot.py"),
];

/// The program that the parts run.
#[derive(Debug, Clone)]
pub struct ServedBinary {
    /// The executable on the host; the containers get these very bytes.
    pub path: PathBuf,
    /// The arguments before `serve ROLE --config FILE`.
    pub prefix: Vec<String>,
}

/// An image of the lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageName {
    /// The repository, for example `localhost/wblab`.
    pub repository: String,
    /// The tag.
    pub tag: String,
}

impl ImageName {
    pub(super) fn new(repository: &str, tag: &str) -> Self {
        Self {
            repository: repository.to_owned(),
            tag: tag.to_owned(),
        }
    }

    /// Repository and tag, as the engine takes them.
    pub(super) fn full(&self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }
}

/// The images of a world.
#[derive(Debug)]
pub(super) struct Images {
    /// The parts' own image.
    pub binary: ImageName,
    /// The domain controllers' image.
    pub samba: ImageName,
    /// Each image's name with the id the engine gave it, which is a digest of its content.
    pub digests: BTreeMap<String, String>,
}

/// How a build tells what it is doing.
pub(super) type Say<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Makes whatever image is missing.
pub(super) async fn ensure(engine: &Engine, served: &ServedBinary, say: Say<'_>) -> Result<Images, EnvironmentError> {
    let base = base::ensure(engine, say).await?;
    let binary = ensure_binary(engine, served, say).await?;
    let samba = ensure_samba(engine, say).await?;
    let mut digests = BTreeMap::new();
    for name in [&base, &binary, &samba] {
        digests.insert(name.full(), require(engine, name).await?);
    }
    Ok(Images { binary, samba, digests })
}

async fn ensure_binary(engine: &Engine, served: &ServedBinary, say: Say<'_>) -> Result<ImageName, EnvironmentError> {
    let binary = Binary::read(&served.path).await?;
    let name = ImageName::new(BINARY, &binary.digest);
    if id_of(engine, &name).await?.is_none() {
        say("building the image of this binary");
        let dockerfile = Entry {
            path: "Dockerfile",
            mode: 0o644,
            content: BINARY_DOCKERFILE.as_bytes(),
        };
        let context = binary
            .context(&dockerfile, "wblab")
            .map_err(|error| failed("pack the binary", error))?;
        build(engine, &name, context).await?;
        cache::drop_old(engine, BINARY, &name).await;
    }
    Ok(name)
}

async fn ensure_samba(engine: &Engine, say: Say<'_>) -> Result<ImageName, EnvironmentError> {
    let name = ImageName::new(SAMBA, &digest_of_files(&SAMBA_FILES));
    if id_of(engine, &name).await?.is_none() {
        say("building the Samba image; this happens once and takes about half a minute");
        let files = SAMBA_FILES.map(|(path, text)| Entry {
            path,
            mode: 0o644,
            content: text.as_bytes(),
        });
        let context = pack(&files).map_err(|error| failed("pack the Samba image's files", error))?;
        build(engine, &name, whole(context)).await?;
        cache::drop_old(engine, SAMBA, &name).await;
    }
    Ok(name)
}

/// The first 16 hexadecimal digits of the SHA-256 over names and contents.
fn digest_of_files(files: &[(&str, &str)]) -> String {
    let mut hash = Sha256::new();
    for text in files.iter().flat_map(|(name, content)| [name, content]) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    short_hex(&hash.finalize())
}

/// The first 16 hexadecimal digits of a digest.
pub(super) fn short_hex(digest: &[u8]) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The id of an image that is here; `None` if it is not.
pub(super) async fn id_of(engine: &Engine, name: &ImageName) -> Result<Option<String>, EnvironmentError> {
    let full = name.full();
    let inspected = async {
        match engine.docker().inspect_image(&full).await {
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
            other => other.map(|image| image.id),
        }
    };
    bounded(format!("look for the image {full}"), inspected).await
}

/// The id of an image that must be here: testcontainers would ask a registry for one that is not.
pub(super) async fn require(engine: &Engine, name: &ImageName) -> Result<String, EnvironmentError> {
    let missing = || {
        failed(
            format!("use the image {}", name.full()),
            "it is gone, although it was just built",
        )
    };
    id_of(engine, name).await?.ok_or_else(missing)
}

/// An archive as a stream of one piece.
pub(super) fn whole(archive: Vec<u8>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::iter([Ok(Bytes::from(archive))])
}

/// Builds an image from a context, with the host's network so that packages can be fetched.
pub(super) async fn build(
    engine: &Engine,
    name: &ImageName,
    context: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Result<(), EnvironmentError> {
    let doing = format!("build the image {}", name.full());
    let options = BuildImageOptionsBuilder::new()
        .dockerfile("Dockerfile")
        .t(&name.full())
        .networkmode("host")
        .rm(true)
        .forcerm(true)
        .build();
    let output = engine
        .docker()
        .build_image(options, None, Some(body_try_stream(context)));
    match timeout(BUILD, drain(output)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(cause)) => Err(failed(doing, cause)),
        Err(_) => Err(failed(doing, format!("not done within {} s", BUILD.as_secs()))),
    }
}

/// Reads a build's output to its end; an error comes with the last of what was said before it.
async fn drain(output: impl Stream<Item = Result<BuildInfo, Error>>) -> Result<(), String> {
    let mut output = std::pin::pin!(output);
    let mut said = String::new();
    while let Some(info) = output.next().await {
        match info {
            Ok(info) => said.push_str(&info.stream.unwrap_or_default()),
            Err(error) => {
                let before = super::engine::last_lines(said.as_bytes(), 20);
                return Err(format!("{error}; before that:\n{before}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_follows_every_file() {
        let tag = digest_of_files(&SAMBA_FILES);
        assert_eq!(tag.len(), 16);
        for changed in 0..SAMBA_FILES.len() {
            let mut files = SAMBA_FILES;
            files[changed].1 = "other";
            assert_ne!(digest_of_files(&files), tag, "{}", files[changed].0);
        }
    }

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../images/samba-ad");
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        let mut there: Vec<_> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
        there.sort();
        assert_eq!(there, SAMBA_FILES.map(|(name, _)| name));
    }

    #[test]
    fn every_image_stands_on_the_lab_s_base_and_is_labelled() {
        for text in [BINARY_DOCKERFILE, SAMBA_FILES[0].1] {
            assert!(text.contains(&format!("FROM {}\n", base::name().full())), "{text}");
            assert!(
                text.contains(&format!("LABEL {}={}\n", cache::LABEL.0, cache::LABEL.1)),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn a_build_s_error_comes_with_what_was_said_before() {
        let said = BuildInfo {
            stream: Some("Step 1/3 : RUN false\n".to_owned()),
            ..BuildInfo::default()
        };
        let broken = Error::DockerStreamError {
            error: "returned 1".to_owned(),
        };
        let cause = drain(stream::iter([Ok(said), Err(broken)])).await.unwrap_err();
        assert!(cause.contains("returned 1") && cause.contains("RUN false"), "{cause}");
    }
}
