//! The cross of SMA(10) and SMA(30) on GOOG against vectorbt 1.2.0: all-in, fractional, long only, no stop.
//!
//! vectorbt counts the first bar as a return of 0, keeps an open position open and values it at the last close:
//! `window: Full, finalClose: false`. Its drawdowns are negative. Needs the prices of the oracle (`make oracle-data`).

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "oracle/record.rs"]
mod record;

use galapagos_engine::backtest::{Backtest, BacktestResult, backtest};
use galapagos_engine::evaluation::{Metric, MetricSet};
use galapagos_engine::execution::{Execution, Fill, Side, Window};
use galapagos_engine::genes::Genome;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies;
use galapagos_engine::window::Rows;

fn run(fee: f64, fill: Fill) -> BacktestResult {
    let exec = Execution {
        initial_capital: 10_000.0,
        side: Side::Long,
        taker_fee: fee,
        maker_fee: fee,
        fill,
        window: Window::Full,
        final_close: false,
        bars_per_year: 252.0,
        ..Execution::default()
    };
    let data = record::load("GOOG").with_decimals(2);
    let strategy = strategies::find("sma_crossover").unwrap().strategy;
    let genome = Genome::from_pairs(strategy.def(), &[("fast_period", "10"), ("slow_period", "30")]).unwrap();
    let symbols = [Prepared::new(data.bars(), &exec).unwrap()];
    let rows = [Rows::full(strategy.warm_up(&data.bars(), &[], &genome))];
    backtest(
        &Backtest { symbols: &symbols, rows: &rows, others: &[], exec: &exec, metrics: MetricSet::FULL },
        strategy,
        &genome,
    )
}

#[track_caller]
fn check(report: &BacktestResult, metric: Metric, expected: f64, half_a_digit: f64) {
    let got = report.evaluation.metrics.get(metric).unwrap();
    assert!((got - expected).abs() <= half_a_digit, "{}: got {got}, expected {expected}", metric.name());
}

fn check_row(report: &BacktestResult, equity: f64, drawdown: f64, sharpe: f64) {
    check(report, Metric::FinalEquity, equity, 5e-7);
    check(report, Metric::TotalReturn, equity / 10_000.0 - 1.0, 5e-11);
    check(report, Metric::MaxDrawdown, drawdown, 5e-11);
    check(report, Metric::Sharpe, sharpe, 5e-9);
    check(report, Metric::Trades, 32.0, 0.0);
    assert!(report.evaluation.open_position, "the 33rd trade stays open");
    assert_eq!(report.evaluation.returns, 2148);
}

// Contract C8, R0.
#[test]
fn without_fees_it_is_vectorbt_at_the_next_open() {
    let report = run(0.0, Fill::NextOpen);
    check_row(&report, 58_278.846608, 0.2971602926, 1.03353137);
    check(&report, Metric::Fees, 0.0, 0.0);
}

#[test]
fn with_fees_it_is_vectorbt_at_the_next_open() {
    let report = run(0.001, Fill::NextOpen);
    check_row(&report, 54_611.237082, 0.3055439692, 0.99927099);
    check(&report, Metric::Fees, 2_234.824295, 5e-7);
}

/// vectorbt fills at the close that decided and values after the fill, which looks into that bar's future.
#[test]
fn with_fees_it_is_vectorbt_at_the_same_close() {
    check_row(&run(0.001, Fill::SameClose), 60_155.441128, 0.2892340964, 1.05054296);
}
