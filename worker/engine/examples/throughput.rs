//! Prints how many million strategy-bars a second the batch path evaluates, set-up included, on one thread and on
//! two: `cargo run --release -p galapagos-engine --example throughput [--long-short] [--stops] [BARS] [INDIVIDUALS] [FEE]
//! [STRATEGY..]`. With `--long-short` accounts take both sides, with liquidation at 5 %; with
//! `--stops` each has a stop, a target or a trailing stop, or several.
#![allow(clippy::disallowed_types)]

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::Backtest;
use galapagos_engine::batch::{BatchEvaluator, Individual, Scratch};
use galapagos_engine::evaluation::{Evaluation, MetricSet, Reason};
use galapagos_engine::execution::{Execution, Side};
use galapagos_engine::genes::{Genome, Stops};
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{BuiltIn, Context, all};
use galapagos_engine::window::Rows;
use std::time::Instant;
use support::{EMPTY, Rng, Walk, cpu_seconds, genome, stops, walk};

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let given = args.len();
        args.retain(|a| a != name);
        args.len() < given
    };
    let (both_sides, with_stops) = (flag("--long-short"), flag("--stops"));
    let mut args = args.into_iter();
    let mut number = |default: f64| args.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (bars, individuals, fee) = (number(525_600.0) as usize, number(1000.0) as usize, number(0.0001));
    let chosen: Vec<String> = args.collect();
    let kind = Walk { start: 3_000_000.0, step: 0.0004, flat: 0.0, idle: Some(0.0) };
    let data = walk("RANDOM", bars, kind, &mut Rng(1));
    let exec = Execution {
        side: if both_sides { Side::LongShort } else { Side::Long },
        maintenance_margin: both_sides.then_some(0.05),
        taker_fee: fee,
        bars_per_year: 525_600.0,
        ..Execution::default()
    };
    println!(
        "{bars} bars, {individuals} individuals, fee {fee}; million strategy-bars a second, set-up included"
    );
    println!(
        "{:24} {:>8} {:>8} {:>6} | {:>8} {:>8} {:>6} {:>8} | {:>8} {:>6}",
        "strategy", "1 thread", "2", "ratio", "CPU: 1", "2", "ratio", "scalar", "trades", "ruined"
    );
    for strategy in all().iter().filter(|s| !s.def().trains && !s.def().needs_funding) {
        let name = strategy.def().name;
        if !chosen.is_empty() && !chosen.iter().any(|c| c == name) {
            continue;
        }
        let mut rng = Rng(7);
        let members: Vec<Genome> = (0..individuals)
            .map(|_| {
                let mut genome = genome(*strategy, &mut rng);
                while with_stops && genome.stops == Stops::default() {
                    genome.stops = stops(&mut rng);
                }
                genome
            })
            .collect();
        let work = (bars * members.len()) as f64 / 1e6;
        let measure = |threads: usize| {
            let (start, cpu) = (Instant::now(), cpu_seconds());
            let (longest, out) = run(&data.bars(), *strategy, &members, &exec, threads);
            let own = cpu_seconds().zip(cpu).map_or(f64::NAN, |(end, start)| end - start);
            (work / start.elapsed().as_secs_f64(), work / (own + longest), out)
        };
        let slow = measure_scalar(&data.bars(), *strategy, &members, &exec);
        let fast_path = !matches!(name, "atr_stop_loss" | "volatility_scaling");
        if !fast_path {
            println!("{name:24} runs the simulator: {slow:.1}");
            continue;
        }
        let ((one, cpu, out), (two, cpu2, _)) = (measure(1), measure(2));
        let trades: f64 =
            out.iter().filter_map(|e| e.metrics.get(galapagos_engine::evaluation::Metric::Trades)).sum();
        let ruined = out.iter().filter(|e| e.reason == Some(Reason::Ruined)).count();
        println!(
            "{name:24} {one:>8.0} {two:>8.0} {:>6.2} | {cpu:>8.0} {cpu2:>8.0} {:>6.2} {slow:>8.1} | {:>8.0} {ruined:>6}",
            two / one,
            cpu2 / cpu,
            trades / individuals as f64
        );
    }
}

/// One job: tables, then the population in one batch per thread, cut by locality. Answers the processor time of the
/// longest thread besides this one.
fn run(
    bars: &galapagos_engine::bars::Bars,
    strategy: &dyn BuiltIn,
    members: &[Genome],
    exec: &Execution,
    threads: usize,
) -> (f64, Vec<Evaluation>) {
    let prepared = [Prepared::new(*bars, exec).expect("no funding is asked for")];
    let windows = [Rows::after_warm_up(601)];
    let run =
        Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics: MetricSet::always() };
    let evaluator = BatchEvaluator::new(run);
    let mut individuals: Vec<Individual> =
        members.iter().map(|genome| Individual { strategy, genome }).collect();
    evaluator.sort(&mut individuals);
    let mut out = vec![EMPTY; members.len()];
    if threads == 1 {
        evaluator.evaluate(&individuals, &mut Scratch::new(), &mut out);
        return (0.0, out);
    }
    let share = members.len().div_ceil(threads);
    let longest = std::thread::scope(|scope| {
        let chunks = individuals.chunks(share).zip(out.chunks_mut(share));
        let threads: Vec<_> = chunks
            .map(|(individuals, out)| {
                let evaluator = &evaluator;
                scope.spawn(move || {
                    evaluator.evaluate(individuals, &mut Scratch::new(), out);
                    cpu_seconds().unwrap_or(f64::NAN)
                })
            })
            .collect();
        let seconds = threads.into_iter().map(|t| t.join().expect("an evaluation does not panic"));
        seconds.fold(0.0, |a, b| if b > a { b } else { a })
    });
    (longest, out)
}

/// The same work by the scalar simulator, on a few of the genomes.
fn measure_scalar(
    bars: &galapagos_engine::bars::Bars,
    strategy: &dyn BuiltIn,
    members: &[Genome],
    exec: &Execution,
) -> f64 {
    let prepared = [Prepared::new(*bars, exec).expect("no funding is asked for")];
    let windows = [Rows::after_warm_up(601)];
    let run =
        Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics: MetricSet::always() };
    let context =
        Context { first: 600, bars_per_year: exec.bars_per_year, others: &[], interrupt: Interrupt::NEVER };
    let few = &members[..if members.len() < 4 { members.len() } else { 4 }];
    let (start, cpu) = (Instant::now(), cpu_seconds());
    for genome in few {
        let signals = [strategy.signals(&prepared[0].bars(), genome, context)];
        std::hint::black_box(galapagos_engine::backtest::evaluate_signals(&run, &signals, genome));
    }
    let seconds = cpu_seconds().zip(cpu).map_or(start.elapsed().as_secs_f64(), |(end, start)| end - start);
    (bars.len() * few.len()) as f64 / 1e6 / seconds
}
