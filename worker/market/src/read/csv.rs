//! Reads delimited text: CSV and its kin, with or without a header, with quoted fields.

use super::lines::{
    event, is_absent, is_blank, is_comment, is_header, is_other_header, is_remark, is_unit_line,
};
use super::sniff::{TextLayout, sniff};
use super::unpack::Source;
use super::wide::note_absent;
use super::{Progress, ReadOptions};
use crate::columns::{Columns, is_end_name, says_no};
use crate::error::{Error, Result};
use crate::rows::{Collector, FileRows, Header, Row, TimeCell};
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
    let text = decoded(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head));
    // Lines of an old Mac.
    let text = if line_end(&head) == b'\r' { text.replace('\r', "\n").into() } else { text };
    let foreign = if matches!(text, std::borrow::Cow::Owned(_)) && line_end(&head) != b'\r' {
        "; the file is no UTF-8: if it has names in other letters, save it as UTF-8"
    } else {
        ""
    };
    let mut layout = sniff(&text, &options.columns)
        .map_err(|problem| Error::layout(path, format!("{problem}{foreign}")))?;
    let order = match options.day_order {
        Some(order) => Some(order),
        None => day_order(source, &layout)?,
    };
    read_rows(source, &mut layout, &ReadOptions { day_order: order, ..options.clone() }, size, progress)
}

/// The text of a header. What is no UTF-8 is that of Western Windows, whose letters are those of Latin 1.
fn decoded(head: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(head) {
        Ok(text) => text.into(),
        // A letter that was cut at the end.
        Err(e) if e.error_len().is_none() => String::from_utf8_lossy(head),
        Err(_) => head.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
    }
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

/// The line of a record, where the reader stands at line `next`: the record's own position is before empty lines.
fn line_of(record: &csv::ByteRecord, next: u64) -> u64 {
    let before = record.position().map_or(0, csv::Position::line);
    if next <= before + 1 {
        return before;
    }
    let inside = record.iter().flatten().filter(|&&byte| byte == b'\n').count() as u64;
    (next - 1).saturating_sub(inside).max(before)
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
    let mut blank = 0u64;
    let mut named_only = layout.symbol_lines;
    let mut without = vec![0u64; layout.groups.len()];
    let mut remark: Option<(u64, String, u64)> = None;
    let mut events: Option<(u64, String, u64)> = None;
    let ended = layout.names.iter().position(|name| layout.has_header && is_end_name(name));
    while reader.read_byte_record(&mut record).map_err(|e| csv_error(path, e))? {
        let line = layout.skip + line_of(&record, reader.position().line());
        let columns = &mut layout.columns;
        if is_blank(&record) {
            blank += u64::from(record.len() > 1);
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
            // A whole stamp beside the time of day that is in it.
            if let Some(clock) = columns.clock.and_then(|at| record.get(at))
                && let Some(date) = record.get(columns.time)
                && parse(date, order).is_ok_and(|_| date.contains(&b':'))
                && date.trim_ascii().ends_with(clock.trim_ascii())
            {
                columns.clock = None;
            }
        }
        // Files that were joined repeat their header.
        if rows.is_some() && layout.has_header && is_header(&record, columns, &layout.names) {
            headers += 1;
            continue;
        }
        if rows.is_some() && is_remark(&record, columns) {
            let text = || String::from_utf8_lossy(&record[0]).trim().chars().take(60).collect();
            remark.get_or_insert_with(|| (line, text(), 0)).2 += 1;
            continue;
        }
        if layout.has_header
            && let Some(text) = event(&record, columns, order)
        {
            events.get_or_insert((line, text, 0)).2 += 1;
            continue;
        }
        if let Some((at, text, _)) = &remark {
            let problem = format!("line {at} holds {text:?}, and rows follow: remove it");
            return Err(Error::layout(path, problem));
        }
        if rows.is_some()
            && record.get(0).is_some_and(|cell| cell.first().is_some_and(|b| !b.is_ascii_digit()))
            && is_other_header(&record, columns)
        {
            let problem = format!(
                "line {line} is a header of other columns than the one above the data: split the file there, and import both"
            );
            return Err(Error::layout(path, problem));
        }
        if ended.is_some_and(|at| record.get(at).is_some_and(says_no)) {
            rows.get_or_insert_with(|| collector(source, layout, options)).forming += 1;
            continue;
        }
        let collector = rows.get_or_insert_with(|| collector(source, layout, options));
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
    match remark {
        Some((at, text, 1)) => {
            rows.notes.push(format!("line {at}, below the data, was passed over: {text:?}"))
        }
        Some((at, text, count)) => rows
            .notes
            .push(format!("{count} lines from line {at} on, below the data, were passed over: {text:?}, ..")),
        None => {}
    }
    if let Some((at, text, count)) = events {
        rows.notes.push(format!(
            "{count} lines of dividends or splits are no bars and were left out, the first in line {at}: {text:?}"
        ));
    }
    if blank > 0 {
        rows.notes.push(format!("{blank} lines without any value were passed over"));
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
    if let Some(name) = &layout.guessed_time {
        rows.notes.push(format!(
            "no column is called as times usually are: {name:?}, which holds times, was read as the time"
        ));
    }
    note_absent(&layout.groups, &without, "lines", &mut rows.notes);
    rows.finish()
}

fn collector(source: &Source, layout: &TextLayout, options: &ReadOptions) -> Collector {
    let header = |columns: &Columns| Header {
        names: layout.names.clone(),
        columns: columns.clone(),
        named: layout.has_header,
        wide: !layout.groups.is_empty(),
    };
    let mut rows = Collector::new(source, "line", header(&layout.columns), options);
    layout.groups.iter().for_each(|group| rows.also(header(&group.columns)));
    rows
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
