//! The worked examples of stops, targets, trailing stops and re-arming.

mod made;

use galapagos_engine::execution::{Execution, Fill};
use galapagos_engine::signals::{Signals, Sized};
use galapagos_engine::trace::ExitReason;
use made::*;

const FLAT: [f64; 4] = [100.0; 4];

// Contract X1, X11.
#[test]
fn the_stop_comes_first_when_a_bar_touches_both() {
    let both = stops("0.05", "0.1", "");
    let long = Market::bars(&[FLAT, [100.0, 112.0, 94.0, 104.0], [104.0; 4]]).run(
        &plain(),
        &positions(&[1, 1, 1]),
        both,
    );
    assert_equity(&long, &[1000.0, 950.0, 950.0]);
    assert_eq!((long.trades[0].exit_price, long.trades[0].reason), (95.0, ExitReason::Stop));
    let short = Market::bars(&[FLAT, [100.0, 106.0, 89.0, 100.0]]).run(&plain(), &positions(&[-1, -1]), both);
    assert_equity(&short, &[1000.0, 950.0]);
    assert_eq!(short.trades[0].exit_price, 105.0);
}

// Contract X9, X11.
#[test]
fn a_gap_fills_at_the_open() {
    let market = Market::bars(&[FLAT, [100.0, 101.0, 99.0, 100.0], [90.0, 92.0, 88.0, 91.0]]);
    let stopped = market.run(&plain(), &positions(&[1; 3]), stops("0.05", "", ""));
    assert_equity(&stopped, &[1000.0, 1000.0, 900.0]);
    let market = Market::bars(&[FLAT, [100.0, 105.0, 99.0, 104.0], [115.0, 116.0, 114.0, 115.0]]);
    let taken = market.run(&plain(), &positions(&[1; 3]), stops("", "0.1", ""));
    assert_equity(&taken, &[1000.0, 1040.0, 1150.0]);
    assert_eq!(taken.trades[0].reason, ExitReason::Target);
}

// Contract X1, X11.
#[test]
fn an_open_beyond_the_target_comes_before_a_stop_inside_the_bar() {
    let both = stops("0.05", "0.1", "");
    let market = |open: f64| Market::bars(&[FLAT, [100.0, 105.0, 99.0, 104.0], [open, 113.0, 94.0, 96.0]]);
    let gap = market(112.0).run(&plain(), &positions(&[1; 3]), both);
    assert_equity(&gap, &[1000.0, 1040.0, 1120.0]);
    let inside = market(109.0).run(&plain(), &positions(&[1; 3]), both);
    assert_equity(&inside, &[1000.0, 1040.0, 950.0]);
}

// Contract X9.
#[test]
fn a_stop_narrower_than_the_slippage_does_not_sell_above_the_open() {
    let exec = Execution { slippage: 0.003, ..plain() };
    let market = Market::bars(&[FLAT, [100.0, 101.0, 99.0, 100.0]]);
    let trace = market.run(&exec, &positions(&[1; 2]), stops("0.002", "", ""));
    assert_close(trace.trades[0].entry_price, 100.3, 1e-12);
    assert_close(trace.trades[0].exit_price, 99.7, 1e-12);
}

// Contract X10.
#[test]
fn a_target_is_filled_at_its_price_for_the_maker_fee() {
    let exec = Execution { slippage: 0.01, taker_fee: 0.02, maker_fee: 0.005, ..plain() };
    let bars = [[100.0; 4], [100.0; 4], [100.0, 112.0, 100.0, 105.0], [105.0; 4]];
    let trace = Market::bars(&bars).run(&exec, &positions(&[1; 4]), stops("", "0.1", ""));
    let trade = &trace.trades[0];
    assert_eq!((trade.reason, trade.exit), (ExitReason::Target, 2));
    // Bought at 101 with the slippage; the high reaches 10 % above that.
    assert_close(trade.exit_price, 111.1, 1e-9);
    assert_close(trace.fills[1].fee, 0.005 * trade.quantity * 111.1, 1e-9);
    assert_close(trade.quantity, 1000.0 / (101.0 * 1.02), 1e-9);
}

// Contract X12.
#[test]
fn a_trailing_stop_uses_the_peak_of_the_bars_before() {
    let trail = stops("", "", "0.05");
    let market = |open: f64| Market::bars(&[FLAT, [100.0, 110.0, 100.0, 108.0], [open, 120.0, 101.0, 118.0]]);
    let hit = Market::bars(&[FLAT, [100.0, 110.0, 100.0, 108.0], [108.0, 120.0, 104.5, 118.0]]);
    assert_equity(&hit.run(&plain(), &positions(&[1; 3]), trail), &[1000.0, 1080.0, 1045.0]);
    assert_equity(&market(103.0).run(&plain(), &positions(&[1; 3]), trail), &[1000.0, 1080.0, 1030.0]);
}

// Contract X13.
#[test]
fn a_stopped_side_waits_until_its_target_changes() {
    let market = Market::bars(&[
        FLAT,
        [100.0, 100.0, 94.0, 96.0],
        [96.0, 97.0, 95.0, 97.0],
        [97.0, 98.0, 96.0, 98.0],
        [98.0, 99.0, 97.0, 99.0],
        [99.0, 100.0, 98.0, 100.0],
    ]);
    let trace = market.run(&plain(), &positions(&[1, 1, 0, 1, 1, 1]), stops("0.05", "", ""));
    assert_equity(&trace, &[1000.0, 950.0, 950.0, 950.0, 959.69387755, 969.38775510]);
    assert_eq!(trace.trades.len(), 2);
    assert_close(trace.trades[1].quantity, 9.69387755, 5e-9);
    assert_eq!(trace.trades[1].entry_price, 98.0);
}

/// Entry 2, atr 2, k 1, no trailing stop, size 1: conditions and ranges as the strategy makes them.
fn sized(market: &Market, atr: &[(usize, f64)]) -> Signals {
    let n = market.close.len();
    let mut column = vec![1.0; n];
    for &(t, a) in atr {
        column[t] = a;
    }
    let range = |t: usize| t.saturating_sub(2)..t;
    Signals::Sized(Sized {
        enter_long: (0..n).map(|t| t >= 2 && range(t).all(|i| market.close[t] > market.high[i])).collect(),
        enter_short: (0..n).map(|t| t >= 2 && range(t).all(|i| market.close[t] < market.low[i])).collect(),
        atr: column,
        stop: 1.0,
        trail: 0.0,
        size: vec![1.0; n],
    })
}

// Contract X13, R6.
#[test]
fn a_sized_entry_is_armed_again_once_its_condition_was_false() {
    let calm = [[100.0, 101.0, 99.0, 100.0]; 10];
    let rows = |tail: &[[f64; 4]]| Market::bars(&[calm.as_slice(), tail].concat());
    let start = [[100.0, 103.0, 100.0, 103.0], [103.0, 104.0, 102.0, 104.0]];
    let market = rows(&[
        start[0],
        start[1],
        [103.0, 103.0, 100.0, 102.0],
        [102.0, 104.5, 102.0, 104.5],
        [105.0, 107.0, 105.0, 106.0],
    ]);
    let signals = sized(&market, &[(10, 2.5), (13, 2.8125)]);
    let trace = market.run_from(10, &plain(), &signals, stops("", "", ""));
    assert_equity(&trace, &[1000.0, 1009.70873786, 975.72815534, 975.72815534, 985.02080444]);
    assert_eq!(trace.trades[0].exit_price, 100.5);
    assert_eq!(
        (trace.trades[1].entry, trace.trades[1].entry_price, trace.trades[1].reason),
        (14, 105.0, ExitReason::End)
    );

    let market = rows(&[
        start[0],
        start[1],
        [103.0, 104.5, 100.0, 104.5],
        [104.5, 105.0, 104.0, 105.0],
        [105.0, 107.0, 105.0, 106.0],
    ]);
    let signals = sized(&market, &[(10, 2.5)]);
    let trace = market.run_from(10, &plain(), &signals, stops("", "", ""));
    assert_eq!(trace.trades.len(), 1, "the condition stayed true at every close");
    assert_close(trace.equity[4], 975.72815534, 5e-9);
}

// Contract X6.
#[test]
fn the_nearer_of_stop_and_liquidation_is_the_event() {
    let exec = Execution { leverage: 2.0, maintenance_margin: Some(0.05), ..plain() };
    // Liquidation of 2x at 52.63: a stop at 60 is nearer, one at 50 is not.
    let market = Market::bars(&[FLAT, FLAT, [100.0, 100.0, 40.0, 45.0]]);
    let near = market.run(&exec, &positions(&[1; 3]), stops("0.4", "", ""));
    assert_eq!((near.trades[0].exit_price, near.trades[0].reason), (60.0, ExitReason::Stop));
    let far = market.run(&exec, &positions(&[1; 3]), stops("0.5", "", ""));
    assert_eq!(far.trades[0].reason, ExitReason::Liquidation);
    let gap = Market::bars(&[FLAT, FLAT, [51.0, 51.0, 51.0, 51.0]]);
    let gap = gap.run(&exec, &positions(&[1; 3]), stops("0.4", "", ""));
    assert_eq!((gap.trades[0].exit_price, gap.trades[0].reason), (51.0, ExitReason::Stop));
}

// Contract X25.
#[test]
fn with_same_close_the_entry_bar_is_not_tested() {
    let exec = Execution { fill: Fill::SameClose, ..plain() };
    let market = Market::bars(&[[100.0, 120.0, 50.0, 100.0], [100.0, 101.0, 94.0, 100.0]]);
    let trace = market.run(&exec, &positions(&[1; 2]), stops("0.05", "", ""));
    assert_equity(&trace, &[1000.0, 950.0]);
    assert_eq!((trace.trades[0].entry, trace.trades[0].exit), (0, 1));
}
