//! Reads a table of numbers beside times: Parquet, Feather or delimited text with a header. Which columns are numbers
//! the file decides; the caller says which names it wants.

use super::table::{Cells, Times, damaged, guarded};
use crate::columns::{is_time_name, symbol_word};
use crate::error::{Error, Location, Result};
use crate::rows::is_empty;
use crate::stamp::{DayOrder, NoStamp, from_epoch_f64, from_integer, parse};
use arrow::array::{Array, AsArray, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Rows of numbers as a file has them.
#[derive(Debug)]
pub(crate) struct Numbers {
    pub file: PathBuf,
    /// `line` or `row`.
    pub unit: &'static str,
    /// Name of the column of times.
    pub time: String,
    /// Names of the columns of numbers.
    pub names: Vec<String>,
    /// Names of all others, but those of times and symbols.
    pub left_out: Vec<String>,
    /// Where each row stands, its time, and its symbol if the file has one.
    pub rows: Vec<(u64, i64, Option<String>)>,
    /// The columns; NaN where a cell is empty.
    pub values: Vec<Vec<f64>>,
    pub assumed_utc: bool,
}

impl Numbers {
    /// An error at a value.
    pub(crate) fn wrong(&self, column: &str, row: u64, value: String, problem: String) -> Error {
        let (file, column) = (self.file.clone(), column.to_owned());
        Error::Value { location: Location { file, row, unit: self.unit, column, value }, problem }
    }
}

/// How the columns of a file are used.
struct Layout {
    time: usize,
    symbol: Option<usize>,
    numbers: Vec<usize>,
    left_out: Vec<usize>,
}

impl Layout {
    /// `is_number`: whether a column may hold numbers.
    fn new(path: &Path, names: &[String], is_number: impl Fn(usize) -> bool) -> Result<Layout> {
        let times = || (0..names.len()).filter(|&i| is_time_name(&names[i]));
        let exact = times().find(|&i| names[i].eq_ignore_ascii_case("time"));
        let unnamed = || names.first().filter(|name| name.trim().is_empty()).map(|_| 0);
        let Some(time) = exact.or_else(|| times().next()).or_else(unnamed) else {
            let problem =
                format!("has no time among its columns {}: call one of them time", names.join(", "));
            return Err(Error::layout(path, problem));
        };
        let words = (0..names.len()).filter(|&i| i != time);
        let symbol = words.filter_map(|i| Some((symbol_word(&names[i])?, i))).min().map(|(_, i)| i);
        let rest = || (0..names.len()).filter(|&i| i != time && Some(i) != symbol);
        let numbers: Vec<usize> = rest().filter(|&i| is_number(i)).collect();
        let left_out = rest().filter(|i| !numbers.contains(i)).collect();
        if let Some(twice) = numbers.iter().find(|&&i| numbers.iter().any(|&j| j < i && names[j] == names[i]))
        {
            return Err(Error::layout(path, format!("has two columns called {:?}", names[*twice])));
        }
        Ok(Layout { time, symbol, numbers, left_out })
    }

    fn table(&self, path: &Path, unit: &'static str, names: &[String]) -> Numbers {
        let named = |all: &[usize]| all.iter().map(|&i| names[i].clone()).collect();
        Numbers {
            file: path.to_owned(),
            unit,
            time: names[self.time].clone(),
            names: named(&self.numbers),
            left_out: named(&self.left_out),
            rows: Vec::new(),
            values: vec![Vec::new(); self.numbers.len()],
            assumed_utc: false,
        }
    }
}

/// Reads the file at `path`.
///
/// # Errors
/// `Missing` or `Io` if it cannot be read; `Invalid` with line, column and value if it is not understood.
pub(crate) fn read_numbers(path: &Path, order: Option<DayOrder>) -> Result<Numbers> {
    let failed = |e| Error::io("read", path, e);
    let mut head = Vec::new();
    File::open(path).map_err(failed)?.take(8).read_to_end(&mut head).map_err(failed)?;
    let found = match head.as_slice() {
        [] => return Err(Error::layout(path, "is empty")),
        [b'P', b'A', b'R', b'1', ..] => guarded(path, || {
            let file = File::open(path).map_err(failed)?;
            let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(path, e))?;
            let schema = builder.schema().clone();
            let reader = builder.with_batch_size(16_384).build().map_err(|e| damaged(path, e))?;
            batches(path, order, &schema, reader)
        }),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => guarded(path, || {
            let file = std::io::BufReader::new(File::open(path).map_err(failed)?);
            let reader = arrow::ipc::reader::FileReader::try_new(file, None).map_err(|e| damaged(path, e))?;
            let schema = reader.schema();
            batches(path, order, &schema, reader)
        }),
        _ => text(path, order),
    }?;
    if found.rows.is_empty() {
        return Err(Error::layout(path, "has no rows"));
    }
    Ok(found)
}

fn batches(
    path: &Path,
    order: Option<DayOrder>,
    schema: &SchemaRef,
    batches: impl Iterator<Item = std::result::Result<RecordBatch, ArrowError>>,
) -> Result<Numbers> {
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let is_number = |i: usize| {
        let kind = schema.field(i).data_type();
        kind.is_numeric() || *kind == DataType::Boolean
    };
    let layout = Layout::new(path, &names, is_number)?;
    let mut table = layout.table(path, "row", &names);
    let failed = |e: ArrowError| damaged(path, e);
    for batch in batches {
        let batch = batch.map_err(failed)?;
        let times = Times::new(batch.column(layout.time)).map_err(failed)?;
        let symbols = layout.symbol.map(|i| Cells::new(batch.column(i))).transpose().map_err(failed)?;
        table.assumed_utc |= matches!(times, Times::Ms { zone: false, .. });
        let mut buffer = Vec::new();
        for i in 0..batch.num_rows() {
            let row = table.rows.len() as u64 + 1;
            let time = time_of(&mut table, &times, i, row, order)?;
            let symbol = symbols.as_ref().map(|cells| cells.text(i, &mut buffer).to_vec());
            let symbol = symbol.map(|text| String::from_utf8_lossy(&text).trim().to_owned());
            table.rows.push((row, time, symbol));
        }
        for (values, &i) in table.values.iter_mut().zip(&layout.numbers) {
            let column = cast(batch.column(i), &DataType::Float64).map_err(failed)?;
            let column: &Float64Array = column.as_primitive::<Float64Type>();
            values.extend(column.iter().map(|value| value.unwrap_or(f64::NAN)));
        }
    }
    Ok(table)
}

fn time_of(table: &mut Numbers, times: &Times, i: usize, row: u64, order: Option<DayOrder>) -> Result<i64> {
    let stamp = match times {
        Times::Ms { values, per, times, .. } if values.is_valid(i) => {
            return Ok(values.value(i).div_euclid(*per).saturating_mul(*times));
        }
        Times::Integers(values) if values.is_valid(i) => Some(from_integer(values.value(i))),
        Times::Seconds(values) if values.is_valid(i) => from_epoch_f64(values.value(i)),
        Times::Text(cells) => {
            let mut buffer = Vec::new();
            let text = cells.text(i, &mut buffer).to_vec();
            return stamp(table, &text, row, order);
        }
        _ => None,
    };
    let stamp =
        stamp.ok_or_else(|| table.wrong(&table.time, row, String::new(), "is missing or no time".into()))?;
    table.assumed_utc |= stamp.assumed_utc;
    Ok(stamp.ms)
}

fn stamp(table: &mut Numbers, text: &[u8], row: u64, order: Option<DayOrder>) -> Result<i64> {
    let problem = match parse(text, order) {
        Ok(stamp) => {
            table.assumed_utc |= stamp.assumed_utc;
            return Ok(stamp.ms);
        }
        Err(NoStamp::Ambiguous) => {
            "has day and month in an order that is not known: say --dates day-month or --dates month-day"
        }
        Err(NoStamp::Unknown) => {
            "is no time this program reads: write an epoch, or 2017-07-01 11:00:00 with or without Z or an offset"
        }
    };
    Err(table.wrong(&table.time, row, String::from_utf8_lossy(text).into_owned(), problem.to_owned()))
}

fn text(path: &Path, order: Option<DayOrder>) -> Result<Numbers> {
    let failed = |e: csv::Error| {
        let text = e.to_string();
        match e.into_kind() {
            csv::ErrorKind::Io(e) => Error::io("read", path, e),
            _ => Error::layout(path, text),
        }
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(path)?).from_path(path).map_err(failed)?;
    let header = reader.byte_headers().map_err(failed)?;
    let name = |cell: &[u8]| {
        String::from_utf8_lossy(cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell)).trim().to_owned()
    };
    let names: Vec<String> = header.iter().map(name).collect();
    let records = reader.into_byte_records().collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
    // The first cell that is not empty tells whether a column is text.
    let is_number = |i: usize| {
        let mut cells = records.iter().filter_map(|record| record.get(i)).map(<[u8]>::trim_ascii);
        cells.find(|cell| !is_empty(cell)).is_none_or(|cell| number(cell).is_some())
    };
    let layout = Layout::new(path, &names, is_number)?;
    let mut table = layout.table(path, "line", &names);
    for record in &records {
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |i: usize| record.get(i).unwrap_or_default().trim_ascii();
        let time = stamp(&mut table, cell(layout.time), line, order)?;
        let symbol = layout.symbol.map(|i| String::from_utf8_lossy(cell(i)).into_owned());
        table.rows.push((line, time, symbol));
        for (k, &i) in layout.numbers.iter().enumerate() {
            let Some(value) = number(cell(i)) else {
                let value = String::from_utf8_lossy(cell(i)).into_owned();
                let problem = "is no number, true, false or empty".to_owned();
                return Err(table.wrong(&names[i], line, value, problem));
            };
            table.values[k].push(value);
        }
    }
    Ok(table)
}

/// The sign that stands most often in the first line.
fn delimiter(path: &Path) -> Result<u8> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    file.take(1 << 16).read_to_end(&mut head).map_err(|e| Error::io("read", path, e))?;
    if head.contains(&0) {
        return Err(Error::layout(path, "is neither Parquet, Feather nor a text of columns"));
    }
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |sign: u8| line.iter().filter(|&&byte| byte == sign).count();
    let signs = [b',', b';', b'\t', b'|'];
    Ok(signs.into_iter().rev().max_by_key(|&sign| count(sign)).unwrap_or(b','))
}

fn number(cell: &[u8]) -> Option<f64> {
    if is_empty(cell) {
        return Some(f64::NAN);
    }
    match std::str::from_utf8(cell).ok()? {
        text if text.eq_ignore_ascii_case("true") => Some(1.0),
        text if text.eq_ignore_ascii_case("false") => Some(0.0),
        text => text.parse().ok(),
    }
}
