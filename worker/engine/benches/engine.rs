//! Strategy-bars a second: each strategy in a population of 1,000, a whole generation of all of them, and the scalar
//! simulator beside them. Set-up of a job (tables of prices and sums) is included.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use galapagos_engine::backtest::{Backtest, evaluate_signals};
use galapagos_engine::bars::Bars;
use galapagos_engine::batch::{BatchEvaluator, Individual, Scratch};
use galapagos_engine::evaluation::{Evaluation, MetricSet};
use galapagos_engine::execution::Execution;
use galapagos_engine::genes::Genome;
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{BuiltIn, Context, all};
use galapagos_engine::window::Rows;
use std::hint::black_box;
use support::{Data, EMPTY, Rng, Walk, genome, walk};

const ROWS: usize = 105_120;
const POPULATION: usize = 1000;
const WARM_UP: usize = 601;
type Member = (&'static dyn BuiltIn, Genome);

fn data() -> Data {
    walk("RANDOM", ROWS, Walk { start: 3_000_000.0, step: 0.0004, flat: 0.0, idle: Some(0.0) }, &mut Rng(1))
}

fn exec() -> Execution {
    Execution { taker_fee: 0.0001, bars_per_year: 525_600.0, ..Execution::default() }
}

/// The strategies of `strategies: all`.
fn usual() -> impl Iterator<Item = &'static dyn BuiltIn> {
    all().iter().copied().filter(|s| !s.def().trains && !s.def().needs_funding)
}

fn batch(bars: &Bars, members: &[Member], exec: &Execution, scratch: &mut Scratch, out: &mut [Evaluation]) {
    let prepared = [Prepared::new(*bars, exec).expect("no funding is asked for")];
    let windows = [Rows::after_warm_up(WARM_UP)];
    let run =
        Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics: MetricSet::always() };
    let individuals: Vec<Individual> =
        members.iter().map(|(strategy, genome)| Individual { strategy: *strategy, genome }).collect();
    BatchEvaluator::new(run).evaluate(&individuals, scratch, out);
}

fn scalar(bars: &Bars, members: &[Member], exec: &Execution) {
    let prepared = [Prepared::new(*bars, exec).expect("no funding is asked for")];
    let windows = [Rows::after_warm_up(WARM_UP)];
    let run =
        Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics: MetricSet::always() };
    let context = Context {
        first: WARM_UP - 1,
        bars_per_year: exec.bars_per_year,
        others: &[],
        interrupt: Interrupt::NEVER,
    };
    for (strategy, genome) in members {
        let signals = [strategy.signals(&prepared[0].bars(), genome, context)];
        black_box(evaluate_signals(&run, &signals, genome));
    }
}

fn strategies(c: &mut Criterion) {
    let (data, exec) = (data(), exec());
    let bars = data.bars();
    let mut scratch = Scratch::new();
    for strategy in usual() {
        let mut group = c.benchmark_group(strategy.def().name);
        group.sample_size(10);
        let mut rng = Rng(7);
        let population = if has_batch_form(strategy) { POPULATION } else { 20 };
        let members: Vec<Member> = (0..population).map(|_| (strategy, genome(strategy, &mut rng))).collect();
        let mut out = vec![EMPTY; population];
        group.throughput(Throughput::Elements((ROWS * population) as u64));
        group.bench_function("batch", |b| b.iter(|| batch(&bars, &members, &exec, &mut scratch, &mut out)));
        group.throughput(Throughput::Elements((ROWS * 4) as u64));
        group.bench_function("scalar", |b| b.iter(|| scalar(&bars, &members[..4], &exec)));
        group.finish();
    }
}

/// Those without one run the simulator; a small population is enough to see that.
fn has_batch_form(strategy: &dyn BuiltIn) -> bool {
    !matches!(strategy.def().name, "atr_stop_loss" | "volatility_scaling")
}

fn generation(c: &mut Criterion) {
    let (data, exec) = (data(), exec());
    let bars = data.bars();
    let mut rng = Rng(11);
    let strategies: Vec<&'static dyn BuiltIn> = usual().filter(|s| has_batch_form(*s)).collect();
    let members: Vec<Member> = (0..POPULATION)
        .map(|i| {
            let strategy = strategies[i % strategies.len()];
            (strategy, genome(strategy, &mut rng))
        })
        .collect();
    let mut out = vec![EMPTY; POPULATION];
    let mut scratch = Scratch::new();
    let mut group = c.benchmark_group("generation");
    group.sample_size(10);
    group.throughput(Throughput::Elements((ROWS * POPULATION) as u64));
    group.bench_function("batch", |b| b.iter(|| batch(&bars, &members, &exec, &mut scratch, &mut out)));
    group.finish();
}

criterion_group!(benches, strategies, generation);
criterion_main!(benches);
