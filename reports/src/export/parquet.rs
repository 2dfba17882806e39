//! Apache Parquet, typed, a batch of rows at a time.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::Table;
use super::columns::{COLUMNS, Column, Kind, Value};
use super::row::Row;

/// Rows that are written together: what is held in memory, and what readers take at once.
const BATCH: usize = 1 << 16;

/// A table as row groups.
pub(super) struct Parquet<W: Write + Send> {
    out: SerializedFileWriter<W>,
    rows: Vec<Row>,
}

impl<W: Write + Send> Parquet<W> {
    /// Writes the head.
    pub fn new(out: W) -> io::Result<Self> {
        let out = writer(out).map_err(io::Error::other)?;
        let rows = Vec::with_capacity(BATCH);
        Ok(Self { out, rows })
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut group = self.out.next_row_group()?;
        for column in &COLUMNS {
            write_column(&mut group, column, &self.rows)?;
        }
        group.close()?;
        self.rows.clear();
        Ok(())
    }
}

impl<W: Write + Send> Table for Parquet<W> {
    fn add(&mut self, row: Row) -> io::Result<()> {
        self.rows.push(row);
        if self.rows.len() < BATCH {
            return Ok(());
        }
        self.flush().map_err(io::Error::other)
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.flush().map_err(io::Error::other)?;
        let mut out = self.out.into_inner().map_err(io::Error::other)?;
        out.flush()
    }
}

fn writer<W: Write + Send>(out: W) -> Result<SerializedFileWriter<W>, ParquetError> {
    let fields = COLUMNS.iter().map(|column| field(column).map(Arc::new));
    let fields = fields.collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("operations").with_fields(fields).build()?;
    let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    // An operation id comes once: a dictionary of them would only be larger.
    properties = properties.set_column_dictionary_enabled(ColumnPath::from("op_id"), false);
    for column in COLUMNS.iter().filter(|column| column.name.ends_with("_us")) {
        let path = ColumnPath::from(column.name);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build()))
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let physical = match column.kind {
        Kind::Text => Physical::BYTE_ARRAY,
        Kind::Id => Physical::FIXED_LEN_BYTE_ARRAY,
        Kind::Whole => Physical::INT64,
    };
    let builder = Type::primitive_type_builder(column.name, physical).with_repetition(Repetition::OPTIONAL);
    match column.kind {
        Kind::Text => builder.with_logical_type(Some(LogicalType::String)).build(),
        Kind::Id => builder
            .with_length(16)
            .with_logical_type(Some(LogicalType::Uuid))
            .build(),
        Kind::Whole => builder.build(),
    }
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    rows: &[Row],
) -> Result<(), ParquetError> {
    match column.kind {
        Kind::Text => write_values::<ByteArrayType, _>(group, column, rows, |value| match value {
            Value::Text(text) => Some(ByteArray::from(text)),
            _ => None,
        }),
        Kind::Id => write_values::<FixedLenByteArrayType, _>(group, column, rows, |value| match value {
            Value::Id(id) => Some(FixedLenByteArray::from(id.as_bytes().to_vec())),
            _ => None,
        }),
        Kind::Whole => write_values::<Int64Type, _>(group, column, rows, |value| match value {
            Value::Whole(number) => Some(number),
            _ => None,
        }),
    }
}

/// Values of one type. Definition levels say which rows have one (1) and which have none (0).
fn write_values<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    rows: &[Row],
    of: impl Fn(Value<'_>) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows {
        let value = (column.value)(row).and_then(&of);
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    let missing = || ParquetError::General(format!("the schema has no column {}", column.name));
    let mut out = group.next_column()?.ok_or_else(missing)?;
    out.typed::<T>().write_batch(&values, Some(&levels), None)?;
    out.close()
}
