//! An individual is planned once, and the plan is all that its evaluation needs.

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::Backtest;
use galapagos_engine::bars::Bars;
use galapagos_engine::batch::{BatchEvaluator, Individual, Planned, Scratch};
use galapagos_engine::evaluation::MetricSet;
use galapagos_engine::execution::Execution;
use galapagos_engine::genes::Genome;
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::signals::Signals;
use galapagos_engine::strategies::{BuiltIn, Context, Series, Strategy, StrategyDef, all};
use galapagos_engine::window::Rows;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{EMPTY, Rng, Walk, genome, walk};

/// A strategy that counts how often it is asked for a warm-up.
struct Counting(&'static dyn BuiltIn, AtomicUsize);

impl Strategy for Counting {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn built_in(&self) -> Option<&'static StrategyDef> {
        self.0.built_in()
    }
    fn warm_up(&self, bars: &Bars, others: &[Bars], genome: &Genome) -> usize {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.warm_up(bars, others, genome)
    }
    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        self.0.signals(bars, genome, ctx)
    }
    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series> {
        self.0.indicators(bars, genome, ctx)
    }
}

#[test]
fn a_plan_is_all_that_an_evaluation_needs_and_the_warm_up_is_asked_for_once() {
    let mut rng = Rng(78);
    let data = walk("X", 3000, Walk { start: 30_000.0, step: 0.002, flat: 0.2, idle: Some(0.1) }, &mut rng);
    let exec = Execution { taker_fee: 0.0004, ..Execution::default() };
    let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
    // Some need more rows than the job.
    let windows = [Rows::after_warm_up(60)];
    let run = Backtest {
        symbols: &prepared,
        rows: &windows,
        others: &[],
        exec: &exec,
        metrics: MetricSet::always(),
    };
    let evaluator = BatchEvaluator::new(run);
    let mut shared = 0;
    for &strategy in all().iter().filter(|s| !s.def().trains) {
        let strategy = Counting(strategy, AtomicUsize::new(0));
        let genomes: Vec<Genome> = (0..20).map(|_| genome(strategy.0, &mut rng)).collect();
        let members = genomes.iter().map(|genome| Individual { strategy: &strategy, genome });
        let planned = members.filter_map(|member| evaluator.plan(&member).map(|plan| (member, plan)));
        let (members, plans): (Vec<Individual>, Vec<Planned>) = planned.unzip();
        let asked = || strategy.1.load(Ordering::Relaxed);
        assert_eq!(asked(), members.len(), "{}", strategy.name());
        let (mut out, mut again) = (vec![EMPTY; members.len()], vec![EMPTY; members.len()]);
        let mut scratch = Scratch::new();
        evaluator.evaluate_planned(&members, plans, &mut scratch, &mut out, Interrupt::NEVER).unwrap();
        // What has a plan may still turn out to need the simulator, whose signals look at the warm-up themselves.
        if scratch.simulated() == 0 {
            assert_eq!(asked(), members.len(), "{}", strategy.name());
            shared += members.len();
        }
        evaluator.evaluate(&members, &mut Scratch::new(), &mut again);
        assert_eq!(out, again, "{}", strategy.name());
    }
    assert!(shared > 150, "only {shared} individuals shared series");
}
