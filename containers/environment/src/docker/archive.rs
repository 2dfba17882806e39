//! Tar archives: what the engine takes and gives.

use std::io::{self, Read};

use tar::{Archive, Builder, EntryType, Header};

/// A file of an archive: its path, its permissions, its content.
pub(super) struct Entry<'a> {
    /// The path inside the archive, without a leading slash.
    pub path: &'a str,
    /// The permissions, for example `0o600`.
    pub mode: u32,
    /// The content.
    pub content: &'a [u8],
}

/// An archive of the entries, all owned by root and without times: the same entries give the same bytes.
///
/// # Errors
/// When a path is too long for the format.
pub(super) fn pack(entries: &[Entry<'_>]) -> io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(entry.content.len() as u64);
        header.set_mode(entry.mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        builder.append_data(&mut header, entry.path, entry.content)?;
    }
    builder.into_inner()
}

/// The content of the first regular file of an archive.
///
/// # Errors
/// When the archive is damaged or holds no file.
pub(super) fn first_file(archive: &[u8]) -> io::Result<Vec<u8>> {
    for entry in Archive::new(archive).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type() == EntryType::Regular {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            return Ok(content);
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, "the archive holds no file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let key = Entry {
            path: "etc/wblab/key",
            mode: 0o600,
            content: b"secret",
        };
        let config = Entry {
            path: "etc/wblab/relay.toml",
            mode: 0o644,
            content: b"x = 1",
        };
        pack(&[key, config]).unwrap()
    }

    #[test]
    fn entries_keep_path_mode_owner_and_content() {
        let bytes = sample();
        let mut archive = Archive::new(bytes.as_slice());
        let seen: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = String::new();
                entry.read_to_string(&mut content).unwrap();
                let header = entry.header();
                let path = header.path().unwrap().display().to_string();
                (path, header.mode().unwrap(), header.uid().unwrap(), content)
            })
            .collect();
        let key = ("etc/wblab/key".to_owned(), 0o600, 0, "secret".to_owned());
        let config = ("etc/wblab/relay.toml".to_owned(), 0o644, 0, "x = 1".to_owned());
        assert_eq!(seen, [key, config]);
    }

    #[test]
    fn the_same_entries_give_the_same_bytes() {
        assert_eq!(sample(), sample());
    }

    #[test]
    fn the_first_file_is_read_back() {
        assert_eq!(first_file(&sample()).unwrap(), b"secret");
    }

    #[test]
    fn an_archive_without_files_is_an_error() {
        let empty = Builder::new(Vec::new()).into_inner().unwrap();
        assert_eq!(first_file(&empty).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
