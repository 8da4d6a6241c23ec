//! Parquet and Feather (Arrow IPC files): typed columns.

use super::affixed::affixed;
use super::unpack::Source;
use super::wide::{note_absent, tuples};
use super::{Progress, ReadOptions};
use crate::columns::{ColumnRole, Columns, find, is_end_name, remedy, says_no};
use crate::error::{Error, Result};
use crate::rows::{Collector, FileRows, Header, Row, TimeCell, is_empty};
use crate::stamp::{Stamp, from_epoch_f64, from_integer, show};
use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Float64Array, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Times in micro- and nanoseconds before this are seconds or milliseconds that were called so: 1970-02-01.
const LEAST_MS: i64 = 31 * 86_400_000;

type Batches = Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>>>;

pub(super) fn read_parquet(
    source: &Source,
    options: &ReadOptions,
    progress: Progress<'_>,
) -> Result<FileRows> {
    let path = source.path();
    guarded(path, || {
        let file = source.file()?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(path, e))?;
        let total = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let schema = builder.schema().clone();
        let reader = builder.with_batch_size(16_384).build().map_err(|e| damaged(path, e))?;
        read_batches(source, options, progress, &schema, Box::new(reader), total)
    })
}

pub(super) fn read_arrow(source: &Source, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let path = source.path();
    guarded(path, || {
        let file = source.file()?;
        let reader = arrow::ipc::reader::FileReader::try_new(std::io::BufReader::new(file), None)
            .map_err(|e| damaged(path, e))?;
        let schema = reader.schema();
        read_batches(source, options, progress, &schema, Box::new(reader), 0)
    })
}

pub(super) fn damaged(path: &Path, problem: impl std::fmt::Display) -> Error {
    let problem = problem.to_string();
    // The words of the decoder for a codec that was left out of it.
    if problem.to_lowercase().contains("disabled feature") {
        let problem = format!(
            "is compressed with what this program does not read: write it with zstd, snappy or gzip ({problem})"
        );
        return Error::layout(path, problem);
    }
    Error::layout(path, format!("cannot be decoded, it may be cut: {problem}"))
}

/// The decoders of the arrow crates panic on some damaged files; for the user that is a damaged file.
pub(super) fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged(path, "the decoder gave up")))
}

fn read_batches(
    source: &Source,
    options: &ReadOptions,
    progress: Progress<'_>,
    schema: &SchemaRef,
    batches: Batches,
    total: u64,
) -> Result<FileRows> {
    let path = source.path();
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let refuse = |problem: String| Error::layout(path, problem);
    let mut groups = tuples(&names, &options.columns).map_err(refuse)?;
    if groups.is_empty() && find(&names, &options.columns).is_err() {
        groups = affixed(&names, &options.columns).map_err(refuse)?;
    }
    let mut notes = Vec::new();
    let wide = groups.first().map(|group| group.columns.clone());
    let columns =
        wide.map_or_else(|| find(&names, &options.columns), Ok).or_else(|missing| match sole_time(schema) {
            // An index of times, whatever it is called.
            Some(name) if missing == ColumnRole::Time.name() => {
                notes.push(format!("the time is column {name:?}, the only one of times"));
                find(&names, &options.columns.with(ColumnRole::Time, name))
            }
            _ => Err(missing),
        });
    let mut columns = columns.map_err(|missing| {
        let problem =
            format!("has no {missing} among its columns {}: {}", names.join(", "), remedy(&missing));
        Error::layout(path, problem)
    })?;
    // `date` beside a `time` that is a whole stamp of its own.
    if let Some(clock) = columns.clock.filter(|at| is_stamp(schema.field(*at).data_type())) {
        (columns.time, columns.clock) = (clock, None);
    }
    let names = names.into_iter().map(str::to_owned).collect();
    let header = Header { names, columns: columns.clone(), named: true, wide: !groups.is_empty() };
    let mut rows = Collector::new(source, "row", header, options);
    for group in &groups {
        rows.also(Header { columns: group.columns.clone(), ..rows.header.clone() });
    }
    rows.notes.extend(notes);
    let mut first = 1;
    let mut without = vec![0_u64; groups.len()];
    for batch in batches {
        let batch = batch.map_err(|e| damaged(path, e))?;
        if groups.is_empty() {
            read_batch(path, &batch, &columns, first, None, &mut rows)?;
        }
        for (group, without) in groups.iter().zip(&mut without) {
            *without += read_batch(path, &batch, &group.columns, first, Some(&group.symbol), &mut rows)?;
        }
        first += batch.num_rows() as u64;
        progress(first - 1, if total > first { total } else { first });
    }
    note_absent(&groups, &without, "rows", &mut rows.notes);
    rows.finish()
}

fn is_stamp(kind: &DataType) -> bool {
    matches!(kind, DataType::Timestamp(..))
}

/// The name of the only column whose type is that of times.
fn sole_time(schema: &SchemaRef) -> Option<&str> {
    let is_time = |kind: &DataType| is_stamp(kind) || matches!(kind, DataType::Date32 | DataType::Date64);
    let mut times = schema.fields().iter().filter(|field| is_time(field.data_type()));
    let only = times.next().filter(|_| times.next().is_none())?;
    Some(only.name())
}

/// Reads a batch; returns how many rows hold nothing of `owner`.
fn read_batch(
    path: &Path,
    batch: &RecordBatch,
    columns: &Columns,
    first: u64,
    owner: Option<&str>,
    rows: &mut Collector,
) -> Result<u64> {
    let cells = |at: usize| Cells::new(batch.column(at)).map_err(|e| damaged(path, e));
    // A time of day beside the date joins its text.
    let time = match columns.clock {
        Some(_) => Times::Text(cells(columns.time)?),
        None => Times::new(batch.column(columns.time)).map_err(|e| damaged(path, e))?,
    };
    let clock = columns.clock.map(cells).transpose()?;
    let [open, high, low, close] = columns.prices;
    let prices = [cells(open)?, cells(high)?, cells(low)?, cells(close)?];
    let volume = columns.volume.map(cells).transpose()?;
    let symbol = columns.symbol.map(cells).transpose()?;
    let adjusted = columns.adjusted.map(cells).transpose()?;
    // A list or the like of such a name says nothing of the candle.
    let ended = rows.header.names.iter().position(|name| is_end_name(name)).and_then(|at| cells(at).ok());
    let counting = rows.counting();
    let mut without = 0;
    let mut texts: [Vec<u8>; 9] = Default::default();
    let mut said = Vec::new();
    for i in 0..batch.num_rows() {
        let row = first + i as u64;
        if ended.as_ref().is_some_and(|cells| says_no(cells.text(i, &mut said))) {
            rows.forming += 1;
            continue;
        }
        let [t0, t1, t2, t3, t4, t5, t6, t7, t8] = &mut texts;
        let time = match &time {
            Times::Text(cells) => TimeCell::Text(cells.text(i, t0), clock.as_ref().map(|c| c.text(i, t6))),
            Times::Ms { values, .. } | Times::Integers(values) if values.is_null(i) => {
                return Err(rows.wrong(ColumnRole::Time, row, "is missing"));
            }
            Times::Ms { values, per, times, zone } => {
                let ms = values.value(i).div_euclid(*per).saturating_mul(*times);
                if *per > 1 && values.value(i) > 0 && ms < LEAST_MS {
                    let problem = format!(
                        "is {} as the unit of the column says: these are epochs of another unit, write them as times",
                        show(ms)
                    );
                    return Err(rows.wrong_value(
                        ColumnRole::Time,
                        row,
                        &values.value(i).to_string(),
                        &problem,
                    ));
                }
                TimeCell::Read(Stamp { ms, assumed_utc: !zone, offset_ms: None })
            }
            Times::Integers(values) => TimeCell::Read(
                counting.number(values.value(i) as f64).unwrap_or_else(|| from_integer(values.value(i))),
            ),
            Times::Seconds(values) => {
                let value = if values.is_null(i) { f64::NAN } else { values.value(i) };
                match counting.number(value).or_else(|| from_epoch_f64(value)) {
                    Some(stamp) => TimeCell::Read(stamp),
                    None => return Err(rows.wrong(ColumnRole::Time, row, "is missing or no time")),
                }
            }
        };
        let row = Row {
            row,
            time,
            prices: [
                prices[0].text(i, t1),
                prices[1].text(i, t2),
                prices[2].text(i, t3),
                prices[3].text(i, t4),
            ],
            volume: volume.as_ref().map(|c| c.text(i, t5)),
            symbol: owner.map(str::as_bytes).or(symbol.as_ref().map(|c| c.text(i, t7))),
            adjusted: adjusted.as_ref().map(|c| c.text(i, t8)),
        };
        // A symbol beside others that has no bar at this time.
        if owner.is_some() && row.prices.iter().chain(&row.volume).all(|cell| is_empty(cell)) {
            without += 1;
            continue;
        }
        rows.push(row)?;
    }
    Ok(without)
}

/// A column as text; floats in the shortest decimal that gives the same float.
pub(super) enum Cells {
    F64(Float64Array),
    F32(Float32Array),
    Text(StringArray),
}

impl Cells {
    pub(super) fn new(column: &ArrayRef) -> std::result::Result<Self, ArrowError> {
        Ok(match column.data_type() {
            DataType::Float64 => Cells::F64(column.as_primitive::<Float64Type>().clone()),
            DataType::Float32 => Cells::F32(column.as_primitive::<Float32Type>().clone()),
            _ => Cells::Text(cast(column, &DataType::Utf8)?.as_string::<i32>().clone()),
        })
    }

    pub(super) fn text<'a>(&'a self, row: usize, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        buffer.clear();
        // Writing into memory cannot fail.
        let _ = match self {
            Cells::F64(values) if values.is_valid(row) => write!(buffer, "{}", values.value(row)),
            Cells::F32(values) if values.is_valid(row) => write!(buffer, "{}", values.value(row)),
            Cells::Text(values) if values.is_valid(row) => return values.value(row).as_bytes(),
            _ => Ok(()),
        };
        buffer
    }
}

pub(super) enum Times {
    /// Integers of a known unit: value / `per` x `times` = milliseconds.
    Ms {
        values: Int64Array,
        per: i64,
        times: i64,
        zone: bool,
    },
    /// Integers that are dates, or of a unit that their size shows.
    Integers(Int64Array),
    /// Floats of an epoch; seconds or a finer unit, by their size.
    Seconds(Float64Array),
    Text(Cells),
}

impl Times {
    pub(super) fn new(column: &ArrayRef) -> std::result::Result<Self, ArrowError> {
        let ints = |column: &ArrayRef| {
            Ok::<_, ArrowError>(cast(column, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        };
        Ok(match column.data_type() {
            DataType::Timestamp(unit, zone) => {
                let (per, times) = match unit {
                    TimeUnit::Second => (1, 1000),
                    TimeUnit::Millisecond => (1, 1),
                    TimeUnit::Microsecond => (1000, 1),
                    TimeUnit::Nanosecond => (1_000_000, 1),
                };
                Times::Ms { values: ints(column)?, per, times, zone: zone.is_some() }
            }
            DataType::Date32 => {
                let days = cast(column, &DataType::Int32)?;
                Times::Ms { values: ints(&days)?, per: 1, times: 86_400_000, zone: true }
            }
            DataType::Date64 => Times::Ms { values: ints(column)?, per: 1, times: 1, zone: true },
            DataType::Float64 | DataType::Float32 => {
                Times::Seconds(cast(column, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            kind if kind.is_integer() => Times::Integers(ints(column)?),
            _ => Times::Text(Cells::new(column)?),
        })
    }
}
