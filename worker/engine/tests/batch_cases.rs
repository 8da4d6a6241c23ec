//! Cases of one kind each in which the batch path has the bits of the simulator, or those that were there before.

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::{Backtest, backtest};
use galapagos_engine::bars::FundingStamp;
use galapagos_engine::batch::{BatchEvaluator, Individual, InstructionSet, Scratch};
use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet};
use galapagos_engine::execution::{Execution, Funding, Side};
use galapagos_engine::genes::Genome;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{BuiltIn, Path, all};
use galapagos_engine::trace::ExitReason;
use galapagos_engine::window::Rows;
use support::{Data, EMPTY, Rng, Walk, genome, walk};

type Member = (&'static dyn BuiltIn, Genome);

fn individuals(members: &[Member]) -> Vec<Individual<'_>> {
    members.iter().map(|(strategy, genome)| Individual { strategy: *strategy, genome }).collect()
}

// Contract P1.
#[test]
fn any_order_and_any_cut_of_batches_gives_the_same_bits() {
    let mut rng = Rng(77);
    let data = walk("X", 3000, Walk { start: 30_000.0, step: 0.002, flat: 0.2, idle: Some(0.1) }, &mut rng);
    let exec = Execution { taker_fee: 0.0004, ..Execution::default() };
    let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
    let windows = [Rows::after_warm_up(620)];
    let run = Backtest {
        symbols: &prepared,
        rows: &windows,
        others: &[],
        exec: &exec,
        metrics: MetricSet::always(),
    };
    let evaluator = BatchEvaluator::new(run);
    let strategies: Vec<&'static dyn BuiltIn> = all().iter().copied().filter(|s| !s.def().trains).collect();
    let mut members: Vec<(usize, Member)> = (0..150)
        .map(|i| {
            let strategy = rng.pick(&strategies);
            (i, (strategy, genome(strategy, &mut rng)))
        })
        .collect();
    let mut scratch = Scratch::new();
    let mut first: Option<Vec<Evaluation>> = None;
    for cut in [150, 64, 7, 1] {
        let mut found = vec![EMPTY; members.len()];
        for batch in members.chunks(cut) {
            let genomes: Vec<Individual> =
                batch.iter().map(|(_, (s, g))| Individual { strategy: *s, genome: g }).collect();
            let mut out = vec![EMPTY; batch.len()];
            evaluator.evaluate(&genomes, &mut scratch, &mut out);
            for ((i, _), evaluation) in batch.iter().zip(out) {
                found[*i] = evaluation;
            }
        }
        assert_eq!(*first.get_or_insert_with(|| found.clone()), found, "batches of {cut}");
        for i in (1..members.len()).rev() {
            members.swap(i, rng.below(i + 1));
        }
    }
}

// Contract P1.
#[test]
fn a_hundred_individuals_of_a_strategy_have_the_bits_that_each_has_alone() {
    let mut rng = Rng(5);
    let data = walk("X", 2_300, Walk { start: 900.0, step: 0.004, flat: 0.1, idle: Some(0.05) }, &mut rng);
    let every_bar = [Metric::Sortino, Metric::Turnover, Metric::Skew, Metric::Kurtosis];
    let jobs = [(0.0, Rows::after_warm_up(620), &every_bar[..1]), (0.0003, Rows::full(1), &every_bar[..])];
    for (slippage, rows, asked) in jobs {
        let exec = Execution { taker_fee: 0.001, slippage, ..Execution::default() };
        let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
        let windows = [rows];
        let metrics = asked.iter().fold(MetricSet::always(), |set, &metric| set.with(metric));
        let run = Backtest { symbols: &prepared, rows: &windows, others: &[], exec: &exec, metrics };
        for &strategy in all().iter().filter(|s| !s.def().trains && !s.def().needs_funding) {
            let members: Vec<Member> = (0..100).map(|_| (strategy, genome(strategy, &mut rng))).collect();
            let single = BatchEvaluator::new(run);
            let alone: Vec<Evaluation> = individuals(&members)
                .into_iter()
                .map(|individual| {
                    let mut out = [EMPTY];
                    single.evaluate(&[individual], &mut Scratch::new(), &mut out);
                    out[0].clone()
                })
                .collect();
            for set in InstructionSet::available() {
                let mut together = vec![EMPTY; members.len()];
                let evaluator = BatchEvaluator::with(run, set);
                evaluator.evaluate(&individuals(&members), &mut Scratch::new(), &mut together);
                assert_eq!(alone, together, "{} with {}", strategy.def().name, set.name());
            }
        }
    }
}

// Contract P1, X18: a ruin in the last row, at the end of a word of bits and at its begin, twice in one row.
#[test]
fn a_ruin_in_any_row_has_the_bits_of_the_simulator_whatever_is_asked_of_every_bar() {
    let mut rng = Rng(9);
    let data = walk("X", 2_600, Walk { start: 900.0, step: 0.02, flat: 0.0, idle: None }, &mut rng);
    let strategy = *all().iter().find(|s| s.def().name == "ema_crossover").expect("it is built in");
    let mut members: Vec<Member> = (0..12).map(|_| (strategy, genome(strategy, &mut rng))).collect();
    members.extend(members.clone());
    let asked = [Metric::Sortino, Metric::Turnover, Metric::Skew, Metric::Kurtosis];
    let metrics = asked.iter().fold(MetricSet::always(), |set, &metric| set.with(metric));
    let exec =
        |final_close| Execution { taker_fee: 0.45, slippage: 0.003, final_close, ..Execution::default() };
    let (mut last, mut ruins) = (0, 0);
    let mut compare = |rows: usize, warm_up: usize, final_close: bool| -> Vec<usize> {
        let exec = exec(final_close);
        let prepared = [Prepared::new(data.bars().truncate(rows), &exec).unwrap()];
        let windows = [Rows::after_warm_up(warm_up)];
        let run = Backtest { symbols: &prepared, rows: &windows, others: &[], exec: &exec, metrics };
        let (mut out, mut scratch) = (vec![EMPTY; members.len()], Scratch::new());
        BatchEvaluator::new(run).evaluate(&individuals(&members), &mut scratch, &mut out);
        assert_eq!(scratch.simulated(), 0);
        let mut found = Vec::new();
        for ((strategy, genome), batch) in members.iter().zip(out) {
            let report = backtest(&run, *strategy, genome);
            assert_eq!(batch, report.evaluation, "{rows} rows, warm-up {warm_up}, {final_close}, {genome:?}");
            let equity = &report.per_symbol[0].trace.equity;
            if let Some(at) = equity.iter().position(|&e| e == 0.0) {
                // Equity is that of the counted rows.
                let row = rows - equity.len() + at;
                found.push(row);
                (ruins, last) = (ruins + 1, last + usize::from(row + 1 == rows));
            }
        }
        found
    };
    for row in compare(2_600, 300, true) {
        for rows in [row, row + 1, row + 2] {
            for final_close in [false, true] {
                compare(rows, 300, final_close);
            }
        }
        // Blocks begin at the row before the last of the warm-up: the ruin stands on either side of a word's border.
        for warm_up in [row % 64 + 1, row % 64 + 2, row % 64 + 3] {
            compare(row + 40, 256 + warm_up, true);
        }
    }
    assert!(ruins > 200 && last > 20, "{ruins} ruins, {last} of them in the last row");
}

#[test]
fn prices_a_millionth_as_large_have_the_same_score() {
    let mut rng = Rng(5);
    // Ticks like those of 0.000000012345670 and 0.012345670.
    let mut data =
        walk("X", 2400, Walk { start: 12_345_670.0, step: 0.01, flat: 0.1, idle: Some(0.1) }, &mut rng);
    let strategies: Vec<&'static dyn BuiltIn> =
        all().iter().copied().filter(|s| !s.def().needs_funding).collect();
    let members: Vec<Member> = strategies.iter().map(|&s| (s, genome(s, &mut rng))).collect();
    for side in [Side::Long, Side::LongShort] {
        let exec = Execution { side, taker_fee: 0.0004, slippage: 0.0002, ..Execution::default() };
        let exec = Execution { maintenance_margin: (side != Side::Long).then_some(0.05), ..exec };
        let mut scores = |decimals: u8| {
            data.decimals = decimals;
            let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
            let windows = [Rows::after_warm_up(1200)];
            let run = Backtest {
                symbols: &prepared,
                rows: &windows,
                others: &[],
                exec: &exec,
                metrics: MetricSet::always(),
            };
            let mut out = vec![EMPTY; members.len()];
            BatchEvaluator::new(run).evaluate(&individuals(&members), &mut Scratch::new(), &mut out);
            out
        };
        let (small, large) = (scores(15), scores(9));
        let mut traded = 0;
        for ((small, large), (strategy, _)) in small.iter().zip(&large).zip(&members) {
            assert_eq!(small.reason, large.reason, "{}", strategy.def().name);
            for m in Metric::ALWAYS {
                let (a, b) = (small.metrics.get(m), large.metrics.get(m));
                assert_eq!(a.is_some(), b.is_some());
                if let Some((a, b)) = a.zip(b) {
                    assert!(
                        (a - b).abs() <= 1e-9 * (1.0 + b.abs()),
                        "{} {m:?}: {a} {b}",
                        strategy.def().name
                    );
                    traded += usize::from(m == Metric::Trades && a > 1.0);
                }
            }
        }
        assert!(traded > 8, "{traded} strategies traded");
    }
}

#[test]
fn sums_that_leave_64_bits_in_all_but_not_in_a_block_are_scored_by_both_paths() {
    let mut rng = Rng(9);
    let rows = 30_000;
    let mut data = walk("X", rows, Walk { start: 1000.0, step: 0.001, flat: 0.0, idle: None }, &mut rng);
    // A price that doubles and halves without end: rises add up to 7,500, squares of moves to 9,400.
    for t in 0..rows {
        let close = rng.pick(&[1000, 2000]);
        (data.open[t], data.close[t]) = (if t > 0 { data.close[t - 1] } else { close }, close);
        (data.high[t], data.low[t]) = (data.open[t].max(close), data.open[t].min(close));
    }
    // Those that train may lose all but everything, which is left to the simulator.
    let takes = |s: &dyn BuiltIn| s.def().path() == Path::Batch && !s.def().needs_funding && !s.def().trains;
    let strategies: Vec<&'static dyn BuiltIn> = all().iter().copied().filter(|s| takes(*s)).collect();
    // One that buys low survives such a market.
    let lives = strategies.iter().position(|s| s.def().name == "stochastic_oscillator").unwrap();
    let members: Vec<Member> = (0..48)
        .map(|i| strategies[if i % 2 == 0 { lives } else { i % strategies.len() }])
        .map(|s| (s, genome(s, &mut rng)))
        .collect();
    let mut wide = 0;
    for (side, leverage) in [(Side::Long, 1.0), (Side::Long, 0.9), (Side::LongShort, 0.1)] {
        let exec = Execution { side, leverage, taker_fee: 1e-5, slippage: 1e-5, ..Execution::default() };
        let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
        let windows = [Rows::after_warm_up(601)];
        let run = Backtest {
            symbols: &prepared,
            rows: &windows,
            others: &[],
            exec: &exec,
            metrics: MetricSet::always(),
        };
        let mut out = vec![EMPTY; members.len()];
        let mut scratch = Scratch::new();
        BatchEvaluator::new(run).evaluate(&individuals(&members), &mut scratch, &mut out);
        assert_eq!(scratch.simulated(), 0, "such a market does not take the slow path");
        for ((strategy, genome), batch) in members.iter().zip(&out) {
            assert_eq!(*batch, backtest(&run, *strategy, genome).evaluation, "{side:?} {genome:?}");
            wide += usize::from(batch.reason.is_none() && i64::try_from(batch.s2).is_err());
        }
    }
    assert!(wide > 3, "{wide} evaluations have sums beyond 64 bits");
}

#[test]
fn funding_at_the_last_close_is_paid_by_both_paths() {
    let mut rng = Rng(3);
    let mut data = walk("X", 1770, Walk { start: 3e6, step: 0.002, flat: 0.0, idle: None }, &mut rng);
    let close = data.time_ms[1769] + data.interval_ms;
    let stamp = |time_ms| FundingStamp { time_ms, rate_e9: 1_000_000, mark: None };
    data.funding = data.time_ms.iter().step_by(30).copied().map(stamp).collect();
    let strategies: Vec<&'static dyn BuiltIn> =
        all().iter().copied().filter(|s| s.def().path() == Path::Batch).collect();
    let members: Vec<Member> =
        (0..40).map(|i| strategies[i % strategies.len()]).map(|s| (s, genome(s, &mut rng))).collect();
    let mut paid = 0;
    for side in [Side::Long, Side::LongShort] {
        let exec = Execution { side, funding: Funding::Series, taker_fee: 0.0004, ..Execution::default() };
        let funding = |data: &Data| {
            let prepared = [Prepared::new(data.bars(), &exec).unwrap()];
            let windows = [Rows::after_warm_up(601)];
            let metrics = MetricSet::always();
            let run = Backtest { symbols: &prepared, rows: &windows, others: &[], exec: &exec, metrics };
            let mut out = vec![EMPTY; members.len()];
            let mut scratch = Scratch::new();
            BatchEvaluator::new(run).evaluate(&individuals(&members), &mut scratch, &mut out);
            assert_eq!(scratch.simulated(), 0);
            let both = members.iter().zip(&out).map(|((strategy, genome), batch)| {
                let report = backtest(&run, *strategy, genome);
                assert_eq!(*batch, report.evaluation, "{}", strategy.def().name);
                let last = report.per_symbol[0].trace.trades.last().map(|t| t.reason);
                (batch.metrics.get(Metric::Funding), last == Some(ExitReason::End))
            });
            both.collect::<Vec<_>>()
        };
        let without = funding(&data);
        data.funding.push(stamp(close));
        for ((before, _), (after, closed_at_the_end)) in without.iter().zip(funding(&data)) {
            assert_eq!(*before != after, closed_at_the_end);
            paid += usize::from(closed_at_the_end);
        }
        data.funding.pop();
    }
    assert!(paid > 20, "{paid} accounts were closed at the last close");
}
