//! Rules that know their account, in batches: bit by bit what the simulator says, which is hardly ever asked.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::{Backtest, backtest};
use galapagos_engine::bars::Bars;
use galapagos_engine::batch::{BatchEvaluator, Individual, InstructionSet, Scratch};
use galapagos_engine::evaluation::MetricSet;
use galapagos_engine::execution::{Aggregate, Execution, Funding, Side};
use galapagos_engine::genes::{Genome, Stops};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::rules::Own;
use galapagos_engine::strategies::Strategy;
use galapagos_engine::trace::ExitReason;
use galapagos_engine::window::Rows;
use galapagos_rules::{Market, check, read};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::own::{genome, strategies, symbols};
use support::{Data, EMPTY, Rng, Walk, stops, walk};

/// Rules that read every term, in every place, under every option of an account.
fn hand_made() -> Vec<Own> {
    let n = json!([{"name": "n", "min": 2, "max": 40}]);
    let long_short = |enter: &str, exit: &str, stop: &str, target: &str, size: &str| {
        let side = |enter: String| {
            let mut side = json!({"enter": enter});
            for (key, text) in [("exit", exit), ("stop", stop), ("target", target), ("size", size)] {
                if !text.is_empty() {
                    side[key] = json!(text);
                }
            }
            side
        };
        let opposite = enter.replace('>', "<").replace("cross_up", "cross_down").replace("rising", "falling");
        json!({"language": 1, "long": side(enter.to_owned()), "short": side(opposite)})
    };
    let with = |mut rules: Value, more: Value| {
        more.as_object().unwrap().iter().for_each(|(key, value)| rules[key] = value.clone());
        rules
    };
    let trail = "iff(dir > 0, max(peak - 2 * atr($n), stop_now or_else 0.01), min(peak + 2 * atr($n), stop_now or_else 99999999))";
    let rules = [
        long_short("close > sma(close, $n)", "", "peak - dir * 2 * atr($n)", "", ""),
        long_short(
            "cross_up(close, sma(close, $n))",
            "bars_in_trade >= 7",
            "",
            "entry_price * (1 + dir * 0.01)",
            "",
        ),
        long_short(
            "rising(ema(close, $n))",
            "profit > 0.01 or r < -0.5 or trough * dir < 0",
            "entry_price * (1 - dir * 0.02)",
            "",
            "0.3",
        ),
        long_short("close > ema(close, $n)", "stop_now * dir > entry_price * dir + 1", trail, "", ""),
        long_short(
            "close > sma(close, $n) and trades_today < 3",
            "last_pnl < 0 and bars_in_trade > 2",
            "",
            "",
            "iff(last_pnl < 0, 0.5, 1)",
        ),
        long_short(
            "close > sma(close, $n) and bars_since_exit > 4",
            "falling(close) and bars_since_exit > 9",
            "at_entry(close) * (1 - dir * 0.015)",
            "at_entry(close) * (1 + dir * 0.03)",
            "",
        ),
        with(
            long_short("close > sma(close, $n)", "", "entry_price - dir * 3 * atr($n)", "", ""),
            json!({"reentry": "Always"}),
        ),
        with(long_short("rising(sma(close, $n))", "", "", "", ""), json!({"maxBars": 9})),
        with(
            long_short("rising(sma(close, $n))", "profit < -0.01", "", "", ""),
            json!({"maxBars": 30, "cooldownBars": 4, "reentry": "Always"}),
        ),
        with(
            long_short(
                "close > highest(close, $n)[1]",
                "",
                "entry_price - dir * 2 * atr($n)",
                "entry_price + dir * 2 * atr($n)",
                "",
            ),
            json!({"cooldownBars": 11}),
        ),
        json!({"language": 1, "long": {"enter": "close < lowest(low, $n)[1]", "risk": "0.01", "stop": "close - 1.5 * atr($n)", "target": "iff(profit > 0.002, entry_price * 1.004, sma(close, $n) + atr($n))"}}),
        json!({"language": 1, "short": {"enter": "close > highest(high, $n)[1]", "exit": "close < sma(close, $n)", "size": "step(trades_today, 0, 1, 2, 0.5, 4, 0)"}}),
        json!({"language": 1, "exposure": "iff(close > sma(close, $n), iff(rising(close), 1, 0.45), iff(falling(close), -0.8, 0))"}),
        json!({"language": 1, "exposure": "(close - sma(close, $n)) / (2 * atr($n))"}),
    ];
    let own = |(i, rules): (usize, &Value)| {
        let document = json!({"name": format!("hand_{i}"), "genes": n, "rules": rules});
        let document = read(&document).unwrap_or_else(|e| panic!("{rules}: {e:?}"));
        Own::new(check(&document, &Market::default()).unwrap_or_else(|e| panic!("{rules}: {e:?}")))
    };
    rules.iter().enumerate().map(own).collect()
}

fn options(rng: &mut Rng) -> Execution {
    Execution {
        initial_capital: rng.pick(&[1000.0, 12_345.67]),
        side: rng.pick(&[Side::Long, Side::Short, Side::LongShort, Side::LongShort]),
        taker_fee: rng.pick(&[0.0, 0.0001, 0.001]),
        maker_fee: rng.pick(&[0.0, 0.0005]),
        slippage: rng.pick(&[0.0, 0.0002, 0.003]),
        fraction: rng.pick(&[1.0, 1.0, 0.95]),
        leverage: rng.pick(&[1.0, 1.0, 3.0, 12.0]),
        maintenance_margin: rng.pick(&[None, Some(0.05), Some(0.07)]),
        borrow_rate: rng.pick(&[0.0, 0.0, 0.2]),
        funding: rng.pick(&[
            Funding::None,
            Funding::None,
            Funding::Constant { rate_e9: 100_000, interval_hours: 1 },
        ]),
        lot: rng.pick(&[None, None, Some(0.001)]),
        final_close: rng.chance(0.6),
        bars_per_year: 525_600.0,
        aggregate: rng.pick(&[Aggregate::Mean, Aggregate::Min]),
        ..Execution::default()
    }
}

// Contract P1, D7.
#[test]
fn rules_that_know_their_account_have_the_bits_of_the_simulator_without_running_it() {
    let all: Vec<Own> = hand_made()
        .into_iter()
        .chain(strategies(&["backtest", "example"]))
        .filter(|own| !own.is_latched(true))
        .collect();
    let names = symbols(&all);
    let (mut exits, mut simulated, mut total) = (BTreeMap::<ExitReason, usize>::new(), 0, 0);
    for seed in 0..60 {
        let mut rng = Rng(seed ^ 0x0dec_1ded);
        let mut exec = options(&mut rng);
        let summed = seed % 3 == 2;
        exec.aggregate = if summed { Aggregate::Portfolio } else { exec.aggregate };
        let rows = rng.pick(&[400, 700, 1_700, 2_600]);
        let shape = Walk {
            start: rng.pick(&[900.0, 20_000.0, 3_000_000.0]),
            step: rng.pick(&[0.0004, 0.002, 0.006]),
            flat: rng.pick(&[0.0, 0.3]),
            idle: Some(rng.pick(&[0.0, 0.2])),
        };
        let (count, fewer) = (1 + rng.below(2) + usize::from(summed), rng.pick(&[0, 7]));
        let data: Vec<Data> =
            (0..count).map(|i| walk(&format!("S{i}"), rows - fewer * i, shape, &mut rng)).collect();
        let beside: Vec<Data> = names.iter().map(|name| walk(name, rows + 3, shape, &mut rng)).collect();
        let others: Vec<Bars> = beside.iter().map(Data::bars).collect();
        let prepared: Vec<Prepared> = data.iter().map(|d| Prepared::new(d.bars(), &exec).unwrap()).collect();
        let full = seed % 4 == 1;
        let windows = vec![Rows::after_warm_up(rng.pick(&[1, 64, 129, 301])); count];
        let windows = if full { vec![Rows::full(1); count] } else { windows };
        let metrics = if seed % 3 == 0 { MetricSet::FULL } else { MetricSet::always() };
        let run = Backtest { symbols: &prepared, rows: &windows, others: &others, exec: &exec, metrics };
        let members: Vec<(&Own, Genome)> = (0..40)
            .map(|_| {
                let own = &all[rng.below(all.len())];
                let genes = genome(own, &mut rng);
                let stops = if rng.chance(0.3) { stops(&mut rng) } else { Stops::default() };
                (own, Genome { stops, ..genes })
            })
            .collect();
        let individuals: Vec<Individual> =
            members.iter().map(|(own, genome)| Individual { strategy: *own, genome }).collect();
        let alone = members.iter().map(|(own, genome)| {
            let first = |p: &Prepared| Rows::full(own.warm_up(&p.bars(), &others, genome));
            let rows = if full { prepared.iter().map(first).collect() } else { windows.clone() };
            backtest(&Backtest { rows: &rows, ..run }, *own, genome)
        });
        let alone: Vec<_> = alone.collect();
        for (set, room) in InstructionSet::available().zip([0, 2_000, usize::MAX]) {
            let (mut scratch, mut out) = (Scratch::new(), vec![EMPTY; members.len()]);
            let evaluator = BatchEvaluator::with(run, set).with_room(room);
            evaluator.evaluate(&individuals, &mut scratch, &mut out);
            for (((own, genome), batch), alone) in members.iter().zip(&out).zip(&alone) {
                let name = &own.rules().name;
                assert_eq!(*batch, alone.evaluation, "seed {seed}, {name} {genome:?}\n{exec:?}");
            }
            simulated += scratch.simulated();
            total += members.len() as u64;
        }
        for trade in alone.iter().flat_map(|a| a.per_symbol.iter().flat_map(|s| &s.trace.trades)) {
            *exits.entry(trade.reason).or_default() += 1;
        }
    }
    use ExitReason::{End, Liquidation, Signal, Stop, Target, Time};
    for exit in [Signal, Stop, Target, Liquidation, End, Time] {
        let times = exits.get(&exit).copied().unwrap_or_default();
        assert!(times > 60, "the random jobs must reach {exit:?} often, not {times} times");
    }
    assert!(simulated * 100 < total, "{simulated} of {total} individuals ran the simulator");
}
