//! Funding series of perpetual contracts: `time,rate[,mark]` per symbol.

use crate::decimal::Decimal;
use crate::error::{Error, Location, Result};
use crate::gaps::usual_step;
use crate::series::FundingStamp;
use crate::stamp::{parse, show};
use std::path::Path;

const MINUTE: i64 = 60_000;
const TIME: &[&str] = &["time", "fundingtime", "timestamp", "calctime", "date", "datetime", "t", "ts"];
const RATE: &[&str] = &["rate", "fundingrate", "lastfundingrate", "r"];
const MARK: &[&str] = &["mark", "markprice", "oracle", "oracleprice", "indexprice", "price"];

/// The nearest minute, 30 s up: exchanges stamp a payment some milliseconds late.
pub(crate) fn snap(ms: i64) -> i64 {
    ms.saturating_add(MINUTE / 2).div_euclid(MINUTE).saturating_mul(MINUTE)
}

/// Reads and checks a funding series. Rates are decimals of the notional, as 0.0001 for 0.01 %.
///
/// With `repair`, exact duplicates are dropped and missing stamps are accepted; the notes say so.
///
/// # Errors
/// `Missing` or `Io` if the file cannot be read; `Invalid` with line, column and value for times that do not rise,
/// rates that are no numbers or not below 1, marks that are no prices or missing in places, and for a stamp that
/// is missing inside the series' own cadence (its most frequent step).
pub fn read_funding_file(path: &Path, repair: bool) -> Result<(Vec<FundingStamp>, Vec<String>)> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let head = text.iter().position(|&b| b == b'\n').map_or(text, |end| &text[..end]);
    let delimiter = [b',', b';', b'\t', b'|'].into_iter().find(|d| head.contains(d)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(delimiter).has_headers(false).flexible(true).comment(Some(b'#'));
    let mut reader = reader.from_reader(text);
    let mut record = csv::ByteRecord::new();
    let (mut stamps, mut notes): (Vec<(u64, FundingStamp)>, Vec<String>) = (Vec::new(), Vec::new());
    let mut columns: Option<[Option<usize>; 3]> = None;
    let mut rounded = 0u64;
    while reader.read_byte_record(&mut record).map_err(|e| Error::layout(path, e.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() == 1 && record[0].trim_ascii().is_empty() {
            continue;
        }
        let columns = match columns {
            Some(columns) => columns,
            None => {
                let (found, is_header) = layout(&record, path)?;
                columns = Some(found);
                if is_header {
                    continue;
                }
                found
            }
        };
        let cell =
            |at: Option<usize>| at.and_then(|i| record.get(i)).map(<[u8]>::trim_ascii).unwrap_or_default();
        let wrong = |column: &str, value: &[u8], problem: &str| {
            wrong(path, line, column, &String::from_utf8_lossy(value), problem)
        };
        let [time, rate, mark] = columns.map(cell);
        let time_ms = parse(time, None)
            .map_err(|_| wrong("time", time, "is no time: write an epoch or 2020-01-31 08:00:00"))?;
        let decimal = Decimal::parse(rate).ok_or_else(|| wrong("rate", rate, "is no finite number"))?;
        let below_one = decimal.ticks(9).filter(|r| r.abs() < 1_000_000_000);
        let rate_e9 = below_one.ok_or_else(|| wrong("rate", rate, "is no rate: write 0.0001 for 0.01 %"))?;
        rounded += u64::from(decimal.stripped().scale > 9);
        let mark = match mark {
            b"" => None,
            text => match Decimal::parse(text) {
                Some(price) if price.mantissa > 0 => Some(price.to_f64()),
                _ => return Err(wrong("mark", text, "is no price: prices are finite and above 0")),
            },
        };
        stamps.push((line, FundingStamp { time_ms: snap(time_ms.ms), rate_e9, mark }));
    }
    if rounded > 0 {
        notes.push(format!("{rounded} funding rates were rounded to 9 decimals"));
    }
    let stamps = in_order(path, stamps, repair, &mut notes)?;
    Ok((stamps, notes))
}

fn wrong(path: &Path, row: u64, column: &str, value: &str, problem: &str) -> Error {
    let location =
        Location { file: path.to_owned(), row, unit: "line", column: column.into(), value: value.into() };
    Error::Value { location, problem: problem.into() }
}

/// Positions of time, rate and mark, and whether `record` is a header.
fn layout(record: &csv::ByteRecord, path: &Path) -> Result<([Option<usize>; 3], bool)> {
    let names: Vec<String> = record
        .iter()
        .map(|cell| {
            String::from_utf8_lossy(cell)
                .chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
                .to_lowercase()
        })
        .collect();
    let find = |usual: &[&str]| usual.iter().find_map(|u| names.iter().position(|n| n == u));
    if let (Some(time), Some(rate)) = (find(TIME), find(RATE)) {
        return Ok(([Some(time), Some(rate), find(MARK)], true));
    }
    if record.len() >= 2
        && parse(&record[0], None).is_ok()
        && Decimal::parse(record[1].trim_ascii()).is_some()
    {
        return Ok(([Some(0), Some(1), (record.len() > 2).then_some(2)], false));
    }
    Err(Error::layout(path, "is no funding series: its header is time,rate or time,rate,mark"))
}

fn in_order(
    path: &Path,
    mut stamps: Vec<(u64, FundingStamp)>,
    repair: bool,
    notes: &mut Vec<String>,
) -> Result<Vec<FundingStamp>> {
    let Some((_, first)) = stamps.first().copied() else {
        return Err(Error::layout(path, "has no funding stamps"));
    };
    if stamps.last().is_some_and(|(_, last)| last.time_ms < first.time_ms) {
        stamps.reverse();
    }
    let (_, sample) = stamps[0];
    let mut kept: Vec<FundingStamp> = Vec::with_capacity(stamps.len());
    let mut dropped = 0u64;
    for (line, stamp) in stamps {
        if stamp.mark.is_some() != sample.mark.is_some() {
            return Err(wrong(
                path,
                line,
                "mark",
                "",
                "is given in some rows alone: fill it in all or in none",
            ));
        }
        if let Some(last) = kept.last()
            && stamp.time_ms <= last.time_ms
        {
            if *last == stamp && repair {
                dropped += 1;
                continue;
            }
            let problem = "is not after the stamp before it (times are snapped to the minute): sort the file, drop duplicates";
            return Err(wrong(path, line, "time", &show(stamp.time_ms), problem));
        }
        kept.push(stamp);
    }
    if dropped > 0 {
        notes.push(format!("{dropped} exact duplicates of funding stamps were dropped"));
    }
    let times: Vec<i64> = kept.iter().map(|s| s.time_ms).collect();
    let cadence = usual_step(&times.as_slice())?.unwrap_or(i64::MAX);
    let holes: Vec<&[i64]> = times.windows(2).filter(|w| w[1] - w[0] > cadence).collect();
    if let Some(hole) = holes.first() {
        let problem = format!(
            "funding stamps are missing in {} places, the first between {} and {}: the series pays every {} minutes",
            holes.len(),
            show(hole[0]),
            show(hole[1]),
            cadence / MINUTE,
        );
        if !repair {
            return Err(Error::layout(path, problem));
        }
        notes.push(problem);
    }
    Ok(kept)
}
