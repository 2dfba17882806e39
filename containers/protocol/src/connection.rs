//! Connection strings: `Endpoint=sb://HOST/;SharedAccessKeyName=RULE;SharedAccessKey=KEY;EntityPath=PATH`.

use std::fmt;

use crate::{ProtocolError, sas};

/// One entity of one relay namespace, with the rule that opens it. `Debug` hides the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// The namespace's host name.
    pub host: String,
    /// The port, 443 unless the string says otherwise.
    pub port: u16,
    /// The name of the rule.
    pub rule: String,
    /// The key of the rule, as displayed; it is not base64-decoded.
    pub key: String,
    /// The entity's path.
    pub path: String,
}

impl ConnectionString {
    /// Reads a connection string.
    ///
    /// # Errors
    /// [`ProtocolError::ConnectionString`] naming the part that is missing.
    pub fn parse(text: &str) -> Result<Self, ProtocolError> {
        let part = |name: &'static str| {
            text.trim()
                .split(';')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| key.eq_ignore_ascii_case(name)))
                .map(|(_, value)| value.to_owned())
                .ok_or(ProtocolError::ConnectionString(name))
        };
        let endpoint = part("Endpoint")?;
        let authority = endpoint
            .split_once("://")
            .map_or(endpoint.as_str(), |(_, rest)| rest)
            .trim_end_matches('/');
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (
                host,
                port.parse()
                    .map_err(|_| ProtocolError::ConnectionString("a valid port"))?,
            ),
            None => (authority, 443),
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            rule: part("SharedAccessKeyName")?,
            key: part("SharedAccessKey")?,
            path: part("EntityPath")?,
        })
    }

    /// The string as parsed; it holds the key.
    #[must_use]
    pub fn expose(&self) -> String {
        let port = if self.port == 443 {
            String::new()
        } else {
            format!(":{}", self.port)
        };
        format!(
            "Endpoint=sb://{}{port}/;SharedAccessKeyName={};SharedAccessKey={};EntityPath={}",
            self.host, self.rule, self.key, self.path
        )
    }

    /// A token for this entity.
    #[must_use]
    pub fn token(&self, expires_unix_s: u64) -> String {
        let resource = format!("http://{}/{}", self.host, self.path);
        sas::sign(&resource, &self.rule, &self.key, expires_unix_s)
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ConnectionString({}:{}/{}, rule {})",
            self.host, self.port, self.path, self.rule
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_round_trips_and_hides_its_key() {
        let text = "Endpoint=sb://ns.test/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0PQ==;EntityPath=a/b";
        let parsed = ConnectionString::parse(text).unwrap();
        assert_eq!(parsed.expose(), text);
        assert_eq!((parsed.port, parsed.key.as_str()), (443, "c2VjcmV0PQ=="));
        assert!(!format!("{parsed:?}").contains("c2VjcmV0"));
        assert_eq!(
            ConnectionString::parse("Endpoint=sb://ns.test/"),
            Err(ProtocolError::ConnectionString("SharedAccessKeyName"))
        );
    }
}
