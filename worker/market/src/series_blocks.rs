//! The rows of one symbol on their way to a dataset, in blocks: a series of any length in bounded memory.

use crate::blocks::{BLOCK_ROWS, Blocks};
use crate::error::Result;
use crate::series::{FundingStamp, OwnedSeries, Series};
use crate::spill::{Held, Spill};
use std::borrow::Cow;
use std::sync::Arc;

/// The columns of some rows; see [`Series`] for their meaning.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SeriesBlock {
    pub time_ms: Vec<i64>,
    pub open: Vec<i64>,
    pub high: Vec<i64>,
    pub low: Vec<i64>,
    pub close: Vec<i64>,
    /// Empty where there is no volume.
    pub volume: Vec<f64>,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    pub time_ms: i64,
    /// Open, high, low and close in ticks.
    pub prices: [i64; 4],
    pub volume: Option<f64>,
}

impl SeriesBlock {
    /// Time, open, high, low and close.
    pub(crate) fn ticks(&self) -> [&Vec<i64>; 5] {
        [&self.time_ms, &self.open, &self.high, &self.low, &self.close]
    }

    /// The row at `at`.
    pub(crate) fn bar(&self, at: usize) -> Bar {
        let [time_ms, open, high, low, close] = self.ticks().map(|column| column[at]);
        Bar { time_ms, prices: [open, high, low, close], volume: self.volume.get(at).copied() }
    }

    /// Leaves the last row out.
    pub(crate) fn pop(&mut self) {
        for column in [&mut self.time_ms, &mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            column.pop();
        }
        self.volume.pop();
    }

    /// Makes room for a full block.
    fn reserve(&mut self, has_volume: bool) {
        let rows = BLOCK_ROWS - self.time_ms.len();
        for column in [&mut self.time_ms, &mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            column.reserve_exact(rows);
        }
        self.volume.reserve_exact(if has_volume { rows } else { 0 });
    }

    fn push(&mut self, bar: Bar) {
        let [open, high, low, close] = bar.prices;
        self.time_ms.push(bar.time_ms);
        self.open.push(open);
        self.high.push(high);
        self.low.push(low);
        self.close.push(close);
        self.volume.extend(bar.volume);
    }
}

/// The rows of one symbol, oldest first.
#[derive(Debug)]
pub(crate) struct SeriesBlocks {
    pub symbol: String,
    pub decimals: u8,
    pub interval_ms: i64,
    pub has_volume: bool,
    pub funding: Vec<FundingStamp>,
    pub blocks: Blocks<SeriesBlock>,
}

impl SeriesBlocks {
    /// A series without rows, of the same symbol and tick as `self`.
    pub(crate) fn like(&self) -> Self {
        Self {
            blocks: Blocks::new(self.blocks.spill()),
            symbol: self.symbol.clone(),
            funding: Vec::new(),
            ..*self
        }
    }

    /// A series in memory as one block.
    ///
    /// # Errors
    /// `Io` if it cannot be put aside in `spill`.
    pub(crate) fn of(series: OwnedSeries, spill: &Arc<Spill>) -> Result<Self> {
        let OwnedSeries { symbol, decimals, interval_ms, time_ms, open, high, low, close, volume, funding } =
            series;
        let mut blocks = Blocks::new(spill);
        let has_volume = volume.is_some();
        blocks.push(SeriesBlock { time_ms, open, high, low, close, volume: volume.unwrap_or_default() })?;
        Ok(Self { symbol, decimals, interval_ms, has_volume, funding, blocks })
    }

    /// All of it in memory.
    ///
    /// # Errors
    /// `Io` if a block cannot be read back.
    pub(crate) fn into_owned(self) -> Result<OwnedSeries> {
        let mut all = SeriesBlock::default();
        let Self { symbol, decimals, interval_ms, has_volume, funding, blocks } = self;
        for block in blocks.into_iter() {
            let block = block?;
            if all.time_ms.is_empty() {
                all = block;
                continue;
            }
            all.time_ms.extend(&block.time_ms);
            all.open.extend(&block.open);
            all.high.extend(&block.high);
            all.low.extend(&block.low);
            all.close.extend(&block.close);
            all.volume.extend(&block.volume);
        }
        let SeriesBlock { time_ms, open, high, low, close, volume } = all;
        let volume = has_volume.then_some(volume);
        Ok(OwnedSeries { symbol, decimals, interval_ms, time_ms, open, high, low, close, volume, funding })
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.blocks.rows()
    }

    /// All times in memory.
    ///
    /// # Errors
    /// `Io` if a block cannot be read back.
    pub(crate) fn times(&self) -> Result<Vec<i64>> {
        let mut all = Vec::with_capacity(self.len());
        self.each_ticks(0, &mut |times| {
            all.extend(times);
            Ok(())
        })?;
        Ok(all)
    }

    /// What is known of the series besides its rows.
    pub(crate) fn bare(&self) -> Series<'_> {
        Series {
            symbol: &self.symbol,
            decimals: self.decimals,
            interval_ms: self.interval_ms,
            time_ms: &[],
            open: &[],
            high: &[],
            low: &[],
            close: &[],
            volume: self.has_volume.then_some(&[]),
            funding: &self.funding,
        }
    }

    /// Looks at each row in turn.
    ///
    /// # Errors
    /// Those of `look`, and `Io` if a block cannot be read back.
    pub(crate) fn each(&self, mut look: impl FnMut(Bar) -> Result<()>) -> Result<()> {
        for block in self.blocks.iter() {
            let block = block?;
            (0..block.time_ms.len()).try_for_each(|at| look(block.bar(at)))?;
        }
        Ok(())
    }
}

/// A series that rows come to one by one.
pub(crate) struct Growing {
    series: SeriesBlocks,
    block: SeriesBlock,
}

impl Growing {
    /// Rows that come behind those of `series`.
    pub(crate) fn new(series: SeriesBlocks) -> Self {
        Self { series, block: SeriesBlock::default() }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// `Io` if a full block cannot be put aside.
    pub(crate) fn push(&mut self, bar: Bar) -> Result<()> {
        self.block.push(bar);
        // Once the first block is full, others will be.
        if self.block.time_ms.len() == 1 && self.series.len() > 0 {
            self.block.reserve(self.series.has_volume);
        }
        if self.block.time_ms.len() < BLOCK_ROWS {
            return Ok(());
        }
        self.series.blocks.push(std::mem::take(&mut self.block))
    }

    /// The series with all rows.
    ///
    /// # Errors
    /// As [`Growing::push`].
    pub(crate) fn finish(mut self) -> Result<SeriesBlocks> {
        self.series.blocks.push(self.block)?;
        Ok(self.series)
    }
}

/// Columns of 64 bits that are looked at one after the other, each piece by piece.
pub(crate) trait ByColumn {
    /// Number of rows.
    fn rows(&self) -> usize;

    /// Time (0), open, high, low and close (4).
    ///
    /// # Errors
    /// Those of `look`, and `Io` if a piece cannot be read back.
    fn each_ticks(&self, column: usize, look: &mut dyn FnMut(&[i64]) -> Result<()>) -> Result<()>;

    /// The volumes, if there are any.
    ///
    /// # Errors
    /// As [`ByColumn::each_ticks`].
    fn each_volume(&self, look: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()>;
}

impl ByColumn for Series<'_> {
    fn rows(&self) -> usize {
        self.len()
    }

    fn each_ticks(&self, column: usize, look: &mut dyn FnMut(&[i64]) -> Result<()>) -> Result<()> {
        look([self.time_ms, self.open, self.high, self.low, self.close][column])
    }

    fn each_volume(&self, look: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()> {
        self.volume.map_or(Ok(()), look)
    }
}

/// Times alone.
impl ByColumn for &[i64] {
    fn rows(&self) -> usize {
        self.len()
    }

    fn each_ticks(&self, _: usize, look: &mut dyn FnMut(&[i64]) -> Result<()>) -> Result<()> {
        look(self)
    }

    fn each_volume(&self, _: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()> {
        Ok(())
    }
}

impl ByColumn for SeriesBlocks {
    fn rows(&self) -> usize {
        self.len()
    }

    fn each_ticks(&self, column: usize, look: &mut dyn FnMut(&[i64]) -> Result<()>) -> Result<()> {
        self.blocks.held().iter().try_for_each(|held| look(&ticks(held, column)?))
    }

    fn each_volume(&self, look: &mut dyn FnMut(&[f64]) -> Result<()>) -> Result<()> {
        if !self.has_volume {
            return Ok(());
        }
        self.blocks.held().iter().try_for_each(|held| match held.kept() {
            Some(block) => look(&block.volume),
            None => look(&held.read_column(5, f64::from_le_bytes)?),
        })
    }
}

/// One column of a block; of what lies on disk no other is read.
fn ticks(held: &Held<SeriesBlock>, column: usize) -> Result<Cow<'_, [i64]>> {
    match held.kept() {
        Some(block) => Ok(Cow::Borrowed(block.ticks()[column])),
        None => Ok(Cow::Owned(held.read_column(column, i64::from_le_bytes)?)),
    }
}
