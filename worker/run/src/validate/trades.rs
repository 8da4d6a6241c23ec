//! The closed round trips of all symbols in the order of time.

use std::collections::BTreeMap;

use galapagos_engine::backtest::BacktestResult;
use galapagos_engine::bars::Bars;
use galapagos_engine::trace::Trade;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The trades by exit, of one instant by symbol, each with the open of the bar of its exit. `bars` in the order of the
/// symbols.
fn by_exit<'r>(report: &'r BacktestResult, bars: &[Bars<'_>]) -> Vec<(i64, &'r Trade)> {
    let symbols = report.per_symbol.iter().zip(bars);
    let mut all: Vec<(i64, &Trade)> = symbols
        .flat_map(|(symbol, bars)| {
            symbol.trace.trades.iter().filter_map(|t| Some((*bars.time_ms.get(t.exit)?, t)))
        })
        .collect();
    all.sort_by_key(|trade| trade.0);
    all
}

/// The net result of each trade, in account currency.
pub fn results(report: &BacktestResult, bars: &[Bars<'_>]) -> Vec<f64> {
    by_exit(report, bars).iter().map(|(_, trade)| trade.pnl).collect()
}

/// Trades by the calendar year (UTC) in which they were closed; years without one are left out.
pub fn by_year(report: &BacktestResult, bars: &[Bars<'_>]) -> BTreeMap<i16, u64> {
    let mut out = BTreeMap::new();
    for (ms, _) in by_exit(report, bars) {
        if let Ok(time) = Timestamp::from_millisecond(ms) {
            *out.entry(time.to_zoned(TimeZone::UTC).year()).or_default() += 1;
        }
    }
    out
}
