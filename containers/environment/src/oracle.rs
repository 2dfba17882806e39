//! The exact oracle: whose password a domain controller's own database holds, compared in memory.
//!
//! For: laboratories, where a password's hash may be read. Never: writes, logs or shows a hash.

use std::fmt;

use history::Metadata;
use md4::{Digest, Md4};
use serde::Deserialize;
use uuid::Uuid;
use vocabulary::Password;
use zeroize::Zeroizing;

/// The NT hash of a password (MS-NLMP section 3.3.1: `NTOWFv1`): redacted in `Debug`, without `Serialize`, wiped when dropped.
#[derive(Clone)]
pub(crate) struct NtHash(Zeroizing<[u8; 16]>);

impl NtHash {
    /// The hash that a directory keeps of a password: MD4 over its UTF-16LE.
    pub fn of(password: &Password) -> Self {
        let text = password.expose();
        let mut wide = Zeroizing::new(Vec::with_capacity(2 * text.len()));
        wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        Self(Zeroizing::new(Md4::digest(&*wide).into()))
    }

    fn from_hex(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut hash = Self(Zeroizing::new([0; 16]));
        if !rest.is_empty() || pairs.len() != hash.0.len() {
            return None;
        }
        for (byte, pair) in hash.0.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(hash)
    }
}

impl PartialEq for NtHash {
    /// Looks at every byte, so that the time it takes says nothing of where two hashes differ.
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(other.0.iter());
        std::hint::black_box(pairs.fold(0, |differing, (one, two)| differing | (one ^ two))) == 0
    }
}

impl Eq for NtHash {}

impl fmt::Debug for NtHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NtHash(redacted)")
    }
}

/// What a domain controller's own database holds of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OracleRow {
    /// objectGUID.
    pub user: Uuid,
    /// What can be read over LDAP too.
    pub metadata: Metadata,
    /// The hash of the password; none where no password was ever set.
    pub nt_hash: Option<NtHash>,
}

/// A row as the script in the container writes it.
#[derive(Deserialize)]
struct Line<'a> {
    guid: &'a str,
    kvno: u32,
    pwd_last_set: i64,
    lockout_time: i64,
    bad_pwd_count: u32,
    uac: u32,
    usn: u64,
    nt_hash: Option<&'a str>,
}

impl Line<'_> {
    fn row(&self) -> Option<OracleRow> {
        // MS-DTYP section 2.3.4: the first three fields are little-endian, and the text is the bytes as they are stored.
        let user = Uuid::from_bytes_le(Uuid::try_parse(self.guid).ok()?.into_bytes());
        let nt_hash = match self.nt_hash {
            Some(text) => Some(NtHash::from_hex(text)?),
            None => None,
        };
        let metadata = Metadata {
            kvno: self.kvno,
            pwd_last_set: self.pwd_last_set,
            lockout_time: self.lockout_time,
            bad_pwd_count: self.bad_pwd_count,
            uac: self.uac,
            usn: self.usn,
        };
        Some(OracleRow {
            user,
            metadata,
            nt_hash,
        })
    }
}

/// Reads what the script wrote: one JSON object a line. The error is the number of the first line that is none, from 1; its
/// text is not told, since a hash may stand in it.
pub(crate) fn rows(said: &[u8]) -> Result<Vec<OracleRow>, usize> {
    let lines = said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .zip(1..)
        .map(|(line, number)| {
            let read: Option<Line<'_>> = serde_json::from_slice(line).ok();
            read.and_then(|line| line.row()).ok_or(number)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    const LINE: &str = r#"{"kvno":2,"pwd_last_set":134401259679660160,"lockout_time":0,"bad_pwd_count":1,"uac":512,"usn":5156,"guid":"33221100554477668899aabbccddeeff","nt_hash":"a4f49c406510bdcab6824ee7c30fd852"}"#;

    #[test]
    fn the_hash_is_the_documented_one() {
        // MS-NLMP section 4.2.2.1.2: NTOWFv1("Password").
        let documented = NtHash::from_hex("a4f49c406510bdcab6824ee7c30fd852").unwrap();
        assert_eq!(NtHash::of(&password("Password")), documented);
        assert_ne!(NtHash::of(&password("password")), documented);
        // From Samba: samba.crypto.md4_hash_blob of the same text in UTF-16LE.
        let umlauts = NtHash::from_hex("7c2465c3d71db0f78dcd7c60f3a96ce7").unwrap();
        assert_eq!(NtHash::of(&password("Grüße-1")), umlauts);
    }

    #[test]
    fn every_byte_of_a_hash_counts_and_none_is_shown() {
        let hash = NtHash::of(&password("Password"));
        for at in 0..hash.0.len() {
            let mut other = hash.clone();
            other.0[at] ^= 1;
            assert_ne!(hash, other, "{at}");
        }
        assert_eq!(format!("{hash:?}"), "NtHash(redacted)");
    }

    #[test]
    fn a_row_is_read_with_its_guid_in_the_stored_order() {
        let rows = rows(format!("{LINE}\n").as_bytes()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].user.to_string(), "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(rows[0].metadata.kvno, 2);
        assert_eq!(rows[0].metadata.pwd_last_set, 134_401_259_679_660_160);
        assert_eq!(rows[0].nt_hash, Some(NtHash::of(&password("Password"))));
    }

    #[test]
    fn somebody_without_a_password_has_no_hash() {
        let line = LINE.replace(r#","nt_hash":"a4f49c406510bdcab6824ee7c30fd852""#, "");
        assert_eq!(rows(line.as_bytes()).unwrap()[0].nt_hash, None);
    }

    #[test]
    fn a_line_that_is_no_row_is_named_by_its_number_only() {
        for broken in [
            LINE.replace("a4f4", "a4"),
            LINE.replace("a4f4", "zzzz"),
            LINE.replace("3322", "33"),
            "not json".to_owned(),
        ] {
            assert_eq!(rows(format!("{LINE}\n{broken}\n").as_bytes()), Err(2), "{broken}");
        }
    }
}
