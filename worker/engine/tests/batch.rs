//! The batch path promises the bits of the simulator, whatever the data, genome, options and cut of batches.

#[path = "../benches/support/mod.rs"]
mod support;

use galapagos_engine::backtest::{Backtest, backtest};
use galapagos_engine::bars::FundingStamp;
use galapagos_engine::batch::{BatchEvaluator, Individual, InstructionSet, Scratch};
use galapagos_engine::evaluation::{Metric, MetricSet, Reason};
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
    // Those that train take long, and have a test of their own.
    let takes = |s: &dyn BuiltIn| {
        if seen.only.is_empty() { !s.def().trains } else { seen.only.contains(&s.def().name) }
    };
    let strategies: Vec<&'static dyn BuiltIn> = all().iter().copied().filter(|s| takes(*s)).collect();
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
    for (set, room) in InstructionSet::available().zip([usize::MAX, 0, 2_000]) {
        let mut again = vec![EMPTY; members.len()];
        let evaluator = BatchEvaluator::with(run, set).with_room(room);
        evaluator.evaluate(&individuals(&members), &mut Scratch::new(), &mut again);
        assert_eq!(out, again, "seed {seed}, room {room}, instructions {}\n{exec:?}", set.name());
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

/// What every account knows; five jobs of nine ask for metrics that every bar counts for.
fn metrics(seed: u64) -> MetricSet {
    let more: &[Metric] = match seed % 9 {
        0 => &[Metric::Sortino, Metric::Turnover, Metric::Skew, Metric::Kurtosis],
        3 => &[Metric::Sortino, Metric::Kurtosis],
        6 => &[Metric::Turnover],
        // Alone it is a sum of whole numbers.
        1 | 5 => &[Metric::Sortino, Metric::Calmar],
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

// Contract P1, P2, R11, R12.
#[test]
fn strategies_that_train_have_the_bits_of_the_simulator_without_running_it() {
    for only in [&["linear_svc_classifier"], &["pca_tree_quantile"]] {
        let mut seen = Seen { only, ..Seen::default() };
        for seed in 8000..8006 {
            let mut rng = Rng(seed ^ 0x5eed);
            let exec = if rng.chance(0.4) { whole_long(&mut rng) } else { held(&mut rng) };
            let aggregate = rng.pick(&[Aggregate::Mean, Aggregate::Portfolio]);
            let fill = rng.pick(&[Fill::NextOpen, Fill::SameClose]);
            compare(seed, &Execution { aggregate, fill, ..exec }, rng.chance(0.3), metrics(seed), &mut seen);
        }
        let times = seen.exits.iter().filter(|&&e| e == ExitReason::Signal).count();
        assert!(times > 1000, "{only:?} must trade often, not {times} times");
        let Seen { simulated, latched, .. } = seen;
        assert!(simulated * 20 < latched, "{simulated} of {latched} individuals ran the simulator");
    }
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
