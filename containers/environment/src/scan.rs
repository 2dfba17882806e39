//! The search for secrets at rest: every password used, in eight encodings, over everything that was written.

use std::collections::BTreeSet;
use std::io::Read;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use history::ScanRecord;
use vocabulary::Password;

use crate::EnvironmentError;

/// UTF-8, UTF-16LE, quoted UTF-16LE, base64 and base64url of any of them at every alignment, hexadecimal, percent
/// encoding, JSON escapes.
const ENCODINGS: u64 = 8;
/// Shorter patterns would be found by chance.
const PATTERN_MIN: usize = 8;
/// What is planted to prove that the search finds anything: no secret, but looks like one.
const CANARY: &str = "Canary-7h4tMustB3Found";

/// Something to search: a name for the report and the bytes.
pub struct Source {
    /// The name.
    pub name: String,
    /// The content.
    pub content: Box<dyn Read + Send>,
}

/// A search that is ready for any number of places.
pub struct Scan {
    patterns: AhoCorasick,
    canary_patterns: BTreeSet<usize>,
    secrets: u64,
}

impl Scan {
    /// Prepares the search for these secrets.
    ///
    /// # Errors
    /// [`EnvironmentError::Scan`] when there are more patterns than the matcher takes.
    pub fn new<'s>(secrets: impl Iterator<Item = &'s Password>) -> Result<Self, EnvironmentError> {
        let mut patterns: Vec<Vec<u8>> = encodings(CANARY).into_iter().collect();
        let canary_patterns = (0..patterns.len()).collect();
        let mut count = 0;
        for secret in secrets {
            count += 1;
            patterns.extend(encodings(secret.expose()));
        }
        let patterns = AhoCorasick::new(patterns).map_err(|error| EnvironmentError::Scan(error.to_string()))?;
        Ok(Self {
            patterns,
            canary_patterns,
            secrets: count,
        })
    }

    /// Searches the places, and a planted canary among them, and tells what was found; never the secret itself.
    ///
    /// # Errors
    /// [`EnvironmentError::Scan`] when a place does not read: what was not searched is not clean.
    pub fn search(&self, places: Vec<Source>) -> Result<ScanRecord, EnvironmentError> {
        let mut record = ScanRecord {
            places: u64::try_from(places.len()).unwrap_or(u64::MAX),
            secrets: self.secrets,
            encodings: ENCODINGS,
            hits: Vec::new(),
            canary: self.canary_is_found()?,
        };
        for place in places {
            if self
                .hits(place.content, &place.name)?
                .iter()
                .any(|pattern| !self.canary_patterns.contains(pattern))
            {
                record.hits.push(place.name);
            }
        }
        Ok(record)
    }

    /// The canary stands in the middle of other text, encoded, as a leak would.
    fn canary_is_found(&self) -> Result<bool, EnvironmentError> {
        let planted = format!(
            "{{\"blob\":\"{}\"}}",
            STANDARD_NO_PAD.encode(format!("x{CANARY}-and-more"))
        );
        let hits = self.hits(Box::new(std::io::Cursor::new(planted.into_bytes())), "the canary")?;
        Ok(hits.iter().any(|pattern| self.canary_patterns.contains(pattern)))
    }

    fn hits(&self, content: Box<dyn Read + Send>, name: &str) -> Result<BTreeSet<usize>, EnvironmentError> {
        let mut hits = BTreeSet::new();
        for found in self.patterns.stream_find_iter(std::io::BufReader::new(content)) {
            let found = found.map_err(|error| EnvironmentError::Scan(format!("{name} does not read: {error}")))?;
            hits.insert(found.pattern().as_usize());
        }
        Ok(hits)
    }
}

/// Every form of a secret that is long enough to mean something.
fn encodings(secret: &str) -> BTreeSet<Vec<u8>> {
    let plain = secret.as_bytes().to_vec();
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms: BTreeSet<Vec<u8>> = [plain.clone(), wide.clone()].into();
    let quoted = Password::new(secret.to_owned()).unicode_pwd().to_vec();
    for bytes in [&plain, &wide, &quoted] {
        let lower: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.insert(lower.to_uppercase().into_bytes());
        forms.insert(lower.into_bytes());
        for shift in 0..3 {
            forms.insert(aligned(&STANDARD_NO_PAD, bytes, shift));
            forms.insert(aligned(&URL_SAFE_NO_PAD, bytes, shift));
        }
    }
    forms.insert(percent(secret).into_bytes());
    if let Ok(json) = serde_json::to_string(secret) {
        forms.insert(json.trim_matches('"').as_bytes().to_vec());
    }
    forms.retain(|form| form.len() >= PATTERN_MIN);
    forms
}

/// The characters of a base64 text that depend on these bytes alone, when `shift` bytes stand before them.
fn aligned(engine: &impl base64::Engine, bytes: &[u8], shift: usize) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
    let text = engine.encode(&padded).into_bytes();
    let from = (shift * 8).div_ceil(6);
    let to = padded.len() * 8 / 6;
    text.get(from..to).unwrap_or_default().to_vec()
}

/// Percent encoding of everything that is not a letter or digit.
fn percent(secret: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    secret.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "aB3cD4eF5gH6-x";

    fn search(text: &[u8]) -> ScanRecord {
        let secret = Password::new(SECRET.to_owned());
        let scan = Scan::new([&secret].into_iter()).unwrap();
        let content = Box::new(std::io::Cursor::new(text.to_vec()));
        scan.search(vec![Source {
            name: "log".into(),
            content,
        }])
        .unwrap()
    }

    #[test]
    fn every_encoding_is_found_in_the_middle_of_other_text() {
        let wide: Vec<u8> = SECRET.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut texts = vec![SECRET.as_bytes().to_vec(), wide.clone(), percent(SECRET).into_bytes()];
        for prefix in ["", "q", "qq"] {
            let with = |bytes: &[u8]| [prefix.as_bytes(), bytes, b"tail"].concat();
            texts.push(STANDARD_NO_PAD.encode(with(SECRET.as_bytes())).into_bytes());
            texts.push(URL_SAFE_NO_PAD.encode(with(&wide)).into_bytes());
        }
        texts.push(
            SECRET
                .bytes()
                .map(|byte| format!("{byte:02X}"))
                .collect::<String>()
                .into_bytes(),
        );
        for text in texts {
            let record = search(&[b"before ", text.as_slice(), b" after"].concat());
            assert_eq!(record.hits, ["log"], "{}", String::from_utf8_lossy(&text));
            assert!(record.canary);
        }
    }

    #[test]
    fn innocent_text_is_clean() {
        let record = search(b"nothing here but Canary-7h4tMustB3Found and words");
        assert_eq!(
            (record.hits.len(), record.places, record.secrets, record.canary),
            (0, 1, 1, true)
        );
    }
}
