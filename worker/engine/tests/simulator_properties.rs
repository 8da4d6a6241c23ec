//! Promises of the simulator on random markets, decisions and options.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

mod made;

use galapagos_engine::bars::FundingStamp;
use galapagos_engine::evaluation::{Metric, MetricSet};
use galapagos_engine::execution::{Execution, Fill, Funding, Side};
use galapagos_engine::genes::Stops;
use galapagos_engine::portfolio::SymbolAccount;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::signals::{Signals, Sized};
use galapagos_engine::simulator::{Sleeve, simulate};
use galapagos_engine::trace::Trace;
use galapagos_engine::window::Rows;
use made::{DAY, Market, plain, positions};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// Up to 60 bars of a walk with gaps, rows without volume and daily funding.
fn market() -> impl Strategy<Value = Market> {
    let bar = (-900_i64..1000, 0_i64..600, 0_i64..600, -500_i64..500, 0_u8..6, -9_000_000_i64..9_000_000);
    prop::collection::vec(bar, 1..60).prop_map(|bars| {
        let mut m = Market { volume: Some(Vec::new()), ..Market::default() };
        let mut price = 1_000_000_i64;
        for (t, (gap, up, down, body, volume, rate)) in bars.into_iter().enumerate() {
            let open = (price + price * gap / 10_000).max(1);
            let close = (open + open * body / 10_000).max(1);
            m.time_ms.push(t as i64 * DAY);
            m.open.push(open);
            m.close.push(close);
            m.high.push(open.max(close) + open * up / 10_000);
            m.low.push((open.min(close) - open * down / 10_000).max(1));
            m.volume.as_mut().unwrap().push(f64::from(volume));
            m.funding.push(FundingStamp { time_ms: t as i64 * DAY, rate_e9: rate, mark: None });
            price = close;
        }
        // One more at the last close.
        let end = m.close.len() as i64 * DAY;
        m.funding.push(FundingStamp { time_ms: end, rate_e9: 5_000_000, mark: None });
        m
    })
}

fn signals(n: usize) -> impl Strategy<Value = Signals> {
    let flags = || prop::collection::vec(any::<bool>(), n);
    let sized = (
        flags(),
        flags(),
        prop::collection::vec((0.0..5.0_f64, 0.0..=1.0_f64), n),
        0.5..5.0_f64,
        0.0..5.0_f64,
    );
    prop_oneof![
        prop::collection::vec(-1_i8..=1, n).prop_map(Signals::Positions),
        prop::collection::vec(-1.0..=1.0_f64, n).prop_map(Signals::Exposure),
        sized.prop_map(|(enter_long, enter_short, rows, stop, trail)| {
            let (atr, size) = rows.into_iter().unzip();
            Signals::Sized(Sized { enter_long, enter_short, atr, stop, trail, size })
        }),
    ]
}

fn stops() -> impl Strategy<Value = Stops> {
    let gene = || prop::option::of((1_i64..100).prop_map(|k| Decimal::new(2 * k, 3)));
    (gene(), gene(), gene()).prop_map(|(stop_loss, take_profit, trailing_stop)| Stops {
        stop_loss,
        take_profit,
        trailing_stop,
    })
}

fn options() -> impl Strategy<Value = Execution> {
    let costs = (0.0..0.05_f64, 0.0..0.05_f64, 0.0..0.02_f64, prop::sample::select(vec![0.0, 0.1]));
    let size = (0.1..=1.0_f64, prop::sample::select(vec![1.0, 2.0, 5.0]), prop::option::of(0.5..20.0_f64));
    let words =
        (0_u8..3, any::<bool>(), any::<bool>(), prop::option::of(0.01..0.15_f64), any::<bool>(), 1_u32..10);
    (costs, size, words).prop_map(|(costs, size, words)| Execution {
        taker_fee: costs.0,
        maker_fee: costs.1,
        slippage: costs.2,
        borrow_rate: costs.3,
        fraction: size.0,
        leverage: size.1,
        lot: size.2,
        side: [Side::Long, Side::Short, Side::LongShort][usize::from(words.0)],
        fill: if words.1 { Fill::SameClose } else { Fill::NextOpen },
        funding: if words.2 { Funding::Series } else { Funding::None },
        maintenance_margin: words.3,
        final_close: words.4,
        exposure_steps: words.5,
        ..plain()
    })
}

type Case = (Market, Signals, Stops, Execution, usize, bool);

fn case() -> impl Strategy<Value = Case> {
    (market(), stops(), options(), 0_usize..70, any::<bool>()).prop_flat_map(
        |(m, stops, exec, first, full)| {
            let n = m.close.len();
            (Just(m), signals(n), Just(stops), Just(exec), Just(first % n), Just(full))
        },
    )
}

fn run(market: &Market, signals: &Signals, stops: Stops, exec: &Execution, rows: Rows) -> Trace {
    let prepared = Prepared::new(market.view(), exec).unwrap();
    let capital = exec.initial_capital;
    simulate(&Sleeve { prepared: &prepared, signals, stops, rows, capital, close_at_end: false }, exec)
}

fn rows(first: usize, full: bool) -> Rows {
    if full { Rows::full(first + 1) } else { Rows::after_warm_up(first + 1) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_valid_fails_and_the_books_add_up((market, signals, stops, exec, first, full) in case()) {
        let rows = rows(first, full);
        let trace = run(&market, &signals, stops, &exec, rows);
        let n = market.close.len();
        prop_assert_eq!(trace.equity.len(), n - rows.base());
        prop_assert_eq!(trace.returns.len(), n - rows.base() - usize::from(!full));
        let fees: f64 = trace.fills.iter().map(|f| f.fee).sum();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * (1.0 + a.abs() + b.abs());
        prop_assert!(close(fees, trace.fees));
        for fill in &trace.fills {
            let notional = fill.quantity.abs() * fill.price;
            prop_assert!(close(fill.fee, notional * exec.taker_fee) || close(fill.fee, notional * exec.maker_fee));
        }
        if !trace.open_position {
            let of_trades: f64 = trace.trades.iter().map(|t| t.fees).sum();
            prop_assert!(close(of_trades, trace.fees));
            let pnl: f64 = trace.trades.iter().map(|t| t.pnl).sum();
            prop_assert!(close(exec.initial_capital + pnl, *trace.equity.last().unwrap()));
        }
        let result = SymbolAccount { time_ms: &market.time_ms, rows, trace: &trace }.evaluate(&exec, MetricSet::FULL);
        prop_assert_eq!(result.metrics.get(Metric::Trades), Some(trace.trades.len() as f64));
        prop_assert_eq!(&trace, &run(&market, &signals, stops, &exec, rows), "the same twice");
    }

    #[test]
    fn an_unlevered_long_account_never_goes_below_zero((market, signals, stops, exec, first, full) in case()) {
        let exec = Execution { side: Side::Long, leverage: 1.0, funding: Funding::None, borrow_rate: 0.0, ..exec };
        let trace = run(&market, &signals, stops, &exec, rows(first, full));
        prop_assert!(trace.equity.iter().all(|&e| e > 0.0));
        prop_assert!(!trace.ruined);
    }

    #[test]
    fn costs_never_raise_the_equity(market in market(), seed in prop::collection::vec(0_i8..=1, 60),
                                    fee in 0.0..0.05_f64, slippage in 0.0..0.02_f64) {
        let signals = positions(&seed[..market.close.len()]);
        let free = Execution { side: Side::Long, ..plain() };
        let costly = Execution { taker_fee: fee, slippage, ..free.clone() };
        let (free, costly) = (
            run(&market, &signals, Stops::default(), &free, Rows::after_warm_up(1)),
            run(&market, &signals, Stops::default(), &costly, Rows::after_warm_up(1)),
        );
        for (a, b) in free.equity.iter().zip(&costly.equity) {
            prop_assert!(*b <= a * (1.0 + 1e-12), "{b} with costs, {a} without");
        }
    }

    // Contract A3.
    #[test]
    fn returns_by_the_rules_are_those_of_the_equity((market, signals, stops, exec, first, full) in case()) {
        let trace = run(&market, &signals, stops, &exec, rows(first, full));
        let counted = &trace.returns[usize::from(full)..];
        for (r, e) in counted.iter().zip(trace.equity.windows(2)) {
            let ratio = if e[0] == 0.0 { 0.0 } else { e[1] / e[0] - 1.0 };
            prop_assert!((r - ratio).abs() < 1e-9 * (1.0 + ratio.abs()), "{r} against {ratio}");
        }
    }

    #[test]
    fn rows_after_the_end_change_nothing_before_it((market, signals, stops, exec, first, full) in case()) {
        let exec = Execution { final_close: false, funding: Funding::None, ..exec };
        let rows = rows(first, full);
        let whole = run(&market, &signals, stops, &exec, rows);
        let n = market.close.len();
        let cut = n - (n - first) / 2;
        let mut part = market.clone();
        for column in [&mut part.time_ms, &mut part.open, &mut part.high, &mut part.low, &mut part.close] {
            column.truncate(cut);
        }
        part.volume.as_mut().unwrap().truncate(cut);
        // The last close's order is dropped, so with `SameClose` the last mark differs.
        let last = cut.saturating_sub(rows.base() + 1);
        if part.view().has_volume() == market.view().has_volume() {
            let part = run(&part, &signals, stops, &exec, rows);
            prop_assert_eq!(&whole.equity[..last], &part.equity[..last]);
        }
    }
}
