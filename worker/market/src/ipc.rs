//! The Arrow IPC files of a dataset: how they are laid out, written and read back without copying.
//!
//! The reader walks the file's own tables with every offset checked, because the decoder of the arrow crate
//! panics on offsets that point outside the file. All columns are 64 bits wide and lie uncompressed at
//! multiples of 64 bytes, so a column of the memory-mapped file is already a slice of the machine's own type.

use crate::series::{FundingStamp, MAX_DECIMALS, Series, scale};
use arrow::array::{ArrayRef, Float64Array, Int64Array, TimestampMillisecondArray};
use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::error::ArrowError;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use arrow::ipc::{MetadataVersion, convert::try_fb_to_schema, root_as_footer, root_as_message};
use arrow::record_batch::RecordBatch;
use std::io::Write;
use std::sync::Arc;

const MAGIC: &[u8; 6] = b"ARROW1";
/// Alignment of every column inside the file, in bytes.
pub(crate) const ALIGNMENT: usize = 64;
const FORMAT_KEY: &str = "galapagos.format";
const FORMAT: &str = "1";

/// One column of a file: its values, and how many of them are null.
pub(crate) struct Column {
    values: Buffer,
    rows: usize,
    nulls: usize,
}

impl Column {
    pub(crate) fn i64s(&self) -> ScalarBuffer<i64> {
        ScalarBuffer::new(self.values.clone(), 0, self.rows)
    }

    pub(crate) fn f64s(&self) -> ScalarBuffer<f64> {
        ScalarBuffer::new(self.values.clone(), 0, self.rows)
    }

    /// The values if none is null, `None` if all are; part of a column cannot be missing.
    fn optional(&self, name: &str) -> Result<Option<ScalarBuffer<f64>>, String> {
        match self.nulls {
            0 => Ok(Some(self.f64s())),
            n if n == self.rows => Ok(None),
            n => Err(format!("column {name} has {n} nulls in {} rows", self.rows)),
        }
    }
}

/// The bars of one symbol as they lie in a file.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    pub symbol: String,
    pub decimals: u8,
    pub interval: String,
    pub time: ScalarBuffer<i64>,
    pub prices: [ScalarBuffer<f64>; 4],
    pub ticks: [ScalarBuffer<i64>; 4],
    pub volume: Option<ScalarBuffer<f64>>,
}

fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn bar_fields() -> Vec<Field> {
    let mut fields = vec![Field::new("time", time_type(), false)];
    fields.extend(["open", "high", "low", "close"].map(|n| Field::new(n, DataType::Float64, false)));
    fields.push(Field::new("volume", DataType::Float64, true));
    let ticks = ["open_ticks", "high_ticks", "low_ticks", "close_ticks"];
    fields.extend(ticks.map(|n| Field::new(n, DataType::Int64, false)));
    fields
}

fn funding_fields() -> Vec<Field> {
    vec![
        Field::new("time", time_type(), false),
        Field::new("rate", DataType::Float64, false),
        Field::new("mark", DataType::Float64, true),
        Field::new("rate_e9", DataType::Int64, false),
    ]
}

/// What a file of signals has: times, and numbers that are never null.
fn signal_fields(names: &[String]) -> Vec<Field> {
    let mut fields = vec![Field::new("time", time_type(), false)];
    fields.extend(names.iter().map(|name| Field::new(name, DataType::Float64, false)));
    fields
}

fn write(
    out: impl Write,
    fields: Vec<Field>,
    meta: &[(&str, String)],
    columns: Vec<ArrayRef>,
) -> Result<(), ArrowError> {
    let mut schema = Schema::new(fields);
    schema.metadata.extend(meta.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
    let schema = Arc::new(schema);
    let batch = RecordBatch::try_new(schema.clone(), columns)?;
    let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
    let mut writer = FileWriter::try_new_with_options(out, &schema, options)?;
    writer.write(&batch)?;
    writer.finish()
}

/// What a file of bars of `s` has.
pub(crate) fn bar_schema(s: &Series<'_>, interval: &str) -> Schema {
    let mut schema = Schema::new(bar_fields());
    let meta = [
        (FORMAT_KEY, FORMAT),
        ("symbol", s.symbol),
        ("decimals", &s.decimals.to_string()),
        ("interval", interval),
    ];
    schema.metadata.extend(meta.map(|(key, value)| (key.to_owned(), value.to_owned())));
    schema
}

/// Writes the funding stamps of `s`.
pub(crate) fn write_funding(out: impl Write, s: &Series<'_>) -> Result<(), ArrowError> {
    let stamps = s.funding;
    let time =
        TimestampMillisecondArray::from_iter_values(stamps.iter().map(|f| f.time_ms)).with_timezone("UTC");
    let meta = [(FORMAT_KEY, FORMAT.to_owned()), ("symbol", s.symbol.to_owned())];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(time),
        Arc::new(Float64Array::from_iter_values(stamps.iter().map(|f| f.rate_e9 as f64 / 1e9))),
        Arc::new(Float64Array::from_iter(stamps.iter().map(|f| f.mark))),
        Arc::new(Int64Array::from_iter_values(stamps.iter().map(|f| f.rate_e9))),
    ];
    write(out, funding_fields(), &meta, columns)
}

/// The bars of `s` for other programs: what a dataset has of them without the columns of ticks. Volume is left out where
/// there is none.
pub(crate) fn plain(s: &Series<'_>) -> Result<RecordBatch, ArrowError> {
    let price = |ticks: &[i64]| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(ticks.iter().map(|&t| t as f64 / s.scale())))
    };
    let time: ArrayRef = Arc::new(TimestampMillisecondArray::from(s.time_ms.to_vec()).with_timezone("UTC"));
    let prices = [("open", s.open), ("high", s.high), ("low", s.low), ("close", s.close)];
    let volume = s.volume.map(|v| ("volume", Arc::new(Float64Array::from(v.to_vec())) as ArrayRef));
    let columns = prices.map(|(name, ticks)| (name, price(ticks)));
    RecordBatch::try_from_iter([("time", time)].into_iter().chain(columns).chain(volume))
}

/// Writes a batch as a file of its own.
pub(crate) fn write_batch(out: impl Write, batch: &RecordBatch) -> Result<(), ArrowError> {
    let mut writer = FileWriter::try_new(out, &batch.schema())?;
    writer.write(batch)?;
    writer.finish()
}

/// Writes the columns of signals of a symbol, a row for each of its bars.
pub(crate) fn write_signals(
    out: impl Write,
    symbol: &str,
    time_ms: &[i64],
    names: &[String],
    values: &[Vec<f64>],
) -> Result<(), ArrowError> {
    let meta = [(FORMAT_KEY, FORMAT.to_owned()), ("symbol", symbol.to_owned())];
    let time = TimestampMillisecondArray::from(time_ms.to_vec()).with_timezone("UTC");
    let mut columns: Vec<ArrayRef> = vec![Arc::new(time)];
    columns.extend(values.iter().map(|values| -> ArrayRef { Arc::new(Float64Array::from(values.clone())) }));
    write(out, signal_fields(names), &meta, columns)
}

fn meta_value(schema: &Schema, key: &str) -> Result<String, String> {
    schema
        .metadata()
        .get(key)
        .cloned()
        .ok_or_else(|| format!("has no metadata {key:?}, so it is no file of a dataset"))
}

/// Reads the bars from the bytes of a file; the columns share them.
pub(crate) fn read_bars(bytes: &Buffer) -> Result<Bars, String> {
    let (schema, columns) = read(bytes, &bar_fields())?;
    let decimals: u8 = meta_value(&schema, "decimals")?.parse().map_err(|_| "decimals are no number")?;
    if decimals > MAX_DECIMALS {
        return Err(format!("has {decimals} decimals, at most {MAX_DECIMALS} are possible"));
    }
    Ok(Bars {
        symbol: meta_value(&schema, "symbol")?,
        decimals,
        interval: meta_value(&schema, "interval")?,
        time: columns[0].i64s(),
        prices: [1, 2, 3, 4].map(|i| columns[i].f64s()),
        volume: columns[5].optional("volume")?,
        ticks: [6, 7, 8, 9].map(|i| columns[i].i64s()),
    })
}

/// Reads the columns of signals of a symbol, in the order of `names`: its times, and the values.
pub(crate) fn read_signals(
    bytes: &Buffer,
    symbol: &str,
    names: &[String],
) -> Result<(ScalarBuffer<i64>, Vec<ScalarBuffer<f64>>), String> {
    let (schema, columns) = read(bytes, &signal_fields(names))?;
    let owner = meta_value(&schema, "symbol")?;
    if owner != symbol {
        return Err(format!("holds the signals of {owner}, not of {symbol}"));
    }
    let [time, values @ ..] = columns.as_slice() else { return Err("has no columns".to_owned()) };
    Ok((time.i64s(), values.iter().map(Column::f64s).collect()))
}

/// Reads funding stamps from the bytes of a file.
pub(crate) fn read_funding(bytes: &Buffer, symbol: &str) -> Result<Vec<FundingStamp>, String> {
    let (schema, columns) = read(bytes, &funding_fields())?;
    let owner = meta_value(&schema, "symbol")?;
    if owner != symbol {
        return Err(format!("holds the funding of {owner}, not of {symbol}"));
    }
    let (time, rate) = (columns[0].i64s(), columns[3].i64s());
    let mark = columns[2].optional("mark")?;
    let shown = columns[1].f64s();
    if shown.iter().zip(rate.iter()).any(|(&s, &r)| s != r as f64 / 1e9) {
        return Err("columns rate and rate_e9 differ".into());
    }
    let stamp =
        |i: usize| FundingStamp { time_ms: time[i], rate_e9: rate[i], mark: mark.as_ref().map(|m| m[i]) };
    Ok((0..time.len()).map(stamp).collect())
}

/// Checks that what people see (f64) is what the engine computes with (ticks).
pub(crate) fn check_prices(bars: &Bars) -> Result<(), String> {
    let by = scale(bars.decimals);
    for (i, name) in ["open", "high", "low", "close"].into_iter().enumerate() {
        let differs = |(&p, &t): (&f64, &i64)| p != t as f64 / by;
        if let Some(row) = bars.prices[i].iter().zip(bars.ticks[i].iter()).position(differs) {
            return Err(format!("columns {name} and {name}_ticks differ in row {}", row + 1));
        }
    }
    Ok(())
}

fn slice<'a>(bytes: &'a Buffer, offset: i64, length: i64, what: &str) -> Result<&'a [u8], String> {
    let range = || {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        bytes.as_slice().get(start..end)
    };
    range().ok_or_else(|| format!("is cut or changed: {what} lies outside the file of {} bytes", bytes.len()))
}

/// Reads a file of exactly `fields`, each 64 bits wide, in one record batch.
fn read(bytes: &Buffer, fields: &[Field]) -> Result<(Schema, Vec<Column>), String> {
    let len = bytes.len();
    let all = bytes.as_slice();
    if len < 32 || &all[..6] != MAGIC {
        return Err("is no Arrow file".into());
    }
    if &all[len - 6..] != MAGIC {
        return Err("is cut: the end of an Arrow file is missing".into());
    }
    let mut word = [0; 4];
    word.copy_from_slice(&all[len - 10..len - 6]);
    let footer_len = i64::from(i32::from_le_bytes(word));
    let footer = slice(bytes, len as i64 - 10 - footer_len, footer_len, "the footer")?;
    let footer = root_as_footer(footer).map_err(|e| format!("has a damaged footer: {e}"))?;
    let schema = footer.schema().ok_or("has no schema")?;
    let schema = try_fb_to_schema(schema).map_err(|e| format!("has a damaged schema: {e}"))?;
    let same = |(a, b): (&Arc<Field>, &Field)| {
        a.name() == b.name() && a.data_type() == b.data_type() && a.is_nullable() == b.is_nullable()
    };
    if schema.fields().len() != fields.len() || !schema.fields().iter().zip(fields).all(same) {
        return Err("has other columns than a file of a dataset".into());
    }
    if meta_value(&schema, FORMAT_KEY)? != FORMAT {
        return Err("has a format this program does not know".into());
    }
    let blocks = footer.recordBatches().ok_or("has no record batch")?;
    if blocks.len() != 1 {
        return Err(format!("has {} record batches instead of one", blocks.len()));
    }
    let columns = read_batch(bytes, blocks.get(0), fields.len())?;
    Ok((schema, columns))
}

fn read_batch(bytes: &Buffer, block: &arrow::ipc::Block, fields: usize) -> Result<Vec<Column>, String> {
    let head_len = i64::from(block.metaDataLength());
    let head = slice(bytes, block.offset(), head_len, "the head of the batch")?;
    // Continuation mark and length stand before the message.
    let message = head.get(8..).ok_or("has a damaged batch head")?;
    let message = root_as_message(message).map_err(|e| format!("has a damaged batch head: {e}"))?;
    let batch = message.header_as_record_batch().ok_or("has no record batch where one should be")?;
    if batch.compression().is_some() {
        return Err("is compressed".into());
    }
    let body = block.offset().checked_add(head_len).ok_or("has a damaged footer")?;
    slice(bytes, body, block.bodyLength(), "the body")?;
    let (nodes, buffers) = (batch.nodes().ok_or("has no columns")?, batch.buffers().ok_or("has no columns")?);
    if nodes.len() != fields || buffers.len() != 2 * fields {
        return Err("has a damaged batch head: the number of columns differs".into());
    }
    let rows = usize::try_from(batch.length()).map_err(|_| "has a negative number of rows")?;
    let mut columns = Vec::with_capacity(fields);
    for i in 0..fields {
        let (node, buffer) = (nodes.get(i), buffers.get(2 * i + 1));
        let size = rows.checked_mul(8).and_then(|n| i64::try_from(n).ok()).ok_or("has too many rows")?;
        if node.length() != batch.length() || buffer.length() < size {
            return Err(format!("is cut or changed: column {} has fewer than {rows} rows", i + 1));
        }
        let start = body.checked_add(buffer.offset()).ok_or("has a damaged batch head")?;
        slice(bytes, start, size, "a column")?;
        let start = start as usize;
        if !(bytes.as_ptr() as usize + start).is_multiple_of(ALIGNMENT) {
            return Err(format!("has column {} at an address that is no multiple of {ALIGNMENT}", i + 1));
        }
        let nulls = usize::try_from(node.null_count()).map_err(|_| "has a negative number of nulls")?;
        columns.push(Column { values: bytes.slice_with_length(start, size as usize), rows, nulls });
    }
    Ok(columns)
}
