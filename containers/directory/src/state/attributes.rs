//! What clients wrote on one entry, packed into one allocation: a domain may hold a million entries.

use super::schema::Attr;

/// Attributes that are kept as written. One record per value, sorted by attribute: the attribute's number, the length of the
/// value in groups of seven bits, the value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Box<[u8]>);

impl Attributes {
    /// The values of an attribute, in the order in which they were written.
    #[must_use]
    pub fn get(&self, attr: Attr) -> Values<'_> {
        let number = attr as u8;
        let rest = after(&self.0, |known| known < number);
        Values { number, rest }
    }

    /// The first value of an attribute.
    #[must_use]
    pub fn first(&self, attr: Attr) -> Option<&[u8]> {
        self.get(attr).next()
    }

    /// The first value of an attribute as text.
    #[must_use]
    pub fn text(&self, attr: Attr) -> Option<&str> {
        self.first(attr).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Whether an attribute has a value.
    #[must_use]
    pub fn has(&self, attr: Attr) -> bool {
        self.first(attr).is_some()
    }

    /// Replaces all values of an attribute.
    pub fn set<V: AsRef<[u8]>>(&mut self, attr: Attr, values: &[V]) {
        let number = attr as u8;
        let greater = after(&self.0, |known| known <= number);
        let old = after(&self.0, |known| known < number);
        let smaller = &self.0[..self.0.len() - old.len()];
        let room: usize = values.iter().map(|value| size_of_record(value.as_ref())).sum();
        // To the byte: what is too large would be made smaller again, a million times.
        let mut packed = Vec::with_capacity(smaller.len() + room + greater.len());
        packed.extend_from_slice(smaller);
        for value in values {
            put(&mut packed, number, value.as_ref());
        }
        packed.extend_from_slice(greater);
        self.0 = packed.into();
    }

    /// Replaces all values of an attribute by one.
    pub fn set_one(&mut self, attr: Attr, value: &str) {
        self.set(attr, &[value]);
    }

    /// Which attributes have values.
    pub fn present(&self) -> impl Iterator<Item = Attr> {
        let mut rest = self.0.as_ref();
        let mut last = None;
        std::iter::from_fn(move || {
            loop {
                let (number, _, after) = record(rest)?;
                rest = after;
                if last != Some(number) {
                    last = Some(number);
                    return Attr::ALL.get(usize::from(number)).copied();
                }
            }
        })
    }
}

/// The values of one attribute.
#[derive(Clone)]
pub struct Values<'a> {
    number: u8,
    rest: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (number, value, after) = record(self.rest)?;
        self.rest = after;
        (number == self.number).then_some(value)
    }
}

/// What follows the records whose attribute a test takes.
fn after(packed: &[u8], test: impl Fn(u8) -> bool) -> &[u8] {
    let mut rest = packed;
    while let Some((_, _, after)) = record(rest).filter(|(known, ..)| test(*known)) {
        rest = after;
    }
    rest
}

/// The first record: its attribute, its value, and what follows.
fn record(packed: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&number, mut rest) = packed.split_first()?;
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        length |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    let (value, after) = rest.split_at_checked(length)?;
    Some((number, value, after))
}

fn size_of_record(value: &[u8]) -> usize {
    let bits = usize::BITS - value.len().leading_zeros();
    1 + bits.div_ceil(7).max(1) as usize + value.len()
}

fn put(packed: &mut Vec<u8>, number: u8, value: &[u8]) {
    packed.push(number);
    let mut length = value.len();
    while length > 0x7F {
        packed.push(0x80 | (length & 0x7F) as u8);
        length >>= 7;
    }
    packed.push((length & 0x7F) as u8);
    packed.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(attributes: &Attributes, attr: Attr) -> Vec<Vec<u8>> {
        attributes.get(attr).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn what_is_set_is_read_whatever_its_length_and_order() {
        let mut attributes = Attributes::default();
        let long = vec![7; 70_000];
        attributes.set(Attr::ThumbnailPhoto, &[&long]);
        attributes.set(Attr::ProxyAddresses, &["smtp:b", "smtp:a", ""]);
        attributes.set_one(Attr::Mail, &"m".repeat(127));
        attributes.set_one(Attr::AdminCount, "1");
        assert_eq!(values(&attributes, Attr::ThumbnailPhoto), [long]);
        assert_eq!(
            values(&attributes, Attr::ProxyAddresses),
            [b"smtp:b".as_slice(), b"smtp:a", b""]
        );
        assert_eq!(attributes.text(Attr::Mail).map(str::len), Some(127));
        assert!(!attributes.has(Attr::Title));
        let present: Vec<Attr> = attributes.present().collect();
        assert_eq!(
            present,
            [Attr::AdminCount, Attr::Mail, Attr::ProxyAddresses, Attr::ThumbnailPhoto]
        );
    }

    #[test]
    fn what_is_equal_is_so_in_whatever_order_it_was_written() {
        let (mut one, mut two) = (Attributes::default(), Attributes::default());
        one.set_one(Attr::Mail, "a");
        one.set_one(Attr::Title, "b");
        two.set_one(Attr::Title, "x");
        two.set_one(Attr::Mail, "a");
        two.set_one(Attr::Title, "b");
        assert_eq!(one, two);
        two.set::<&str>(Attr::Title, &[]);
        assert_ne!(one, two);
        assert_eq!(two.present().count(), 1);
    }

    #[test]
    fn records_are_as_long_as_foretold() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_152] {
            let value = vec![0; length];
            let mut packed = Vec::new();
            put(&mut packed, 3, &value);
            assert_eq!(packed.len(), size_of_record(&value));
        }
    }

    #[test]
    fn every_attribute_has_a_number() {
        assert!(Attr::ALL.len() <= 256);
        for (at, attr) in Attr::ALL.iter().enumerate() {
            assert_eq!(*attr as usize, at);
        }
    }
}
