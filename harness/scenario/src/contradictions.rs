//! What the schema cannot say: values that are right alone and wrong together.

mod directories;
mod faults;
mod goals;
mod load;
mod population;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::check::place;
use crate::written::Scenario;
use crate::{Load, Mistake};

pub(crate) use faults::{clash, refused_by};

/// Envelopes carry whole seconds: a message of one second could be void as soon as it is sealed.
const MESSAGE_LIFETIME_MIN_S: u64 = 2;

/// Every contradiction of a scenario whose values are each right, in the order of the file.
pub(crate) fn contradictions(text: &str, document: &Spanned<DeTable<'_>>, scenario: &Scenario) -> Vec<Mistake> {
    let mut found = Contradictions {
        text,
        document: document.get_ref(),
        mistakes: Vec::new(),
    };
    let load = Load::resolve(&scenario.load);
    plain(&mut found, scenario);
    load::contradictions(&mut found, &load);
    directories::contradictions(&mut found, scenario);
    faults::contradictions(&mut found, scenario, &load);
    population::contradictions(&mut found, scenario, &load);
    goals::contradictions(&mut found, scenario, &load);
    found.mistakes.sort();
    found.mistakes
}

/// What was found so far, and where places are looked up.
struct Contradictions<'a> {
    text: &'a str,
    document: &'a DeTable<'a>,
    mistakes: Vec<Mistake>,
}

impl Contradictions<'_> {
    /// A mistake at a path such as `world.forests.0.domain`.
    fn say(&mut self, path: &str, message: impl Into<String>) {
        let words: Vec<&str> = path.split('.').collect();
        let offset = offset_of(self.document, &words);
        self.mistakes.push(place(self.text, offset, message.into()));
    }
}

fn plain(found: &mut Contradictions<'_>, scenario: &Scenario) {
    if !name_is_plain(&scenario.name) {
        found.say(
            "name",
            "`name` may hold lower-case letters, digits and hyphens, up to 63 of them",
        );
    }
    if scenario.world.message_lifetime.as_secs() < MESSAGE_LIFETIME_MIN_S {
        found.say(
            "world.message_lifetime",
            "`message_lifetime` must be at least two seconds, since a message's times are whole seconds",
        );
    }
}

fn name_is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 63 && name.bytes().all(plain) && !name.starts_with('-')
}

fn controllers_of(count: u32) -> String {
    match count {
        1 => "one domain controller".to_owned(),
        count => format!("{count} domain controllers"),
    }
}

/// Where a path stands: its value, or the deepest key or item above it that is there.
pub(crate) fn offset_of(table: &DeTable<'_>, path: &[&str]) -> usize {
    let Some((head, rest)) = path.split_first() else {
        return 0;
    };
    let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == *head) else {
        return 0;
    };
    below(value, rest).unwrap_or(key.span().start)
}

/// The same below a value; nothing where the path goes on and leads nowhere.
fn below(value: &Spanned<DeValue<'_>>, path: &[&str]) -> Option<usize> {
    let Some((head, rest)) = path.split_first() else {
        return Some(value.span().start);
    };
    match value.get_ref() {
        DeValue::Table(table) => {
            let (key, value) = table.iter().find(|(key, _)| key.get_ref() == *head)?;
            Some(below(value, rest).unwrap_or(key.span().start))
        }
        DeValue::Array(items) => {
            let item = items.get(head.parse::<usize>().ok()?)?;
            Some(below(item, rest).unwrap_or(item.span().start))
        }
        _ => Some(value.span().start),
    }
}

#[cfg(test)]
mod faults_tests;
#[cfg(test)]
mod goals_tests;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;
