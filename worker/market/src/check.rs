//! The checks every series passes before it is published or back-tested, and the report of what was found.

use crate::append::grow;
use crate::blocks::Blocks;
use crate::columns::ColumnRole;
use crate::ends::{drop_forming, to_opens};
use crate::error::{Error, Result};
use crate::frozen;
use crate::gaps::{Gaps, ends, find_gaps, off_grid_note, usual_step};
use crate::names::{Calendar, DAY_MS, Interval};
use crate::order::{count_duplicates, each_row, in_order};
use crate::outliers::{Outlier, describe, each_change, outliers_of};
use crate::raw::RawRows;
use crate::resample::{Resampled, resample};
use crate::series::Series;
use crate::series_blocks::{Bar, ByColumn, Growing, SeriesBlocks};
use crate::sessions::to_dates;
use crate::spill::Spill;
use crate::stamp::show;
use crate::ticks::{self, Tick};
use serde::Serialize;
use std::sync::Arc;

/// A move whose square reaches this has no exact return.
const MAX_SQUARE: f64 = 2048.0;
/// Squares that add up to this leave the 64 bits of a sixteenth of the rows: holding would have no score.
const MAX_SQUARES: f64 = 32_000.0;
/// Bars whose open or close lies outside high and low that may be repaired, besides one in a thousand.
const MAX_WIDENED: usize = 3;

/// What the checks allow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckOptions {
    /// Spacing of the bars; `None`: the most frequent spacing found.
    pub interval: Option<Interval>,
    /// Calendar of the market; with sessions, gaps are expected.
    pub calendar: Option<Calendar>,
    /// Largest share of missing bars that is accepted.
    pub max_gap_share: f64,
    /// Drop exact duplicates, widen single bars to their open and close, and accept any share of gaps.
    pub repair: bool,
    /// The present, UTC milliseconds: a last bar that has not ended then is left out. `None`: all bars are kept.
    pub now_ms: Option<i64>,
    /// Make bars of this spacing from those of `interval`, once these passed the checks. `None`: they stay.
    pub resample: Option<Interval>,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            interval: None,
            calendar: None,
            max_gap_share: 0.01,
            repair: false,
            now_ms: None,
            resample: None,
        }
    }
}

/// What the checks found in one symbol.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SymbolReport {
    /// Name of the symbol.
    pub symbol: String,
    /// Number of rows kept.
    pub rows: u64,
    /// First bar, UTC milliseconds.
    pub from_ms: i64,
    /// Last bar, UTC milliseconds.
    pub to_ms: i64,
    /// Nominal spacing of the bars, as `1h`.
    pub interval: String,
    /// Decimals of a tick.
    pub decimals: u8,
    /// Prices were rounded to 10 significant digits, since they have more than ticks hold.
    pub rounded: bool,
    /// Gaps between the rows.
    pub gaps: Gaps,
    /// What became of finer bars, where longer ones were made of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resampled: Option<Resampled>,
    /// Exact duplicates that were dropped.
    pub duplicates_dropped: u64,
    /// Number of moves over 20 times the median move.
    pub outliers: u64,
    /// The first of them.
    pub outliers_listed: Vec<Outlier>,
    /// Whether there are volumes.
    pub volume: bool,
    /// Rows whose volume is 0 in a series that has volume: not tradable.
    pub zero_volume_rows: u64,
    /// Number of funding stamps; 0 where there is no funding series.
    pub funding_stamps: u64,
    /// max(sum of rises, sum of falls, sum of squares) of c/c1 - 1.
    pub growth: f64,
    /// What was assumed or changed, in sentences.
    pub notes: Vec<String>,
}

/// What a symbol is, besides its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// It has a series of funding. Its stamps stay where they are: its funding falls between them.
    pub funded: bool,
    /// The close is its one price.
    pub close_only: bool,
}

/// Joins the `parts` of one symbol, checks every row, turns prices into ticks and joins them to those that are published,
/// if there are any.
///
/// # Errors
/// `Invalid` with file, line, column and value of the first row that is wrong.
pub(crate) fn check(
    symbol: &str,
    mut parts: Vec<RawRows>,
    spill: &Arc<Spill>,
    options: &CheckOptions,
    kind: Kind,
    published: Option<&Series<'_>>,
) -> Result<(SeriesBlocks, SymbolReport)> {
    let mut report = SymbolReport { symbol: symbol.to_owned(), ..SymbolReport::default() };
    in_order(&mut parts, &mut report)?;
    report.duplicates_dropped = count_duplicates(&parts, options.repair)?;
    let tick = ticks::choose(&parts)?;
    report.rounded = tick.rounded;
    if tick.rounded {
        report.notes.push(format!(
            "prices have more digits than ticks hold: they were rounded to 10 significant digits, at most {} decimals",
            tick.decimals
        ));
    }
    let mut series = build(symbol, &parts, spill, tick, options.repair, &mut report)?;
    let mut step = match options.interval {
        Some(interval) => Some(interval.ms()),
        None => usual_step(&series)?,
    };
    report.notes.extend(to_opens(&mut series, &parts, step)?);
    let mut now_ms = options.now_ms;
    if let Some(to) = options.resample {
        if let Some(now_ms) = now_ms.take() {
            report.notes.extend(drop_forming(&mut series, step, now_ms)?);
        }
        let (longer, made, notes) = resample(&series, to, options, kind.close_only)?;
        series = longer;
        report.resampled = Some(made);
        report.notes.extend(notes);
        step = Some(to.ms());
    }
    if !kind.funded && step.is_some_and(|step| step >= DAY_MS) {
        report.notes.extend(to_dates(&mut series, &parts)?);
    }
    if let Some(published) = published {
        let (grown, note) = grow(published, series)?;
        series = grown;
        report.notes.push(note);
    }
    // Of the grown series: a single row that came is its last.
    if let Some(now_ms) = now_ms {
        report.notes.extend(drop_forming(&mut series, step, now_ms)?);
    }
    let options = CheckOptions { interval: options.resample.or(options.interval), ..*options };
    finish(series, &options, report)
}

/// The checks that need no file: of ticks that are already there.
///
/// # Errors
/// `Invalid` for spacing, gaps and growth.
pub(crate) fn finish(
    mut series: SeriesBlocks,
    options: &CheckOptions,
    mut report: SymbolReport,
) -> Result<(SeriesBlocks, SymbolReport)> {
    let (interval, gaps) = find_gaps(&series.symbol, &series, options)?;
    series.interval_ms = interval.ms();
    report.rows = series.len() as u64;
    (report.from_ms, report.to_ms) = ends(&series)?.unwrap_or_default();
    report.interval = interval.to_string();
    report.gaps = gaps;
    report.decimals = series.decimals;
    report.volume = series.has_volume;
    report.funding_stamps = series.funding.len() as u64;
    let mut without_volume = None;
    if series.has_volume {
        let mut zeros = 0;
        series.each_volume(&mut |volume| {
            zeros += volume.iter().filter(|&&v| v == 0.0).count();
            Ok(())
        })?;
        report.zero_volume_rows = if zeros == series.len() { 0 } else { zeros as u64 };
        if zeros == series.len() {
            report.notes.push("every volume is 0: the column counts as none".into());
        }
        without_volume = Some(zeros).filter(|zeros| *zeros < series.len());
    }
    moves(&series, &mut report)?;
    describe(&series, &mut report)?;
    report.notes.extend(frozen::note(&series, without_volume)?);
    if gaps.off_grid > 0 {
        report.notes.push(off_grid_note(&series, interval, gaps.off_grid)?);
    }
    Ok((series, report))
}

fn build(
    symbol: &str,
    parts: &[RawRows],
    spill: &Arc<Spill>,
    tick: Tick,
    repair: bool,
    report: &mut SymbolReport,
) -> Result<SeriesBlocks> {
    let has_volume = parts.iter().all(|p| p.volumes == p.len());
    if !has_volume && let Some(part) = parts.iter().find(|p| p.volumes > 0) {
        let problem = "has volumes, another file of the same symbol has none: leave the column out with --columns volume=";
        return Err(Error::layout(&part.source.file, problem));
    }
    let mut series = Growing::new(SeriesBlocks {
        symbol: symbol.to_owned(),
        decimals: tick.decimals,
        interval_ms: 0,
        has_volume,
        funding: Vec::new(),
        blocks: Blocks::new(spill),
    });
    let mut widened: Option<(Error, usize)> = None;
    let (mut rows, mut last_ms) = (0, None);
    each_row(parts, |at, block, r| {
        let (part, time_ms) = (&parts[at], block.time_ms[r]);
        // What is there twice was counted, and only the first of it is kept.
        if last_ms.replace(time_ms) == Some(time_ms) {
            return Ok(());
        }
        let priced = |column| part.view.price(block, column, r);
        let mut ticks = [0; 4];
        for (column, role) in ColumnRole::PRICES.into_iter().enumerate() {
            let price = priced(column);
            let wrong = |problem: &str| part.source.wrong(role, block.row[r], price, problem);
            if price.mantissa <= 0 {
                return Err(wrong("is no price: prices are above 0"));
            }
            ticks[column] = tick.ticks(price).ok_or_else(|| wrong("is too large"))?;
        }
        let [open, mut high, mut low, close] = ticks;
        let top = if open > close { open } else { close };
        let bottom = if open < close { open } else { close };
        if high < top || low > bottom {
            let (column, problem) =
                if high < top { (1, "is below open or close") } else { (2, "is above open or close") };
            let [o, h, l, c] = [0, 1, 2, 3].map(priced);
            let problem = format!("{problem} (open {o}, high {h}, low {l}, close {c})");
            let role = ColumnRole::PRICES[column];
            let error = part.source.wrong(role, block.row[r], priced(column), problem);
            if !repair {
                return Err(error.hint("where an exchange slipped in single bars, use --repair"));
            }
            (high, low) = (if high < top { top } else { high }, if low > bottom { bottom } else { low });
            widened.get_or_insert((error, 0)).1 += 1;
        }
        let volume = block.volume.get(r).copied().filter(|_| has_volume);
        if let Some(v) = volume.filter(|v| *v < 0.0 || !v.is_finite()) {
            return Err(part.source.wrong(ColumnRole::Volume, block.row[r], v, "is below 0"));
        }
        rows += 1;
        // Adding 0.0 turns -0.0 into 0.0.
        series.push(Bar { time_ms, prices: [open, high, low, close], volume: volume.map(|v| v + 0.0) })
    })?;
    if let Some((error, count)) = widened {
        // More are no slips of an exchange: a column is another than it is called.
        if count > MAX_WIDENED.max(rows / 1000) {
            return Err(error);
        }
        report
            .notes
            .push(format!("high or low of {count} bars was widened to open and close, the first: {error}"));
    }
    series.finish()
}

/// Growth and outliers of c/c1 - 1.
fn moves(series: &SeriesBlocks, report: &mut SymbolReport) -> Result<()> {
    let (mut up, mut down, mut squares) = (0.0, 0.0, 0.0);
    let (mut largest, mut at): (Option<f64>, usize) = (None, 0);
    let mut row = 0;
    each_change(series, &mut |change| {
        row += 1;
        if change > 0.0 {
            up += change
        } else {
            down -= change
        }
        squares += change * change;
        if largest.is_none_or(|most| change.abs() >= most.abs()) {
            (largest, at) = (Some(change), row);
        }
        Ok(())
    })?;
    let larger = |a: f64, b: f64| if a > b { a } else { b };
    report.growth = larger(larger(up, down), squares);
    if let Some(change) = largest
        && (squares >= MAX_SQUARES || change * change >= MAX_SQUARE)
    {
        let problem = format!(
            "the squares of the moves from close to close add up to {squares:.0}; {MAX_SQUARE} for one move and \
             {MAX_SQUARES} for all are too many to be computed exactly. The largest: the close of {} is {:.4} times \
             that before it. Look for bad prices",
            show(time_at(series, at)?),
            change + 1.0,
        );
        return Err(Error::series(&series.symbol, problem));
    }
    (report.outliers, report.outliers_listed) = outliers_of(series)?;
    Ok(())
}

/// The time of a row.
fn time_at(series: &dyn ByColumn, row: usize) -> Result<i64> {
    let (mut before, mut found) = (0, 0);
    series.each_ticks(0, &mut |times| {
        found = row.checked_sub(before).and_then(|at| times.get(at)).copied().unwrap_or(found);
        before += times.len();
        Ok(())
    })?;
    Ok(found)
}
