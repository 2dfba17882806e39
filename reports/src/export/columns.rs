//! The columns of the table, in their order: the one place that knows their names and types.

use uuid::Uuid;
use vocabulary::Stage;

use super::row::Row;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text of few different values, or of many.
    Text,
    /// A UUID.
    Id,
    /// A whole number, signed, of 64 bits: what every reader has.
    Whole,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'r> {
    Text(&'r str),
    Id(Uuid),
    Whole(i64),
}

/// A column.
pub(super) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Its value in a row; none where there is none.
    pub value: fn(&Row) -> Option<Value<'_>>,
}

/// All of them. Times are microseconds since the run's start, durations microseconds.
pub(super) const COLUMNS: [Column; 30] = [
    whole("arrival", |row| row.arrival.and_then(wide)),
    whole("attempt", |row| Some(Value::Whole(row.attempt.into()))),
    id("op_id", |row| row.op_id.map(Value::Id)),
    text("op", |row| Some(Value::Text(row.op))),
    text("phase", |row| Some(Value::Text(row.phase))),
    text("actor", |row| Some(Value::Text(&row.actor))),
    text("persona", |row| {
        (!row.persona.is_empty()).then_some(Value::Text(&row.persona))
    }),
    id("user", |row| Some(Value::Id(row.user))),
    whole("writes", |row| row.writes.map(|label| Value::Whole(label.into()))),
    whole("proves", |row| row.proves.map(|label| Value::Whole(label.into()))),
    text("outcome", |row| Some(Value::Text(row.outcome))),
    text("reason", |row| row.reason.map(Value::Text)),
    text("sspr_code", |row| row.sspr.map(Value::Text)),
    whole("event_id", |row| row.event.map(|event| Value::Whole(event.into()))),
    whole("win32", |row| row.win32.map(|code| Value::Whole(code.into()))),
    whole("intended_us", |row| wide(row.intended_us)),
    whole("started_us", |row| row.ran.and_then(|ran| wide(ran.started_us))),
    whole("finished_us", |row| row.ran.and_then(|ran| wide(ran.finished_us))),
    whole("expires_us", |row| row.ran.and_then(|ran| wide(ran.expires_us))),
    whole("recorded_us", |row| wide(row.recorded_us)),
    whole("response_us", |row| row.response_us().and_then(wide)),
    whole("service_us", |row| row.service_us().and_then(wide)),
    whole("cloud_us", |row| row.stage_us(Stage::Cloud).and_then(wide)),
    whole("relay_us", |row| row.stage_us(Stage::Relay).and_then(wide)),
    whole("queue_us", |row| row.stage_us(Stage::Queue).and_then(wide)),
    whole("crypto_us", |row| row.stage_us(Stage::Crypto).and_then(wide)),
    whole("locate_us", |row| row.stage_us(Stage::Locate).and_then(wide)),
    whole("write_us", |row| row.stage_us(Stage::Write).and_then(wide)),
    whole("cloudstore_us", |row| row.stage_us(Stage::Cloudstore).and_then(wide)),
    whole("network_us", |row| row.network_us().and_then(wide)),
];

const fn text(name: &'static str, value: fn(&Row) -> Option<Value<'_>>) -> Column {
    let kind = Kind::Text;
    Column { name, kind, value }
}

const fn id(name: &'static str, value: fn(&Row) -> Option<Value<'_>>) -> Column {
    let kind = Kind::Id;
    Column { name, kind, value }
}

const fn whole(name: &'static str, value: fn(&Row) -> Option<Value<'_>>) -> Column {
    let kind = Kind::Whole;
    Column { name, kind, value }
}

/// Times fit by far: 2^63 microseconds are 292,000 years.
fn wide(value: u64) -> Option<Value<'static>> {
    i64::try_from(value).ok().map(Value::Whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_its_column_and_no_name_comes_twice() {
        for stage in Stage::ALL {
            let name = format!("{}_us", stage.as_str());
            assert!(COLUMNS.iter().any(|column| column.name == name), "{name}");
        }
        let mut names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
    }
}
