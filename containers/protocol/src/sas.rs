//! Shared Access Signatures, as Azure Relay checks them (Microsoft Learn, "Service Bus access control with SAS").

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::ProtocolError;

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const SCHEME: &str = "SharedAccessSignature ";

/// A token taken apart; `raw_resource` stays as it came, since encoders differ and the signature is over that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SasToken {
    /// `sr`, still percent-encoded.
    pub raw_resource: String,
    /// `sig`, decoded.
    pub signature: Vec<u8>,
    /// `se`, seconds since the Unix epoch.
    pub expires: u64,
    /// `skn`, the name of the rule.
    pub rule: String,
}

/// Makes a token for a resource (`http://host/path`), signed with the key of a rule.
#[must_use]
pub fn sign(resource: &str, rule: &str, key: &str, expires_unix_s: u64) -> String {
    let encoded = utf8_percent_encode(resource, KEPT).to_string();
    let signature = STANDARD.encode(mac(key, &encoded, expires_unix_s).as_ref());
    let signature = utf8_percent_encode(&signature, KEPT);
    let rule = utf8_percent_encode(rule, KEPT);
    format!("{SCHEME}sr={encoded}&sig={signature}&se={expires_unix_s}&skn={rule}")
}

fn mac(key: &str, raw_resource: &str, expires: u64) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hmac::sign(&key, format!("{raw_resource}\n{expires}").as_bytes())
}

impl SasToken {
    /// Takes a token apart; the order of its fields is free.
    ///
    /// # Errors
    /// [`ProtocolError::TokenMalformed`] naming the part that is missing or unreadable.
    pub fn parse(text: &str) -> Result<Self, ProtocolError> {
        let fields = text.trim().strip_prefix(SCHEME).ok_or(ProtocolError::TokenMalformed(
            "it does not start with SharedAccessSignature",
        ))?;
        let field = |name: &'static str| {
            fields
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
                .map(|(_, value)| value)
                .ok_or(ProtocolError::TokenMalformed(name))
        };
        let signature = decode(field("sig")?);
        Ok(Self {
            raw_resource: field("sr")?.to_owned(),
            signature: STANDARD
                .decode(signature)
                .map_err(|_| ProtocolError::TokenMalformed("sig"))?,
            expires: field("se")?.parse().map_err(|_| ProtocolError::TokenMalformed("se"))?,
            rule: decode(field("skn")?),
        })
    }

    /// Checks the signature with any of the keys that the rule has now (primary and secondary), then the expiry.
    ///
    /// # Errors
    /// [`ProtocolError::TokenSignature`] or [`ProtocolError::TokenExpired`].
    pub fn verify<'k>(&self, mut keys: impl Iterator<Item = &'k str>, now_unix_s: u64) -> Result<(), ProtocolError> {
        let signed = format!("{}\n{}", self.raw_resource, self.expires);
        let matches = keys.any(|key| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            hmac::verify(&key, signed.as_bytes(), &self.signature).is_ok()
        });
        if !matches {
            return Err(ProtocolError::TokenSignature);
        }
        if self.expires <= now_unix_s {
            return Err(ProtocolError::TokenExpired(self.expires));
        }
        Ok(())
    }

    /// Whether the token covers `host` and `path`: scheme and port are ignored, the host is case-insensitive, and a
    /// token for a parent covers everything below it, segment by segment.
    #[must_use]
    pub fn covers(&self, host: &str, path: &str) -> bool {
        let resource = decode(&self.raw_resource);
        let rest = resource.split_once("://").map_or(resource.as_str(), |(_, rest)| rest);
        let (authority, scope) = rest.split_once('/').unwrap_or((rest, ""));
        let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
        let mut wanted = segments(path);
        name.eq_ignore_ascii_case(host) && segments(scope).all(|segment| wanted.next() == Some(segment))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_token_verifies_until_it_expires() {
        let token = SasToken::parse(&sign("http://ns.test/a/b", "listen rule", "primary", 100)).unwrap();
        assert_eq!(token.rule, "listen rule");
        assert_eq!(token.verify(["secondary", "primary"].into_iter(), 99), Ok(()));
        assert_eq!(
            token.verify(["primary"].into_iter(), 100),
            Err(ProtocolError::TokenExpired(100))
        );
        assert_eq!(
            token.verify(["other"].into_iter(), 99),
            Err(ProtocolError::TokenSignature)
        );
    }

    #[test]
    fn scope_is_a_prefix_of_segments() {
        let token = SasToken::parse(&sign("sb://NS.test:443/a/", "r", "k", 1)).unwrap();
        assert!(token.covers("ns.test", "/a/b"));
        assert!(token.covers("ns.test", "a"));
        assert!(!token.covers("ns.test", "/ab"));
        assert!(!token.covers("other.test", "/a"));
    }

    #[test]
    fn malformed_tokens_name_the_part() {
        assert_eq!(
            SasToken::parse("SharedAccessSignature sr=a&sig=b&skn=c"),
            Err(ProtocolError::TokenMalformed("sig"))
        );
        assert!(SasToken::parse("Bearer x").is_err());
    }
}
