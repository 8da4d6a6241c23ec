//! Numbers of papers and of other libraries: Sharpe ratios, drawdowns, portfolios, funding.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

mod made;

use galapagos_engine::backtest::{Backtest, backtest_signals};
use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::evaluation::{Metric, MetricSet, Reason};
use galapagos_engine::execution::{Aggregate, Execution, Funding};
use galapagos_engine::funding::{FundingError, cadence_ms, check_cadence, constant_stamps, snap_to_minute};
use galapagos_engine::genes::{Genome, Stops};
use galapagos_engine::metrics::{AccountHistory, evaluate, sharpe_of_sums};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::q52::fx;
use galapagos_engine::signals::Signals;
use galapagos_engine::window::Rows;
use made::*;

fn metrics_of(percent: &[f64], bars_per_year: f64) -> galapagos_engine::evaluation::Evaluation {
    let returns: Vec<f64> = percent.iter().map(|r| r / 100.0).collect();
    let mut equity = Vec::new();
    let mut e = 1.0;
    for r in &returns {
        e *= 1.0 + r;
        equity.push(e);
    }
    let history = AccountHistory {
        capital: 1.0,
        equity: &equity,
        returns: &returns,
        pnl: &[1.0],
        exposed: returns.len(),
        fees: 0.0,
        traded: 0.0,
        funding: 0.0,
        ruined: false,
        open_position: false,
    };
    evaluate(&history, &Execution { bars_per_year, ..Execution::default() }, MetricSet::FULL)
}

// Contract X22, A4.
#[test]
fn metrics_agree_with_empyrical() {
    let mixed = [1.0, 10.0, -4.0, 2.0, 3.0, 2.0, 1.0, -10.0];
    let get = |r: &galapagos_engine::evaluation::Evaluation, m| r.metrics.get(m).unwrap();
    let daily = metrics_of(&mixed, 252.0);
    assert_close(get(&daily, Metric::Sharpe), 1.7238613961706866, 1e-12);
    assert_close(get(&daily, Metric::Sortino), 2.605531251673693, 1e-12);
    assert_close(get(&daily, Metric::Volatility), 0.9136465399704637, 1e-12);
    assert_close(get(&daily, Metric::MaxDrawdown), 0.1, 1e-12);
    // It counts the missing first value in the length of the series; a flat bar has the same effect.
    let nine = metrics_of(&[&[0.0], mixed.as_slice()].concat(), 252.0);
    assert_close(get(&nine, Metric::Cagr), 1.9135925373194231, 1e-12);
    assert_close(get(&nine, Metric::Calmar), 19.135925373194233, 1e-10);
    let flat_start = [&[0.0], mixed.as_slice()].concat();
    assert_close(get(&metrics_of(&flat_start, 52.0), Metric::Sortino), 1.115_890_105_686_644, 1e-12);
    assert_close(get(&metrics_of(&flat_start, 12.0), Metric::Sortino), 0.5360562674188976, 1e-12);
    let positive = metrics_of(&[1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 252.0);
    assert_close(get(&positive, Metric::Sharpe), 52.915026221291804, 1e-9);
    assert_eq!(get(&positive, Metric::MaxDrawdown), 0.0);
    assert_eq!(positive.metrics.get(Metric::Calmar), None);
    assert_eq!(positive.metrics.get(Metric::Sortino), None);
    // It says infinity; as a number that is undefined, and limits know the sign.
    assert_eq!(positive.metrics.extended(Metric::Sortino), Some(f64::INFINITY));
    assert_eq!(positive.metrics.extended(Metric::Calmar), Some(f64::INFINITY));
    let negative = metrics_of(&[0.0, -6.0, -7.0, -1.0, -9.0, -2.0, -6.0, -8.0, -5.0], 252.0);
    assert_close(get(&negative, Metric::Sharpe), -24.406808633910085, 1e-11);
    let flat = metrics_of(&[1.0; 9], 252.0);
    assert_eq!((flat.reason, flat.metrics.get(Metric::Sharpe)), (Some(Reason::FlatReturns), None));
    assert_eq!(metrics_of(&[1.0], 252.0).reason, Some(Reason::TooShort));
}

#[test]
fn growth_a_year_agrees_with_freqtrade() {
    let cagr = |from: f64, to: f64, days: usize| {
        let mut equity = vec![from; days];
        equity[days - 1] = to;
        let history = AccountHistory {
            capital: from,
            equity: &equity,
            returns: &vec![0.0; days],
            pnl: &[100.0, 200.0, 50.0, -150.0, 300.0, -100.0, 80.0, -30.0],
            exposed: 0,
            fees: 0.0,
            traded: 0.0,
            funding: 0.0,
            ruined: false,
            open_position: false,
        };
        let m = evaluate(&history, &Execution::default(), MetricSet::FULL).metrics;
        assert_eq!(m.get(Metric::Expectancy), Some(56.25));
        assert_close(m.get(Metric::ProfitFactor).unwrap(), 730.0 / 280.0, 1e-15);
        m.get(Metric::Cagr).unwrap()
    };
    assert_close(cagr(64_900.0, 176_000.0, 1095), 0.3945, 5e-5);
    assert_close(cagr(64_900.0, 176_000.0, 365), 1.7119, 5e-5);
    assert_close(cagr(1000.0, 1500.0, 100), 3.3927, 5e-5);
}

// Contract A5.
#[test]
fn the_worst_drawdown_is_the_relative_one() {
    let equity = [1000.0, 500.0, 1000.0, 11_000.0, 10_000.0];
    let returns: Vec<f64> = [1000.0].iter().chain(&equity).zip(&equity).map(|(a, b)| b / a - 1.0).collect();
    let percent: Vec<f64> = returns.iter().map(|r| r * 100.0).collect();
    assert_close(metrics_of(&percent, 365.0).metrics.get(Metric::MaxDrawdown).unwrap(), 0.5, 1e-12);
}

// Contract A1, H4.
#[test]
fn block_sums_of_any_union_give_its_sharpe() {
    let blocks = [(0.02, 0.0006), (0.01, 0.0004), (-0.01, 0.0005), (0.03, 0.0009)];
    let sharpe = |from: usize, to: usize| {
        let add =
            |f: fn(&(f64, f64)) -> f64| blocks[from..to].iter().map(|b| i128::from(fx(f(b)).unwrap())).sum();
        sharpe_of_sums(add(|b| b.0), add(|b| b.1), 10 * (to - from) as u64).unwrap()
    };
    assert_close(sharpe(0, 2), 0.2115759861, 5e-11);
    assert_close(sharpe(2, 4), 0.1173376152, 5e-11);
    assert_close(sharpe(0, 4), 0.1614605795, 5e-11);
}

fn held(
    markets: &[(&str, &Market)],
    exec: &Execution,
    rows: &[Rows],
) -> galapagos_engine::backtest::BacktestResult {
    let prepared: Vec<Prepared> =
        markets.iter().map(|(symbol, m)| Prepared::new(Bars { symbol, ..m.view() }, exec).unwrap()).collect();
    let run = Backtest { symbols: &prepared, rows, others: &[], exec, metrics: MetricSet::FULL };
    let signals = markets.iter().map(|(_, m)| Signals::Positions(vec![1; m.close.len()])).collect();
    backtest_signals(&run, signals, &Genome { values: Vec::new(), stops: Stops::default() })
}

/// Prices before the example's first, so that the position is held from its first bar.
fn example_j() -> (Market, Market) {
    (Market::flat(&[100.0, 110.0, 121.0, 121.0, 133.1]), Market::flat(&[50.0, 50.0, 45.0, 54.0, 54.0]))
}

// Contract X21.
#[test]
fn a_portfolio_is_the_sum_of_its_accounts() {
    let (a, b) = example_j();
    let exec = Execution { fill: galapagos_engine::execution::Fill::SameClose, ..plain() };
    let rows = [Rows::after_warm_up(1); 2];
    let report = held(&[("A", &a), ("B", &b)], &exec, &rows);
    for (got, expected) in report.total.equity.iter().zip([1050.0, 1055.0, 1145.0, 1205.5]) {
        assert_close(*got, expected, 1e-9);
    }
    let sharpe =
        |r: &galapagos_engine::backtest::BacktestResult| r.evaluation.metrics.get(Metric::Sharpe).unwrap();
    assert_close(sharpe(&report), 27.8285644, 5.1e-8);
    assert_close(report.per_symbol[0].evaluation.metrics.get(Metric::Sharpe).unwrap(), 28.6574598, 5.1e-8);
    assert_close(report.per_symbol[1].evaluation.metrics.get(Metric::Sharpe).unwrap(), 3.7957733, 5.1e-8);
    for (aggregate, expected) in
        [(Aggregate::Mean, 16.2266165), (Aggregate::Median, 16.2266165), (Aggregate::Min, 3.7957733)]
    {
        let exec = Execution { aggregate, ..exec.clone() };
        let report = held(&[("A", &a), ("B", &b)], &exec, &rows);
        assert_close(sharpe(&report), expected, 5.1e-8);
        assert_eq!(report.evaluation.metrics.get(Metric::Trades), Some(2.0));
    }
}

#[test]
fn the_worst_symbol_is_known_though_another_is_infinitely_good() {
    let (a, b) = example_j();
    let fill = galapagos_engine::execution::Fill::SameClose;
    let sortino = |aggregate| {
        let exec = Execution { fill, aggregate, ..plain() };
        let report = held(&[("A", &a), ("B", &b)], &exec, &[Rows::after_warm_up(1); 2]);
        let worst = report.per_symbol[1].evaluation.metrics.get(Metric::Sortino);
        assert_eq!(
            report.per_symbol[0].evaluation.metrics.get(Metric::Sortino),
            None,
            "no return is negative"
        );
        (report.evaluation.metrics.extended(Metric::Sortino), worst)
    };
    let (worst, finite) = sortino(Aggregate::Min);
    assert_eq!(worst, finite);
    assert!(finite.is_some());
    assert_eq!(sortino(Aggregate::Mean).0, None, "one symbol must not outweigh all others");
    assert_eq!(sortino(Aggregate::Median).0, None);
}

// Contract X19, X21.
#[test]
fn a_symbol_is_cash_before_its_first_row_and_after_its_last() {
    let long = Market::flat(&[100.0, 100.0, 100.0, 100.0, 110.0, 110.0]);
    let mut short = Market::flat(&[50.0, 50.0, 60.0]);
    short.time_ms = vec![DAY, 2 * DAY, 3 * DAY];
    let exec = Execution { final_close: false, ..plain() };
    let report = held(&[("A", &long), ("B", &short)], &exec, &[Rows::after_warm_up(1); 2]);
    assert_eq!(report.total.time_ms.len(), 5);
    for (got, expected) in report.total.equity.iter().zip([1000.0, 1000.0, 1100.0, 1150.0, 1150.0]) {
        assert_close(*got, expected, 1e-9);
    }
    assert_eq!(report.evaluation.metrics.get(Metric::Trades), Some(1.0), "the delisted one is closed");
    assert!(report.evaluation.open_position);
}

// Contract X20.
#[test]
fn a_holdout_restarts_the_account_at_its_first_stamp() {
    let market = Market::flat(&[100.0, 110.0, 100.0, 100.0, 120.0, 120.0]);
    let exec = plain();
    let rows = [Rows::holdout(3, 3 * DAY)];
    let report = held(&[("A", &market)], &exec, &rows);
    assert_eq!(report.evaluation.returns, 3);
    assert_close(report.evaluation.metrics.get(Metric::TotalReturn).unwrap(), 0.2, 1e-12);
    assert_close(report.evaluation.metrics.get(Metric::BuyAndHoldReturn).unwrap(), 0.2, 1e-12);
    let mut gappy = market.clone();
    gappy.time_ms[2] = 2 * DAY - 1;
    let report = held(&[("A", &market), ("B", &gappy)], &exec, &[rows[0]; 2]);
    assert_eq!((report.total.time_ms.len(), report.total.start_ms), (3, 2 * DAY));
}

fn stamp(time_ms: i64) -> FundingStamp {
    FundingStamp { time_ms, rate_e9: 1, mark: None }
}

// Contract X7.
#[test]
fn a_hole_in_a_funding_series_is_an_error_with_its_times() {
    let hour = 3_600_000;
    let stamps: Vec<_> = [0, 8, 16, 24, 40, 48].map(|h| stamp(h * hour)).into();
    assert_eq!(cadence_ms(&stamps), Some(8 * hour));
    let error = check_cadence("X", &stamps).unwrap_err();
    assert!(matches!(error, FundingError::Missing { after_ms, .. } if after_ms == 24 * hour), "{error}");
    assert_eq!(check_cadence("X", &stamps[..4]), Ok(()));
    let tie: Vec<_> = [0, 8, 12].map(|h| stamp(h * hour)).into();
    assert_eq!(cadence_ms(&tie), Some(4 * hour));
    let exec = Execution { funding: Funding::Series, ..plain() };
    let market = Market::flat(&[1.0; 3]);
    assert!(matches!(Prepared::new(market.view(), &exec), Err(FundingError::NoSeries { .. })));
}

#[test]
fn stamps_are_snapped_to_the_nearest_minute() {
    assert_eq!([17, 29_999, 30_000, -30_000, -30_001].map(snap_to_minute), [0, 0, 60_000, 0, -60_000]);
}

// Contract X7.
#[test]
fn constant_funding_makes_its_own_stamps_from_midnight_on() {
    let market = Market::flat(&[100.0, 100.0]);
    let stamps = constant_stamps(&market.view(), 100_000, 8);
    let hours: Vec<i64> = stamps.iter().map(|s| s.time_ms / 3_600_000).collect();
    assert_eq!(hours, [0, 8, 16, 24, 32, 40, 48]);
    let exec =
        Execution { funding: Funding::Constant { rate_e9: 10_000_000, interval_hours: 24 }, ..plain() };
    let trace =
        Market::flat(&[100.0, 100.0, 110.0, 110.0]).run(&exec, &positions(&[1, 1, 0, 0]), Stops::default());
    assert_equity(&trace, &[1000.0, 1000.0, 1089.0, 1078.0]);
}
