//! Prints how many million strategy-bars a second the batch path evaluates, set-up included, on one thread and on
//! two: `cargo run --release -p galapagos-engine --example throughput [OPTION..] [BARS] [INDIVIDUALS] [FEE] [STRATEGY..]`.
//! With `--long-short` accounts take both sides, with liquidation at 5 %; with `--stops` each has a stop, a target or a
//! trailing stop, or several. `--same-close`, `--lot`, `--funding` (rates that return to their mean, and borrowing) and `--leverage` (2, with
//! liquidation) set the options of these names; strategies that train run where they are named; `--symbols` runs a portfolio of eight, whose bars all count; `--sortino`, `--turnover` and `--skew` ask for these metrics too;
//! `--avx2` and `--portable` leave the faster instructions of the processor unused.
#![allow(clippy::disallowed_types)]

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::Backtest;
use galapagos_engine::bars::FundingStamp;
use galapagos_engine::batch::{BatchEvaluator, Individual, InstructionSet, Scratch};
use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet, Reason};
use galapagos_engine::execution::{Execution, Fill, Funding, Side};
use galapagos_engine::genes::{Genome, Stops};
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{BuiltIn, Context, all};
use galapagos_engine::window::Rows;
use std::time::Instant;
use support::{Data, EMPTY, Rng, Walk, cpu_seconds, genome, stops, walk};

#[global_allocator]
static ALLOCATOR: galapagos_pages::LargePages = galapagos_pages::LargePages;

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let given = args.len();
        args.retain(|a| a != name);
        args.len() < given
    };
    let (both_sides, with_stops) = (flag("--long-short"), flag("--stops"));
    let [same_close, lot, funding, leverage] =
        ["--same-close", "--lot", "--funding", "--leverage"].map(&mut flag);
    let asked = [("--sortino", Metric::Sortino), ("--turnover", Metric::Turnover), ("--skew", Metric::Skew)];
    let asked = asked.into_iter().filter(|(name, _)| flag(name));
    let metrics = asked.fold(MetricSet::always(), |set, (_, metric)| set.with(metric));
    let symbols = if flag("--symbols") { 8 } else { 1 };
    let slower = ["avx2", "portable"].into_iter().find(|name| flag(&format!("--{name}")));
    let named = |name| InstructionSet::available().find(|set| set.name() == name);
    let set = slower.map_or_else(InstructionSet::best, |name| named(name).expect("this processor has it"));
    let mut args = args.into_iter();
    let mut number = |default: f64| args.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (bars, individuals, fee) = (number(525_600.0) as usize, number(1000.0) as usize, number(0.0001));
    let chosen: Vec<String> = args.collect();
    let kind = Walk { start: 3_000_000.0, step: 0.0004, flat: 0.0, idle: Some(0.0) };
    let mut data: Vec<Data> =
        (0..symbols).map(|i| walk(&format!("RANDOM{i}"), bars, kind, &mut Rng(1 + i))).collect();
    if funding {
        data.iter_mut()
            .zip(100..)
            .for_each(|(data, seed)| data.funding = rates(&data.time_ms, &mut Rng(seed)));
    }
    let exec = Execution {
        side: if both_sides { Side::LongShort } else { Side::Long },
        fill: if same_close { Fill::SameClose } else { Fill::NextOpen },
        lot: lot.then_some(0.001),
        leverage: if leverage { 2.0 } else { 1.0 },
        funding: if funding { Funding::Series } else { Funding::None },
        borrow_rate: if funding { 0.02 } else { 0.0 },
        maintenance_margin: (both_sides || leverage).then_some(0.05),
        taker_fee: fee,
        bars_per_year: 525_600.0,
        ..Execution::default()
    };
    println!(
        "{bars} bars, {individuals} individuals, fee {fee}, {}; million strategy-bars a second, set-up included",
        set.name()
    );
    println!(
        "{:24} {:>8} {:>8} {:>6} | {:>8} {:>8} {:>6} {:>8} | {:>8} {:>6}",
        "strategy", "1 thread", "2", "ratio", "CPU: 1", "2", "ratio", "scalar", "trades", "ruined"
    );
    for strategy in all().iter().filter(|s| funding || !s.def().needs_funding) {
        let name = strategy.def().name;
        // Those that train take minutes: only where they are named.
        if chosen.is_empty() && strategy.def().trains
            || !chosen.is_empty() && !chosen.iter().any(|c| c == name)
        {
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
        let work = (bars * data.len() * members.len()) as f64 / 1e6;
        let measure = |threads: usize| {
            let (start, cpu) = (Instant::now(), cpu_seconds());
            let (longest, out) = run(&data, *strategy, &members, (&exec, metrics, set), threads);
            let own = cpu_seconds().zip(cpu).map_or(f64::NAN, |(end, start)| end - start);
            (work / start.elapsed().as_secs_f64(), work / (own + longest), out)
        };
        let slow = measure_scalar(&data, *strategy, &members, (&exec, metrics));
        let ((one, cpu, out), (two, cpu2, _)) = (measure(1), measure(2));
        let trades: f64 = out.iter().filter_map(|e| e.metrics.get(Metric::Trades)).sum();
        let ruined = out.iter().filter(|e| e.reason == Some(Reason::Ruined)).count();
        println!(
            "{name:24} {one:>8.1} {two:>8.1} {:>6.2} | {cpu:>8.1} {cpu2:>8.1} {:>6.2} {slow:>8.1} | {:>8.0} {ruined:>6}",
            two / one,
            cpu2 / cpu,
            trades / individuals as f64
        );
    }
}

/// Rates of every eight hours around zero, which stay on one side for days.
fn rates(time_ms: &[i64], rng: &mut Rng) -> Vec<FundingStamp> {
    const EIGHT_HOURS: i64 = 8 * 3_600_000;
    let (first, last) = (time_ms[0].div_euclid(EIGHT_HOURS) + 1, time_ms[time_ms.len() - 1] / EIGHT_HOURS);
    let mut rate = 0.0;
    (first..=last)
        .map(|stamp| {
            rate = 0.95 * rate + 60_000.0 * rng.normal();
            FundingStamp { time_ms: stamp * EIGHT_HOURS, rate_e9: rate as i64, mark: None }
        })
        .collect()
}

/// One job: tables, then the population in one batch per thread, cut by locality. Answers the processor time of the
/// longest thread besides this one.
fn run(
    data: &[Data],
    strategy: &dyn BuiltIn,
    members: &[Genome],
    (exec, metrics, set): (&Execution, MetricSet, InstructionSet),
    threads: usize,
) -> (f64, Vec<Evaluation>) {
    let prepared: Vec<Prepared> =
        data.iter().map(|d| Prepared::new(d.bars(), exec).expect("each has its rates")).collect();
    let windows = vec![Rows::after_warm_up(601); data.len()];
    let run = Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics };
    let evaluator = BatchEvaluator::with(run, set);
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
    data: &[Data],
    strategy: &dyn BuiltIn,
    members: &[Genome],
    (exec, metrics): (&Execution, MetricSet),
) -> f64 {
    let prepared: Vec<Prepared> =
        data.iter().map(|d| Prepared::new(d.bars(), exec).expect("each has its rates")).collect();
    let windows = vec![Rows::after_warm_up(601); data.len()];
    let run = Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics };
    let context =
        Context { first: 600, bars_per_year: exec.bars_per_year, others: &[], interrupt: Interrupt::NEVER };
    let few = &members[..if members.len() < 4 { members.len() } else { 4 }];
    let (start, cpu) = (Instant::now(), cpu_seconds());
    for genome in few {
        let signals: Vec<_> = prepared.iter().map(|p| strategy.signals(&p.bars(), genome, context)).collect();
        std::hint::black_box(galapagos_engine::backtest::evaluate_signals(&run, &signals, genome));
    }
    let seconds = cpu_seconds().zip(cpu).map_or(start.elapsed().as_secs_f64(), |(end, start)| end - start);
    prepared.iter().map(|p| p.len() * few.len()).sum::<usize>() as f64 / 1e6 / seconds
}
