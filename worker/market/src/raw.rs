//! Rows of one symbol in one file, with the location each came from.

use crate::columns::ColumnRole;
use crate::decimal::Decimal;
use crate::error::{Error, Location, Result};
use crate::sessions::Midnights;
use crate::stamp;
use crate::zone::{Moment, Zone};
use std::path::PathBuf;
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
            ColumnRole::Close | ColumnRole::Adjusted => 4,
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
    /// The times name the closes of the bars.
    pub closes: bool,
    /// Some times carry no zone, and none was named.
    pub zoneless: bool,
    /// Hours that a local clock shows twice: how often the earlier was taken, the later, and the first row of them.
    pub twice: (u64, u64, u64),
}

impl RawRows {
    pub(crate) fn new(source: Arc<RowSource>, closes: bool) -> Self {
        Self {
            source,
            time_ms: Vec::new(),
            mantissa: Default::default(),
            scale: Default::default(),
            volume: Vec::new(),
            row: Vec::new(),
            midnights: Midnights::default(),
            closes,
            zoneless: false,
            twice: (0, 0, 0),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.time_ms.len()
    }

    pub(crate) fn price(&self, column: usize, row: usize) -> Decimal {
        Decimal { mantissa: self.mantissa[column][row], scale: self.scale[column][row] }
    }

    /// The moment of a time without a zone, and its offset. An hour that comes twice is told apart by the order of rows.
    pub(crate) fn local(&mut self, zone: &Zone, local_ms: i64, row: u64) -> Result<(i64, Option<i64>)> {
        let (ms, offset_ms) = match zone.moment(local_ms) {
            Moment::One(ms, offset_ms) => (ms, offset_ms),
            Moment::None => {
                let problem = format!(
                    "does not exist in {}, where clocks go forward over it: name another --timezone, or none for UTC",
                    zone.name()
                );
                return Err(self.source.wrong(ColumnRole::Time, row, show_local(local_ms), problem));
            }
            Moment::Two(earlier, later) => {
                let is_later = match self.time_ms.as_slice() {
                    [.., before, last] if before > last => later.0 < *last,
                    [.., last] => earlier.0 <= *last,
                    [] => false,
                };
                let (first, second, at) = self.twice;
                let at = if at == 0 { row } else { at };
                self.twice = (first + u64::from(!is_later), second + u64::from(is_later), at);
                if is_later { later } else { earlier }
            }
        };
        Ok((ms, Some(offset_ms)))
    }

    /// Where a clock shows an hour twice, a file that shows it once does not say which of the two it is.
    pub(crate) fn check_twice(&self, zone: &Zone) -> Result<()> {
        let (earlier, later, row) = self.twice;
        if earlier == later {
            return Ok(());
        }
        let at = self.row.iter().position(|r| *r == row).and_then(|i| self.time_ms.get(i));
        let value = at.map(|ms| stamp::show(*ms)).unwrap_or_default();
        let problem = format!(
            "is in the hour that {} has twice, when clocks go back, but the file has it once: write these times with their offset",
            zone.name()
        );
        Err(self.source.wrong(ColumnRole::Time, row, value, problem))
    }

    pub(crate) fn reverse(&mut self) {
        self.time_ms.reverse();
        self.mantissa.iter_mut().for_each(|c| c.reverse());
        self.scale.iter_mut().for_each(|c| c.reverse());
        self.volume.reverse();
        self.row.reverse();
    }
}

/// A time without a zone as messages show it.
fn show_local(ms: i64) -> String {
    stamp::show(ms).trim_end_matches('Z').to_owned()
}
