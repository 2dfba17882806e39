//! The `sb-hc-` parameters of a query: what they say, and the query without them.

use url::form_urlencoded;

/// Parameters with this prefix belong to the service.
const PREFIX: &str = "sb-hc-";

/// The gesture: listen, accept, request or connect.
pub(crate) const ACTION: &str = "sb-hc-action";
/// The end-to-end id.
pub(crate) const ID: &str = "sb-hc-id";
/// A token in the query, for clients that cannot set headers.
pub(crate) const TOKEN: &str = "sb-hc-token";
/// The relay's own name for what waits behind a rendezvous address.
pub(crate) const KEY: &str = "sb-hc-key";

/// The decoded value of the first parameter of that name.
pub(crate) fn value(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The first of several spellings of a parameter.
pub(crate) fn either(query: &str, names: [&str; 2]) -> Option<String> {
    names.into_iter().find_map(|name| value(query, name))
}

/// The query without every `sb-hc-*=value`; the rest keeps its bytes and its order. A reserved name without `=` stays,
/// and so do empty parts (asserted by the .NET client's `QueryString` test).
pub(crate) fn strip(query: &str) -> Option<String> {
    let mut kept = query.split('&').filter(|part| !reserved(part)).peekable();
    kept.peek()?;
    Some(kept.collect::<Vec<_>>().join("&"))
}

fn reserved(part: &str) -> bool {
    let prefix = part.get(..PREFIX.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX)) && part.contains('=')
}

/// A path with its stripped query.
pub(crate) fn target(path: &str, query: Option<&str>) -> String {
    match query.and_then(strip) {
        Some(kept) => format!("{path}?{kept}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_vendors_own_test() {
        let table = [
            ("?a=1&a=2", "?a=1&a=2"),
            ("?a=1&a=2&", "?a=1&a=2&"),
            ("?&&&", "?&&&"),
            ("?foo=bar", "?foo=bar"),
            ("?foo=bar&", "?foo=bar&"),
            ("?&foo=bar", "?&foo=bar"),
            ("?sb-hc-id=1", ""),
            ("?sb-hc-id=1&custom=value", "?custom=value"),
            ("?custom=value&sb-hc-id=1", "?custom=value"),
            ("?sb-hc-undefined", "?sb-hc-undefined"),
            ("?sb-hc-undefined=true", ""),
            ("?sb-hc-whatever=", ""),
            ("?sb-hc-whatever=&foo=bar", "?foo=bar"),
            ("?CustomValue", "?CustomValue"),
            ("?custom&value", "?custom&value"),
            ("?&custom&value&", "?&custom&value&"),
            ("?&&value&&", "?&&value&&"),
            ("?+", "?+"),
            ("?%2B", "?%2B"),
            ("?%20", "?%20"),
            ("?%2f%3a%3d%26", "?%2f%3a%3d%26"),
            ("?key='value'", "?key='value'"),
            ("?api-version=abc", "?api-version=abc"),
            ("?name=%C3%B8", "?name=%C3%B8"),
        ];
        for (sent, seen) in table {
            assert_eq!(target("/p", sent.strip_prefix('?')), format!("/p{seen}"), "{sent}");
        }
        assert_eq!(target("/p", None), "/p");
    }

    #[test]
    fn values_are_decoded_with_both_kinds_of_space() {
        let query = "sb-hc-token=SharedAccessSignature+sr%3Da%252fb&x=1&statusCode=404&sb-hc-id=%41%20b";
        assert_eq!(value(query, TOKEN).unwrap(), "SharedAccessSignature sr=a%2fb");
        assert_eq!(value(query, ID).unwrap(), "A b");
        assert_eq!(either(query, ["sb-hc-statusCode", "statusCode"]).unwrap(), "404");
        assert_eq!(value(query, ACTION), None);
    }
}
