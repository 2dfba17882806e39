//! Reading a scenario file.

use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;
use toml_edit::DocumentMut;

use crate::check::{mistakes, place};
use crate::contradictions::{contradictions, offset_of};
use crate::schema::schema_json;
use crate::timeline::Timeline;
use crate::written::{Scenario, WrittenLoad};
use crate::{Mistake, ScenarioError};

/// Reads a scenario file and applies `--set path=value` assignments.
///
/// # Errors
/// Every mistake of the file with line and column, or the assignment that does not fit.
pub fn read(file: &Path, sets: &[String]) -> Result<Scenario, ScenarioError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| ScenarioError::Read {
        file: name.clone(),
        source,
    })?;
    parse(&name, &text, sets)
}

/// The same for a text that is already here; `name` stands in the messages, and files that it names are looked for beside it.
///
/// # Errors
/// See [`read`].
pub fn parse(name: &str, text: &str, sets: &[String]) -> Result<Scenario, ScenarioError> {
    let scenario = checked(name, text).map_err(|wrong| ScenarioError::Mistakes {
        file: wrong.file.unwrap_or_else(|| name.to_owned()),
        mistakes: wrong.mistakes,
    })?;
    if sets.is_empty() {
        return Ok(scenario);
    }
    let mut scenario = scenario;
    let mut changed = text.to_owned();
    for set in sets {
        let wrong = |message: String| ScenarioError::Set {
            set: set.clone(),
            message,
        };
        changed = assign(&changed, set).map_err(wrong)?;
        scenario = checked(name, &changed).map_err(|mistakes| wrong(mistakes.first()))?;
    }
    Ok(scenario)
}

/// The mistakes of one file: of the scenario, or of one that it names.
struct Wrong {
    file: Option<String>,
    mistakes: Vec<Mistake>,
}

impl Wrong {
    /// The first of them; its place only where it is another file's, since a `--set` has no lines.
    fn first(self) -> String {
        let Some(mistake) = self.mistakes.into_iter().next() else {
            return String::new();
        };
        match self.file {
            Some(file) => format!("{file}:{}:{}: {}", mistake.line, mistake.column, mistake.message),
            None => mistake.message,
        }
    }
}

impl From<Vec<Mistake>> for Wrong {
    fn from(mistakes: Vec<Mistake>) -> Self {
        Self { file: None, mistakes }
    }
}

fn checked(name: &str, text: &str) -> Result<Scenario, Wrong> {
    let document = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![place(text, offset, error.message().to_owned())]
    })?;
    let schema = schema_json();
    let found = mistakes(text, &document, &schema);
    if !found.is_empty() {
        return Err(found.into());
    }
    let mut scenario: Scenario = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![place(text, offset, error.message().to_owned())]
    })?;
    if let WrittenLoad::Replay(replay) = &mut scenario.load {
        replay.timeline = timeline(name, &replay.file, text, &document)?;
    }
    let found = contradictions(text, &document, &scenario);
    if found.is_empty() {
        Ok(scenario)
    } else {
        Err(found.into())
    }
}

/// Reads the timeline beside the scenario.
fn timeline(name: &str, file: &str, text: &str, document: &Spanned<DeTable<'_>>) -> Result<Timeline, Wrong> {
    let path = Path::new(name).with_file_name(file);
    let content = std::fs::read_to_string(&path).map_err(|error| {
        let offset = offset_of(document.get_ref(), &["load", "replay", "file"]);
        let message = format!("could not read {}: {error}", path.display());
        vec![place(text, offset, message)]
    })?;
    Timeline::parse(&content).map_err(|mistakes| Wrong {
        file: Some(path.display().to_string()),
        mistakes,
    })
}

/// Applies one `path=value` to the text. A value that is no TOML is taken as a text.
fn assign(text: &str, set: &str) -> Result<String, String> {
    let (path, value) = set
        .split_once('=')
        .ok_or("write it as path=value, such as population.people=100")?;
    let value = value.trim();
    let value: toml_edit::Value = value.parse().unwrap_or_else(|_| value.into());
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut at = document.as_item_mut();
    for word in path.trim().split('.') {
        if word.is_empty() {
            return Err("the path has an empty part".to_owned());
        }
        if at.is_none() {
            *at = toml_edit::table();
        }
        at = match at.as_table_like() {
            Some(_) => &mut at[word],
            None => return Err(format!("`{word}` stands below something that is not a table")),
        };
    }
    *at = toml_edit::value(value);
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 3\n[population]\npeople = 5\n[load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n";

    fn lines(text: &str) -> Vec<(usize, usize, String)> {
        match parse("x.toml", text, &[]) {
            Err(ScenarioError::Mistakes { mistakes, .. }) => mistakes
                .into_iter()
                .map(|mistake| (mistake.line, mistake.column, mistake.message))
                .collect(),
            other => panic!("no mistakes: {other:?}"),
        }
    }

    #[test]
    fn three_mistakes_are_three_places() {
        let text = "schema = 1\nname = \"a\"\nwhy = \"b\"\n[world]\nkind = \"cloud\"\n[population]\npeople = 0\npeeple = 3\n[load.constant_arrival_rate]\nrate = \"5\"\nmeasure = \"2s\"\n";
        let found = lines(text);
        let places: Vec<(usize, usize)> = found.iter().map(|(line, column, _)| (*line, *column)).collect();
        assert_eq!(places, [(5, 8), (7, 10), (8, 1), (10, 8)], "{found:?}");
        assert!(found[0].2.contains("`embedded`, `docker`"), "{found:?}");
        assert!(found[2].2.contains("unknown key `peeple`"), "{found:?}");
        assert!(found[3].2.contains("not a rate"), "{found:?}");
    }

    #[test]
    fn wrong_shapes_and_missing_keys_are_told() {
        let found = lines(
            "schema = 2\nname = \"a\"\nwhy = \"b\"\npopulation = 3\n[load]\nramp = {}\n[goals]\nunknown_ratio_max = 0.1\n",
        );
        let text = format!("{found:?}");
        for part in [
            "must be 1",
            "`population` must be a table",
            "unknown `ramp`",
            "a ratio such as",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(lines("schema = ").len() == 1);
        let missing = lines("schema = 1\n");
        assert!(
            missing
                .iter()
                .any(|(_, _, message)| message.contains("lacks the key `population`")),
            "{missing:?}"
        );
    }

    #[test]
    fn contradictions_have_places_too() {
        let text = GOOD.replace("people = 5\n", "people = 5\npersonas = { forgot = 1 }\n");
        assert_eq!(lines(&text)[0].0, 7);
        let text = format!("{GOOD}[world.lockout]\nthreshold = 0\n");
        assert_eq!((lines(&text)[0].0, lines(&text)[0].1), (11, 13));
    }

    #[test]
    fn a_message_lives_two_seconds_at_least() {
        let told = |lifetime: &str| {
            let set = format!("world.message_lifetime={lifetime}");
            parse("x.toml", GOOD, &[set]).map_err(|error| error.to_string())
        };
        assert!(told("1999ms").unwrap_err().contains("at least two seconds"));
        assert!(told("2s").is_ok());
    }

    #[test]
    fn assignments_override_and_are_checked() {
        let set = |text: &str| parse("x.toml", GOOD, &[text.to_owned()]);
        assert_eq!(set("population.people=77").unwrap().population.people, 77);
        assert_eq!(set("world.lockout.threshold=3").unwrap().world.lockout.threshold, 3);
        let scenario = set("load.constant_arrival_rate.rate=9/s").unwrap();
        let WrittenLoad::ConstantArrivalRate(load) = scenario.load else {
            panic!("{:?}", scenario.load);
        };
        assert_eq!(load.rate.to_string(), "9/s");
        for wrong in [
            "population.people",
            "population.people=none",
            "populatoin.people=4",
            "name.x=1",
            "=1",
        ] {
            let message = set(wrong).unwrap_err().to_string();
            assert!(message.starts_with("--set "), "{message}");
        }
    }
}
