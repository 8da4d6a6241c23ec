//! Ask and tell of 1,000 candidates of three genes, survivors in place; the goal is 1 ms. Outcomes come from a
//! cheap function outside of the measured time only in part: about 10 ns each are inside. Searchers: 1,000 proposals of TPE in
//! 0.5 s, 100,000 of CMA-ES in 1.5 s, of 40 genes.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use galapagos_genetics::{Config, Evolution, Outcome, Searcher, Space};

fn generations(c: &mut Criterion) {
    let evaluate = |_: usize, g: &[u32]| Outcome::feasible(g.iter().map(|&k| f64::from(k % 17)).sum());
    for (name, space) in
        [("three_genes", common::crossover_space()), ("six_genes_with_rules", common::oscillator_space())]
    {
        let mut warm =
            Evolution::new(common::config(1, 1000), vec![common::species("bench", space)]).unwrap();
        for _ in 0..5 {
            common::step(&mut warm, evaluate);
        }
        c.bench_function(&format!("ask_tell_1000/{name}"), |b| {
            b.iter_batched_ref(|| warm.clone(), |run| common::step(run, evaluate), BatchSize::LargeInput)
        });
    }
}

fn searchers(c: &mut Criterion) {
    let evaluate = |_: usize, g: &[u32]| Outcome::feasible(g.iter().map(|&k| f64::from(k % 17)).sum());
    for (name, searcher, population) in
        [("tpe_1000", Searcher::Tpe, 1_000), ("cmaes_100000", Searcher::Cmaes, 100_000)]
    {
        let genes = (0..40).map(|i| common::integer(&format!("x{i}"), 0, 1_000)).collect();
        let space = common::species("bench", Space::new(genes, vec![]).unwrap());
        let config = Config { searcher, ..common::config(1, population) };
        let mut warm = Evolution::new(config, vec![space]).unwrap();
        common::step(&mut warm, evaluate);
        c.bench_function(&format!("searchers/{name}"), |b| {
            b.iter_batched_ref(|| warm.clone(), |run| common::step(run, evaluate), BatchSize::PerIteration)
        });
    }
}

criterion_group! {
    name = slow;
    config = Criterion::default().sample_size(10);
    targets = searchers
}
criterion_group!(benches, generations);
criterion_main!(benches, slow);
