//! The search for secrets: every password used, in eight encodings, over everything that was written or passed.

use std::collections::{BTreeSet, HashMap};
use std::io::{Cursor, Read};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use history::ScanRecord;
use rustc_hash::FxHashMap;
use vocabulary::Password;

use crate::EnvironmentError;

/// UTF-8, UTF-16LE, quoted UTF-16LE, base64 and base64url of any of them at every alignment, hexadecimal, percent
/// encoding, JSON escapes.
const ENCODINGS: u64 = 8;
/// Shorter patterns would be found by chance.
const PATTERN_MIN: usize = 8;
/// Bytes of a place that are in memory at once, and a pattern's length more.
const READ_AT_ONCE: u64 = 1 << 20;
/// What is planted to prove that the search finds anything: no secret, but looks like one.
const CANARY: &str = "Canary-7h4tMustB3Found";

/// Something to search: a name for the report and the bytes.
pub struct Source {
    /// The name.
    pub name: String,
    /// The content.
    pub content: Box<dyn Read + Send>,
}

/// The first bytes of a pattern.
type Begin = [u8; PATTERN_MIN];

/// Where the canary stands among the secrets.
const CANARY_PLACE: u32 = 0;

/// A search that is ready for any number of places. A run may have used a hundred thousand passwords, each with a score of forms: only
/// their begins are held, a few hundred bytes for each secret, and what begins so is compared with the forms of that secret alone.
pub struct Scan {
    secrets: Vec<Password>,
    /// Whose a begin is, the first that has it.
    begins: FxHashMap<u64, u32>,
    /// The others that begin so.
    more: HashMap<u64, Vec<u32>>,
    /// The longest pattern.
    longest: usize,
}

/// What a place holds.
#[derive(Default)]
pub(crate) struct Found {
    pub secret: bool,
    pub canary: bool,
}

impl Scan {
    /// Prepares the search for these secrets.
    pub fn new<'s>(secrets: impl Iterator<Item = &'s Password>) -> Self {
        let mut scan = Self {
            secrets: Vec::new(),
            begins: FxHashMap::default(),
            more: HashMap::new(),
            longest: PATTERN_MIN,
        };
        scan.add(&Password::new(CANARY.to_owned()));
        secrets.for_each(|secret| scan.add(secret));
        scan
    }

    fn add(&mut self, secret: &Password) {
        let place = u32::try_from(self.secrets.len()).unwrap_or(u32::MAX);
        for form in encodings(secret.expose()) {
            self.longest = self.longest.max(form.len());
            let Some(begin) = form.first_chunk() else { continue };
            let first = *self.begins.entry(key(begin)).or_insert(place);
            if first != place {
                self.more.entry(key(begin)).or_default().push(place);
            }
        }
        self.secrets.push(secret.clone());
    }

    /// Searches the places, and a planted canary among them, and tells what was found; never the secret itself.
    ///
    /// # Errors
    /// [`EnvironmentError::Scan`] when a place does not read: what was not searched is not clean.
    pub fn search(&self, places: Vec<Source>) -> Result<ScanRecord, EnvironmentError> {
        let mut record = ScanRecord {
            places: u64::try_from(places.len()).unwrap_or(u64::MAX),
            secrets: self.secrets.len() as u64 - 1,
            encodings: ENCODINGS,
            hits: Vec::new(),
            canary: self.canary_is_found()?,
            wire: None,
        };
        for place in places {
            if self.found(place.content, &place.name)?.secret {
                record.hits.push(place.name);
            }
        }
        Ok(record)
    }

    /// Whether it finds what was planted for it.
    fn canary_is_found(&self) -> Result<bool, EnvironmentError> {
        let planted = Box::new(Cursor::new(planted()));
        Ok(self.found(planted, "the canary")?.canary)
    }

    /// Reads a place from its begin to the first secret, or to its end.
    pub(crate) fn found(&self, mut content: Box<dyn Read + Send>, name: &str) -> Result<Found, EnvironmentError> {
        let unreadable = |error| EnvironmentError::Scan(format!("{name} does not read: {error}"));
        let mut found = Found::default();
        let mut text = Vec::new();
        loop {
            let read = content.by_ref().take(READ_AT_ONCE).read_to_end(&mut text);
            let ended = read.map_err(unreadable)? == 0;
            // A pattern that begins behind this may not have been read to its end.
            let searched = if ended {
                text.len()
            } else {
                text.len().saturating_sub(self.longest)
            };
            self.look(&text, searched, &mut found);
            if ended || found.secret {
                return Ok(found);
            }
            text.drain(..searched);
        }
    }

    /// Looks for what begins in the first bytes of a text.
    fn look(&self, text: &[u8], begins: usize, found: &mut Found) {
        for (at, begin) in text.windows(PATTERN_MIN).take(begins).enumerate() {
            let Some(key) = begin.first_chunk().map(key) else {
                continue;
            };
            let Some(first) = self.begins.get(&key) else { continue };
            let others = self.more.get(&key).into_iter().flatten();
            for place in std::iter::once(first).chain(others) {
                let here = self.begins_with(&text[at..], *place);
                found.canary |= here && *place == CANARY_PLACE;
                found.secret |= here && *place != CANARY_PLACE;
            }
            if found.secret {
                return;
            }
        }
    }

    fn begins_with(&self, text: &[u8], place: u32) -> bool {
        let secret = self.secrets.get(place as usize);
        secret.is_some_and(|secret| encodings(secret.expose()).iter().any(|form| text.starts_with(form)))
    }
}

/// The canary in the middle of other text, encoded, as a leak would be.
pub(crate) fn planted() -> Vec<u8> {
    let encoded = STANDARD_NO_PAD.encode(format!("x{CANARY}-and-more"));
    format!("{{\"blob\":\"{encoded}\"}}").into_bytes()
}

fn key(begin: &Begin) -> u64 {
    u64::from_le_bytes(*begin)
}

/// Every form of a secret that is long enough to mean something.
fn encodings(secret: &str) -> BTreeSet<Vec<u8>> {
    let plain = secret.as_bytes().to_vec();
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms: BTreeSet<Vec<u8>> = [plain.clone(), wide.clone()].into();
    // What `unicodePwd` takes, the second form in quotation marks, holds that form in each of these encodings too.
    for bytes in [&plain, &wide] {
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
        let scan = Scan::new([&secret].into_iter());
        let content = Box::new(Cursor::new(text.to_vec()));
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
    fn a_secret_is_found_wherever_reading_stops_and_whoever_begins_alike() {
        let secrets: Vec<Password> = (0..300)
            .map(|number| Password::new(format!("Spring-Time-{number}!")))
            .collect();
        let scan = Scan::new(secrets.iter());
        let hits = |text: Vec<u8>| {
            let content = Box::new(Cursor::new(text));
            let name = "log".to_owned();
            scan.search(vec![Source { name, content }]).unwrap().hits.len()
        };
        let at_once = usize::try_from(READ_AT_ONCE).unwrap();
        for before in (at_once - 40..at_once + 4).chain([0, 2 * at_once - 7]) {
            let text = [vec![b'S'; before], b"Spring-Time-299!".to_vec()].concat();
            assert_eq!(hits(text), 1, "{before} bytes before it");
        }
        assert_eq!(
            hits(b"Spring-Time-300! Spring-Time-29".repeat(9)),
            0,
            "only the begin of one"
        );
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
