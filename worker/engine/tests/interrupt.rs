//! A raised flag ends any evaluation, and leaves nothing behind that could change a later one.

#![allow(
    clippy::disallowed_types,
    reason = "a clock says how long an evaluation takes, to interrupt it anywhere"
)]

#[path = "../benches/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use galapagos_engine::backtest::{Backtest, evaluate};
use galapagos_engine::bars::FundingStamp;
use galapagos_engine::batch::{BatchEvaluator, Individual, Scratch};
use galapagos_engine::evaluation::MetricSet;
use galapagos_engine::execution::{Execution, Side};
use galapagos_engine::genes::{GeneValue, Genome};
use galapagos_engine::interrupt::{Interrupt, Interrupted};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{BuiltIn, all, find};
use galapagos_engine::window::Rows;
use support::{Data, EMPTY, Rng, Walk, genome, walk};

fn data(rows: usize) -> Data {
    let kind = Walk { start: 900.0, step: 0.002, flat: 0.1, idle: Some(0.1) };
    let mut data = walk("S", rows, kind, &mut Rng(5));
    let stamp = |&time_ms: &i64| FundingStamp { time_ms, rate_e9: 100_000, mark: None };
    data.funding = data.time_ms.iter().step_by(30).map(stamp).collect();
    data
}

fn options(side: Side) -> Execution {
    Execution { side, taker_fee: 0.001, bars_per_year: 525_600.0, ..Execution::default() }
}

#[test]
fn no_strategy_has_a_result_once_the_flag_is_up() {
    let data = data(4_000);
    let up = AtomicBool::new(true);
    for side in [Side::Long, Side::LongShort] {
        let exec = options(side);
        let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
        let rows = [Rows::after_warm_up(2_300)];
        let run =
            Backtest { symbols: &prepared, rows: &rows, others: &[], exec: &exec, metrics: MetricSet::FULL };
        let batches = BatchEvaluator::new(run);
        for strategy in all() {
            let genome = genome(*strategy, &mut Rng(7));
            let name = strategy.def().name;
            let alone = evaluate(&run, *strategy, &genome, Interrupt::any(&[&up]));
            assert_eq!(alone, Err(Interrupted), "{name}");
            let individuals = [Individual { strategy: *strategy, genome: &genome }];
            let (mut scratch, mut out) = (Scratch::new(), [EMPTY]);
            let flags = [&AtomicBool::new(false), &up];
            let ended = batches.evaluate_until(&individuals, &mut scratch, &mut out, Interrupt::any(&flags));
            assert_eq!(ended, Err(Interrupted), "{name}");
        }
    }
}

#[test]
fn buffers_of_an_interrupted_batch_serve_the_next_one() {
    let data = data(60_000);
    let strategies: Vec<&'static dyn BuiltIn> = all().iter().copied().filter(|s| !s.def().trains).collect();
    let mut rng = Rng(11);
    let members: Vec<(&'static dyn BuiltIn, Genome)> = (0..60)
        .map(|_| {
            let strategy = rng.pick(&strategies);
            (strategy, genome(strategy, &mut rng))
        })
        .collect();
    let individuals: Vec<Individual<'_>> =
        members.iter().map(|(strategy, genome)| Individual { strategy: *strategy, genome }).collect();
    for side in [Side::Long, Side::LongShort] {
        let exec = options(side);
        let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
        let rows = [Rows::after_warm_up(700)];
        let run =
            Backtest { symbols: &prepared, rows: &rows, others: &[], exec: &exec, metrics: MetricSet::FULL };
        let batches = BatchEvaluator::new(run);
        let mut expected = vec![EMPTY; members.len()];
        let begun = Instant::now();
        batches.evaluate(&individuals, &mut Scratch::new(), &mut expected);
        let whole = begun.elapsed();
        let (mut scratch, mut interrupted) = (Scratch::new(), 0);
        // From its begin to its end, where what every bar is asked for is summed.
        for part in 0..10 {
            let after = whole * part / 10;
            let flag = AtomicBool::new(false);
            let mut out = vec![EMPTY; members.len()];
            let ended = thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(after);
                    flag.store(true, Ordering::Relaxed);
                });
                batches.evaluate_until(&individuals, &mut scratch, &mut out, Interrupt::any(&[&flag]))
            });
            interrupted += u32::from(ended.is_err());
            assert!(ended.is_err() || out == expected);
            batches.evaluate(&individuals, &mut scratch, &mut out);
            assert!(out == expected, "after {after:?}");
        }
        assert!(interrupted > 0);
    }
}

#[test]
fn a_batch_that_is_interrupted_while_its_first_rows_are_computed_says_so() {
    let data = data(60_000);
    let named = |s: &&&'static dyn BuiltIn| s.def().name == "vwap_reversion";
    let strategy = *all().iter().find(named).expect("it is built in");
    let mut rng = Rng(3);
    let genomes: Vec<Genome> = (0..200).map(|_| genome(strategy, &mut rng)).collect();
    let individuals: Vec<Individual<'_>> =
        genomes.iter().map(|genome| Individual { strategy, genome }).collect();
    // A portfolio goes its own way over the rows.
    for (side, symbols) in [(Side::Long, 1), (Side::LongShort, 1), (Side::Long, 2)] {
        let exec = options(side);
        let prepared: Vec<Prepared> =
            (0..symbols).map(|_| Prepared::new(data.bars(), &exec).unwrap()).collect();
        let rows = vec![Rows::after_warm_up(700); symbols];
        let run = Backtest {
            symbols: &prepared,
            rows: &rows,
            others: &[],
            exec: &exec,
            metrics: MetricSet::always(),
        };
        let (batches, mut interrupted) = (BatchEvaluator::new(run), 0);
        for micros in (100..3_000).step_by(100) {
            let flag = AtomicBool::new(false);
            let mut out = vec![EMPTY; genomes.len()];
            let ended = thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(Duration::from_micros(micros));
                    flag.store(true, Ordering::Relaxed);
                });
                // New buffers: nothing of an earlier batch lies in them.
                batches.evaluate_until(&individuals, &mut Scratch::new(), &mut out, Interrupt::any(&[&flag]))
            });
            interrupted += u32::from(ended.is_err());
        }
        assert!(interrupted > 0);
    }
}

/// A genome with some genes set, the others at their defaults.
fn with(strategy: &dyn BuiltIn, values: &[(&str, i64)]) -> Genome {
    let defs = strategy.def().genes;
    let value = |def: &galapagos_engine::genes::GeneDef| {
        let given = values.iter().find(|(name, _)| *name == def.name).map(|(_, v)| v.to_string());
        def.parse(given.as_deref().unwrap_or(def.default)).expect("a value of the gene")
    };
    Genome { values: defs.iter().map(value).collect::<Vec<GeneValue>>(), stops: Default::default() }
}

#[test]
fn what_would_take_seconds_or_hours_ends_with_the_flag() {
    let data = data(400_000);
    let exec = options(Side::LongShort);
    let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
    for (name, genes) in [
        ("pca_tree_quantile", &[("n_estimators", 1000), ("feature_window", 2000), ("refit_interval", 1)][..]),
        ("linear_svc_classifier", &[("lookback_window", 1000), ("refit_interval", 1)][..]),
        ("nadaraya_watson", &[("bandwidth", 5000)][..]),
        ("vwap_reversion", &[("vwap_period", 5000)][..]),
    ] {
        let strategy = find(name).unwrap().strategy;
        let genome = with(strategy, genes);
        let rows = [Rows::after_warm_up(strategy.warm_up(&data.bars(), &[], &genome))];
        let run = Backtest {
            symbols: &prepared,
            rows: &rows,
            others: &[],
            exec: &exec,
            metrics: MetricSet::always(),
        };
        let flag = AtomicBool::new(false);
        let ended = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(100));
                flag.store(true, Ordering::Relaxed);
            });
            evaluate(&run, strategy, &genome, Interrupt::any(&[&flag]))
        });
        assert_eq!(ended, Err(Interrupted), "{name}");
        let (batches, flag) = (BatchEvaluator::new(run), AtomicBool::new(false));
        let individuals = [Individual { strategy, genome: &genome }];
        let (mut scratch, mut out) = (Scratch::new(), [EMPTY]);
        let ended = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(100));
                flag.store(true, Ordering::Relaxed);
            });
            batches.evaluate_until(&individuals, &mut scratch, &mut out, Interrupt::any(&[&flag]))
        });
        assert_eq!(ended, Err(Interrupted), "{name} in a batch");
    }
}
