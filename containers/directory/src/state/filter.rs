//! Search filters, compiled against the schema and evaluated in three values (RFC 4511 4.5.1.7).

use ldap3_proto::proto::{LdapFilter, LdapMatchingRuleAssertion, LdapSubstringFilter};

use super::Domain;
use super::dn::{Dn, fold, same_text};
use super::draft::parse_integer;
use super::entry::{Entry, EntryId};
use super::naming::{read_guid, read_sid};
use super::schema::{Attr, Class, Place, Syntax};
use super::time::FileTime;
use super::tree::Found;
use crate::wire::values::unescape;

/// `LDAP_MATCHING_RULE_BIT_AND`, `LDAP_MATCHING_RULE_BIT_OR` and `LDAP_MATCHING_RULE_TRANSITIVE_EVAL` (MS-ADTS 3.1.1.3.4.4).
const BIT_AND: &str = "1.2.840.113556.1.4.803";
const BIT_OR: &str = "1.2.840.113556.1.4.804";
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// A filter, ready to be asked of entries.
#[derive(Debug, PartialEq)]
pub enum Filter {
    /// All of these.
    And(Vec<Self>),
    /// One of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// Something about one attribute.
    Test(Attr, Test),
    /// Nothing that can be told: an attribute that does not exist, or a value that its syntax does not allow.
    Undefined,
}

/// What is asked of the values of an attribute.
#[derive(Debug, PartialEq)]
pub enum Test {
    /// There is one.
    Present,
    /// One equals this, in the form that values are compared in.
    Equal(Comparable),
    /// One is at least this.
    AtLeast(Comparable),
    /// One is at most this.
    AtMost(Comparable),
    /// One begins, goes on and ends so; folded.
    Like(String, Vec<String>, String),
    /// One has all these bits.
    AllBits(i64),
    /// One has any of these bits.
    AnyBit(i64),
    /// A chain of the attribute leads to the entry of that name.
    InChain(Dn),
}

/// A value in the form it is compared in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparable {
    /// Folded text, or a normalized name.
    Text(String),
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Filter {
    /// Compiles a filter of the wire.
    #[must_use]
    pub fn new(filter: &LdapFilter) -> Self {
        let all = |filters: &[LdapFilter]| filters.iter().map(Self::new).collect();
        match filter {
            LdapFilter::And(filters) => Self::And(all(filters)),
            LdapFilter::Or(filters) => Self::Or(all(filters)),
            LdapFilter::Not(inner) => Self::Not(Box::new(Self::new(inner))),
            LdapFilter::Present(name) => Self::about(name, |_| Some(Test::Present)),
            LdapFilter::Equality(name, value) | LdapFilter::Approx(name, value) => {
                Self::about(name, |attr| asserted(attr, value).map(Test::Equal))
            }
            LdapFilter::GreaterOrEqual(name, value) => {
                Self::about(name, |attr| asserted(attr, value).map(Test::AtLeast))
            }
            LdapFilter::LessOrEqual(name, value) => Self::about(name, |attr| asserted(attr, value).map(Test::AtMost)),
            LdapFilter::Substring(name, parts) => Self::about(name, |attr| like(attr, parts)),
            LdapFilter::Extensible(rule) => Self::extensible(rule),
        }
    }

    fn about(name: &str, test: impl Fn(Attr) -> Option<Test>) -> Self {
        let readable = |attr: &Attr| !matches!(attr.place(), Place::Constructed | Place::Secret);
        let attr = Attr::named(name).filter(readable);
        attr.and_then(|attr| Some(Self::Test(attr, test(attr)?)))
            .unwrap_or(Self::Undefined)
    }

    fn extensible(rule: &LdapMatchingRuleAssertion) -> Self {
        let name = rule.type_.as_deref().unwrap_or_default();
        Self::about(name, |attr| match rule.matching_rule.as_deref() {
            None => asserted(attr, &rule.match_value).map(Test::Equal),
            Some(BIT_AND) => bits(attr, &rule.match_value).map(Test::AllBits),
            Some(BIT_OR) => bits(attr, &rule.match_value).map(Test::AnyBit),
            Some(IN_CHAIN) if attr.syntax() == Syntax::Name => {
                let name = String::from_utf8(unescape(&rule.match_value)).ok()?;
                Dn::parse(&name).ok().map(Test::InChain)
            }
            Some(_) => None,
        })
    }
}

fn bits(attr: Attr, value: &str) -> Option<i64> {
    (attr.syntax() == Syntax::Integer)
        .then(|| parse_integer(value.as_bytes()))
        .flatten()
}

/// The comparable form of a value in a filter, which may be written shorter than in an entry.
fn asserted(attr: Attr, value: &str) -> Option<Comparable> {
    let bytes = unescape(value);
    let text = std::str::from_utf8(&bytes).ok();
    match attr.syntax() {
        Syntax::Guid if bytes.len() != 16 => Some(Comparable::Bytes(read_guid(text?)?.to_bytes_le().to_vec())),
        Syntax::Sid if text.is_some_and(|text| text.starts_with("S-1-")) => Some(Comparable::Bytes(read_sid(text?)?)),
        Syntax::Category => match Class::category_named(text?) {
            Some(category) => Some(Comparable::Text(fold(category))),
            None => category_of(text?),
        },
        _ => comparable(attr, &bytes),
    }
}

/// A category is compared by its common name: whoever writes the whole DN means the same.
fn category_of(dn: &str) -> Option<Comparable> {
    let dn = Dn::parse(dn).ok()?;
    dn.0.first().map(|rdn| Comparable::Text(fold(&rdn.value)))
}

/// The comparable form of a value of an entry.
fn comparable(attr: Attr, value: &[u8]) -> Option<Comparable> {
    let text = || std::str::from_utf8(value).ok();
    match attr.syntax() {
        Syntax::Text | Syntax::Class | Syntax::Boolean => Some(Comparable::Text(fold(text()?))),
        Syntax::Integer => parse_integer(value).map(Comparable::Number),
        Syntax::Bytes | Syntax::Guid | Syntax::Sid => Some(Comparable::Bytes(value.to_vec())),
        Syntax::Name => Some(Comparable::Text(Dn::parse(text()?).ok()?.key())),
        Syntax::Category => category_of(text()?),
        Syntax::Time => {
            let digits: String = text()?.chars().take_while(char::is_ascii_digit).collect();
            (digits.len() == 14).then_some(Comparable::Text(digits))
        }
    }
}

fn like(attr: Attr, parts: &LdapSubstringFilter) -> Option<Test> {
    if !matches!(attr.syntax(), Syntax::Text | Syntax::Class) {
        return None;
    }
    let folded = |text: &String| String::from_utf8(unescape(text)).ok().map(|text| fold(&text));
    let end = |part: &Option<String>| part.as_ref().map_or(Some(String::new()), folded);
    let middle = parts.any.iter().map(folded).collect::<Option<Vec<_>>>()?;
    Some(Test::Like(end(&parts.initial)?, middle, end(&parts.final_)?))
}

fn is_like(text: &str, initial: &str, middle: &[String], last: &str) -> bool {
    let Some(rest) = text.strip_prefix(initial) else {
        return false;
    };
    let Some(mut rest) = rest.strip_suffix(last) else {
        return false;
    };
    for part in middle {
        let Some((_, after)) = rest.split_once(part.as_str()) else {
            return false;
        };
        rest = after;
    }
    true
}

impl Test {
    fn holds(&self, attr: Attr, value: &[u8]) -> bool {
        let number = || parse_integer(value);
        let form = || comparable(attr, value);
        match self {
            Self::Present => true,
            Self::Equal(Comparable::Text(wanted)) if attr.syntax() == Syntax::Text => same_text(value, wanted),
            Self::Equal(wanted) => form().is_some_and(|form| form == *wanted),
            Self::AtLeast(wanted) => form().is_some_and(|form| form >= *wanted),
            Self::AtMost(wanted) => form().is_some_and(|form| form <= *wanted),
            Self::Like(initial, middle, last) => {
                std::str::from_utf8(value).is_ok_and(|text| is_like(&fold(text), initial, middle, last))
            }
            Self::AllBits(wanted) => number().is_some_and(|number| number & wanted == *wanted),
            Self::AnyBit(wanted) => number().is_some_and(|number| number & wanted != 0),
            // Entries are asked, not values.
            Self::InChain(_) => false,
        }
    }
}

impl Domain {
    /// Whether a filter holds for an entry; none where it cannot be told.
    pub(super) fn matches(&self, filter: &Filter, id: EntryId, entry: &Entry, now: FileTime) -> Option<bool> {
        let of = |inner: &Filter| self.matches(inner, id, entry, now);
        match filter {
            Filter::And(filters) => combine(filters.iter().map(of), false),
            Filter::Or(filters) => combine(filters.iter().map(of), true),
            Filter::Not(inner) => of(inner).map(|holds| !holds),
            Filter::Test(attr, Test::InChain(name)) => Some(match self.tree.find(name) {
                Found::Entry(target) => self.leads_in_chain(*attr, id, target),
                _ => false,
            }),
            Filter::Test(attr, test) => {
                let shown = self.show(id, entry, *attr, now);
                Some(shown.any(|value| test.holds(*attr, value)))
            }
            Filter::Undefined => None,
        }
    }

    /// The entries that a filter can mean at most, where indexes tell.
    pub(super) fn indexed(&self, filter: &Filter) -> Option<Vec<EntryId>> {
        match filter {
            Filter::Test(attr, Test::Equal(value)) => self.indexed_by(*attr, value),
            Filter::And(filters) => filters.iter().find_map(|filter| self.indexed(filter)),
            Filter::Or(filters) => {
                let found: Option<Vec<_>> = filters.iter().map(|filter| self.indexed(filter)).collect();
                let mut all = found?.concat();
                all.sort_unstable();
                all.dedup();
                Some(all)
            }
            _ => None,
        }
    }

    fn indexed_by(&self, attr: Attr, value: &Comparable) -> Option<Vec<EntryId>> {
        let one = |id: Option<EntryId>| Some(id.into_iter().collect());
        match (attr, value) {
            (Attr::ObjectGuid, Comparable::Bytes(bytes)) => {
                let guid = uuid::Uuid::from_slice_le(bytes).ok();
                one(guid.and_then(|guid| self.tree.by_guid(guid)))
            }
            (Attr::ObjectSid, Comparable::Bytes(sid)) => one(self.by_sid(sid)),
            (attr, Comparable::Text(text)) => self.tree.with_text(attr, text).map(Iterator::collect),
            _ => None,
        }
    }

    /// Whether an entry has a value, compared as its syntax says.
    pub(super) fn has_value(&self, id: EntryId, entry: &Entry, attr: Attr, value: &[u8], now: FileTime) -> bool {
        let wanted = comparable(attr, value).map(Test::Equal);
        let shown = self.show(id, entry, attr, now);
        wanted.is_some_and(|test| shown.any(|value| test.holds(attr, value)))
    }
}

/// And (`decides` false) or or (`decides` true) of three-valued answers: one answer that decides is enough, and otherwise one that
/// cannot be told leaves the whole untold.
fn combine(answers: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut told = true;
    for answer in answers {
        match answer {
            Some(answer) if answer == decides => return Some(decides),
            Some(_) => {}
            None => told = false,
        }
    }
    told.then_some(!decides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings_do_not_overlap() {
        let like = |text: &str| is_like(text, "ab", &["c".to_owned()], "ba");
        assert!(like("abcba"));
        assert!(!like("abba"));
        assert!(!like("aba"), "the b and a between are needed twice");
    }

    #[test]
    fn what_cannot_be_told_stays_untold_unless_decided() {
        let answers = |list: &[Option<bool>], decides| combine(list.iter().copied(), decides);
        assert_eq!(answers(&[None, Some(false)], false), Some(false));
        assert_eq!(answers(&[None, Some(true)], false), None);
        assert_eq!(answers(&[None, Some(true)], true), Some(true));
        assert_eq!(answers(&[], false), Some(true));
    }

    #[test]
    fn a_guid_is_found_in_both_forms() {
        let by = |value: &str| Filter::new(&LdapFilter::Equality("objectguid".to_owned(), value.to_owned()));
        let escaped = by(r"\33\22\11\00\55\44\77\66\88\99\aa\bb\cc\dd\ee\ff");
        assert_eq!(escaped, by("00112233-4455-6677-8899-aabbccddeeff"));
        assert_eq!(by("short"), Filter::Undefined);
    }
}
