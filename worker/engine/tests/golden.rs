//! The bits of 200 genomes, the same on every processor: a golden digest over the evaluations of all strategies. A failure
//! on one architecture alone is a fault of that build; one on all of them means a new ENGINE, and then a new constant here.

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::Backtest;
use galapagos_engine::batch::{BatchEvaluator, Individual, InstructionSet, Scratch};
use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet};
use galapagos_engine::execution::{Execution, Side};
use galapagos_engine::genes::Genome;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{BuiltIn, all};
use galapagos_engine::window::Rows;
use support::{EMPTY, Rng, Walk, genome, stops, walk};

const GENOMES: usize = 200;

/// Digest of what a ledger would keep of these evaluations.
fn digest(evaluations: &[Evaluation]) -> String {
    let mut hash = blake3::Hasher::new();
    for e in evaluations {
        for metric in Metric::ALL {
            let value = e.metrics.get(metric);
            hash.update(&[u8::from(value.is_some())]);
            hash.update(&value.map_or(0, f64::to_bits).to_le_bytes());
        }
        hash.update(format!("{:?} {} {} {} {}", e.reason, e.returns, e.s1, e.s2, e.open_position).as_bytes());
    }
    hash.finalize().to_hex()[..16].to_owned()
}

/// Evaluates the genomes with one set of instructions.
fn evaluations(exec: &Execution, members: &[(&dyn BuiltIn, Genome)], set: InstructionSet) -> Vec<Evaluation> {
    let kind = Walk { start: 30_000.0, step: 0.004, flat: 0.1, idle: Some(0.1) };
    let data = walk("X", 1500, kind, &mut Rng(5));
    let prepared = [Prepared::new(data.bars(), exec).expect("funding is complete")];
    let windows = [Rows::after_warm_up(620)];
    let metrics = MetricSet::FULL;
    let run = Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics };
    let individuals: Vec<_> =
        members.iter().map(|(strategy, genome)| Individual { strategy: *strategy, genome }).collect();
    let mut out = vec![EMPTY; members.len()];
    BatchEvaluator::with(run, set).evaluate(&individuals, &mut Scratch::new(), &mut out);
    out
}

#[test]
fn two_hundred_genomes_have_the_bits_they_always_had_on_every_processor() {
    let mut rng = Rng(2026);
    let members: Vec<(&dyn BuiltIn, Genome)> = (0..GENOMES)
        .map(|i| {
            let strategy = all()[i % all().len()];
            let mut genome = genome(strategy, &mut rng);
            if i % 3 == 0 {
                genome.stops = stops(&mut rng);
            }
            (strategy, genome)
        })
        .collect();
    let long = Execution { taker_fee: 0.0004, slippage: 0.0001, ..Execution::default() };
    let both = Execution { side: Side::LongShort, leverage: 3.0, fraction: 0.5, ..long.clone() };
    for set in InstructionSet::available() {
        let found = [&long, &both].map(|exec| digest(&evaluations(exec, &members, set)));
        assert_eq!(found, ["3fad40c6b8ecb96e", "2a1b6aa067b6efe3"], "instructions {}", set.name());
    }
}
