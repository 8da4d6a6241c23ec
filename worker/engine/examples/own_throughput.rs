//! Prints how many million strategy-bars a second strategies of one's own are evaluated at, set-up included, on one
//! thread, in its processor time: `cargo run --release -p galapagos-engine --example own_throughput [BARS] [INDIVIDUALS] [FEE] [STRATEGY..]`.
//! With `--full` each genome decides from its own warm-up on. Where a strategy is a built-in one said as rules, the ratio of the times is printed, too.
#![allow(clippy::disallowed_types)]

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::Backtest;
use galapagos_engine::bars::Bars;
use galapagos_engine::batch::{BatchEvaluator, Individual, Scratch};
use galapagos_engine::evaluation::{Metric, MetricSet};
use galapagos_engine::execution::Execution;
use galapagos_engine::genes::Genome;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{Strategy, find};
use galapagos_engine::window::Rows;
use std::time::Instant;
use support::own::{genome, strategies, symbols};
use support::{EMPTY, Rng, Walk, cpu_seconds, walk};

#[global_allocator]
static ALLOCATOR: galapagos_pages::LargePages = galapagos_pages::LargePages;

fn main() {
    let (flags, args): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|text| text.starts_with("--"));
    let (full, mut args) = (flags.iter().any(|flag| flag == "--full"), args.into_iter());
    let rows = if full { Rows::full(601) } else { Rows::after_warm_up(601) };
    let mut number = |default: f64| args.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (bars, individuals, fee) = (number(525_600.0) as usize, number(1000.0) as usize, number(0.0001));
    let chosen: Vec<String> = args.collect();
    let kind = Walk { start: 3_000_000.0, step: 0.0004, flat: 0.0, idle: Some(0.0) };
    let data = walk("RANDOM", bars, kind, &mut Rng(1));
    let exec = Execution { taker_fee: fee, bars_per_year: 525_600.0, ..Execution::default() };
    let all = strategies(&["backtest", "example"]);
    let beside: Vec<_> = symbols(&all).iter().map(|name| walk(name, bars, kind, &mut Rng(2))).collect();
    let others: Vec<Bars> = beside.iter().map(|d| d.bars()).collect();
    println!("{bars} bars, {individuals} individuals, fee {fee}; million strategy-bars a second");
    println!("{:24} {:>8} {:>8} {:>8} {:>8}", "strategy", "rules", "built-in", "times", "trades");
    for own in &all {
        let name = own.rules().name.as_str();
        if !chosen.is_empty() && !chosen.iter().any(|c| c == name) {
            continue;
        }
        let latched = own.is_latched(false);
        let count = individuals;
        let mut rng = Rng(7);
        let members: Vec<Genome> = (0..count).map(|_| genome(own, &mut rng)).collect();
        let (seconds, trades) = measure(&data.bars(), &others, own, &members, &exec, rows);
        let speed = (bars * count) as f64 / 1e6 / seconds;
        let built_in = name
            .strip_prefix("r_")
            .and_then(find)
            .filter(|found| found.strategy.def().genes.len() == own.genes().len());
        let built_in = built_in.map(|found| {
            let mut rng = Rng(7);
            let members: Vec<Genome> =
                (0..count).map(|_| support::genome(found.strategy, &mut rng)).collect();
            let (seconds, _) = measure(&data.bars(), &[], found.strategy, &members, &exec, rows);
            (bars * count) as f64 / 1e6 / seconds
        });
        let (beside, times) = built_in
            .map_or((String::new(), String::new()), |b| (format!("{b:.0}"), format!("{:.2}", b / speed)));
        let path = if latched { "" } else { " asks the account" };
        println!("{name:24} {speed:>8.0} {beside:>8} {times:>8} {trades:>8.0}{path}");
    }
}

/// Processor seconds of a population in one batch, tables included, as often as it takes to tell them, and the mean number
/// of trades.
fn measure(
    bars: &Bars,
    others: &[Bars],
    strategy: &dyn Strategy,
    members: &[Genome],
    exec: &Execution,
    rows: Rows,
) -> (f64, f64) {
    let prepared = [Prepared::new(*bars, exec).expect("no funding is asked for")];
    let windows = [rows];
    let run = Backtest { symbols: &prepared, rows: &windows, others, exec, metrics: MetricSet::always() };
    let mut out = vec![EMPTY; members.len()];
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let (mut seconds, mut times) = (0.0, 0);
    // The system counts processor time in steps of milliseconds.
    while seconds < 0.4 {
        let evaluator = BatchEvaluator::new(run);
        let mut individuals: Vec<Individual> =
            members.iter().map(|genome| Individual { strategy, genome }).collect();
        evaluator.sort(&mut individuals);
        evaluator.evaluate(&individuals, &mut Scratch::new(), &mut out);
        let own = cpu_seconds().zip(cpu).map(|(end, start)| end - start);
        seconds = own.unwrap_or(start.elapsed().as_secs_f64());
        times += 1;
    }
    let trades: f64 = out.iter().filter_map(|e| e.metrics.get(Metric::Trades)).sum();
    (seconds / f64::from(times), trades / members.len() as f64)
}
