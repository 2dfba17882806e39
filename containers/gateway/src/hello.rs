//! Reading a ClientHello without answering it: bytes in, a server name or a refusal out.

use rustls::server::Acceptor;

use crate::stats::Refusal;

/// The most bytes a ClientHello may take. Post-quantum key shares make about 2 KiB; the rest is room.
pub(crate) const HELLO_MAX: usize = 16 * 1024;

/// The TLS alert for a name that is not served here: fatal, `unrecognized_name` (RFC 8446 section 6).
pub(crate) const ALERT_UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// A ClientHello as far as it has come.
pub(crate) struct Hello {
    acceptor: Acceptor,
    seen: Vec<u8>,
}

impl Hello {
    pub(crate) fn new() -> Self {
        Self {
            acceptor: Acceptor::default(),
            seen: Vec::new(),
        }
    }

    /// Takes the next bytes; answers with the server name once the message is whole.
    ///
    /// # Errors
    /// Why this connection must be refused: not TLS, no name, or too long.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Option<String>, Refusal> {
        self.seen.extend_from_slice(bytes);
        if self.seen.len() > HELLO_MAX {
            return Err(Refusal::TooLong);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            self.acceptor.read_tls(&mut rest).map_err(|_| Refusal::TooLong)?;
            match self.acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => return named(accepted.client_hello().server_name()),
                Err(_) => return Err(Refusal::NotTls),
            }
        }
        Ok(None)
    }

    /// Every byte taken so far, to be replayed.
    pub(crate) fn into_seen(self) -> Vec<u8> {
        self.seen
    }
}

fn named(name: Option<&str>) -> Result<Option<String>, Refusal> {
    name.map(|name| Some(name.to_owned())).ok_or(Refusal::NoName)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};

    use super::*;

    fn client_hello(name: &'static str) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_name_is_found_also_byte_by_byte() {
        let bytes = client_hello("relay1.servicebus.wblab.test");
        let mut whole = Hello::new();
        assert_eq!(whole.take(&bytes), Ok(Some("relay1.servicebus.wblab.test".to_owned())));
        let mut slow = Hello::new();
        let (last, first) = bytes.split_last().unwrap();
        for byte in first {
            assert_eq!(slow.take(&[*byte]), Ok(None));
        }
        assert_eq!(slow.take(&[*last]), Ok(Some("relay1.servicebus.wblab.test".to_owned())));
        assert_eq!(slow.into_seen(), bytes);
    }

    #[test]
    fn an_address_is_no_name_and_http_is_no_tls() {
        assert_eq!(Hello::new().take(&client_hello("127.0.0.1")), Err(Refusal::NoName));
        assert_eq!(
            Hello::new().take(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            Err(Refusal::NotTls)
        );
    }

    #[test]
    fn a_hello_without_end_is_cut() {
        // A handshake record that announces a ClientHello of 60,000 bytes.
        let mut hello = Hello::new();
        let record = [&[22, 3, 1, 0x3f, 0xff, 1, 0, 0xea, 0x60][..], &[0; 0x3ffb]].concat();
        let mut last = Ok(None);
        for chunk in record.iter().chain(&record).copied().collect::<Vec<u8>>().chunks(1024) {
            last = hello.take(chunk);
            if last.is_err() {
                break;
            }
        }
        assert!(matches!(last, Err(Refusal::TooLong | Refusal::NotTls)), "{last:?}");
        assert!(hello.into_seen().len() <= HELLO_MAX + 1024);
    }
}
