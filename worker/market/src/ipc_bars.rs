//! Writes the bars of a dataset as one record batch, column by column: what arrow's own writer writes, which wants all
//! columns in memory. Prices in f64 are for people, ticks in i64 for the engine.

use crate::error::{Error, Result};
use crate::ipc::{ALIGNMENT, bar_schema};
use crate::series::Series;
use crate::series_blocks::ByColumn;
use arrow::error::ArrowError;
use arrow::ipc::convert::IpcSchemaEncoder;
use arrow::ipc::writer::{DictionaryTracker, EncodedData, IpcDataGenerator, IpcWriteOptions, write_message};
use arrow::ipc::{
    Block, Buffer, FieldNode, FooterBuilder, MessageBuilder, MessageHeader, MetadataVersion,
    RecordBatchBuilder,
};
use flatbuffers::FlatBufferBuilder;
use std::io::Write;
use std::path::Path;

const MAGIC: &[u8; 6] = b"ARROW1";
/// Columns of a file: the time, four prices, the volume, four prices in ticks.
const COLUMNS: usize = 10;
const VOLUME: usize = 5;
/// Stands before each message; alone, at the end of them.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
const ZEROS: [u8; 4096] = [0; 4096];

/// Writes the file at `path`: `bare` says what is known of the series, `columns` has its rows.
///
/// # Errors
/// Those of `out`; as an external error, those of `columns`.
pub(crate) fn write_bars(
    out: &mut impl Write,
    path: &Path,
    bare: &Series<'_>,
    columns: &dyn ByColumn,
    interval: &str,
) -> std::result::Result<(), ArrowError> {
    let schema = bar_schema(bare, interval);
    let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
    out.write_all(MAGIC)?;
    pad(out, MAGIC.len())?;
    let mut dictionaries = DictionaryTracker::new(true);
    let head = IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(
        &schema,
        &mut dictionaries,
        &options,
    );
    let (head, _) = write_message(&mut *out, head, &options)?;
    let rows = columns.rows();
    let (message, body) = batch_message(rows, bare.volume.is_some());
    let (length, _) = write_message(&mut *out, message, &options)?;
    for column in 0..COLUMNS {
        write_column(out, path, bare, columns, column)
            .map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
    }
    out.write_all(&END)?;
    let footer = footer(&schema, Block::new((ALIGNMENT + head) as i64, length as i32, body));
    out.write_all(&footer)?;
    out.write_all(&(footer.len() as i32).to_le_bytes())?;
    out.write_all(MAGIC)?;
    Ok(())
}

/// Bytes up to the next multiple of the alignment.
fn padding(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT) - length
}

fn pad(out: &mut impl Write, length: usize) -> std::io::Result<()> {
    out.write_all(&ZEROS[..padding(length)])
}

/// The head of the batch, and the length of its body.
fn batch_message(rows: usize, has_volume: bool) -> (EncodedData, i64) {
    let (mut nodes, mut buffers, mut offset) = (Vec::new(), Vec::new(), 0);
    for column in 0..COLUMNS {
        let is_null = column == VOLUME && !has_volume;
        nodes.push(FieldNode::new(rows as i64, if is_null { rows as i64 } else { 0 }));
        for length in [if is_null { rows.div_ceil(8) } else { 0 }, 8 * rows] {
            buffers.push(Buffer::new(offset, length as i64));
            offset += (length + padding(length)) as i64;
        }
    }
    let mut fbb = FlatBufferBuilder::new();
    let (buffers, nodes) = (fbb.create_vector(&buffers), fbb.create_vector(&nodes));
    let mut batch = RecordBatchBuilder::new(&mut fbb);
    batch.add_length(rows as i64);
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    let batch = batch.finish();
    let mut message = MessageBuilder::new(&mut fbb);
    message.add_version(MetadataVersion::V5);
    message.add_header_type(MessageHeader::RecordBatch);
    message.add_bodyLength(offset);
    message.add_header(batch.as_union_value());
    let root = message.finish();
    fbb.finish(root, None);
    (EncodedData { ipc_message: fbb.finished_data().to_vec(), arrow_data: Vec::new() }, offset)
}

fn footer(schema: &arrow::datatypes::Schema, block: Block) -> Vec<u8> {
    let mut fbb = FlatBufferBuilder::new();
    let dictionaries = fbb.create_vector::<Block>(&[]);
    let batches = fbb.create_vector(&[block]);
    let mut tracker = DictionaryTracker::new(true);
    let mut encoder = IpcSchemaEncoder::new().with_dictionary_tracker(&mut tracker);
    let schema = encoder.schema_to_fb_offset(&mut fbb, schema);
    let mut footer = FooterBuilder::new(&mut fbb);
    footer.add_version(MetadataVersion::V5);
    footer.add_schema(schema);
    footer.add_dictionaries(dictionaries);
    footer.add_recordBatches(batches);
    let root = footer.finish();
    fbb.finish(root, None);
    fbb.finished_data().to_vec()
}

fn write_column(
    out: &mut impl Write,
    path: &Path,
    bare: &Series<'_>,
    columns: &dyn ByColumn,
    column: usize,
) -> Result<()> {
    let (rows, scale) = (columns.rows(), bare.scale());
    let failed = |e: std::io::Error| Error::io("write", path, e);
    match column {
        VOLUME if bare.volume.is_some() => {
            columns.each_volume(&mut |volume| put(out, volume, f64::to_le_bytes).map_err(failed))?;
        }
        VOLUME => {
            for length in [rows.div_ceil(8), 8 * rows] {
                let mut left = length;
                while left > 0 {
                    let piece = left.min(ZEROS.len());
                    out.write_all(&ZEROS[..piece]).map_err(failed)?;
                    left -= piece;
                }
                pad(out, length).map_err(failed)?;
            }
            return Ok(());
        }
        0 => columns.each_ticks(0, &mut |times| put(out, times, i64::to_le_bytes).map_err(failed))?,
        1..VOLUME => columns.each_ticks(column, &mut |ticks| {
            put(out, ticks, |tick: i64| (tick as f64 / scale).to_le_bytes()).map_err(failed)
        })?,
        _ => columns
            .each_ticks(column - VOLUME, &mut |ticks| put(out, ticks, i64::to_le_bytes).map_err(failed))?,
    }
    pad(out, 8 * rows).map_err(failed)
}

/// Blocks of 64 KiB, as in the digest.
fn put<T: Copy>(out: &mut impl Write, column: &[T], bytes: impl Fn(T) -> [u8; 8]) -> std::io::Result<()> {
    let mut block = vec![0u8; 8 * column.len().min(8192)];
    for values in column.chunks(8192) {
        for (place, &value) in block.chunks_exact_mut(8).zip(values) {
            place.copy_from_slice(&bytes(value));
        }
        out.write_all(&block[..8 * values.len()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Blocks;
    use crate::series_blocks::{SeriesBlock, SeriesBlocks};
    use crate::spill::Spill;
    use arrow::array::{ArrayRef, Float64Array, Int64Array, TimestampMillisecondArray};
    use arrow::ipc::writer::FileWriter;
    use arrow::record_batch::RecordBatch;
    use std::sync::Arc;

    fn block(from: i64, rows: i64, volume: bool) -> SeriesBlock {
        let column = |shift: i64| (from..from + rows).map(|i| 100 + i * 7 + shift).collect::<Vec<i64>>();
        SeriesBlock {
            time_ms: (from..from + rows).map(|i| i * 60_000).collect(),
            open: column(0),
            high: column(9),
            low: column(-9),
            close: column(3),
            volume: if volume { column(0).into_iter().map(|i| i as f64 / 3.0).collect() } else { Vec::new() },
        }
    }

    /// The same file by arrow's own writer.
    fn expected(series: &SeriesBlocks, all: &SeriesBlock) -> Vec<u8> {
        let price =
            |ticks: &[i64]| Arc::new(Float64Array::from_iter_values(ticks.iter().map(|&t| t as f64 / 100.0)));
        let prices = [&all.open, &all.high, &all.low, &all.close];
        let time = TimestampMillisecondArray::from(all.time_ms.clone()).with_timezone("UTC");
        let mut columns: Vec<ArrayRef> = vec![Arc::new(time)];
        columns.extend(prices.map(|ticks| price(ticks) as ArrayRef));
        columns.push(match series.has_volume {
            true => Arc::new(Float64Array::from(all.volume.clone())),
            false => Arc::new(Float64Array::new_null(all.time_ms.len())),
        });
        columns.extend(prices.map(|ticks| Arc::new(Int64Array::from(ticks.clone())) as ArrayRef));
        let schema = Arc::new(bar_schema(&series.bare(), "1m"));
        let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
        let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5).unwrap();
        let mut bytes = Vec::new();
        let mut writer = FileWriter::try_new_with_options(&mut bytes, &schema, options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        bytes
    }

    #[test]
    fn blocks_in_memory_and_on_disk_give_the_file_that_arrow_writes() {
        let dir = tempfile::tempdir().unwrap();
        for (volume, kept_rows) in [(true, usize::MAX), (true, 0), (false, 0), (false, 20_000)] {
            let spill = Arc::new(Spill::new(dir.path(), kept_rows));
            let mut series = SeriesBlocks {
                symbol: "BTC-USDT".to_owned(),
                decimals: 2,
                interval_ms: 60_000,
                has_volume: volume,
                funding: Vec::new(),
                blocks: Blocks::new(&spill),
            };
            for (from, rows) in [(0, 10_000), (10_000, 7), (10_007, 12_345)] {
                series.blocks.push(block(from, rows, volume)).unwrap();
            }
            let mut bytes = Vec::new();
            write_bars(&mut bytes, dir.path(), &series.bare(), &series, "1m").unwrap();
            let whole = block(0, 22_352, volume);
            assert!(bytes == expected(&series, &whole), "{volume} {kept_rows}");
        }
    }
}
