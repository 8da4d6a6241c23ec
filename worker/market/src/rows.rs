//! Rows as a reader delivers them: exact decimals with the location each came from, before any check.

use crate::columns::{ColumnRole, Columns, is_adjusted, is_volume_name};
use crate::decimal::Decimal;
use crate::error::{Error, Location, Result};
use crate::read::some;
use crate::sessions::Midnights;
use crate::stamp::{self, DayOrder, NoStamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where rows come from.
#[derive(Clone, Debug)]
pub(crate) struct RowSource {
    pub file: PathBuf,
    /// What a row is called in messages: `line` in text, `row` in tables.
    pub unit: &'static str,
    /// Names of the columns in the file: time, open, high, low, close, volume.
    pub names: [String; 6],
}

impl RowSource {
    /// The error for a value in row `row` of the column with `role`.
    pub(crate) fn wrong(
        &self,
        role: ColumnRole,
        row: u64,
        value: impl ToString,
        problem: impl Into<String>,
    ) -> Error {
        let at = match role {
            ColumnRole::Time | ColumnRole::Clock | ColumnRole::Symbol => 0,
            ColumnRole::Open => 1,
            ColumnRole::High => 2,
            ColumnRole::Low => 3,
            ColumnRole::Close => 4,
            ColumnRole::Volume => 5,
        };
        let column = if role == ColumnRole::Symbol { role.name().to_owned() } else { self.names[at].clone() };
        let location =
            Location { file: self.file.clone(), row, unit: self.unit, column, value: value.to_string() };
        Error::Value { location, problem: problem.into() }
    }
}

/// The rows of one symbol in one file, in the order of the file.
#[derive(Clone, Debug)]
pub(crate) struct RawRows {
    pub source: Arc<RowSource>,
    pub time_ms: Vec<i64>,
    pub mantissa: [Vec<i64>; 4],
    pub scale: [Vec<u8>; 4],
    /// Empty where there is no volume.
    pub volume: Vec<f64>,
    pub row: Vec<u64>,
    pub midnights: Midnights,
}

impl RawRows {
    fn new(source: Arc<RowSource>) -> Self {
        Self {
            source,
            time_ms: Vec::new(),
            mantissa: Default::default(),
            scale: Default::default(),
            volume: Vec::new(),
            row: Vec::new(),
            midnights: Midnights::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.time_ms.len()
    }

    pub(crate) fn price(&self, column: usize, row: usize) -> Decimal {
        Decimal { mantissa: self.mantissa[column][row], scale: self.scale[column][row] }
    }

    pub(crate) fn reverse(&mut self) {
        self.time_ms.reverse();
        self.mantissa.iter_mut().for_each(|c| c.reverse());
        self.scale.iter_mut().for_each(|c| c.reverse());
        self.volume.reverse();
        self.row.reverse();
    }
}

/// A time cell: text to be read, or milliseconds of a typed column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimeCell<'a> {
    Text(&'a [u8], Option<&'a [u8]>),
    Ms(i64),
}

/// One row before it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub row: u64,
    pub time: TimeCell<'a>,
    pub prices: [&'a [u8]; 4],
    pub volume: Option<&'a [u8]>,
    pub symbol: Option<&'a [u8]>,
}

/// All columns of a file, and which of them were taken.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub names: Vec<String>,
    pub columns: Columns,
    /// The file names its columns; else they were taken by position.
    pub named: bool,
    /// Columns of several symbols stand side by side.
    pub wide: bool,
}

impl Header {
    fn name(&self, at: usize) -> String {
        self.names.get(at).cloned().unwrap_or_default()
    }

    /// Whether one price stands for all.
    fn is_close_only(&self) -> bool {
        self.columns.prices[0] == self.columns.prices[3]
    }

    /// Names of time, open, high, low, close and volume.
    fn sources(&self) -> [String; 6] {
        let [open, high, low, close] = self.columns.prices.map(|at| self.name(at));
        let volume = self.columns.volume.map(|at| self.name(at)).unwrap_or_default();
        [self.name(self.columns.time), open, high, low, close, volume]
    }
}

/// What a file held.
#[derive(Clone, Debug)]
pub(crate) struct FileRows {
    /// Per symbol as the file writes it; `None` where it has no such column.
    pub symbols: Vec<(Option<String>, RawRows)>,
    pub assumed_utc: bool,
    pub notes: Vec<String>,
    pub header: Header,
}

/// Collects the rows of a file.
pub(crate) struct Collector {
    source: Arc<RowSource>,
    order: Option<DayOrder>,
    by_symbol: BTreeMap<Vec<u8>, usize>,
    symbols: Vec<(Option<String>, RawRows)>,
    current: usize,
    assumed_utc: bool,
    joined: Vec<u8>,
    used: BTreeSet<usize>,
    left_out: BTreeSet<String>,
    /// The first row without a price, and how many there are.
    blank: Option<(u64, u64)>,
    pub header: Header,
    pub notes: Vec<String>,
}

/// Texts that stand for "no value".
pub(crate) fn is_empty(cell: &[u8]) -> bool {
    cell.is_empty()
        || [&b"null"[..], b"nan", b"na", b"n/a", b"none", b"-"].iter().any(|n| cell.eq_ignore_ascii_case(n))
}

/// Neither a price nor a volume.
fn is_blank(row: &Row<'_>) -> bool {
    let empty = |cell: &&[u8]| is_empty(cell.trim_ascii());
    let nothing = |cell: &[u8]| is_empty(cell) || Decimal::parse(cell).is_some_and(|v| v.mantissa == 0);
    row.prices.iter().all(empty) && row.volume.is_none_or(|cell| nothing(cell.trim_ascii()))
}

impl Collector {
    pub(crate) fn new(file: &Path, unit: &'static str, header: Header, order: Option<DayOrder>) -> Self {
        Self {
            source: Arc::new(RowSource { file: file.to_owned(), unit, names: header.sources() }),
            order,
            by_symbol: BTreeMap::new(),
            symbols: Vec::new(),
            current: 0,
            assumed_utc: false,
            joined: Vec::new(),
            used: header.columns.all().collect(),
            left_out: BTreeSet::new(),
            blank: None,
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

    /// Names what rows hold beyond the columns of the first.
    pub(crate) fn leave_out(&mut self, names: BTreeSet<String>) {
        self.left_out.extend(names);
    }

    /// Everything in the file is published or named.
    fn note_columns(&mut self) {
        let header = &self.header;
        if !header.named {
            let prices = if header.is_close_only() { "close" } else { "open, high, low, close" };
            self.notes.push(format!("no header: columns read as time, {prices}, volume"));
        }
        let unused = (0..header.names.len()).filter(|i| !self.used.contains(i));
        let mut left_out: Vec<String> = Vec::new();
        for at in unused {
            let name = header.name(at);
            let twin = header.names.iter().filter(|n| **n == name).count() > 1;
            match name.as_str() {
                "" => left_out.push(format!("#{}", at + 1)),
                _ if twin => left_out.push(format!("#{} {name}", at + 1)),
                _ => left_out.push(name),
            }
        }
        left_out.extend(self.left_out.iter().filter(|n| !header.names.contains(n)).cloned());
        if let Some(at) = header.columns.volume.filter(|_| header.named) {
            let others: Vec<&str> =
                left_out.iter().filter(|n| is_volume_name(n)).map(String::as_str).collect();
            if !others.is_empty() {
                let taken = header.name(at);
                self.notes.push(format!("volume is column {taken:?}; there are also {}", others.join(", ")));
            }
        }
        if let Some(adjusted) = left_out.iter().find(|n| is_adjusted(n)) {
            let close = header.name(header.columns.prices[3]);
            self.notes.push(format!("the close is column {close:?}; {adjusted:?} is not used"));
        }
        if !left_out.is_empty() {
            self.notes.push(format!("columns left out: {}", some(&left_out)));
        }
    }

    /// Reads one row. One that holds a time and nothing else is no bar: it is counted.
    pub(crate) fn push(&mut self, row: Row<'_>) -> Result<()> {
        let (time_ms, offset_ms) = match row.time {
            TimeCell::Ms(ms) => (ms, None),
            TimeCell::Text(text, clock) => self.read_time(text, clock, row.row)?,
        };
        if is_blank(&row) {
            self.blank.get_or_insert((row.row, 0)).1 += 1;
            return Ok(());
        }
        self.choose_symbol(row.symbol);
        let source = &self.source;
        let rows = &mut self.symbols[self.current].1;
        for (column, role) in ColumnRole::PRICES.into_iter().enumerate() {
            let cell = row.prices[column].trim_ascii();
            let Some(price) = Decimal::parse(cell) else {
                let problem = if cell.contains(&b',') {
                    "is no number: write prices with a point and without a thousands separator"
                } else {
                    "is no finite number"
                };
                return Err(source.wrong(role, row.row, String::from_utf8_lossy(cell), problem));
            };
            rows.mantissa[column].push(price.mantissa);
            rows.scale[column].push(price.scale);
        }
        match row.volume.map(<[u8]>::trim_ascii) {
            Some(cell) if !is_empty(cell) => {
                let volume = Decimal::parse(cell).map(Decimal::to_f64).or_else(|| {
                    let number = std::str::from_utf8(cell).ok()?.parse::<f64>().ok()?;
                    number.is_finite().then_some(number)
                });
                let Some(volume) = volume else {
                    return Err(source.wrong(
                        ColumnRole::Volume,
                        row.row,
                        String::from_utf8_lossy(cell),
                        "is no finite number",
                    ));
                };
                if rows.volume.len() != rows.time_ms.len() {
                    let problem = "follows rows without a volume: fill them, or leave the column out with --columns volume=";
                    return Err(source.wrong(
                        ColumnRole::Volume,
                        row.row,
                        String::from_utf8_lossy(cell),
                        problem,
                    ));
                }
                rows.volume.push(volume);
            }
            cell if !rows.volume.is_empty() => {
                let value = String::from_utf8_lossy(cell.unwrap_or_default()).into_owned();
                let problem = "is empty, other rows have a volume: fill it, or leave the column out with --columns volume=";
                return Err(source.wrong(ColumnRole::Volume, row.row, value, problem));
            }
            _ => {}
        }
        rows.midnights.add(time_ms, offset_ms);
        rows.time_ms.push(time_ms);
        rows.row.push(row.row);
        Ok(())
    }

    /// The time and the offset that is written beside it.
    fn read_time(&mut self, text: &[u8], clock: Option<&[u8]>, row: u64) -> Result<(i64, Option<i64>)> {
        let text = match clock {
            None => text,
            Some(clock) => {
                self.joined.clear();
                self.joined.extend_from_slice(text.trim_ascii());
                self.joined.push(b' ');
                self.joined.extend_from_slice(clock.trim_ascii());
                &self.joined
            }
        };
        match stamp::parse(text, self.order) {
            Ok(stamp) => {
                self.assumed_utc |= stamp.assumed_utc;
                Ok((stamp.ms, stamp.offset_ms))
            }
            Err(reason) => {
                let problem = match reason {
                    NoStamp::Ambiguous => {
                        "has day and month in an order that nothing in the file decides: say --dates day-month or --dates month-day"
                    }
                    NoStamp::Unknown => {
                        "is no time this program reads: write an epoch, or 2017-07-01 11:00:00 with or without Z or an offset"
                    }
                };
                Err(self.source.wrong(ColumnRole::Time, row, String::from_utf8_lossy(text), problem))
            }
        }
    }

    /// An empty cell is a symbol of its own: only all rows tell what it means.
    fn choose_symbol(&mut self, symbol: Option<&[u8]>) {
        let key = symbol.map(<[u8]>::trim_ascii).unwrap_or_default();
        let same =
            |(name, _): &(Option<String>, RawRows)| name.as_deref().unwrap_or_default().as_bytes() == key;
        if !self.symbols.get(self.current).is_some_and(same) {
            self.current = match self.by_symbol.get(key) {
                Some(&at) => at,
                None => {
                    let name = symbol.map(|_| String::from_utf8_lossy(key).into_owned());
                    self.symbols.push((name, RawRows::new(self.source.clone())));
                    self.by_symbol.insert(key.to_vec(), self.symbols.len() - 1);
                    self.symbols.len() - 1
                }
            };
        }
    }

    /// Notes that times without a zone were taken as UTC.
    pub(crate) fn assume_utc(&mut self) {
        self.assumed_utc = true;
    }

    /// The error for a cell that holds nothing.
    pub(crate) fn wrong(&self, role: ColumnRole, row: u64, problem: &str) -> Error {
        self.source.wrong(role, row, "", problem)
    }

    /// All rows, by symbol.
    ///
    /// # Errors
    /// `Invalid` if there was none.
    pub(crate) fn finish(mut self) -> Result<FileRows> {
        if self.symbols.is_empty() {
            let problem =
                if self.blank.is_some() { "has no row with a price" } else { "has no rows of data" };
            return Err(Error::layout(&self.source.file, problem));
        }
        self.note_columns();
        if let Some((first, count)) = self.blank {
            let unit = self.source.unit;
            self.notes.push(format!(
                "{count} rows hold a time and no price and were left out, the first in {unit} {first}"
            ));
        }
        let Self { symbols, assumed_utc, notes, header, .. } = self;
        Ok(FileRows { symbols, assumed_utc, notes, header })
    }
}
