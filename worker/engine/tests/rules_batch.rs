//! Strategies of one's own in batches: bit by bit what each is worth alone, whatever it shares.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::{Backtest, backtest};
use galapagos_engine::bars::Bars;
use galapagos_engine::batch::{BatchEvaluator, Individual, InstructionSet, Scratch};
use galapagos_engine::evaluation::MetricSet;
use galapagos_engine::execution::{Aggregate, Execution, Fill, Side};
use galapagos_engine::genes::{Genome, Stops};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::rules::Own;
use galapagos_engine::strategies::Strategy;
use galapagos_engine::window::Rows;
use support::own::{genome, strategies, symbols};
use support::{Data, EMPTY, Rng, Walk, stops, walk};

fn compare(seed: u64, all: &[Own], exec: &Execution, shared: &mut usize) {
    let mut rng = Rng(seed);
    let rows = rng.pick(&[900, 1_700, 2_600]);
    let shape = Walk {
        start: 20_000.0,
        step: 0.004,
        flat: 0.2,
        idle: Some(if seed.is_multiple_of(2) { 0.0 } else { 0.1 }),
    };
    let count = if exec.aggregate == Aggregate::Portfolio { 1 + rng.below(3) } else { 2 };
    let fewer = rng.pick(&[0, 7]);
    let data: Vec<Data> =
        (0..count).map(|i| walk(&format!("S{i}"), rows - fewer * i, shape, &mut rng)).collect();
    let beside: Vec<Data> = symbols(all).iter().map(|name| walk(name, rows + 3, shape, &mut rng)).collect();
    let others: Vec<Bars> = beside.iter().map(Data::bars).collect();
    let prepared: Vec<Prepared> = data.iter().map(|d| Prepared::new(d.bars(), exec).unwrap()).collect();
    let full = seed % 8 > 3;
    let windows = vec![Rows::after_warm_up(rng.pick(&[40, 301, 512])); count];
    let windows = if full { vec![Rows::full(1); count] } else { windows };
    let metrics = if seed.is_multiple_of(3) { MetricSet::FULL } else { MetricSet::always() };
    let run = Backtest { symbols: &prepared, rows: &windows, others: &others, exec, metrics };
    let members: Vec<(&Own, Genome)> = (0..60)
        .map(|_| {
            let own = &all[rng.below(all.len())];
            let mut genome = genome(own, &mut rng);
            if rng.chance(0.1) {
                genome.stops = stops(&mut rng);
            }
            (own, genome)
        })
        .collect();
    let individuals: Vec<Individual> =
        members.iter().map(|(own, genome)| Individual { strategy: *own, genome }).collect();
    for (set, room) in InstructionSet::available().zip([usize::MAX, 0, 2_000]) {
        let evaluator = BatchEvaluator::with(run, set).with_room(room);
        let mut out = vec![EMPTY; members.len()];
        evaluator.evaluate(&individuals, &mut Scratch::new(), &mut out);
        for ((own, genome), batch) in members.iter().zip(&out) {
            let first = |p: &Prepared| Rows::full(own.warm_up(&p.bars(), &others, genome));
            let rows = if full { prepared.iter().map(first).collect() } else { windows.clone() };
            let alone = backtest(&Backtest { rows: &rows, ..run }, *own, genome).evaluation;
            assert_eq!(*batch, alone, "seed {seed}, {} {:?}\n{exec:?}", own.rules().name, genome);
        }
        // Any cut and order.
        let mut turned = individuals.clone();
        turned.reverse();
        for (chunk, expected) in turned.chunks(7).zip(out.iter().rev().collect::<Vec<_>>().chunks(7)) {
            let mut again = vec![EMPTY; chunk.len()];
            evaluator.evaluate(chunk, &mut Scratch::new(), &mut again);
            assert!(again.iter().zip(expected).all(|(a, b)| a == *b), "seed {seed}");
        }
        let held = exec.side != Side::Long;
        *shared += members
            .iter()
            .filter(|(own, genome)| genome.stops == Stops::default() && own.is_latched(held))
            .count();
    }
}

// Contract P1.
#[test]
fn a_batch_of_own_strategies_has_the_bits_of_each_alone() {
    let all = strategies(&["backtest", "example"]);
    assert!(all.len() >= 24, "{} strategies", all.len());
    let long = Execution { taker_fee: 0.001, slippage: 0.0005, ..Execution::default() };
    let both = Execution {
        side: Side::LongShort,
        maintenance_margin: Some(0.05),
        aggregate: Aggregate::Mean,
        ..long.clone()
    };
    let [long_at_close, both_at_close] =
        [&long, &both].map(|exec| Execution { fill: Fill::SameClose, ..exec.clone() });
    let mut shared = 0;
    for seed in 0..16 {
        let exec = match seed % 4 {
            0 => &long,
            1 => &both,
            2 => &long_at_close,
            _ => &both_at_close,
        };
        compare(seed, &all, exec, &mut shared);
    }
    assert!(shared > 150, "only {shared} individuals have shared their conditions");
}
