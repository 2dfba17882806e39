//! The binary that the containers run: the host's own, byte for byte.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::archive::{Entry, pack};
use super::engine::failed;
use super::images::short_hex;
use crate::EnvironmentError;

const CHUNK: usize = 1 << 20;
/// Archives are made of blocks of this size; two empty ones end an archive.
const BLOCK: usize = 512;

/// An executable, held open: what was hashed is what is copied, also when the file is replaced meanwhile.
#[derive(Debug)]
pub(super) struct Binary {
    file: File,
    size: u64,
    /// The first 16 hexadecimal digits of its SHA-256.
    pub digest: String,
}

impl Binary {
    /// Opens and hashes an executable.
    pub(super) async fn read(path: &Path) -> Result<Self, EnvironmentError> {
        let path: PathBuf = path.to_owned();
        let read = move || Self::hash(&path).map_err(|source| EnvironmentError::File { path, source });
        tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| failed("read the binary", error))?
    }

    fn hash(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut hash = Sha256::new();
        let mut size = 0;
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = file.read(&mut chunk)?;
            if count == 0 {
                break;
            }
            hash.update(&chunk[..count]);
            size += count as u64;
        }
        file.rewind()?;
        Ok(Self {
            file,
            size,
            digest: short_hex(&hash.finalize()),
        })
    }

    /// A build context of one entry and this binary under `name`, read as it is sent.
    ///
    /// # Errors
    /// When the entry cannot be packed.
    pub(super) fn context(
        self,
        entry: &Entry<'_>,
        name: &str,
    ) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
        let head = self.head(entry, name)?;
        let padding = (BLOCK - (self.size % BLOCK as u64) as usize) % BLOCK;
        let tail = Bytes::from(vec![0; padding + 2 * BLOCK]);
        let content = stream::iter(Chunks {
            file: self.file,
            left: self.size,
        });
        Ok(stream::iter([Ok(head)]).chain(content).chain(stream::iter([Ok(tail)])))
    }

    /// The archive up to the binary's content.
    fn head(&self, entry: &Entry<'_>, name: &str) -> io::Result<Bytes> {
        let mut head = pack(std::slice::from_ref(entry))?;
        head.truncate(head.len() - 2 * BLOCK);
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_path(name)?;
        header.set_size(self.size);
        header.set_mode(0o755);
        header.set_cksum();
        head.extend_from_slice(header.as_bytes());
        Ok(head.into())
    }
}

/// A file's content, piece by piece. A file that became shorter is an error: the archive promised its size.
struct Chunks {
    file: File,
    left: u64,
}

impl Iterator for Chunks {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let want = CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK));
        let mut chunk = vec![0; want];
        let read = self.file.read_exact(&mut chunk);
        self.left = if read.is_ok() { self.left - want as u64 } else { 0 };
        Some(read.map(|()| Bytes::from(chunk)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;

    async fn context_of(path: &Path) -> Vec<u8> {
        let entry = Entry {
            path: "Dockerfile",
            mode: 0o644,
            content: b"FROM x",
        };
        let body = Binary::read(path).await.unwrap().context(&entry, "wblab").unwrap();
        let chunks: Vec<Bytes> = body.try_collect().await.unwrap();
        chunks.concat()
    }

    #[tokio::test]
    async fn the_context_holds_the_dockerfile_and_the_very_binary() {
        let path = std::env::current_exe().unwrap();
        let bytes = context_of(&path).await;
        let mut seen = Vec::new();
        for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            seen.push((
                entry.path().unwrap().display().to_string(),
                entry.header().mode().unwrap(),
                content,
            ));
        }
        assert_eq!(seen[0], ("Dockerfile".to_owned(), 0o644, b"FROM x".to_vec()));
        assert_eq!((seen[1].0.as_str(), seen[1].1), ("wblab", 0o755));
        assert!(
            seen[1].2 == std::fs::read(&path).unwrap(),
            "the copy differs from the binary"
        );
        assert_eq!(bytes.len() % BLOCK, 0);
    }

    #[tokio::test]
    async fn a_missing_binary_is_named() {
        let error = Binary::read(Path::new("/nowhere/wblab")).await.unwrap_err();
        assert!(error.to_string().contains("/nowhere/wblab"), "{error}");
    }
}
