//! Who owns a role: `fSMORoleOwner` names the settings object below the owner's server object (MS-ADTS 3.1.1.1.11).

/// The attribute, on the head of the domain for the role of PDC emulator.
pub(super) const ROLE_OWNER: &str = "fSMORoleOwner";

/// The owner's host in `CN=NTDS Settings,CN=DC2,CN=Servers,…`: the value of the second RDN.
pub(super) fn owner_host(dn: &str) -> Option<String> {
    let mut rdns = split(dn, ',');
    let settings = rdns.next()?;
    let (_, name) = settings.split_once('=')?;
    if !unescaped(name)?.to_ascii_lowercase().starts_with("ntds settings") {
        return None;
    }
    let server = rdns.next()?;
    let (_, host) = split(server, '+').next()?.split_once('=')?;
    unescaped(host).filter(|host| !host.is_empty())
}

/// Parts between separators that no backslash protects (RFC 4514 section 2.4).
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut protected = false;
    text.split(move |letter: char| {
        let splits = letter == separator && !protected;
        protected = letter == '\\' && !protected;
        splits
    })
}

/// A value without its escapes: `\` before a special character or two hex digits of a byte (RFC 4514 section 2.4).
fn unescaped(value: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = value.trim_matches(' ').as_bytes();
    while let Some((first, after)) = rest.split_first() {
        (bytes, rest) = match (first, after) {
            (b'\\', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (pushed(bytes, hex(*high)? * 16 + hex(*low)?), tail)
            }
            (b'\\', [special, tail @ ..]) => (pushed(bytes, *special), tail),
            (b'\\', []) => return None,
            (plain, tail) => (pushed(bytes, *plain), tail),
        };
    }
    String::from_utf8(bytes).ok()
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=corp,DC=test";

    #[test]
    fn the_second_rdn_names_the_host() {
        let table = [
            ("CN=NTDS Settings,CN=DC2", Some("DC2")),
            ("cn=ntds settings, cn=dc2", Some("dc2")),
            ("CN=NTDS Settings\\0ADEL:0f,CN=DC2", Some("DC2")),
            ("CN=NTDS Settings,CN=a\\,b", Some("a,b")),
            ("CN=NTDS Settings,CN=a\\2Cb", Some("a,b")),
            ("CN=NTDS Settings,CN=gr\\C3\\BCn", Some("grün")),
            ("CN=NTDS Settings,CN=a\\\\", Some("a\\")),
            ("CN=NTDS Settings,CN=DC2+OU=x", Some("DC2")),
            ("CN=NTDS Settings,CN=", None),
            ("CN=NTDS Settings,DC2", None),
            ("CN=DC2", None),
            ("CN=NTDS Settings,CN=\\FF\\FF", None),
            ("CN=Other,CN=DC2", None),
        ];
        for (head, host) in table {
            assert_eq!(owner_host(&format!("{head},{REST}")).as_deref(), host, "{head}");
        }
        for wrong in ["", "CN=NTDS Settings", "CN=NTDS Settings,CN=a\\", ",,,", "=,=,="] {
            assert_eq!(owner_host(wrong), None, "{wrong}");
        }
    }
}
