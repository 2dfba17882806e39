//! Comma-separated values (RFC 4180), one line a row.

use std::io::{self, Write};

use super::Table;
use super::columns::{COLUMNS, Value};
use super::row::Row;

/// A table as text.
pub(super) struct Csv<W> {
    out: W,
    line: String,
}

impl<W: Write> Csv<W> {
    /// Writes the head.
    pub fn new(mut out: W) -> io::Result<Self> {
        let names = COLUMNS.map(|column| column.name).join(",");
        out.write_all(names.as_bytes())?;
        out.write_all(b"\r\n")?;
        Ok(Self {
            out,
            line: String::new(),
        })
    }

    fn cell(&mut self, value: Value<'_>) {
        match value {
            Value::Text(text) => quoted(&mut self.line, text),
            Value::Id(id) => self
                .line
                .push_str(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())),
            Value::Whole(number) => self.line.push_str(&number.to_string()),
        }
    }
}

impl<W: Write> Table for Csv<W> {
    fn add(&mut self, row: Row) -> io::Result<()> {
        self.line.clear();
        for (number, column) in COLUMNS.iter().enumerate() {
            if number > 0 {
                self.line.push(',');
            }
            if let Some(value) = (column.value)(&row) {
                self.cell(value);
            }
        }
        self.line.push_str("\r\n");
        self.out.write_all(self.line.as_bytes())
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// In quotes where it needs them. What a spreadsheet would take for a formula stays as it is: the file is for programs, and the
/// same as the Parquet one.
fn quoted(line: &mut String, text: &str) {
    if !text.contains([',', '"', '\r', '\n']) {
        return line.push_str(text);
    }
    line.push('"');
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_line_is_quoted() {
        let cell = |text: &str| {
            let mut line = String::new();
            quoted(&mut line, text);
            line
        };
        assert_eq!(cell("anna@corp.test"), "anna@corp.test");
        assert_eq!(cell("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
    }
}
