//! The closed round trips of all symbols in the order of time.

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

/// The calendar year (UTC) in which each trade was closed.
pub fn years(report: &BacktestResult, bars: &[Bars<'_>]) -> Vec<i32> {
    by_exit(report, bars).iter().map(|&(ms, _)| year(ms)).collect()
}

/// The calendar year (UTC) of a stamp; 0 outside the calendar.
pub fn year(ms: i64) -> i32 {
    Timestamp::from_millisecond(ms).map_or(0, |t| i32::from(t.to_zoned(TimeZone::UTC).year()))
}
