//! Rows of one symbol in one file, with the location each came from.

use crate::blocks::{BLOCK_ROWS, Blocks};
use crate::columns::ColumnRole;
use crate::decimal::Decimal;
use crate::error::{Error, Location, Result};
use crate::facts::Facts;
use crate::sessions::Midnights;
use crate::spill::Spill;
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

/// The columns of some rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawBlock {
    pub time_ms: Vec<i64>,
    pub mantissa: [Vec<i64>; 4],
    pub scale: [Vec<u8>; 4],
    /// Shorter than the others where the rows at the end have no volume.
    pub volume: Vec<f64>,
    pub row: Vec<u64>,
}

impl RawBlock {
    /// Makes room for a full block.
    fn reserve(&mut self, has_volume: bool) {
        self.time_ms.reserve_exact(BLOCK_ROWS);
        self.mantissa.iter_mut().for_each(|column| column.reserve_exact(BLOCK_ROWS));
        self.scale.iter_mut().for_each(|column| column.reserve_exact(BLOCK_ROWS));
        self.row.reserve_exact(BLOCK_ROWS);
        self.volume.reserve_exact(if has_volume { BLOCK_ROWS } else { 0 });
    }
}

/// How the prices of a block are to be read, once all rows of the file have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// The columns that open, high, low and close stand in.
    pub order: [usize; 4],
    /// The scale of all prices, where they are integers of a smaller unit.
    pub scale: Option<u8>,
}

impl View {
    /// As they were read.
    pub(crate) const USUAL: View = View { order: [0, 1, 2, 3], scale: None };

    pub(crate) fn price(self, block: &RawBlock, column: usize, row: usize) -> Decimal {
        let at = self.order[column];
        let scale = self.scale.unwrap_or(block.scale[at][row]);
        Decimal { mantissa: block.mantissa[at][row], scale }
    }
}

/// Hours that a local clock shows twice.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Twice {
    /// How often the earlier was taken.
    pub earlier: u64,
    /// How often the later was.
    pub later: u64,
    /// The first row of them and its time.
    first: Option<(u64, i64)>,
}

/// The rows of one symbol in one file, in the order of the file.
#[derive(Debug)]
pub(crate) struct RawRows {
    pub source: Arc<RowSource>,
    /// Rows that do not fill a block yet.
    open: RawBlock,
    pub blocks: Blocks<RawBlock>,
    pub view: View,
    /// What all rows in `blocks` have in common.
    pub facts: Facts,
    pub midnights: Midnights,
    /// The times name the closes of the bars.
    pub closes: bool,
    /// Some times carry no zone, and none was named.
    pub zoneless: bool,
    pub twice: Twice,
    /// Rows that have a volume.
    pub volumes: usize,
    /// The last time, and the one before it.
    last: (Option<i64>, Option<i64>),
}

impl RawRows {
    /// No rows yet; those to come may wait in `spill`.
    pub(crate) fn new(source: Arc<RowSource>, closes: bool, spill: &Arc<Spill>) -> Self {
        Self {
            source,
            open: RawBlock::default(),
            blocks: Blocks::new(spill),
            view: View::USUAL,
            facts: Facts::default(),
            midnights: Midnights::default(),
            closes,
            zoneless: false,
            twice: Twice::default(),
            volumes: 0,
            last: (None, None),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.blocks.rows() + self.open.time_ms.len()
    }

    /// Adds a row; returns how many wait for their block to be full.
    pub(crate) fn push(
        &mut self,
        time_ms: i64,
        prices: [Decimal; 4],
        volume: Option<f64>,
        row: u64,
    ) -> usize {
        for (column, price) in prices.into_iter().enumerate() {
            self.open.mantissa[column].push(price.mantissa);
            self.open.scale[column].push(price.scale);
        }
        self.volumes += usize::from(volume.is_some());
        self.open.volume.extend(volume);
        self.open.time_ms.push(time_ms);
        self.open.row.push(row);
        self.last = (Some(time_ms), self.last.0);
        self.open.time_ms.len()
    }

    /// Puts the rows that wait into a block; returns how many they were.
    ///
    /// # Errors
    /// `Io` if it cannot be put aside.
    pub(crate) fn seal(&mut self) -> Result<usize> {
        let block = std::mem::take(&mut self.open);
        let rows = block.time_ms.len();
        // After a full block there are others.
        if rows >= BLOCK_ROWS {
            self.open.reserve(!block.volume.is_empty());
        }
        self.facts.add(&block, self.view);
        self.blocks.push(block).map(|()| rows)
    }

    /// Reads the prices otherwise.
    ///
    /// # Errors
    /// `Io` if a block cannot be read back.
    pub(crate) fn see(&mut self, view: View) -> Result<()> {
        self.view = view;
        let mut facts = Facts::default();
        for block in self.blocks.iter() {
            facts.add(block?.as_ref(), view);
        }
        self.facts = facts;
        Ok(())
    }

    /// The first row that passes `test`, with its error.
    ///
    /// # Errors
    /// That error, or `Io` if a block cannot be read back.
    pub(crate) fn refuse(&self, mut test: impl FnMut(&RawBlock, usize) -> Option<Error>) -> Result<()> {
        for block in self.blocks.iter() {
            let block = block?;
            if let Some(error) = (0..block.time_ms.len()).find_map(|at| test(&block, at)) {
                return Err(error);
            }
        }
        Ok(())
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
                let is_later = match self.last {
                    (Some(last), Some(before)) if before > last => later.0 < last,
                    (Some(last), _) => earlier.0 <= last,
                    (None, _) => false,
                };
                self.twice.earlier += u64::from(!is_later);
                self.twice.later += u64::from(is_later);
                let taken = if is_later { later } else { earlier };
                self.twice.first.get_or_insert((row, taken.0));
                taken
            }
        };
        Ok((ms, Some(offset_ms)))
    }

    /// Where a clock shows an hour twice, a file that shows it once does not say which of the two it is.
    pub(crate) fn check_twice(&self, zone: &Zone) -> Result<()> {
        let Twice { earlier, later, first } = self.twice;
        let Some((row, ms)) = first.filter(|_| earlier != later) else { return Ok(()) };
        let problem = format!(
            "is in the hour that {} has twice, when clocks go back, but the file has it once: write these times with their offset",
            zone.name()
        );
        Err(self.source.wrong(ColumnRole::Time, row, stamp::show(ms), problem))
    }
}

/// A time without a zone as messages show it.
fn show_local(ms: i64) -> String {
    stamp::show(ms).trim_end_matches('Z').to_owned()
}
