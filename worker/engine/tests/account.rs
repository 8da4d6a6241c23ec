//! The worked examples of the account: order inside a bar, size, flips, shorts, funding, borrow, ends of data.

mod made;

use galapagos_engine::evaluation::{Metric, MetricSet, Reason};
use galapagos_engine::execution::{Execution, Fill, Funding, Side};
use galapagos_engine::genes::Stops;
use galapagos_engine::portfolio::SymbolAccount;
use galapagos_engine::signals::Signals;
use galapagos_engine::trace::{ExitReason, Trace};
use galapagos_engine::window::Rows;
use made::*;

const OFF: Stops = Stops { stop_loss: None, take_profit: None, trailing_stop: None };

fn evaluate(market: &Market, trace: &Trace, exec: &Execution) -> galapagos_engine::evaluation::Evaluation {
    let rows = Rows::after_warm_up(trace.base + 1);
    SymbolAccount { time_ms: &market.time_ms, rows, trace }.evaluate(exec, MetricSet::FULL)
}

// Contract X3.
#[test]
fn a_long_with_a_fee_is_filled_at_the_next_open() {
    let market = Market::bars(&[
        [100.0, 101.0, 99.0, 100.0],
        [102.0, 111.0, 101.0, 110.0],
        [110.0, 122.0, 109.0, 121.0],
        [120.0, 121.0, 113.0, 115.0],
        [114.0, 116.0, 113.0, 115.0],
    ]);
    let exec = fee(0.01);
    let trace = market.run(&exec, &positions(&[1, 1, 0, 0, 0]), OFF);
    assert_equity(&trace, &[1000.0, 1067.75383421, 1174.52921763, 1153.17414094, 1153.17414094]);
    let trade = &trace.trades[0];
    assert_eq!((trade.entry, trade.exit, trade.side, trade.reason), (1, 3, 1, ExitReason::Signal));
    assert_close(trade.quantity, 9.70685304, 5e-9);
    assert_close(trace.fills[0].fee, 9.90099010, 5e-9);
    assert_close(trace.fills[1].fee, 11.64822365, 5e-9);
    let result = evaluate(&market, &trace, &exec);
    let m = |m| result.metrics.get(m).unwrap();
    assert_close(m(Metric::Sharpe), 12.8114467, 5e-8);
    assert_close(m(Metric::Volatility), 0.0557620348 * 365_f64.sqrt(), 2e-9);
    assert_close(m(Metric::MaxDrawdown), 0.0181818182, 5e-11);
    assert_close(m(Metric::TotalReturn), 0.1531741409, 5e-11);
    assert_close(m(Metric::Fees), 21.54921374, 5e-9);
    assert_eq!(m(Metric::Trades), 1.0);
    assert_eq!(m(Metric::Exposure), 0.5);
    assert_eq!(result.returns, 4);
    assert_close(galapagos_engine::q52::to_f64(result.s1) / 4.0, 0.0373930040, 5e-11);
    assert_eq!(result.reason, None);
}

// Contract X4.
#[test]
fn a_flip_is_two_legs_at_one_open() {
    let market = Market::bars(&[
        [100.0; 4],
        [100.0, 110.0, 100.0, 110.0],
        [110.0, 112.0, 99.0, 100.0],
        [100.0, 100.0, 88.0, 90.0],
        [90.0; 4],
    ]);
    let trace = market.run(&fee(0.01), &positions(&[1, -1, -1, 0, 0]), OFF);
    assert_equity(&trace, &[1000.0, 1089.10891089, 1164.5917067, 1261.64101559, 1252.90657779]);
    let fees: Vec<f64> = trace.fills.iter().map(|f| f.fee).collect();
    for (got, expected) in fees.iter().skip(1).zip([10.89108911, 10.67542398, 8.73443780]) {
        assert_close(*got, expected, 5e-9);
    }
    assert_close(trace.fees, 40.20194099, 5e-9);
    assert_eq!(trace.trades.len(), 2);
}

// Contract X5, X6.
#[test]
fn a_short_is_liquidated_at_its_margin_or_at_a_worse_open() {
    let exec = Execution { maintenance_margin: Some(0.05), ..plain() };
    let market = |bar: [f64; 4]| Market::bars(&[[100.0; 4], [100.0, 120.0, 100.0, 120.0], bar, [180.0; 4]]);
    let inside = market([120.0, 195.0, 120.0, 180.0]).run(&exec, &positions(&[-1; 4]), OFF);
    assert_equity(&inside, &[1000.0, 800.0, 95.23809524, 95.23809524]);
    assert_close(inside.trades[0].exit_price, 190.47619048, 5e-9);
    assert_eq!(inside.trades[0].reason, ExitReason::Liquidation);
    let gap = market([205.0, 210.0, 200.0, 206.0]);
    let trace = gap.run(&exec, &positions(&[-1; 4]), OFF);
    assert_equity(&trace, &[1000.0, 800.0, 0.0, 0.0]);
    assert_eq!(trace.trades[0].exit_price, 205.0);
    assert_eq!(trace.returns, [-0.19999999999999996, -1.0, 0.0]);
    let result = evaluate(&gap, &trace, &exec);
    assert_eq!(result.reason, Some(Reason::Ruined));
    assert_eq!(result.metrics.get(Metric::Sharpe), None);
}

// Contract X6.
#[test]
fn a_levered_long_is_liquidated_when_its_debt_eats_the_margin() {
    let exec = Execution { maintenance_margin: Some(0.05), leverage: 2.0, ..plain() };
    let trace = Market::bars(&[[100.0; 4], [100.0, 100.0, 50.0, 60.0]]).run(&exec, &positions(&[1; 2]), OFF);
    assert_equity(&trace, &[1000.0, 52.63157895]);
    assert_eq!((trace.trades[0].quantity, trace.trades[0].reason), (20.0, ExitReason::Liquidation));
}

#[test]
fn an_open_trade_of_a_ruined_account_loses_what_it_had() {
    let market = Market::flat(&[100.0, 100.0, 210.0, 50.0]);
    let trace = market.run(&plain(), &positions(&[-1; 4]), OFF);
    assert_equity(&trace, &[1000.0, 1000.0, 0.0, 0.0]);
    assert_eq!((trace.trades[0].reason, trace.trades[0].pnl), (ExitReason::Ruin, -1000.0));
}

fn funded(exec: Execution) -> Execution {
    Execution { funding: Funding::Series, ..exec }
}

// Contract X7, A2.
#[test]
fn a_position_pays_the_stamps_after_its_entry_up_to_its_exit() {
    let market = Market::flat(&[100.0, 100.0, 110.0, 110.0]).funding(1..=3, 10_000_000);
    let long = market.run(&funded(plain()), &positions(&[1, 1, 0, 0]), OFF);
    assert_equity(&long, &[1000.0, 1000.0, 1089.0, 1078.0]);
    assert_close(long.funding, 22.0, 1e-9);
    let short = market.run(&funded(plain()), &positions(&[-1, -1, 0, 0]), OFF);
    assert_equity(&short, &[1000.0, 1000.0, 911.0, 922.0]);
    assert_close(short.funding, -22.0, 1e-9);
}

// Contract X7, X18.
#[test]
fn a_position_closed_at_the_last_close_pays_the_stamps_up_to_it() {
    let market = Market::flat(&[100.0, 100.0, 110.0, 110.0]).funding(1..=5, 10_000_000);
    let exec = funded(plain());
    let long = market.run(&exec, &positions(&[1; 4]), OFF);
    // Ten units: 11 at the open of row 2, 11 at that of row 3, 11 at the close of row 3; the stamp a day later is
    // nobody's.
    assert_equity(&long, &[1000.0, 1000.0, 1089.0, 1067.0]);
    assert_close(long.funding, 33.0, 1e-9);
    assert_close(long.trades[0].pnl, 67.0, 1e-9);
    let short = market.run(&exec, &positions(&[-1; 4]), OFF);
    assert_equity(&short, &[1000.0, 1000.0, 911.0, 933.0]);
    let entered_last = market.run(&exec, &positions(&[0, 0, 1, 1]), OFF);
    assert_close(entered_last.funding, 10.0, 1e-9);
    let same_close = Execution { fill: Fill::SameClose, ..exec.clone() };
    let long = market.run(&same_close, &positions(&[1; 4]), OFF);
    assert_equity(&long, &[1000.0, 990.0, 1079.0, 1068.0]);
    let short = market.run(&same_close, &positions(&[-1; 4]), OFF);
    assert_equity(&short, &[1000.0, 1010.0, 921.0, 932.0]);
}

#[test]
fn a_stamp_inside_the_last_bar_is_paid_at_its_own_mark() {
    let mut market = Market::flat(&[100.0, 100.0, 110.0]);
    let inside = 2 * DAY + DAY / 3;
    market.funding = vec![galapagos_engine::bars::FundingStamp {
        time_ms: inside,
        rate_e9: 10_000_000,
        mark: Some(120.0),
    }];
    let trace = market.run(&funded(plain()), &positions(&[1; 3]), OFF);
    assert_equity(&trace, &[1000.0, 1000.0, 1088.0]);
}

#[test]
fn a_position_stopped_in_the_last_bar_or_left_open_does_not_pay_its_stamps() {
    let market =
        Market::bars(&[[100.0; 4], [100.0; 4], [100.0, 100.0, 80.0, 100.0]]).funding(3..=3, 10_000_000);
    for fill in [Fill::NextOpen, Fill::SameClose] {
        let exec = funded(Execution { fill, ..plain() });
        let stopped = market.run(&exec, &positions(&[1; 3]), stops("0.1", "", ""));
        assert_eq!((stopped.trades[0].reason, stopped.funding), (ExitReason::Stop, 0.0));
    }
    let market = Market::flat(&[100.0, 100.0, 110.0, 110.0]).funding(1..=4, 10_000_000);
    let open = market.run(&funded(Execution { final_close: false, ..plain() }), &positions(&[1; 4]), OFF);
    // Marked as at every other close: what falls due at the next open is charged there.
    assert_equity(&open, &[1000.0, 1000.0, 1089.0, 1078.0]);
    assert_close(open.funding, 22.0, 1e-9);
}

// Contract X6.
#[test]
fn a_loss_below_zero_is_not_the_accounts_so_trades_add_up_to_the_equity() {
    let gap =
        Market::bars(&[[100.0; 4], [100.0, 120.0, 100.0, 120.0], [205.0, 210.0, 200.0, 206.0], [180.0; 4]]);
    let margin = Execution { maintenance_margin: Some(0.05), ..plain() };
    let liquidated = gap.run(&margin, &positions(&[-1; 4]), OFF);
    assert_equity(&liquidated, &[1000.0, 800.0, 0.0, 0.0]);
    assert_eq!((liquidated.trades[0].reason, liquidated.trades[0].pnl), (ExitReason::Liquidation, -1000.0));
    // The signal closes below zero, where a flip only closes.
    let signalled = gap.run(&plain(), &positions(&[-1, 1, 1, 1]), OFF);
    assert_eq!((signalled.trades[0].reason, signalled.trades[0].pnl), (ExitReason::Signal, -1000.0));
    assert_eq!(signalled.trades.len(), 1);
    // The mark is above zero, the final close below.
    let last = Market::flat(&[100.0, 100.0, 199.0]);
    let ended = last.run(&Execution { slippage: 0.01, ..plain() }, &positions(&[-1; 3]), OFF);
    assert_eq!((ended.trades[0].reason, ended.equity[2]), (ExitReason::End, 0.0));
    assert_eq!(ended.trades[0].pnl, -1000.0);
}

// Contract X8, A2.
#[test]
fn borrow_is_paid_by_shorts_at_every_open_for_the_bar_before() {
    let exec = Execution { borrow_rate: 0.365, bars_per_year: 365.0, ..plain() };
    let market = Market::flat(&[100.0, 100.0, 110.0, 110.0]).funding(1..=3, 10_000_000);
    let signals = positions(&[-1, -1, 0, 0]);
    assert_equity(&market.run(&exec, &signals, OFF), &[1000.0, 1000.0, 899.0, 897.9]);
    assert_equity(&market.run(&funded(exec.clone()), &signals, OFF), &[1000.0, 1000.0, 910.0, 919.9]);
    let long = market.run(&exec, &positions(&[1, 1, 0, 0]), OFF);
    assert_eq!(long.funding, 0.0);
    // It falls due at opens: the bar that the final close ends is not charged (records of the oracle say the same).
    assert_equity(&market.run(&exec, &positions(&[-1; 4]), OFF), &[1000.0, 1000.0, 899.0, 897.9]);
}

// Contract X14.
#[test]
fn fractional_targets_trade_the_difference_and_never_rebalance_drift() {
    let exposure = |w: &[f64]| Signals::Exposure(w.to_vec());
    let market = Market::flat(&[100.0, 100.0, 120.0, 120.0, 150.0]);
    let keep = Execution { final_close: false, ..plain() };
    let up = market.run(&keep, &exposure(&[0.5, 0.5, 1.0, 1.0, 1.0]), OFF);
    assert_equity(&up, &[1000.0, 1000.0, 1100.0, 1100.0, 1375.0]);
    assert_eq!(up.fills[0].quantity, 5.0);
    assert_close(up.fills[1].quantity, 4.16666667, 5e-9);
    assert_eq!(up.fills.len(), 2);
    let costly = Execution { final_close: false, ..fee(0.01) };
    let market = Market::flat(&[100.0, 100.0, 120.0, 120.0]);
    let down = market.run(&costly, &exposure(&[1.0, 0.5, 0.5, 0.5]), OFF);
    assert_equity(&down, &[1000.0, 990.09900990, 1182.11940006, 1182.11940006]);
    assert_close(down.fills[1].quantity, -4.99950985, 5e-9);
    assert_close(down.fills[1].fee, 5.99941182, 5e-9);
}

// Contract X3, X14.
#[test]
fn raising_a_position_to_the_whole_equity_does_not_zero_the_cash() {
    let exec = Execution { final_close: false, ..fee(0.01) };
    let market = Market::flat(&[100.0, 100.0, 120.0]);
    let trace = market.run(&exec, &Signals::Exposure(vec![0.5, 1.0, 1.0]), OFF);
    let last = trace.equity[2];
    assert_close(last, 1089.16772865, 5e-9);
    assert_close(last - trace.position[2] * 120.0, 5.94059406, 5e-9);
}

// Contract X2, X15.
#[test]
fn slippage_and_fee_are_paid_on_both_sides() {
    let exec = Execution { slippage: 0.002, ..fee(0.001) };
    let market = Market::flat(&[100.0, 100.0, 100.0]);
    let long = market.run(&exec, &positions(&[1, 0, 0]), OFF);
    assert_equity(&long, &[1000.0, 997.00698503, 994.01795809]);
    assert_close(long.trades[0].quantity, 9.97006985, 5e-9);
    assert_close(long.fees, 1.99401397, 5e-9);
    let short = market.run(&exec, &positions(&[-1, 0, 0]), OFF);
    assert_equity(&short, &[1000.0, 996.99899299, 993.99398197]);
    assert_close(short.trades[0].quantity, 10.01003005, 5e-9);
}

// Contract X16.
#[test]
fn a_row_without_volume_trades_nothing_and_the_latest_target_counts() {
    let market = Market::flat(&[100.0, 102.0, 104.0, 106.0]).volume(&[5.0, 0.0, 5.0, 5.0]);
    let waits = market.run(&plain(), &positions(&[1, 1, 1, 1]), OFF);
    assert_equity(&waits, &[1000.0, 1000.0, 1000.0, 1019.23076923]);
    let never = market.run(&plain(), &positions(&[1, 0, 0, 0]), OFF);
    assert!(never.fills.is_empty());
    let silent = Market::flat(&[100.0, 102.0, 104.0, 106.0]).volume(&[0.0; 4]);
    assert_eq!(silent.run(&plain(), &positions(&[1, 1, 1, 1]), OFF).fills.len(), 2);
}

// Contract X18.
#[test]
fn an_open_position_is_closed_at_the_last_close_unless_told_otherwise() {
    let market = Market::flat(&[100.0, 100.0, 110.0]);
    let exec = fee(0.01);
    let closed = market.run(&exec, &positions(&[1; 3]), OFF);
    assert_equity(&closed, &[1000.0, 990.09900990, 1078.21782178]);
    assert_eq!(
        (closed.trades.len(), closed.trades[0].reason, closed.open_position),
        (1, ExitReason::End, false)
    );
    assert!(closed.position[2] > 0.0, "exposure counts the position before the final close");
    let exec = Execution { final_close: false, ..exec };
    let open = market.run(&exec, &positions(&[1; 3]), OFF);
    assert_equity(&open, &[1000.0, 990.09900990, 1089.10891089]);
    assert_eq!((open.trades.len(), open.open_position), (0, true));
    let result = evaluate(&market, &open, &exec);
    assert_eq!(result.reason, Some(Reason::NoTrades));
    assert!(result.metrics.get(Metric::Sharpe).is_some());
}

// Contract X25.
#[test]
fn with_same_close_the_fill_lies_before_the_mark() {
    let exec = Execution { fill: Fill::SameClose, ..fee(0.01) };
    let trace = Market::flat(&[100.0, 100.0, 110.0, 110.0]).run(&exec, &positions(&[0, 1, 0, 0]), OFF);
    assert_equity(&trace, &[1000.0, 990.09900990, 1078.21782178, 1078.21782178]);
    let trace = Market::flat(&[100.0, 110.0, 110.0]).run(&exec, &positions(&[1, 0, 0]), OFF);
    assert_equity(&trace, &[1000.0, 1078.21782178, 1078.21782178]);
    let free = funded(Execution { fill: Fill::SameClose, ..plain() });
    let market = Market::flat(&[100.0, 100.0, 110.0, 110.0]).funding(1..=3, 10_000_000);
    let trace = market.run(&free, &positions(&[0, 1, 0, 0]), OFF);
    assert_equity(&trace, &[1000.0, 1000.0, 1089.0, 1089.0]);
    assert_close(trace.funding, 11.0, 1e-9);
}

// Contract X26.
#[test]
fn with_lots_quantities_are_rounded_down() {
    let exec = Execution { lot: Some(1.0), final_close: false, ..plain() };
    let trace = Market::flat(&[300.0, 300.0, 330.0]).run(&exec, &positions(&[1; 3]), OFF);
    assert_eq!(trace.fills[0].quantity, 3.0);
    assert_equity(&trace, &[1000.0, 1000.0, 1090.0]);
}

// Contract X24.
#[test]
fn a_side_turns_the_other_targets_into_flat() {
    let market = Market::flat(&[100.0, 100.0, 110.0, 121.0]);
    let long = Execution { side: Side::Long, ..plain() };
    let trace = market.run(&long, &positions(&[1, -1, -1, -1]), OFF);
    assert_eq!((trace.trades.len(), trace.trades[0].side), (1, 1));
    let short = Execution { side: Side::Short, ..plain() };
    let trace = market.run(&short, &positions(&[1, -1, -1, -1]), OFF);
    assert_eq!((trace.trades.len(), trace.trades[0].side), (1, -1));
}
