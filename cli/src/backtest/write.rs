//! `--trades` and `--bars`: what the account did, as CSV. A replay has two accounts, one after the other: training and
//! holdout, told apart by the column `part`.

use super::arguments::Arguments;
use crate::exit::{Blame, CommandResult};
use crate::times;
use anyhow::Context as _;
use galapagos_run::engine::backtest::BacktestResult;
use galapagos_run::engine::bars::Bars;
use galapagos_run::engine::genes::Genome;
use galapagos_run::engine::interrupt::Interrupt;
use galapagos_run::engine::signals::Signals;
use galapagos_run::engine::strategies::{Context, Series, Strategy};
use galapagos_run::engine::window::Rows;
use galapagos_run::storage::atomic;
use std::fmt::Write;
use std::path::Path;

/// One genome and its accounts.
pub struct AccountReport<'a> {
    /// The strategy that was tested.
    pub strategy: &'a dyn Strategy,
    /// Its genes and stops.
    pub genome: &'a Genome,
    /// Bars a year of the calendar.
    pub bars_per_year: f64,
    /// Bars of the symbols that rules look at beside the traded ones.
    pub others: Vec<Bars<'a>>,
    /// The accounts, in the order of time.
    pub parts: Vec<Part<'a>>,
}

/// One account. All lists go by symbol.
pub struct Part<'a> {
    /// `training` or `holdout`; `None`: there is only one.
    pub name: Option<&'static str>,
    /// The rows up to the end of the account.
    pub bars: Vec<Bars<'a>>,
    /// The first row to write.
    pub from: Vec<usize>,
    /// The rows that count.
    pub rows: Vec<Rows>,
    /// Metrics, accounts and signals of the part.
    pub report: &'a BacktestResult,
}

impl AccountReport<'_> {
    fn indicators(&self, part: &Part<'_>, symbol: usize) -> Vec<Series> {
        let first = part.rows[symbol].first;
        let (bars_per_year, others) = (self.bars_per_year, &self.others);
        let context = Context { first, bars_per_year, others, interrupt: Interrupt::NEVER };
        self.strategy.indicators(&part.bars[symbol], self.genome, context)
    }

    fn symbols(&self) -> usize {
        self.parts.first().map_or(0, |p| p.bars.len())
    }

    fn has_names(&self) -> bool {
        self.parts.iter().any(|p| p.name.is_some())
    }
}

/// Writes `--trades` and `--bars`.
pub fn files(arguments: &Arguments, account_report: &AccountReport<'_>) -> CommandResult {
    arguments.trades.as_ref().map_or(Ok(()), |path| trades(path, account_report))?;
    arguments.bars.as_ref().map_or(Ok(()), |path| bars(path, account_report))
}

/// Each round trip: `symbol,[part,]side,entry_time,entry_price,exit_time,exit_price,quantity,pnl,fees,bars,reason,level,gap`. `level`
/// is the price of the stop, target or liquidation that closed it, and `gap` whether the bar opened beyond it.
pub fn trades(path: &Path, account_report: &AccountReport<'_>) -> CommandResult {
    let part = if account_report.has_names() { "part," } else { "" };
    let mut text = format!(
        "symbol,{part}side,entry_time,entry_price,exit_time,exit_price,quantity,pnl,fees,bars,reason,level,gap\n"
    );
    let accounts =
        (0..account_report.symbols()).flat_map(|i| account_report.parts.iter().map(move |part| (i, part)));
    for (i, part) in accounts {
        let (bars, symbol) = (&part.bars[i], &part.report.per_symbol[i]);
        for trade in &symbol.trace.trades {
            let side = if trade.side > 0 { "long" } else { "short" };
            let time = |row: usize| bars.time_ms.get(row).map(|&ms| times::rfc3339(ms)).unwrap_or_default();
            // Writing into a String cannot fail.
            let _ = writeln!(
                text,
                "{},{}{side},{},{},{},{},{},{},{},{},{},{},{}",
                symbol.symbol,
                named(part),
                time(trade.entry),
                trade.entry_price,
                time(trade.exit),
                trade.exit_price,
                trade.quantity,
                trade.pnl,
                trade.fees,
                trade.exit - trade.entry,
                trade.reason.name(),
                cell(trade.level),
                trade.gap,
            );
        }
    }
    atomic::write(path, text.as_bytes()).with_context(|| "--trades").invalid()
}

/// Each bar: `[symbol,][part,]time,close,<indicators>,signal,position,equity`. Empty where a value is not defined. The
/// signal is the target decided at that close; the position is what is held there.
pub fn bars(path: &Path, account_report: &AccountReport<'_>) -> CommandResult {
    let several = account_report.symbols() > 1;
    let mut text = String::new();
    let accounts =
        (0..account_report.symbols()).flat_map(|i| account_report.parts.iter().map(move |part| (i, part)));
    for (i, part) in accounts {
        let (bars, symbol) = (&part.bars[i], &part.report.per_symbol[i]);
        let indicators = account_report.indicators(part, i);
        if text.is_empty() {
            let names: String = indicators.iter().map(|(name, _)| format!("{name},")).collect();
            let first = if several { "symbol," } else { "" };
            let second = if account_report.has_names() { "part," } else { "" };
            let _ = writeln!(text, "{first}{second}time,close,{names}signal,position,equity");
        }
        let scale = bars.scale();
        for t in part.from[i]..bars.len() {
            if several {
                let _ = write!(text, "{},", symbol.symbol);
            }
            let (time, close) = (times::rfc3339(bars.time_ms[t]), bars.close[t] as f64 / scale);
            let _ = write!(text, "{}{time},{close},", named(part));
            for (_, values) in &indicators {
                let _ = write!(text, "{},", cell(values.get(t).copied().flatten()));
            }
            let decided = (t >= part.rows[i].first).then(|| signal(&symbol.signals, t)).flatten();
            let at = t.checked_sub(symbol.trace.base);
            let of = |column: &[f64]| at.and_then(|k| column.get(k)).copied();
            let _ = writeln!(
                text,
                "{},{},{}",
                cell(decided),
                cell(of(&symbol.trace.position)),
                cell(of(&symbol.trace.equity))
            );
        }
    }
    atomic::write(path, text.as_bytes()).with_context(|| "--bars").invalid()
}

fn named(part: &Part<'_>) -> String {
    part.name.map_or_else(String::new, |name| format!("{name},"))
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

fn signal(signals: &Signals, t: usize) -> Option<f64> {
    match signals {
        Signals::Positions(targets) => targets.get(t).map(|&target| f64::from(target)),
        Signals::Exposure(targets) => targets.get(t).copied(),
        Signals::Sized(sized) => match (sized.enter_long.get(t)?, sized.enter_short.get(t)?) {
            (true, false) => sized.size.get(t).copied(),
            (false, true) => sized.size.get(t).map(|w| -w),
            _ => Some(0.0),
        },
        // They depend on the account, which other columns show.
        Signals::Rules(_) => None,
    }
}
