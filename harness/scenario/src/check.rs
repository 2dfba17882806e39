//! Walks the spanned document against the generated schema and collects every mistake with its place.

use std::ops::Range;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use vocabulary::{Rate, Ratio, parse_duration};

use crate::written::{Level, known_kind};
use crate::{EdgeName, Mistake, PartName, Skew};

/// Every mistake of a document, in the order of the file.
pub(crate) fn mistakes(text: &str, document: &Spanned<DeTable<'_>>, schema: &Value) -> Vec<Mistake> {
    let mut walk = Walk {
        schema,
        found: Vec::new(),
    };
    walk.table(document.get_ref(), &(0..0), schema, "the scenario");
    let mut mistakes: Vec<Mistake> = walk
        .found
        .into_iter()
        .map(|(span, message)| place(text, span.start, message))
        .collect();
    mistakes.sort();
    mistakes
}

/// A mistake at a byte offset.
pub(crate) fn place(text: &str, offset: usize, message: String) -> Mistake {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Mistake {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message,
    }
}

struct Walk<'s> {
    schema: &'s Value,
    found: Vec<(Range<usize>, String)>,
}

impl<'s> Walk<'s> {
    fn say(&mut self, span: &Range<usize>, message: String) {
        self.found.push((span.clone(), message));
    }

    /// Follows `$ref`, and takes the arm of an `anyOf` that is not `null`.
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let mut at = schema;
        loop {
            if let Some(name) = at["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
                at = &self.schema["$defs"][name];
            } else if let Some(arm) = at["anyOf"]
                .as_array()
                .and_then(|arms| arms.iter().find(|arm| arm["type"] != "null"))
            {
                at = arm;
            } else {
                return at;
            }
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &'s Value, name: &str) {
        let span = value.span();
        let outer = schema;
        let schema = self.resolve(schema);
        match value.get_ref() {
            DeValue::Table(table) if schema.get("oneOf").is_some() => self.variant(table, &span, schema, name),
            DeValue::Table(table) if is(schema, "object") => self.table(table, &span, schema, name),
            DeValue::Array(items) if is(schema, "array") => {
                self.length(items.len(), &span, schema, name);
                for item in items {
                    self.value(item, &schema["items"], name);
                }
            }
            DeValue::String(text) if is(schema, "string") || has_words(schema) => {
                self.text(text, &span, schema, format_of(outer, schema), name);
            }
            DeValue::Integer(number) if is(schema, "integer") || is(schema, "number") => {
                self.integer(number.as_str(), number.radix(), &span, schema, name);
            }
            DeValue::Float(_) if is(schema, "number") => {}
            DeValue::Boolean(_) if is(schema, "boolean") => {}
            other => self.say(
                &span,
                format!("{name} must be {}, not {}", expected(outer, schema), kind_of(other)),
            ),
        }
    }

    fn table(&mut self, table: &DeTable<'_>, span: &Range<usize>, schema: &'s Value, name: &str) {
        static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        let known = schema["properties"].as_object().unwrap_or(&NONE);
        for (key, value) in table {
            let word: &str = key.get_ref();
            let inner = format!("`{word}`");
            match known.get(word) {
                Some(schema) => self.value(value, schema, &inner),
                None if schema["additionalProperties"].is_object() => {
                    self.map_entry(key, value, schema, &inner);
                }
                None => {
                    let message = format!("unknown key {inner} in {name}; known are {}", words(known.keys()));
                    self.say(&key.span(), message);
                }
            }
        }
        let required = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let missing: Vec<&str> = required
            .filter(|word| !table.iter().any(|(key, _)| key.get_ref() == *word))
            .collect();
        for word in missing {
            self.say(span, format!("{name} lacks the key `{word}`"));
        }
    }

    fn map_entry(
        &mut self,
        key: &Spanned<toml::de::DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
        schema: &'s Value,
        name: &str,
    ) {
        let names = self.resolve(&schema["propertyNames"]);
        let allowed = constants(names);
        let word: &str = key.get_ref();
        if !allowed.is_empty() && !allowed.contains(&word) {
            self.say(
                &key.span(),
                format!("unknown name {name}; known are {}", words(allowed.iter())),
            );
            return;
        }
        self.value(value, &schema["additionalProperties"], name);
    }

    /// An externally tagged enum: exactly one key, which names the variant.
    fn variant(&mut self, table: &DeTable<'_>, span: &Range<usize>, schema: &'s Value, name: &str) {
        let arms: Vec<(&'s String, &'s Value)> = arms(schema).collect();
        if table.len() != 1 {
            let known = words(arms.iter().map(|(word, _)| word));
            self.say(span, format!("{name} must hold exactly one of {known}"));
        }
        for (key, value) in table {
            let word: &str = key.get_ref();
            match arms.iter().find(|(known, _)| *known == word) {
                Some((_, schema)) => self.value(value, schema, &format!("`{word}`")),
                None if constants(schema).contains(&word) => {
                    self.say(&key.span(), format!("`{word}` has no keys: write \"{word}\""));
                }
                None => {
                    let known = words(arms.iter().map(|(word, _)| word));
                    self.say(&key.span(), format!("unknown `{word}` in {name}; known are {known}"));
                }
            }
        }
    }

    fn text(&mut self, text: &str, span: &Range<usize>, schema: &'s Value, format: Option<&str>, name: &str) {
        let wrong = match format {
            Some("duration") => parse_duration(text).err().map(|error| error.to_string()),
            Some("rate") => text.parse::<Rate>().err().map(|error| error.to_string()),
            Some("rate_or_zero") => text.parse::<Level>().err().map(|error| error.to_string()),
            Some("ratio") => text.parse::<Ratio>().err().map(|error| error.to_string()),
            Some("part") => text.parse::<PartName>().err(),
            Some("edge") => text.parse::<EdgeName>().err(),
            Some("skew") => text.parse::<Skew>().err(),
            Some("fault") => known_kind(text).err(),
            _ => None,
        };
        if let Some(message) = wrong {
            self.say(span, format!("{name}: {message}"));
        }
        let allowed = constants(schema);
        if arms(schema).any(|(word, _)| word == text) {
            self.say(
                span,
                format!("`{text}` has keys of its own: write {{ {text} = {{ … }} }}"),
            );
        } else if !allowed.is_empty() && !allowed.contains(&text) {
            let known = allowed
                .iter()
                .copied()
                .chain(arms(schema).map(|(word, _)| word.as_str()));
            self.say(span, format!("{name} is `{text}`; known are {}", words(known)));
        }
        self.length(text.chars().count(), span, schema, name);
    }

    fn length(&mut self, length: usize, span: &Range<usize>, schema: &'s Value, name: &str) {
        let bound = |keys: [&str; 2]| keys.into_iter().find_map(|key| schema[key].as_u64());
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        if bound(["minLength", "minItems"]).is_some_and(|least| length < least) {
            self.say(span, format!("{name} must not be empty"));
        }
        if let Some(most) = bound(["maxLength", "maxItems"]).filter(|most| length > *most) {
            self.say(
                span,
                format!("{name} has {length} entries; this version takes at most {most}"),
            );
        }
    }

    fn integer(&mut self, digits: &str, radix: u32, span: &Range<usize>, schema: &'s Value, name: &str) {
        let Ok(number) = i128::from_str_radix(&digits.replace('_', ""), radix) else {
            return self.say(span, format!("{name} is not a whole number"));
        };
        let bound = |key: &str| {
            schema[key]
                .as_i64()
                .map(i128::from)
                .or_else(|| schema[key].as_u64().map(i128::from))
        };
        let least = bound("minimum");
        let most = bound("maximum").or_else(|| format_limit(schema));
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            let range = match (least, most) {
                (Some(least), Some(most)) if least == most => format!("{least}"),
                (Some(least), Some(most)) => format!("between {least} and {most}"),
                (Some(least), None) => format!("at least {least}"),
                (None, most) => format!("at most {}", most.unwrap_or_default()),
            };
            self.say(span, format!("{name} is {number}; it must be {range}"));
        }
    }
}

fn format_limit(schema: &Value) -> Option<i128> {
    match schema["format"].as_str() {
        Some("uint32") => Some(u32::MAX.into()),
        // TOML's own integers end here.
        Some("uint64") => Some(i64::MAX.into()),
        _ => None,
    }
}

fn is(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(text) => text == kind,
        Value::Array(kinds) => kinds.iter().any(|value| value == kind),
        _ => false,
    }
}

fn has_words(schema: &Value) -> bool {
    !constants(schema).is_empty()
}

/// The words of an enum: `enum`, or `oneOf` of `const` (schemars writes that when variants have docs).
fn constants(schema: &Value) -> Vec<&str> {
    let direct = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let arms = schema["oneOf"].as_array().into_iter().flatten();
    let tagged = arms.flat_map(|arm| {
        let plain = arm["const"].as_str().into_iter();
        plain.chain(arm["enum"].as_array().into_iter().flatten().filter_map(Value::as_str))
    });
    direct.chain(tagged).collect()
}

/// The variants of an externally tagged enum that hold something.
fn arms(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let arms = schema["oneOf"].as_array().into_iter().flatten();
    arms.filter_map(|arm| arm["properties"].as_object()).flatten()
}

fn format_of<'v>(outer: &'v Value, inner: &'v Value) -> Option<&'v str> {
    outer["format"].as_str().or_else(|| inner["format"].as_str())
}

fn words<W: AsRef<str>>(words: impl Iterator<Item = W>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("`{}`", word.as_ref())).collect();
    quoted.join(", ")
}

fn expected(outer: &Value, schema: &Value) -> String {
    match format_of(outer, schema) {
        Some("duration") => return "a duration such as \"250ms\"".to_owned(),
        Some("rate" | "rate_or_zero") => return "a rate such as \"20/s\"".to_owned(),
        Some("ratio") => return "a ratio such as \"1/4\"".to_owned(),
        _ => {}
    }
    let allowed = constants(schema);
    if !allowed.is_empty() {
        return format!("one of {}", words(allowed.iter()));
    }
    let kinds = [
        ("object", "a table"),
        ("array", "an array"),
        ("string", "a text"),
        ("integer", "a whole number"),
        ("number", "a number"),
        ("boolean", "true or false"),
    ];
    kinds
        .into_iter()
        .find(|(kind, _)| is(schema, kind))
        .map_or("a table", |(_, name)| name)
        .to_owned()
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
