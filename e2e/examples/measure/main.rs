//! What distribution costs, as ratios within one run on one machine: `make measure`. Needs a machine with at least two
//! cores and nothing else to do; a limit that does not hold is marked and the exit code is 1.
//!
//! `measure [NAME]...` measures only what has such a name: cost, two-50ms, two-1ms, scaling, tls, fast.

#![allow(clippy::unwrap_used, reason = "a measurement that fails is none")]

mod runs;
mod wire;

use std::process::ExitCode;

use galapagos_e2e::jobs::Job;
use runs::{Case, Used, median};

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mut table = Table { holds: true };
    if is_wanted("cost") {
        cost(&mut table);
    }
    if is_wanted("two-50ms") {
        two_processes(&mut table, "50 ms", 1_160_000, 60, 1.05);
    }
    if is_wanted("two-1ms") {
        two_processes(&mut table, "1 ms", 23_000, 1000, 1.3);
    }
    if is_wanted("scaling") {
        scaling(&mut table);
    }
    if is_wanted("fast") {
        fast(&mut table);
    }
    if is_wanted("tls") {
        tls(&mut table);
    }
    if table.holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lines of results.
struct Table {
    holds: bool,
}

impl Table {
    fn line(&mut self, what: &str, value: f64, unit: &str, limit: Option<f64>, at_least: bool) {
        let holds = limit.is_none_or(|limit| if at_least { value >= limit } else { value <= limit });
        self.holds &= holds;
        let side = if at_least { "at least" } else { "at most" };
        let limit = limit.map(|l| format!("{side} {l} {unit}")).unwrap_or_default();
        let mark = if holds { "" } else { "  <- DOES NOT HOLD" };
        println!("{what:66} {value:>9.3} {unit:5} {limit}{mark}");
    }

    fn most(&mut self, what: &str, value: f64, unit: &str, limit: f64) {
        self.line(what, value, unit, Some(limit), false);
    }

    fn least(&mut self, what: &str, value: f64, unit: &str, limit: f64) {
        self.line(what, value, unit, Some(limit), true);
    }

    fn told(&mut self, what: &str, value: f64, unit: &str) {
        self.line(what, value, unit, None, false);
    }
}

/// A population of 10,000 that is cheap to evaluate: what remains is what everything else costs.
fn cost(table: &mut Table) {
    let job = Job { population: 10_000, generations: 6, ..Job::small(1) };
    let case = Case::new(1500, &job);
    // In turns, and the middle of each: what one run says of a few microseconds is noise.
    let runs: Vec<(Used, Used)> = (0..5).map(|_| (case.in_process(2), case.on_workers(2))).collect();
    let middle = |of: &dyn Fn(&(Used, Used)) -> f64| median(&runs.iter().map(of).collect::<Vec<_>>());
    let individuals = f64::from(job.population * job.generations);
    let microseconds = |of: &dyn Fn(&(Used, Used)) -> f64| middle(of) / individuals * 1e6;
    table.told("CPU of `galapagos run` per individual", microseconds(&|(alone, _)| alone.cpu), "us");
    let coordinator = microseconds(&|(_, spread)| spread.coordinator_cpu);
    table.told("CPU of the coordinator per individual", coordinator, "us");
    let workers = microseconds(&|(_, spread)| spread.cpu - spread.coordinator_cpu);
    table.told("CPU of the workers per individual", workers, "us");
    let more = microseconds(&|(alone, spread)| spread.cpu - alone.cpu);
    table.most("dispatch: CPU of all processes beyond `galapagos run`", more, "us", 5.0);
    table.told("the coordinator's own CPU per 1,000 individuals", coordinator, "ms");
    table.told("slots one coordinator's core can feed at 50 ms an individual", 0.05e6 / coordinator, "slots");
    let anonymous = middle(&|(_, spread)| spread.coordinator_anonymous as f64 / 1e6);
    table.most("memory of the coordinator that no file is behind, population 10,000", anonymous, "MB", 30.0);
    let megabytes = middle(&|(_, spread)| spread.coordinator_memory as f64 / 1e6);
    table.told("the same with pages of its program and other files", megabytes, "MB");
}

/// A generation over two worker processes and the same on two threads.
fn two_processes(table: &mut Table, work: &str, bars: u32, population: u32, limit: f64) {
    let job = Job { population, generations: 4, window: "Full", ..Job::small(2) };
    let case = Case::new(bars, &job);
    let (mut inside, mut outside, mut each) = (Vec::new(), Vec::new(), 0.0);
    // Taken in turns, so that a machine that slows down does so for both.
    for _ in 0..3 {
        let alone = case.in_process(2);
        each = alone.cpu / f64::from(job.population * job.generations);
        inside.push(median(&alone.generations));
        outside.push(median(&case.on_workers(2).generations));
    }
    table.told(&format!("work of an individual (should be {work})"), each * 1e3, "ms");
    let ratio = median(&outside) / median(&inside);
    table.most(&format!("generation on two workers / on two threads, {work} of work"), ratio, "", limit);
}

fn scaling(table: &mut Table) {
    let job = Job { population: 120, generations: 4, window: "Full", ..Job::small(3) };
    let case = Case::new(120_000, &job);
    let (mut workers, mut threads) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let [one, two] = [1, 2].map(|count| median(&case.on_workers(count).generations));
        workers.push(one / two);
        let [one, two] = [1, 2].map(|count| median(&case.in_process(count).generations));
        threads.push(one / two);
    }
    table.least("one worker / two workers on two cores", median(&workers), "", 1.9);
    // A machine whose cores share something gives neither.
    table.told("one thread / two threads on two cores", median(&threads), "");
}

/// A year of minutes and a strategy whose individuals share series: whoever cuts them into small batches computes these
/// again and again.
fn fast(table: &mut Table) {
    let case = Case::with_manifest(525_600, FAST);
    let (mut inside, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        inside.push(median(&case.in_process(2).generations));
        one.push(median(&case.on_workers(1).generations));
        two.push(median(&case.on_workers(2).generations));
    }
    table.told("fast individuals: a generation of 1,000 on two threads", median(&inside) * 1e3, "ms");
    let ratio = median(&two) / median(&inside);
    table.most("fast individuals: generation on two workers / on two threads", ratio, "", 1.3);
    table.told("fast individuals: one worker / two workers on two cores", median(&one) / median(&two), "");
}

const FAST: &str = "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {name: fast}
spec:
  marketData: {dataset: walk, symbols: [WALK], interval: 1h, calendar: {type: Continuous}}
  strategies: [{name: ema_crossover}]
  population: {size: 1000, seed: 4}
  generations: 20
  execution: {side: Long, takerFee: \"0.0001\"}
  stop: {patience: 100000}
";

/// The same results over the same kind of stream with and without TLS, as a share of the work behind them.
fn tls(table: &mut Table) {
    let (plain, secured) = wire::seconds_per_individual();
    table.told("CPU of both ends per individual, plain stream", plain * 1e6, "us");
    table.told("CPU of both ends per individual, mutual TLS", secured * 1e6, "us");
    let share = |work: f64| (secured - plain).max(0.0) / (work + secured) * 100.0;
    table.most("mutual TLS, of the throughput at 1 ms of work", share(1e-3), "%", 2.0);
    table.told("mutual TLS, of the throughput at 0.05 ms of work", share(5e-5), "%");
}
