//! The batch path promises the bits of the simulator, whatever the data, genome, options and cut of batches.

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::{Backtest, backtest};
use galapagos_engine::bars::FundingStamp;
use galapagos_engine::batch::{BatchEvaluator, Individual, InstructionSet, Scratch};
use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet, Reason};
use galapagos_engine::execution::{Aggregate, Execution, Fill, Funding, Side};
use galapagos_engine::genes::Genome;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::strategies::{BuiltIn, Path, all};
use galapagos_engine::trace::ExitReason;
use galapagos_engine::window::Rows;
use support::{Data, EMPTY, Rng, Walk, genome, stops, walk};

type Member = (&'static dyn BuiltIn, Genome);

fn individuals(members: &[Member]) -> Vec<Individual<'_>> {
    members.iter().map(|(strategy, genome)| Individual { strategy: *strategy, genome }).collect()
}

fn random_data(name: &str, rows: usize, rng: &mut Rng) -> Data {
    let kind = Walk {
        start: rng.pick(&[60.0, 900.0, 20_000.0, 3_000_000.0]),
        step: rng.pick(&[0.0004, 0.002, 0.01, 0.03]),
        flat: rng.pick(&[0.0, 0.3, 0.9]),
        idle: rng.pick(&[None, Some(0.0), Some(0.2), Some(0.8)]),
    };
    let mut data = walk(name, rows, kind, rng);
    data.funding = data
        .time_ms
        .iter()
        .step_by(30)
        .map(|&time_ms| FundingStamp { time_ms, rate_e9: rng.below(400_000) as i64 - 200_000, mark: None })
        .collect();
    data
}

/// Options of a plain long account.
fn whole_long(rng: &mut Rng) -> Execution {
    Execution {
        initial_capital: rng.pick(&[1000.0, 10_000.0, 12_345.67]),
        taker_fee: rng.pick(&[0.0, 0.0001, 0.001, 0.02, 0.4]),
        slippage: rng.pick(&[0.0, 0.0002, 0.003]),
        final_close: rng.chance(0.6),
        risk_free_rate: rng.pick(&[0.0, 0.03]),
        bars_per_year: 525_600.0,
        ..Execution::default()
    }
}

/// Options of any account.
fn any_options(rng: &mut Rng) -> Execution {
    let side = rng.pick(&[Side::Long, Side::Short, Side::LongShort]);
    Execution {
        fill: rng.pick(&[Fill::NextOpen, Fill::NextOpen, Fill::SameClose]),
        side,
        maker_fee: rng.pick(&[0.0, 0.0005]),
        fraction: rng.pick(&[1.0, 1.0, 0.5]),
        leverage: rng.pick(&[1.0, 1.0, 2.0]),
        maintenance_margin: rng.pick(&[None, Some(0.05)]),
        borrow_rate: rng.pick(&[0.0, 0.0, 0.2]),
        funding: rng.pick(&[
            Funding::None,
            Funding::None,
            Funding::Series,
            Funding::Constant { rate_e9: 100_000, interval_hours: 1 },
        ]),
        lot: rng.pick(&[None, None, Some(0.01)]),
        ..whole_long(rng)
    }
}

/// Options of an account of either side, any share and any multiple of its equity, in lots or not.
fn held(rng: &mut Rng) -> Execution {
    Execution {
        side: rng.pick(&[Side::Long, Side::Short, Side::LongShort, Side::LongShort]),
        fraction: rng.pick(&[1.0, 1.0, 0.95, 0.5, 0.1]),
        leverage: rng.pick(&[1.0, 1.0, 2.0, 3.0, 10.0]),
        maintenance_margin: rng.pick(&[None, Some(0.0), Some(0.05), Some(0.05), Some(0.3)]),
        borrow_rate: rng.pick(&[0.0, 0.0, 0.2, 100.0]),
        funding: rng.pick(&[
            Funding::None,
            Funding::None,
            Funding::None,
            Funding::Series,
            Funding::Constant { rate_e9: 3_000_000, interval_hours: 1 },
        ]),
        taker_fee: rng.pick(&[0.0, 0.0001, 0.001, 0.02]),
        lot: rng.pick(&[None, None, Some(0.01), Some(3.0)]),
        ..whole_long(rng)
    }
}

fn aggregates(rng: &mut Rng) -> Aggregate {
    rng.pick(&[Aggregate::Portfolio, Aggregate::Mean, Aggregate::Median, Aggregate::Min])
}

/// What a comparison has seen.
#[derive(Default)]
struct Seen {
    reasons: Vec<Option<Reason>>,
    /// Ends of trades by the simulator's record.
    exits: Vec<ExitReason>,
    /// Individuals that latch positions, and those of them that ran the simulator.
    latched: usize,
    simulated: usize,
    /// The only strategies of its jobs, if there are any.
    only: &'static [&'static str],
    /// Whether its jobs have several symbols.
    several: bool,
    /// Whether their symbols differ in stamps.
    thins: bool,
}

/// The same without some of its rows: the first ones, the last ones, and one in twenty of the others.
fn thinned(mut data: Data, rng: &mut Rng) -> Data {
    let (rows, begin, end) = (data.time_ms.len(), rng.below(150), rng.below(150));
    let keep: Vec<bool> = (0..rows).map(|t| t >= begin && t + end < rows && !rng.chance(0.05)).collect();
    let thin = |column: &mut Vec<i64>| {
        let mut keep = keep.iter();
        column.retain(|_| *keep.next().expect("a mark for each row"));
    };
    [&mut data.time_ms, &mut data.open, &mut data.high, &mut data.low, &mut data.close]
        .into_iter()
        .for_each(thin);
    if let Some(volume) = &mut data.volume {
        let mut keep = keep.iter();
        volume.retain(|_| *keep.next().expect("a mark for each row"));
    }
    data
}

/// Compares the batch path with the simulator on one random job.
fn compare(seed: u64, exec: &Execution, with_stops: bool, metrics: MetricSet, seen: &mut Seen) {
    let mut rng = Rng(seed);
    let alone = if seen.several { 0.0 } else { 0.7 };
    let symbols = match exec.aggregate {
        Aggregate::Portfolio if rng.chance(alone) => 1,
        _ if seen.several => 2 + rng.below(4),
        _ => 1 + rng.below(3),
    };
    let rows = rng.pick(&[700, 1100, 1800, 2600]);
    let data: Vec<Data> = (0..symbols)
        .map(|i| {
            let shorter = if i > 0 { rng.below(40) } else { 0 };
            let data = random_data(&format!("S{i}"), rows - shorter, &mut rng);
            if seen.thins && (i > 0 || rng.chance(0.5)) { thinned(data, &mut rng) } else { data }
        })
        .collect();
    let takes = |name| seen.only.is_empty() || seen.only.contains(&name);
    let strategies: Vec<&'static dyn BuiltIn> =
        all().iter().copied().filter(|s| !s.def().trains && takes(s.def().name)).collect();
    let members: Vec<Member> = (0..40)
        .map(|_| {
            let strategy = rng.pick(&strategies);
            let mut genome = genome(strategy, &mut rng);
            if with_stops && rng.chance(0.5) {
                genome.stops = stops(&mut rng);
            }
            (strategy, genome)
        })
        .collect();
    let cut = rows - 40 - rng.below(200);
    let prepared: Vec<Prepared> = data
        .iter()
        .map(|d| {
            Prepared::new(d.bars().truncate(cut.min(d.time_ms.len())), exec).expect("funding is complete")
        })
        .collect();
    let warm_up = rng.pick(&[1, 300, 450, 601]);
    let full = seed % 4 == 1;
    let from_ms = data[0].time_ms[data[0].time_ms.len() / 3];
    let window = |d: &Data| match seed % 4 {
        1 => Rows::full(1),
        2 if seen.thins => Rows::holdout(d.time_ms.partition_point(|&time| time < from_ms), from_ms),
        _ => Rows::after_warm_up(warm_up),
    };
    let windows: Vec<Rows> = data.iter().map(window).collect();
    let run = Backtest { symbols: &prepared, rows: &windows, others: &[], exec, metrics };
    let mut out = vec![EMPTY; members.len()];
    let mut scratch = Scratch::new();
    BatchEvaluator::new(run).evaluate(&individuals(&members), &mut scratch, &mut out);
    for set in InstructionSet::available() {
        let mut again = vec![EMPTY; members.len()];
        BatchEvaluator::with(run, set).evaluate(&individuals(&members), &mut Scratch::new(), &mut again);
        assert_eq!(out, again, "seed {seed}, instructions {}\n{exec:?}", set.name());
    }
    let others = members.iter().filter(|(s, _)| s.def().path() != Path::Batch).count();
    // A window of no row is left to the simulator.
    if cut > warm_up {
        seen.latched += members.len() - others;
        seen.simulated += (scratch.simulated() as usize).saturating_sub(others);
    }
    for ((strategy, genome), batch) in members.iter().zip(&out) {
        let own = |p: &Prepared| Rows::full(strategy.warm_up(&p.bars(), &[], genome));
        let rows = if full { prepared.iter().map(own).collect() } else { windows.clone() };
        let report = backtest(&Backtest { rows: &rows, ..run }, *strategy, genome);
        seen.exits.extend(report.per_symbol.iter().flat_map(|s| s.trace.trades.iter().map(|t| t.reason)));
        let oracle = report.evaluation;
        assert_eq!(
            *batch,
            oracle,
            "seed {seed}, warm-up {warm_up}, {} {:?}\n{exec:?}",
            strategy.def().name,
            genome
        );
    }
    seen.reasons.extend(out.iter().map(|e| e.reason));
}

/// What every account knows; one job in three asks for metrics that look at every bar.
fn metrics(seed: u64) -> MetricSet {
    let more: &[Metric] = match seed % 9 {
        0 => &[Metric::Sortino, Metric::Turnover, Metric::Skew, Metric::Kurtosis],
        3 => &[Metric::Sortino, Metric::Kurtosis],
        6 => &[Metric::Turnover],
        _ => &[Metric::Volatility, Metric::Cagr, Metric::Calmar, Metric::Expectancy, Metric::FinalEquity],
    };
    more.iter().fold(MetricSet::always(), |set, &m| set.with(m))
}

// Contract P1, A3, A5, A6.
#[test]
fn a_whole_long_account_has_the_bits_of_the_simulator() {
    let mut seen = Seen::default();
    for seed in 0..60 {
        let mut rng = Rng(seed ^ 0x5eed);
        let exec = Execution { aggregate: aggregates(&mut rng), ..whole_long(&mut rng) };
        compare(seed, &exec, false, metrics(seed), &mut seen);
    }
    for reason in [None, Some(Reason::Ruined), Some(Reason::NoTrades)] {
        assert!(seen.reasons.contains(&reason), "the random jobs must reach {reason:?}");
    }
}

// Contract P1, P2.
#[test]
fn a_held_account_has_the_bits_of_the_simulator_without_running_it() {
    let mut seen = Seen::default();
    for seed in 2000..2150 {
        let mut rng = Rng(seed ^ 0x5eed);
        let aggregate = rng.pick(&[Aggregate::Mean, Aggregate::Median, Aggregate::Min]);
        let exec = Execution { aggregate, ..held(&mut rng) };
        compare(seed, &exec, false, metrics(seed), &mut seen);
    }
    for reason in [None, Some(Reason::Ruined), Some(Reason::NoTrades)] {
        assert!(seen.reasons.contains(&reason), "the random jobs must reach {reason:?}");
    }
    for exit in [ExitReason::Signal, ExitReason::Liquidation, ExitReason::End, ExitReason::Ruin] {
        let times = seen.exits.iter().filter(|&&e| e == exit).count();
        assert!(times > 100, "the random jobs must reach {exit:?} often, not {times} times");
    }
    let Seen { simulated, latched, .. } = seen;
    // A return of 2,048 or more, after an almost complete loss, is left to the simulator.
    assert!(simulated * 400 < latched, "{simulated} of {latched} individuals ran the simulator");
}

// Contract P1, P2, X9 to X13.
#[test]
fn an_account_with_stops_has_the_bits_of_the_simulator_without_running_it() {
    let mut seen = Seen::default();
    for seed in 3000..3150 {
        let mut rng = Rng(seed ^ 0x5eed);
        let aggregate = rng.pick(&[Aggregate::Mean, Aggregate::Median, Aggregate::Min]);
        let exec = if rng.chance(0.4) { whole_long(&mut rng) } else { held(&mut rng) };
        let exec = Execution { aggregate, maker_fee: rng.pick(&[0.0, 0.0005]), ..exec };
        compare(seed, &exec, true, metrics(seed), &mut seen);
    }
    use ExitReason::{Liquidation, Stop, Target};
    for exit in [ExitReason::Signal, Stop, Target, Liquidation, ExitReason::End, ExitReason::Ruin] {
        let times = seen.exits.iter().filter(|&&e| e == exit).count();
        assert!(times > 100, "the random jobs must reach {exit:?} often, not {times} times");
    }
    let Seen { simulated, latched, .. } = seen;
    assert!(simulated * 400 < latched, "{simulated} of {latched} individuals ran the simulator");
}

// Contract P1, P2, X25.
#[test]
fn an_account_that_fills_at_the_close_has_the_bits_of_the_simulator_without_running_it() {
    let mut seen = Seen::default();
    for seed in 4000..4150 {
        let mut rng = Rng(seed ^ 0x5eed);
        let aggregate = rng.pick(&[Aggregate::Mean, Aggregate::Median, Aggregate::Min]);
        let exec = if rng.chance(0.3) { whole_long(&mut rng) } else { held(&mut rng) };
        let exec =
            Execution { aggregate, fill: Fill::SameClose, maker_fee: rng.pick(&[0.0, 0.0005]), ..exec };
        compare(seed, &exec, rng.chance(0.7), metrics(seed), &mut seen);
    }
    use ExitReason::{Liquidation, Stop, Target};
    for exit in [ExitReason::Signal, Stop, Target, Liquidation, ExitReason::End, ExitReason::Ruin] {
        let times = seen.exits.iter().filter(|&&e| e == exit).count();
        assert!(times > 100, "the random jobs must reach {exit:?} often, not {times} times");
    }
    let Seen { simulated, latched, .. } = seen;
    assert!(simulated * 400 < latched, "{simulated} of {latched} individuals ran the simulator");
}

// Contract P1, P2, X13, X14.
#[test]
fn sized_and_weighed_targets_have_the_bits_of_the_simulator_without_running_it() {
    for only in [&["atr_stop_loss"], &["volatility_scaling"], &["funding_rate_carry"]] {
        let mut seen = Seen { only, ..Seen::default() };
        for seed in 5000..5100 {
            let mut rng = Rng(seed ^ 0x5eed);
            let exec = if rng.chance(0.2) { whole_long(&mut rng) } else { held(&mut rng) };
            let exec = Execution {
                aggregate: rng.pick(&[Aggregate::Mean, Aggregate::Median, Aggregate::Min]),
                fill: rng.pick(&[Fill::NextOpen, Fill::NextOpen, Fill::SameClose]),
                maker_fee: rng.pick(&[0.0, 0.0005]),
                exposure_steps: rng.pick(&[1, 4, 4, 7, 20, 64]),
                bars_per_year: rng.pick(&[365.0, 8766.0, 525_600.0]),
                ..exec
            };
            compare(seed, &exec, rng.chance(0.3), metrics(seed), &mut seen);
        }
        use ExitReason::{Liquidation, Signal, Stop, Target};
        for exit in [Signal, Stop, Target, Liquidation, ExitReason::End, ExitReason::Ruin] {
            let times = seen.exits.iter().filter(|&&e| e == exit).count();
            assert!(times > 20, "{only:?} must reach {exit:?} often, not {times} times");
        }
        let Seen { simulated, latched, .. } = seen;
        assert!(simulated * 400 < latched, "{simulated} of {latched} individuals ran the simulator");
    }
}

// Contract P1, P2, X21.
#[test]
fn a_portfolio_has_the_bits_of_the_simulator_without_running_it() {
    let mut seen = Seen { several: true, ..Seen::default() };
    for seed in 6000..6120 {
        let mut rng = Rng(seed ^ 0x5eed);
        let exec = if rng.chance(0.4) { whole_long(&mut rng) } else { held(&mut rng) };
        let fill = rng.pick(&[Fill::NextOpen, Fill::NextOpen, Fill::SameClose]);
        let exec = Execution { aggregate: Aggregate::Portfolio, fill, ..exec };
        compare(seed, &exec, rng.chance(0.4), metrics(seed), &mut seen);
    }
    for reason in [None, Some(Reason::Ruined), Some(Reason::NoTrades)] {
        assert!(seen.reasons.contains(&reason), "the random jobs must reach {reason:?}");
    }
    let Seen { simulated, latched, .. } = seen;
    assert!(simulated * 400 < latched, "{simulated} of {latched} individuals ran the simulator");
}

// Contract P1, P2, X19, X21.
#[test]
fn a_portfolio_of_unequal_stamps_has_the_bits_of_the_simulator_without_running_it() {
    let mut seen = Seen { several: true, thins: true, ..Seen::default() };
    for seed in 7000..7120 {
        let mut rng = Rng(seed ^ 0x5eed);
        let exec = if rng.chance(0.4) { whole_long(&mut rng) } else { held(&mut rng) };
        let fill = rng.pick(&[Fill::NextOpen, Fill::SameClose]);
        let exec = Execution { aggregate: Aggregate::Portfolio, fill, ..exec };
        compare(seed, &exec, rng.chance(0.4), metrics(seed), &mut seen);
    }
    for reason in [None, Some(Reason::Ruined), Some(Reason::NoTrades)] {
        assert!(seen.reasons.contains(&reason), "the random jobs must reach {reason:?}");
    }
    // A symbol with a bar after its account's start and before the first stamp of the portfolio has its jobs simulated.
    let Seen { simulated, latched, .. } = seen;
    assert!(simulated * 20 < latched, "{simulated} of {latched} individuals ran the simulator");
}

#[test]
fn any_account_has_the_bits_of_the_simulator() {
    for seed in 1000..1040 {
        let mut rng = Rng(seed ^ 0x5eed);
        let exec = Execution { aggregate: aggregates(&mut rng), ..any_options(&mut rng) };
        let metrics = if seed % 3 == 0 { MetricSet::FULL } else { MetricSet::always() };
        compare(seed, &exec, true, metrics, &mut Seen::default());
    }
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
    let strategies: Vec<&'static dyn BuiltIn> =
        all().iter().copied().filter(|s| s.def().path() == Path::Batch && !s.def().needs_funding).collect();
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
