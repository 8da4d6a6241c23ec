//! Rows as a reader delivers them: exact decimals, before any check.

mod header;
mod notes;

pub(crate) use crate::cells::{SEPARATED, is_empty};
pub(crate) use crate::raw::{RawRows, RowSource};
pub(crate) use header::{FileRows, Header};

use crate::blocks::BLOCK_ROWS;
use crate::cells::{adjust, amount, no_number, number};
use crate::columns::ColumnRole;
use crate::counting::Counting;
use crate::decimal::Decimal;
use crate::error::{Error, Result};
use crate::read::{EmptyCells, ReadOptions, Source, Stamped};
use crate::spelling::{no_time, with_name};
use crate::spill::Spill;
use crate::stamp::{self, Stamp};
use crate::zone::Zone;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rows that wait at most until their blocks are full, where many symbols stand in one file.
const OPEN_ROWS: usize = 1 << 20;

/// A time cell: text to be read, or what a typed column says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimeCell<'a> {
    Text(&'a [u8], Option<&'a [u8]>),
    Read(Stamp),
}

/// One row before it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub row: u64,
    pub time: TimeCell<'a>,
    pub prices: [&'a [u8]; 4],
    pub volume: Option<&'a [u8]>,
    pub symbol: Option<&'a [u8]>,
    /// The adjusted close, where it is asked for.
    pub adjusted: Option<&'a [u8]>,
}

/// Collects the rows of a file.
pub(crate) struct Collector {
    source: Arc<RowSource>,
    options: ReadOptions,
    by_symbol: BTreeMap<Vec<u8>, usize>,
    symbols: Vec<(Option<String>, RawRows)>,
    current: usize,
    spill: Arc<Spill>,
    /// Rows that fill no block yet, of all symbols.
    open_rows: usize,
    assumed_utc: bool,
    joined: Vec<u8>,
    /// The zone whose name stood behind the last time that had one.
    written: Option<(Zone, Vec<u8>)>,
    used: BTreeSet<usize>,
    left_out: BTreeSet<String>,
    /// The first row without a price, and how many there are.
    blank: Option<(u64, u64)>,
    /// The same of rows that hold some prices.
    partial: Option<(u64, u64)>,
    /// Rows whose candle had not ended, as a column of the table says.
    pub forming: u64,
    /// Volumes are written with a letter for thousands.
    lettered: bool,
    pub header: Header,
    pub notes: Vec<String>,
}

/// Neither a price nor a volume.
fn is_blank(row: &Row<'_>) -> bool {
    let empty = |cell: &&[u8]| is_empty(cell.trim_ascii());
    let nothing = |cell: &[u8]| is_empty(cell) || Decimal::parse(cell).is_some_and(|v| v.mantissa == 0);
    row.prices.iter().all(empty) && row.volume.is_none_or(|cell| nothing(cell.trim_ascii()))
}

impl Collector {
    pub(crate) fn new(from: &Source, unit: &'static str, header: Header, options: &ReadOptions) -> Self {
        Self {
            source: Arc::new(RowSource { file: from.path().to_owned(), unit, names: header.sources() }),
            options: options.clone(),
            by_symbol: BTreeMap::new(),
            symbols: Vec::new(),
            current: 0,
            spill: from.rows.clone(),
            open_rows: 0,
            assumed_utc: false,
            joined: Vec::new(),
            written: None,
            used: header.columns.all().collect(),
            left_out: BTreeSet::new(),
            blank: None,
            partial: None,
            forming: 0,
            lettered: false,
            header,
            notes: Vec::new(),
        }
    }

    /// Columns of a further table of the same file.
    pub(crate) fn also(&mut self, header: Header) {
        if header.names == self.header.names {
            self.used.extend(header.columns.all());
        } else {
            let unused = |i: &usize| !header.columns.all().any(|used| used == *i);
            self.left_out.extend((0..header.names.len()).filter(unused).map(|i| header.name(i)));
        }
    }

    /// What plain numbers in the column of times count.
    pub(crate) fn counting(&self) -> Counting {
        self.options.columns.counting()
    }

    /// Whether times carry no zone and none was named.
    pub(crate) fn is_naive(&self) -> bool {
        self.assumed_utc && self.options.zone.is_none()
    }

    /// Names what rows hold beyond the columns of the first.
    pub(crate) fn leave_out(&mut self, names: BTreeSet<String>) {
        self.left_out.extend(names);
    }

    /// Reads one row. One that holds a time and nothing else is no bar: it is counted.
    pub(crate) fn push(&mut self, row: Row<'_>) -> Result<()> {
        let (stamp, names_zone) = match row.time {
            TimeCell::Read(stamp) => (stamp, false),
            TimeCell::Text(text, clock) => self.read_time(text, clock, row.row)?,
        };
        if self.is_left_out(&row)? {
            return Ok(());
        }
        self.choose_symbol(row.symbol);
        let naive = stamp.assumed_utc && !names_zone;
        self.assumed_utc |= naive;
        let (source, options) = (&self.source, &self.options);
        let rows = &mut self.symbols[self.current].1;
        let zone = self.written.as_ref().map(|(zone, _)| zone).filter(|_| names_zone);
        let (time_ms, offset_ms) = match zone.or(options.zone.as_ref()) {
            Some(zone) if stamp.assumed_utc => rows.local(zone, stamp.ms, row.row)?,
            _ => (stamp.ms, stamp.offset_ms),
        };
        rows.zoneless |= naive && options.zone.is_none();
        let mut prices = [Decimal { mantissa: 0, scale: 0 }; 4];
        for (column, role) in ColumnRole::PRICES.into_iter().enumerate() {
            let cell = row.prices[column].trim_ascii();
            let Some(price) = number(cell, options.decimal) else {
                return Err(source.wrong(role, row.row, String::from_utf8_lossy(cell), no_number(cell)));
            };
            prices[column] = price;
        }
        if let Some(cell) = row.adjusted.map(<[u8]>::trim_ascii) {
            prices = number(cell, options.decimal).and_then(|adjusted| adjust(prices, adjusted)).ok_or_else(|| {
                let problem = "is the adjusted close, and gives no ratio: it must be a number above 0, as the close";
                source.wrong(ColumnRole::Adjusted, row.row, String::from_utf8_lossy(cell), problem)
            })?;
        }
        let volume = match row.volume.map(<[u8]>::trim_ascii) {
            Some(cell) if !is_empty(cell) => {
                let wrong = |problem: &str| {
                    source.wrong(ColumnRole::Volume, row.row, String::from_utf8_lossy(cell), problem)
                };
                let Some((volume, letter)) = amount(cell, options.decimal) else {
                    return Err(wrong(no_number(cell)));
                };
                self.lettered |= letter;
                if rows.volumes != rows.len() {
                    return Err(wrong(
                        "follows rows without a volume: fill them, or leave the column out with --columns volume=",
                    ));
                }
                Some(volume)
            }
            cell if rows.volumes > 0 => {
                let value = String::from_utf8_lossy(cell.unwrap_or_default()).into_owned();
                let problem = "is empty, other rows have a volume: fill it, or leave the column out with --columns volume=";
                return Err(source.wrong(ColumnRole::Volume, row.row, value, problem));
            }
            _ => None,
        };
        rows.midnights.add(time_ms, offset_ms);
        self.open_rows += 1;
        if rows.push(time_ms, prices, volume, row.row) >= BLOCK_ROWS {
            self.open_rows -= rows.seal()?;
        } else if self.open_rows >= OPEN_ROWS {
            self.seal()?;
        }
        Ok(())
    }

    /// Puts all rows into blocks.
    fn seal(&mut self) -> Result<()> {
        self.open_rows = 0;
        self.symbols.iter_mut().try_for_each(|(_, rows)| rows.seal().map(drop))
    }

    /// Whether a row lacks prices and is passed over.
    fn is_left_out(&mut self, row: &Row<'_>) -> Result<bool> {
        let empty = |at: usize| is_empty(row.prices[at].trim_ascii());
        let Some(first) = (0..4).find(|&at| empty(at)) else { return Ok(false) };
        let wrong = |problem: &str| {
            let cell = String::from_utf8_lossy(row.prices[first].trim_ascii()).into_owned();
            Err(self.source.wrong(ColumnRole::PRICES[first], row.row, cell, problem))
        };
        match (self.options.empty, is_blank(row)) {
            (Some(EmptyCells::Refuse), _) => {
                wrong("is no price: fill it, or leave such rows out with --na drop")
            }
            (None, false) => wrong(
                "is no price, and the row holds other values: fill it, or leave such rows out with --na drop",
            ),
            (_, true) => {
                self.blank.get_or_insert((row.row, 0)).1 += 1;
                Ok(true)
            }
            (Some(EmptyCells::Drop), false) => {
                self.partial.get_or_insert((row.row, 0)).1 += 1;
                Ok(true)
            }
        }
    }

    /// A time, and whether the name of a zone stands behind it: then it is a local one.
    fn read_time(&mut self, text: &[u8], clock: Option<&[u8]>, row: u64) -> Result<(Stamp, bool)> {
        let text = match clock {
            None => text,
            Some(clock) => {
                self.joined.clear();
                self.joined.extend_from_slice(text.trim_ascii());
                self.joined.push(b' ');
                let clock = clock.trim_ascii();
                // `930` is a spreadsheet's 0930.
                if matches!(clock.len(), 3 | 5) && clock.iter().all(u8::is_ascii_digit) {
                    self.joined.push(b'0');
                }
                self.joined.extend_from_slice(clock);
                &self.joined
            }
        };
        if let Some(stamp) = self.options.columns.counting().text(text) {
            return Ok((stamp, false));
        }
        match stamp::parse(text, self.options.day_order) {
            Ok(stamp) => Ok((stamp, false)),
            Err(reason) => {
                if let Some((stamp, name)) = with_name(text, self.options.day_order) {
                    let known = self.written.as_ref().is_some_and(|(_, known)| known == name);
                    let zone = std::str::from_utf8(name).ok().filter(|_| !known);
                    if let Some(zone) =
                        zone.filter(|name| name.contains('/')).and_then(|n| Zone::parse(n).ok())
                    {
                        self.written = Some((zone, name.to_vec()));
                        return Ok((stamp, true));
                    }
                    if known {
                        return Ok((stamp, true));
                    }
                }
                Err(self.source.wrong(
                    ColumnRole::Time,
                    row,
                    String::from_utf8_lossy(text),
                    no_time(text, reason),
                ))
            }
        }
    }

    /// An empty cell is a symbol of its own: only all rows tell what it means.
    fn choose_symbol(&mut self, symbol: Option<&[u8]>) {
        let key = symbol.map(<[u8]>::trim_ascii).unwrap_or_default();
        let same = |(name, _): &(Option<String>, RawRows)| {
            let name = name.as_deref().unwrap_or_default().as_bytes();
            // The comparison of two empty texts reads at an address that is none, which some processors are slow at.
            name.len() == key.len() && (key.is_empty() || name == key)
        };
        if !self.symbols.get(self.current).is_some_and(same) {
            self.current = match self.by_symbol.get(key) {
                Some(&at) => at,
                None => {
                    let name = symbol.map(|_| String::from_utf8_lossy(key).into_owned());
                    self.symbols.push((
                        name,
                        RawRows::new(self.source.clone(), self.options.stamp == Stamped::Close, &self.spill),
                    ));
                    self.by_symbol.insert(key.to_vec(), self.symbols.len() - 1);
                    self.symbols.len() - 1
                }
            };
        }
    }

    /// The error for a cell that holds nothing.
    pub(crate) fn wrong(&self, role: ColumnRole, row: u64, problem: &str) -> Error {
        self.wrong_value(role, row, "", problem)
    }

    /// The error for a cell.
    pub(crate) fn wrong_value(&self, role: ColumnRole, row: u64, value: &str, problem: &str) -> Error {
        self.source.wrong(role, row, value, problem)
    }
}
