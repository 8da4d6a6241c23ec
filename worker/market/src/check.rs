//! The checks every series passes before it is published or back-tested, and the report of what was found.

use crate::append::grow;
use crate::columns::ColumnRole;
use crate::ends::{drop_forming, to_opens};
use crate::error::{Error, Result};
use crate::frozen;
use crate::gaps::{Gaps, find_gaps, off_grid_note, usual_step};
use crate::names::{Calendar, DAY_MS, Interval};
use crate::order::{Origin, drop_duplicates, in_order};
use crate::outliers::describe;
use crate::resample::{Resampled, resample};
use crate::rows::RawRows;
use crate::series::{OwnedSeries, Series};
use crate::sessions::to_dates;
use crate::stamp::show;
use crate::ticks::{self, Tick};
use serde::Serialize;

/// A move whose square reaches this has no exact return.
const MAX_SQUARE: f64 = 2048.0;
/// Squares that add up to this leave the 64 bits of a sixteenth of the rows: holding would have no score.
const MAX_SQUARES: f64 = 32_000.0;
/// A move is an outlier above this many times the median move.
const OUTLIER: f64 = 20.0;
/// Outliers that are listed one by one.
const LISTED: usize = 20;

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

/// A move far larger than usual: reported, not refused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outlier {
    /// Open time of the bar, UTC milliseconds.
    pub time_ms: i64,
    /// Change of the close: c/c1 - 1, where c1 is the close before.
    pub change: f64,
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
    options: &CheckOptions,
    kind: Kind,
    published: Option<&Series<'_>>,
) -> Result<(OwnedSeries, SymbolReport)> {
    let mut report = SymbolReport { symbol: symbol.to_owned(), ..SymbolReport::default() };
    let mut order = in_order(&mut parts, &mut report)?;
    drop_duplicates(&mut order, &parts, options.repair, &mut report)?;
    let tick = ticks::choose(&parts)?;
    report.rounded = tick.rounded;
    if tick.rounded {
        report.notes.push(format!(
            "prices have more digits than ticks hold: they were rounded to 10 significant digits, at most {} decimals",
            tick.decimals
        ));
    }
    let mut series = build(symbol, &parts, &order, tick, options.repair, &mut report)?;
    let mut step = options.interval.map(Interval::ms).or(usual_step(&series.time_ms));
    report.notes.extend(to_opens(symbol, &mut series.time_ms, &parts, step)?);
    let mut now_ms = options.now_ms;
    if let Some(to) = options.resample {
        if let Some(now_ms) = now_ms.take() {
            report.notes.extend(drop_forming(&mut series, step, now_ms));
        }
        let (longer, made, notes) = resample(&series, to, options, kind.close_only)?;
        series = longer;
        report.resampled = Some(made);
        report.notes.extend(notes);
        step = Some(to.ms());
    }
    if !kind.funded && step.is_some_and(|step| step >= DAY_MS) {
        report.notes.extend(to_dates(&mut series.time_ms, &parts));
    }
    if let Some(published) = published {
        let (grown, note) = grow(published, series)?;
        series = grown;
        report.notes.push(note);
    }
    // Of the grown series: a single row that came is its last.
    if let Some(now_ms) = now_ms {
        report.notes.extend(drop_forming(&mut series, step, now_ms));
    }
    let options = CheckOptions { interval: options.resample.or(options.interval), ..*options };
    finish(series, &options, report)
}

/// The checks that need no file: of ticks that are already there.
///
/// # Errors
/// `Invalid` for spacing, gaps and growth.
pub(crate) fn finish(
    mut series: OwnedSeries,
    options: &CheckOptions,
    mut report: SymbolReport,
) -> Result<(OwnedSeries, SymbolReport)> {
    let symbol = &series.symbol;
    let (interval, gaps) = find_gaps(symbol, &series.time_ms, options)?;
    series.interval_ms = interval.ms();
    report.rows = series.time_ms.len() as u64;
    (report.from_ms, report.to_ms) = (series.time_ms[0], series.time_ms[series.time_ms.len() - 1]);
    report.interval = interval.to_string();
    report.gaps = gaps;
    report.decimals = series.decimals;
    report.volume = series.volume.is_some();
    report.funding_stamps = series.funding.len() as u64;
    if let Some(volume) = &series.volume {
        let zeros = volume.iter().filter(|&&v| v == 0.0).count();
        report.zero_volume_rows = if zeros == volume.len() { 0 } else { zeros as u64 };
        if zeros == volume.len() {
            report.notes.push("every volume is 0: the column counts as none".into());
        }
    }
    moves(&series, &mut report)?;
    describe(&series, &mut report);
    report.notes.extend(frozen::note(&series));
    if gaps.off_grid > 0 {
        report.notes.push(off_grid_note(&series.time_ms, interval, gaps.off_grid));
    }
    Ok((series, report))
}

fn build(
    symbol: &str,
    parts: &[RawRows],
    order: &[Origin],
    tick: Tick,
    repair: bool,
    report: &mut SymbolReport,
) -> Result<OwnedSeries> {
    let n = order.len();
    let with_volume = parts.iter().all(|p| p.volume.len() == p.len());
    if !with_volume && let Some(part) = parts.iter().find(|p| !p.volume.is_empty()) {
        let problem = "has volumes, another file of the same symbol has none: leave the column out with --columns volume=";
        return Err(Error::layout(&part.source.file, problem));
    }
    let mut series = OwnedSeries {
        symbol: symbol.to_owned(),
        decimals: tick.decimals,
        time_ms: Vec::with_capacity(n),
        open: Vec::with_capacity(n),
        high: Vec::with_capacity(n),
        low: Vec::with_capacity(n),
        close: Vec::with_capacity(n),
        volume: with_volume.then(|| Vec::with_capacity(n)),
        ..OwnedSeries::default()
    };
    let mut widened: Option<(Error, usize)> = None;
    for &(p, r) in order {
        let (part, r) = (&parts[p as usize], r as usize);
        let mut ticks = [0; 4];
        for (column, role) in ColumnRole::PRICES.into_iter().enumerate() {
            let price = part.price(column, r);
            let wrong = |problem: &str| part.source.wrong(role, part.row[r], price, problem);
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
            let [o, h, l, c] = [0, 1, 2, 3].map(|i| part.price(i, r));
            let problem = format!("{problem} (open {o}, high {h}, low {l}, close {c})");
            let role = ColumnRole::PRICES[column];
            let error = part.source.wrong(role, part.row[r], part.price(column, r), problem);
            if !repair {
                return Err(error.hint("where an exchange slipped in single bars, use --repair"));
            }
            (high, low) = (if high < top { top } else { high }, if low > bottom { bottom } else { low });
            widened.get_or_insert((error, 0)).1 += 1;
        }
        if let Some(volume) = &mut series.volume {
            let v = part.volume[r];
            if v < 0.0 || !v.is_finite() {
                return Err(part.source.wrong(ColumnRole::Volume, part.row[r], v, "is below 0"));
            }
            volume.push(v + 0.0);
        }
        series.time_ms.push(part.time_ms[r]);
        series.open.push(open);
        series.high.push(high);
        series.low.push(low);
        series.close.push(close);
    }
    if let Some((error, count)) = widened {
        // More are no slips of an exchange: a column is another than it is called.
        if count > MAX_WIDENED.max(n / 1000) {
            return Err(error);
        }
        report
            .notes
            .push(format!("high or low of {count} bars was widened to open and close, the first: {error}"));
    }
    Ok(series)
}

/// Growth and outliers of c/c1 - 1.
fn moves(series: &OwnedSeries, report: &mut SymbolReport) -> Result<()> {
    let changes: Vec<f64> = series.close.windows(2).map(|w| w[1] as f64 / w[0] as f64 - 1.0).collect();
    let (mut up, mut down, mut squares) = (0.0, 0.0, 0.0);
    for &m in &changes {
        if m > 0.0 {
            up += m
        } else {
            down -= m
        }
        squares += m * m;
    }
    let larger = |a: f64, b: f64| if a > b { a } else { b };
    report.growth = larger(larger(up, down), squares);
    let largest = changes.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    if let Some((at, &change)) = largest
        && (squares >= MAX_SQUARES || change * change >= MAX_SQUARE)
    {
        let problem = format!(
            "the squares of the moves from close to close add up to {squares:.0}; {MAX_SQUARE} for one move and \
             {MAX_SQUARES} for all are too many to be computed exactly. The largest: the close of {} is {:.4} times \
             that before it. Look for bad prices",
            show(series.time_ms[at + 1]),
            change + 1.0,
        );
        return Err(Error::series(&series.symbol, problem));
    }
    (report.outliers, report.outliers_listed) = outliers(&series.time_ms, &series.close);
    Ok(())
}

/// The number of moves from close to close that are over 20 times the median move, and the first of them.
pub fn outliers(time_ms: &[i64], close: &[i64]) -> (u64, Vec<Outlier>) {
    let changes: Vec<f64> = close.windows(2).map(|w| w[1] as f64 / w[0] as f64 - 1.0).collect();
    let mut sizes: Vec<f64> = changes.iter().map(|m| m.abs()).collect();
    // Where most bars do not move, the median of all moves is 0 and says nothing.
    let zeros = sizes.iter().filter(|&&m| m == 0.0).count();
    if 2 * zeros > sizes.len() {
        sizes.retain(|&m| m > 0.0);
    }
    let (mut count, mut listed) = (0, Vec::new());
    let Some(median) = median(sizes) else { return (count, listed) };
    let limit = OUTLIER * median;
    for (&change, &time_ms) in changes.iter().zip(time_ms.iter().skip(1)).filter(|(m, _)| m.abs() > limit) {
        count += 1;
        if listed.len() < LISTED {
            listed.push(Outlier { time_ms, change });
        }
    }
    (count, listed)
}

/// The median; of an even count the mean of the middle two.
fn median(mut values: Vec<f64>) -> Option<f64> {
    let (count, middle) = (values.len(), values.len() / 2);
    if count == 0 {
        return None;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if count % 2 == 1 {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
    Some((lower + upper) / 2.0)
}
