//! LDIF (RFC 2849), as OpenLDAP's tools read and write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One entry that a tool printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub dn: String,
    /// Names as the directory spells them, each with one value.
    pub lines: Vec<(String, Vec<u8>)>,
}

impl Entry {
    /// The values of an attribute that are text.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let own = self.lines.iter().filter(|(named, _)| named == name);
        own.filter_map(|(_, value)| std::str::from_utf8(value).ok()).collect()
    }

    /// The only value of an attribute.
    #[track_caller]
    pub fn one(&self, name: &str) -> &str {
        let values = self.all(name);
        assert_eq!(values.len(), 1, "{name} of {}: {values:?}", self.dn);
        values[0]
    }

    /// Whether an attribute was printed.
    pub fn has(&self, name: &str) -> bool {
        self.lines.iter().any(|(named, _)| named == name)
    }
}

/// The entries of what a tool printed, lines unwrapped; comments and whatever else stands between are left out.
pub fn entries(text: &str) -> Vec<Entry> {
    let records = text
        .split("\n\n")
        .map(|record| record.lines().filter_map(line).collect());
    let entry = |mut lines: Vec<(String, Vec<u8>)>| {
        let at = lines.iter().position(|(name, _)| name == "dn")?;
        let dn = String::from_utf8(lines.swap_remove(at).1).unwrap();
        Some(Entry { dn, lines })
    };
    records.filter_map(entry).collect()
}

/// `name: value`, or `name:: value` in base64.
fn line(text: &str) -> Option<(String, Vec<u8>)> {
    let (name, rest) = text.split_once(':').filter(|_| !text.starts_with('#'))?;
    let value = match rest.strip_prefix(':') {
        Some(encoded) => STANDARD.decode(encoded.trim()).unwrap(),
        None => rest.trim_start().as_bytes().to_vec(),
    };
    Some((name.to_owned(), value))
}

/// A line that holds any value.
pub fn binary(name: &str, value: &[u8]) -> String {
    format!("{name}:: {}\n", STANDARD.encode(value))
}

/// A line that holds any text.
pub fn text(name: &str, value: &str) -> String {
    binary(name, value.as_bytes())
}

/// A line with a password in quotes, as UTF-16 (MS-ADTS 3.1.1.3.1.5).
pub fn password(value: &str) -> String {
    let bytes: Vec<u8> = format!("\"{value}\"")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    binary("unicodePwd", &bytes)
}

#[test]
fn records_are_read() {
    let printed =
        "# a comment\n\ndn:: w6k=\ncn: a\ncn:: w6k=\nempty:\n\nsearch: 2\nresult: 0 Success\n\ndn:\nx: y: z\n";
    let read = entries(printed);
    assert_eq!((read.len(), read[0].dn.as_str(), read[1].dn.as_str()), (2, "é", ""));
    assert_eq!(read[0].lines.len(), 3);
    assert!(read[0].has("empty") && !read[0].has("result"));
    assert_eq!(read[1].one("x"), "y: z");
    let back = entries(&(text("dn", "é") + &password("a")));
    assert_eq!(back[0].lines, [("unicodePwd".to_owned(), b"\"\0a\0\"\0".to_vec())]);
    assert_eq!(read[0].all("cn").len(), 2);
}
