//! Reads delimited text: CSV and its kin, with or without a header, with quoted fields.

use super::sniff::{TextLayout, sniff};
use super::unpack::Source;
use super::wide::note_absent;
use super::{Progress, ReadOptions};
use crate::columns::Columns;
use crate::error::{Error, Result};
use crate::rows::{Collector, FileRows, Header, Row, TimeCell, is_empty};
use crate::stamp::{DayOrder, NoStamp, parse};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Lines below a header that carry units or a ticker instead of data.
const MAX_UNIT_LINES: u32 = 3;
/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 65_536;

pub(super) fn read(source: &Source, options: &ReadOptions, progress: Progress<'_>) -> Result<FileRows> {
    let path = source.path();
    let size = source.file()?.metadata().map_err(|e| Error::io("read", path, e))?.len();
    let head = source.head(1 << 16)?;
    if head.contains(&0) {
        return Err(Error::layout(path, "is no text file, nor Parquet, Feather or JSON"));
    }
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head));
    // Lines of an old Mac.
    let text = if line_end(&head) == b'\r' { text.replace('\r', "\n").into() } else { text };
    let mut layout = sniff(&text, &options.columns).map_err(|problem| Error::layout(path, problem))?;
    let order = match options.day_order {
        Some(order) => Some(order),
        None => day_order(source, &layout)?,
    };
    read_rows(source, &mut layout, &ReadOptions { day_order: order, ..options.clone() }, size, progress)
}

/// A reader that stands at the first row of data, and the number of bytes before it.
fn open(source: &Source, layout: &TextLayout) -> Result<csv::Reader<BufReader<std::fs::File>>> {
    let failed = |e| Error::io("read", source.path(), e);
    // Before the file is opened: what is unpacked has one place of reading.
    let end = line_end(&source.head(1 << 16)?);
    let mut file = BufReader::with_capacity(1 << 18, source.file()?);
    let mut line = Vec::new();
    for _ in 0..layout.skip {
        line.clear();
        file.read_until(end, &mut line).map_err(failed)?;
    }
    if layout.skip == 0 && file.fill_buf().map_err(failed)?.starts_with(b"\xef\xbb\xbf") {
        file.seek_relative(3).map_err(failed)?;
    }
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(layout.delimiter).has_headers(false).flexible(true);
    Ok(builder.buffer_capacity(1 << 18).from_reader(file))
}

/// The sign at the end of a line.
fn line_end(head: &[u8]) -> u8 {
    if head.contains(&b'\r') && !head.contains(&b'\n') { b'\r' } else { b'\n' }
}

/// A remark below the data, as `Downloaded from Barchart.com as of ..`: one field of words. A row that was cut begins with
/// a time.
fn is_remark(record: &csv::ByteRecord) -> bool {
    let Some(cell) = record.get(0).filter(|_| record.iter().skip(1).all(|cell| cell.trim_ascii().is_empty()))
    else {
        return false;
    };
    let words =
        cell.split(u8::is_ascii_whitespace).filter(|w| w.len() > 1 && w.iter().all(u8::is_ascii_alphabetic));
    words.count() >= 2
        && cell.first().is_some_and(u8::is_ascii_alphabetic)
        && parse(cell, None) == Err(NoStamp::Unknown)
}

fn csv_error(path: &Path, error: csv::Error) -> Error {
    let text = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(e) => Error::io("read", path, e),
        _ => Error::layout(path, text),
    }
}

/// Decides dates like 01/02/2020 by the first one in the file whose day is above 12.
fn day_order(source: &Source, layout: &TextLayout) -> Result<Option<DayOrder>> {
    let path = source.path();
    let mut reader = open(source, layout)?;
    let mut record = csv::ByteRecord::new();
    let mut first = true;
    while reader.read_byte_record(&mut record).map_err(|e| csv_error(path, e))? {
        let Some(cell) = record.get(layout.columns.time) else { continue };
        let reads = |order| parse(cell, order).is_ok();
        if parse(cell, None) != Err(NoStamp::Ambiguous) {
            // The order matters only if the first rows have such dates.
            if first && reads(None) {
                return Ok(None);
            }
            continue;
        }
        first = false;
        match (reads(Some(DayOrder::DayMonth)), reads(Some(DayOrder::MonthDay))) {
            (true, false) => return Ok(Some(DayOrder::DayMonth)),
            (false, true) => return Ok(Some(DayOrder::MonthDay)),
            _ => {}
        }
    }
    Ok(None)
}

fn read_rows(
    source: &Source,
    layout: &mut TextLayout,
    options: &ReadOptions,
    size: u64,
    progress: Progress<'_>,
) -> Result<FileRows> {
    let (path, order) = (source.path(), options.day_order);
    let mut reader = open(source, layout)?;
    let mut record = csv::ByteRecord::new();
    let mut rows: Option<Collector> = None;
    let (mut count, mut unit_lines, mut headers, mut comments) = (0u64, 0, 0u64, 0u64);
    let mut named_only = layout.symbol_lines;
    let mut without = vec![0u64; layout.groups.len()];
    let mut remark: Option<(u64, String)> = None;
    while reader.read_byte_record(&mut record).map_err(|e| csv_error(path, e))? {
        let line = layout.skip + record.position().map_or(0, csv::Position::line);
        let columns = &mut layout.columns;
        if record.len() == 1 && record[0].trim_ascii().is_empty() {
            continue;
        }
        if is_comment(&record, columns, order) {
            comments += 1;
            continue;
        }
        if rows.is_none() {
            if layout.has_header && unit_lines < MAX_UNIT_LINES && is_unit_line(&record, columns, order) {
                unit_lines += 1;
                named_only += 1;
                continue;
            }
            // `date` beside a `time` that is a whole stamp of its own.
            if let Some(clock) = columns.clock
                && record.get(clock).is_some_and(|c| c.trim_ascii().len() >= 10)
            {
                (columns.time, columns.clock) = (clock, None);
            }
        }
        // Files that were joined repeat their header.
        if rows.is_some() && layout.has_header && is_header(&record, layout) {
            headers += 1;
            continue;
        }
        if rows.is_some()
            && remark.is_none()
            && record.len() < layout.names.len().max(2)
            && is_remark(&record)
        {
            remark = Some((line, String::from_utf8_lossy(&record[0]).trim().chars().take(60).collect()));
            continue;
        }
        if let Some((at, text)) = &remark {
            let problem = format!("line {at} holds {text:?}, and rows follow: remove it");
            return Err(Error::layout(path, problem));
        }
        let collector = rows.get_or_insert_with(|| collector(path, layout, options));
        let wrong_width = |hint: &str| {
            let (fields, header) = (record.len(), layout.names.len());
            Err(Error::layout(path, format!("line {line} has {fields} fields, the header {header}: {hint}")))
        };
        let further = || record.iter().skip(layout.names.len()).any(|cell| !cell.trim_ascii().is_empty());
        if record.len() > layout.names.len() && further() {
            return wrong_width("are there thousands separators, or does the header lack a name?");
        }
        let mut one = |columns: &Columns, symbol: Option<&str>| match cells(&record, columns, line, symbol) {
            Some(row) => collector.push(row).map(|()| true),
            None => Ok(false),
        };
        let complete = if layout.groups.is_empty() {
            one(&layout.columns, None)?
        } else {
            let mut complete = true;
            for (group, without) in layout.groups.iter().zip(&mut without) {
                if is_absent(&record, &group.columns) {
                    *without += 1;
                } else {
                    complete &= one(&group.columns, Some(&group.symbol))?;
                }
            }
            complete
        };
        if !complete {
            return wrong_width("is the file cut, or are there notes below the data?");
        }
        count += 1;
        if count.is_multiple_of(REPORT_EVERY) {
            progress(record.position().map_or(0, csv::Position::byte), size);
        }
    }
    progress(size, size);
    let Some(mut rows) = rows else { return Err(Error::layout(path, "has no rows of data")) };
    if named_only > 0 {
        rows.notes.push(format!("{named_only} lines below the header hold no data and were passed over"));
    }
    if let Some((at, text)) = remark {
        rows.notes.push(format!("line {at}, below the data, was passed over: {text:?}"));
    }
    if comments > 0 {
        rows.notes.push(format!("{comments} lines that begin with '#' were passed over"));
    }
    if headers > 0 {
        rows.notes
            .push(format!("the header stands in the file {headers} times more and was passed over there"));
    }
    if let Some((first, count)) = &layout.titles {
        rows.notes.push(format!("{count} lines above the header were passed over, the first: {first:?}"));
    }
    note_absent(&layout.groups, &without, "lines", &mut rows.notes);
    rows.finish()
}

fn collector(path: &Path, layout: &TextLayout, options: &ReadOptions) -> Collector {
    let header = |columns: &Columns| Header {
        names: layout.names.clone(),
        columns: columns.clone(),
        named: layout.has_header,
        wide: !layout.groups.is_empty(),
    };
    let mut rows = Collector::new(path, "line", header(&layout.columns), options);
    layout.groups.iter().for_each(|group| rows.also(header(&group.columns)));
    rows
}

/// A line that begins with `#`, unless it is a row of data: some brokers call a symbol `#AAPL`.
fn is_comment(record: &csv::ByteRecord, columns: &Columns, order: Option<DayOrder>) -> bool {
    let begins = record.get(0).is_some_and(|cell| cell.trim_ascii_start().starts_with(b"#"));
    begins && record.get(columns.time).is_none_or(|cell| parse(cell, order) == Err(NoStamp::Unknown))
}

/// The names of the columns that are read, where their values should be.
fn is_header(record: &csv::ByteRecord, layout: &TextLayout) -> bool {
    layout.columns.all().all(|at| {
        let cell = record.get(at).map(<[u8]>::trim_ascii);
        cell.zip(layout.names.get(at)).is_some_and(|(cell, name)| !cell.is_empty() && cell == name.as_bytes())
    })
}

/// No price of a symbol beside others: it has no bar at this time.
fn is_absent(record: &csv::ByteRecord, columns: &Columns) -> bool {
    columns.prices.iter().all(|&c| record.get(c).is_some_and(|cell| is_empty(cell.trim_ascii())))
}

/// Neither a time nor a price where they should be.
fn is_unit_line(record: &csv::ByteRecord, columns: &Columns, order: Option<DayOrder>) -> bool {
    let no_time = record.get(columns.time).is_none_or(|c| parse(c, order) == Err(NoStamp::Unknown));
    let no_price = |&c: &usize| {
        record.get(c).is_none_or(|cell| crate::decimal::Decimal::parse(cell.trim_ascii()).is_none())
    };
    no_time && columns.prices.iter().all(no_price)
}

fn cells<'a>(
    record: &'a csv::ByteRecord,
    columns: &Columns,
    line: u64,
    owner: Option<&'a str>,
) -> Option<Row<'a>> {
    let [open, high, low, close] = columns.prices;
    let clock = match columns.clock {
        Some(clock) => Some(record.get(clock)?),
        None => None,
    };
    Some(Row {
        row: line,
        time: TimeCell::Text(record.get(columns.time)?, clock),
        prices: [record.get(open)?, record.get(high)?, record.get(low)?, record.get(close)?],
        volume: columns.volume.map(|v| record.get(v).unwrap_or_default()),
        symbol: match columns.symbol {
            Some(symbol) => Some(record.get(symbol)?),
            None => owner.map(str::as_bytes),
        },
        adjusted: columns.adjusted.map(|at| record.get(at).unwrap_or_default()),
    })
}
