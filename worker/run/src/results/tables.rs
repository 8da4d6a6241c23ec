//! The small tables for people: generations, equity, trades. Times are UTC at bar open, RFC 3339.

use std::io::{self, Write};

use galapagos_engine::backtest::BacktestResult;
use galapagos_engine::bars::Bars;
use galapagos_engine::execution::Fill;
use galapagos_engine::portfolio::Total;

use super::champions::ChampionAccounts;
use super::excursion::excursion;
use super::stamp::{number, time};
use crate::report::calendar::month;
use crate::run::state::GenerationReport;

/// Writes `generations.csv`: one line a generation.
pub fn generations(out: &mut impl Write, history: &[GenerationReport], species: &[&str]) -> io::Result<()> {
    write!(
        out,
        "generation,best,strategy,median,spread,diversity,feasible,infeasible,failed,cached,distinct,seconds"
    )?;
    let several = history.iter().any(|g| g.hypervolume.is_some());
    if several {
        write!(out, ",front,hypervolume")?;
    }
    species.iter().try_for_each(|name| write!(out, ",quota_{name}"))?;
    writeln!(out)?;
    for g in history {
        write!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{},{}",
            g.generation,
            number(g.best),
            g.strategy.as_deref().unwrap_or(""),
            number(g.median),
            number(g.spread),
            g.diversity,
            g.feasible,
            g.infeasible,
            g.failed,
            g.cached,
            g.distinct,
            g.seconds
        )?;
        if several {
            write!(out, ",{},{}", g.front.unwrap_or(0), number(g.hypervolume))?;
        }
        g.quotas.iter().try_for_each(|q| write!(out, ",{q}"))?;
        writeln!(out)?;
    }
    Ok(())
}

/// `best/equity.csv`: the equity of all accounts together at each counted close, how far it lies below its highest
/// (a share), and what holding the symbols is worth there (empty where holding does not count). The holdout starts anew
/// with the initial capital. `markets` are the accounts of holding on training rows and holdout.
pub fn equity(
    out: &mut impl Write,
    accounts: &ChampionAccounts,
    (training, holdout): (&Total, Option<&Total>),
) -> io::Result<()> {
    writeln!(out, "time,part,equity,return,drawdown,market")?;
    let mut part = |name: &str, report: &BacktestResult, market: Option<&Total>| -> io::Result<()> {
        let total = &report.total;
        let mut peak: f64 = report.per_symbol.iter().map(|s| s.trace.capital).sum();
        let rows = total.time_ms.iter().zip(&total.equity).zip(&total.returns);
        for ((&ms, &equity), r) in rows {
            peak = if equity > peak { equity } else { peak };
            let at = market.and_then(|m| m.equity.get(m.time_ms.binary_search(&ms).ok()?)).copied();
            writeln!(out, "{},{name},{equity},{r},{},{}", time(ms), 1.0 - equity / peak, number(at))?;
        }
        Ok(())
    };
    part("training", &accounts.training, Some(training))?;
    accounts.holdout.as_ref().map_or(Ok(()), |h| part("holdout", h, holdout))
}

/// `best/trades.csv`: every closed round trip; `level` is the price of the stop, target or liquidation that closed it, and
/// `gap` whether the bar opened beyond it; `adverse` and `favourable` are its excursions as shares of the entry.
pub fn trades(
    out: &mut impl Write,
    accounts: &ChampionAccounts,
    bars: &[Bars<'_>],
    fill: Fill,
) -> io::Result<()> {
    writeln!(
        out,
        "symbol,part,side,entry_time,entry_price,exit_time,exit_price,reason,quantity,pnl,fees,level,gap,adverse,favourable"
    )?;
    let mut part = |name: &str, report: &BacktestResult| -> io::Result<()> {
        for (symbol, bars) in report.per_symbol.iter().zip(bars) {
            for t in &symbol.trace.trades {
                let at = |row: usize| bars.time_ms.get(row).map_or_else(String::new, |&ms| time(ms));
                let far = excursion(t, bars, fill);
                writeln!(
                    out,
                    "{},{name},{},{},{},{},{},{},{},{},{},{},{},{},{}",
                    symbol.symbol,
                    if t.side > 0 { "long" } else { "short" },
                    at(t.entry),
                    t.entry_price,
                    at(t.exit),
                    t.exit_price,
                    t.reason.name(),
                    t.quantity,
                    t.pnl,
                    t.fees,
                    number(t.level),
                    t.gap,
                    far.adverse,
                    far.favourable
                )?;
            }
        }
        Ok(())
    };
    part("training", &accounts.training)?;
    accounts.holdout.as_ref().map_or(Ok(()), |h| part("holdout", h))
}

/// `best/years.csv`: the account of each symbol at the beginning and at the end of each year (UTC, of the open of a bar).
pub fn years(out: &mut impl Write, accounts: &ChampionAccounts, bars: &[Bars<'_>]) -> io::Result<()> {
    writeln!(out, "symbol,part,year,begin,end")?;
    let mut part = |name: &str, report: &BacktestResult| -> io::Result<()> {
        for (symbol, bars) in report.per_symbol.iter().zip(bars) {
            let trace = &symbol.trace;
            let stamps = bars.time_ms.iter().skip(trace.base);
            let mut years: Vec<(i16, f64)> = Vec::new();
            for (&ms, &equity) in stamps.zip(&trace.equity).skip(usize::from(!trace.full)) {
                let Some((year, _)) = month(ms) else { continue };
                match years.last_mut() {
                    Some(last) if last.0 == year => last.1 = equity,
                    _ => years.push((year, equity)),
                }
            }
            let mut begin = trace.capital;
            for (year, end) in years {
                writeln!(out, "{},{name},{year},{begin},{end}", symbol.symbol)?;
                begin = end;
            }
        }
        Ok(())
    };
    part("training", &accounts.training)?;
    accounts.holdout.as_ref().map_or(Ok(()), |h| part("holdout", h))
}
