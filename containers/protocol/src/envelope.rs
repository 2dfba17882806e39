//! The sealed envelope: a JWE in compact form (RFC 7516) with RSA-OAEP-256 and A256GCM.
//!
//! The protected header is the additional authenticated data: whoever moves a message to another tenant, operation,
//! person, kind, direction or time breaks the seal. At most 1 KiB in the normal case.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::OpKind;
use zeroize::Zeroizing;

use crate::ProtocolError;

const TAG_LEN: usize = 16;
const NONCE_LEN: usize = 12;
const KEY_LEN: usize = 32;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Cloud to agent.
    Request,
    /// Agent to cloud.
    Answer,
}

/// The protected header. Times are whole seconds since the Unix epoch (NumericDate, RFC 7519).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    alg: Algorithm,
    enc: Encryption,
    /// The key that opens it.
    pub kid: String,
    /// The tenant.
    pub tid: Uuid,
    /// The operation id.
    pub op: Uuid,
    /// The person's source anchor.
    pub anchor: String,
    /// What is asked.
    pub kind: OpKind,
    /// Which way it goes.
    pub dir: Direction,
    /// When it was sealed.
    pub iat: u64,
    /// When it is void.
    pub exp: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Algorithm {
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Encryption {
    A256GCM,
}

/// What a header says beside the algorithms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The tenant.
    pub tenant: Uuid,
    /// The operation id.
    pub operation: Uuid,
    /// The person's source anchor.
    pub anchor: String,
    /// What is asked.
    pub kind: OpKind,
    /// Which way it goes.
    pub direction: Direction,
    /// When it was sealed, Unix seconds.
    pub issued: u64,
    /// When it is void, Unix seconds.
    pub expires: u64,
}

/// A public key with its id: seals.
#[derive(Debug, Clone)]
pub struct SealingKey {
    id: String,
    key: PublicEncryptingKey,
}

/// A private key with its id: opens. `Debug` shows the id alone.
pub struct OpeningKey {
    id: String,
    key: PrivateDecryptingKey,
}

impl std::fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpeningKey({})", self.id)
    }
}

impl OpeningKey {
    /// Makes a 2048-bit key.
    ///
    /// # Errors
    /// [`ProtocolError::Key`] when the library could not make one.
    pub fn generate(id: &str) -> Result<Self, ProtocolError> {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(|_| ProtocolError::Key("generated"))?;
        Ok(Self { id: id.to_owned(), key })
    }

    /// Reads a key that [`Self::to_pkcs8`] wrote.
    ///
    /// # Errors
    /// [`ProtocolError::Key`] when it is not a PKCS#8 RSA key.
    pub fn from_pkcs8(id: &str, der: &[u8]) -> Result<Self, ProtocolError> {
        let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| ProtocolError::Key("read"))?;
        Ok(Self { id: id.to_owned(), key })
    }

    /// The private key as PKCS#8 DER.
    ///
    /// # Errors
    /// [`ProtocolError::Key`] when the library could not write it.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, ProtocolError> {
        let der: Pkcs8V1Der<'static> = self.key.as_der().map_err(|_| ProtocolError::Key("written"))?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// The id of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half: SubjectPublicKeyInfo DER, base64.
    ///
    /// # Errors
    /// [`ProtocolError::Key`] when the library could not write it.
    pub fn public(&self) -> Result<String, ProtocolError> {
        let der: PublicKeyX509Der<'_> = self
            .key
            .public_key()
            .as_der()
            .map_err(|_| ProtocolError::Key("written"))?;
        Ok(STANDARD.encode(der.as_ref()))
    }

    /// Opens a message sealed for this key and gives its header, now trustworthy, and its content.
    ///
    /// Expiry is not checked here: the caller checks it immediately before it acts.
    ///
    /// # Errors
    /// [`ProtocolError::Sealed`], the same for every cause.
    pub fn open(&self, compact: &str) -> Result<(Header, Zeroizing<Vec<u8>>), ProtocolError> {
        let mut parts = compact.trim().split('.');
        let mut next = || parts.next().ok_or(ProtocolError::Sealed);
        let (protected, wrapped, nonce, sealed, tag) = (next()?, next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(ProtocolError::Sealed);
        }
        let header: Header = serde_json::from_slice(&decode(protected)?).map_err(|_| ProtocolError::Sealed)?;
        if header.kid != self.id {
            return Err(ProtocolError::Sealed);
        }
        let content_key = self.unwrap(&decode(wrapped)?)?;
        let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| ProtocolError::Sealed)?;
        let mut content = Zeroizing::new(decode(sealed)?);
        content.extend_from_slice(&decode(tag)?);
        let length = aead(&content_key)?
            .open_in_place(nonce, Aad::from(protected.as_bytes()), &mut content)
            .map_err(|_| ProtocolError::Sealed)?
            .len();
        content.truncate(length);
        Ok((header, content))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ProtocolError> {
        let key = OaepPrivateDecryptingKey::new(self.key.clone()).map_err(|_| ProtocolError::Sealed)?;
        let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
        let length = key
            .decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut buffer, None)
            .map_err(|_| ProtocolError::Sealed)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

/// The id of the key that a message names. Nothing proves it: it tells which key to try, and no more.
#[must_use]
pub fn key_id(compact: &str) -> Option<String> {
    let protected = compact.trim().split('.').next()?;
    let header: Header = serde_json::from_slice(&decode(protected).ok()?).ok()?;
    Some(header.kid)
}

impl SealingKey {
    /// Reads a public key as [`OpeningKey::public`] writes it.
    ///
    /// # Errors
    /// [`ProtocolError::Key`] when it is not base64 of a SubjectPublicKeyInfo with an RSA key of 2048 bits or more.
    pub fn new(id: &str, public: &str) -> Result<Self, ProtocolError> {
        let der = STANDARD
            .decode(public.trim())
            .map_err(|_| ProtocolError::Key("decoded"))?;
        let key = PublicEncryptingKey::from_der(&der).map_err(|_| ProtocolError::Key("read"))?;
        Ok(Self { id: id.to_owned(), key })
    }

    /// The id of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Seals content under a fresh content key.
    ///
    /// # Errors
    /// [`ProtocolError::Sealed`] when the library failed.
    pub fn seal(&self, binding: &Binding, content: &[u8]) -> Result<String, ProtocolError> {
        let protected = URL_SAFE_NO_PAD.encode(self.header(binding)?);
        let random = SystemRandom::new();
        let mut content_key = Zeroizing::new([0_u8; KEY_LEN]);
        let mut nonce = [0_u8; NONCE_LEN];
        fill(&random, content_key.as_mut_slice())?;
        fill(&random, &mut nonce)?;
        let wrapped = self.wrap(content_key.as_slice())?;
        let mut sealed = Zeroizing::new(content.to_vec());
        let tag = aead(content_key.as_slice())?
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(protected.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| ProtocolError::Sealed)?;
        debug_assert_eq!(tag.as_ref().len(), TAG_LEN);
        let [wrapped, nonce, sealed, tag] =
            [wrapped.as_slice(), &nonce, sealed.as_slice(), tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok(format!("{protected}.{wrapped}.{nonce}.{sealed}.{tag}"))
    }

    fn header(&self, binding: &Binding) -> Result<Vec<u8>, ProtocolError> {
        serde_json::to_vec(&Header {
            alg: Algorithm::RsaOaep256,
            enc: Encryption::A256GCM,
            kid: self.id.clone(),
            tid: binding.tenant,
            op: binding.operation,
            anchor: binding.anchor.clone(),
            kind: binding.kind,
            dir: binding.direction,
            iat: binding.issued,
            exp: binding.expires,
        })
        .map_err(|_| ProtocolError::Sealed)
    }

    fn wrap(&self, content_key: &[u8]) -> Result<Vec<u8>, ProtocolError> {
        let key = OaepPublicEncryptingKey::new(self.key.clone()).map_err(|_| ProtocolError::Sealed)?;
        let mut wrapped = vec![0; key.ciphertext_size()];
        let length = key
            .encrypt(&OAEP_SHA256_MGF1SHA256, content_key, &mut wrapped, None)
            .map_err(|_| ProtocolError::Sealed)?
            .len();
        wrapped.truncate(length);
        Ok(wrapped)
    }
}

fn aead(key: &[u8]) -> Result<LessSafeKey, ProtocolError> {
    UnboundKey::new(&AES_256_GCM, key)
        .map(LessSafeKey::new)
        .map_err(|_| ProtocolError::Sealed)
}

fn fill(random: &SystemRandom, bytes: &mut [u8]) -> Result<(), ProtocolError> {
    use aws_lc_rs::rand::SecureRandom as _;
    random.fill(bytes).map_err(|_| ProtocolError::Sealed)
}

fn decode(part: &str) -> Result<Vec<u8>, ProtocolError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| ProtocolError::Sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> Binding {
        Binding {
            tenant: Uuid::from_u128(1),
            operation: Uuid::from_u128(2),
            anchor: STANDARD.encode([7_u8; 16]),
            kind: OpKind::Reset,
            direction: Direction::Request,
            issued: 1_800_000_000,
            expires: 1_800_000_060,
        }
    }

    fn keys(id: &str) -> (OpeningKey, SealingKey) {
        let opening = OpeningKey::generate(id).unwrap();
        let sealing = SealingKey::new(id, &opening.public().unwrap()).unwrap();
        (opening, sealing)
    }

    #[test]
    fn what_is_sealed_opens_and_stays_under_a_kibibyte() {
        let (opening, sealing) = keys("agent-1");
        let content = br#"{"password":"0123456789abcdef0123","unlock":true,"proof":"AAAAAAAAAAAAAAAAAAAAAA=="}"#;
        let compact = sealing.seal(&binding(), content).unwrap();
        assert!(compact.len() <= 1024, "{} bytes", compact.len());
        let (header, opened) = opening.open(&compact).unwrap();
        assert_eq!(opened.as_slice(), content);
        assert_eq!((header.op, header.exp), (binding().operation, binding().expires));
        let restored = OpeningKey::from_pkcs8("agent-1", &opening.to_pkcs8().unwrap()).unwrap();
        assert!(restored.open(&compact).is_ok());
    }

    #[test]
    fn any_moved_part_breaks_the_seal_with_one_text() {
        let (opening, sealing) = keys("agent-1");
        let first = sealing.seal(&binding(), b"content").unwrap();
        let other = Binding {
            anchor: STANDARD.encode([8_u8; 16]),
            ..binding()
        };
        let second = sealing.seal(&other, b"content").unwrap();
        for place in 0..5 {
            let mut parts: Vec<&str> = first.split('.').collect();
            if let Some(part) = second.split('.').nth(place) {
                parts[place] = part;
            }
            assert_eq!(
                opening.open(&parts.join(".")).unwrap_err(),
                ProtocolError::Sealed,
                "part {place}"
            );
        }
        for wrong in [
            "",
            "a.b.c.d.e",
            &format!("{first}.x"),
            "ä.b.c.d.e",
            &first[..first.len() - 2],
        ] {
            assert_eq!(opening.open(wrong).unwrap_err(), ProtocolError::Sealed);
        }
        let (stranger, _) = keys("agent-2");
        assert_eq!(stranger.open(&first).unwrap_err(), ProtocolError::Sealed);
    }
}
