//! What is back-tested again after a run is what a run of its own would have found.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{manifest, publish_walk, resolve};
use galapagos_engine::evaluation::Metric;
use galapagos_engine::trace::ExitReason;
use galapagos_genetics::Genome;
use galapagos_run::job::problem::{Decoded, Problem};
use galapagos_run::validate::costs::costs;
use galapagos_run::validate::entries::{SymbolEntries, random_entries};
use galapagos_run::validate::neighbourhood::{beside, neighbourhood};
use galapagos_run::validate::trades;
use galapagos_validation::NullReason;

/// A job with these options of the account.
fn job(execution: &str, symbols: &str) -> galapagos_crds::EvolutionJob {
    let mut job = manifest("  validation: {holdout: {fraction: \"0.2\"}}\n");
    job.spec.execution = serde_yaml::from_str(execution).unwrap();
    job.spec.market_data.symbols = symbols.split(' ').map(str::to_owned).collect();
    job
}

/// Does something with the default genome of the first species.
fn with<T>(
    data: &Path,
    job: &galapagos_crds::EvolutionJob,
    f: impl FnOnce(&Problem<'_>, &Decoded<'_>) -> T,
) -> T {
    let (market, job) = resolve(data, job);
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let indices = job.species[0].indices("genome", &BTreeMap::new()).unwrap();
    f(&problem, &problem.decode(0, &indices).unwrap())
}

#[test]
fn costs_that_are_multiplied_are_those_of_a_job_that_has_them() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 600);
    let of = |taker: &str, maker: &str, slippage: &str, factors: &[f64], slots| {
        let text = format!(
            "{{takerFee: \"{taker}\", makerFee: \"{maker}\", slippage: \"{slippage}\", side: LongShort}}"
        );
        with(data.path(), &job(&text, "AAA BBB"), |problem, decoded| {
            costs(problem, decoded, factors, slots).unwrap()
        })
    };
    let stressed = of("0.001", "0.0005", "0.0002", &[1.0, 2.0, 4.0], 3);
    assert_eq!(stressed, of("0.001", "0.0005", "0.0002", &[1.0, 2.0, 4.0], 1));
    for (found, (taker, maker, slippage)) in stressed.iter().zip([
        ("0.001", "0.0005", "0.0002"),
        ("0.002", "0.001", "0.0004"),
        ("0.004", "0.002", "0.0008"),
    ]) {
        let text = format!(
            "{{takerFee: \"{taker}\", makerFee: \"{maker}\", slippage: \"{slippage}\", side: LongShort}}"
        );
        let alone = with(data.path(), &job(&text, "AAA BBB"), |problem, decoded| {
            problem.report(problem.training(), decoded).evaluation
        });
        assert_eq!(found.sharpe, alone.metrics.get(Metric::Sharpe), "{found:?}");
        assert_eq!(found.total_return, alone.metrics.get(Metric::TotalReturn), "{found:?}");
    }
    assert!(
        stressed[0].total_return > stressed[1].total_return
            && stressed[1].total_return > stressed[2].total_return
    );
    // Beyond any price nothing is left, and a gate sees no profit.
    let ruinous = &of("0.3", "0.3", "0.3", &[10.0], 1)[0];
    assert_eq!((ruinous.feasible, ruinous.value()), (false, 0.0), "{ruinous:?}");
}

// Contract H14.
#[test]
fn neighbours_are_worth_what_each_of_them_is_worth_alone() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 600);
    with(data.path(), &job("{takerFee: \"0.001\"}", "AAA"), |problem, _| {
        let genome = [8, 25];
        let around = beside(problem, 0, &genome);
        // Both genes down and up, then pairs.
        let near: [[u32; 2]; 4] = [[7, 25], [9, 25], [8, 24], [8, 26]];
        assert_eq!(around[..4], near.map(Genome::from));
        assert_eq!(around.len(), 8);
        let of =
            |genome: &[u32]| problem.evaluate(0, genome).unwrap().metrics.get(Metric::Sharpe).unwrap_or(0.0);
        let mut ratios: Vec<f64> = around.iter().map(|g| of(g) / 0.5).collect();
        ratios.sort_by(f64::total_cmp);
        let found = neighbourhood(problem, 0, &genome, 0.5, 2).unwrap().unwrap();
        assert_eq!(neighbourhood(problem, 0, &genome, 0.5, 1).unwrap().unwrap(), found);
        assert_eq!((found.neighbours, found.worst), (8, ratios[0]));
        assert_eq!(found.median, (ratios[3] + ratios[4]) / 2.0);
        for winner in [0.0, -1.0, f64::NAN] {
            assert_eq!(neighbourhood(problem, 0, &genome, winner, 1).unwrap(), Err(NullReason::NotPositive));
        }
    });
}

/// The spans of the trades of training and holdout, and what an account that puts everything into each of them has.
#[test]
fn the_spans_of_trades_multiply_to_what_the_account_has_made() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 600);
    for fill in ["NextOpen", "SameClose"] {
        for window in ["AfterWarmUp", "Full"] {
            let text =
                format!("{{takerFee: \"0.001\", slippage: \"0.0005\", fill: {fill}, window: {window}}}");
            with(data.path(), &job(&text, "AAA"), |problem, decoded| {
                let exec = &problem.job().execution;
                let holdout = problem.holdout().unwrap().unwrap();
                for part in [problem.training(), &holdout] {
                    let report = problem.report(part, decoded);
                    let rows = part.rows_of(exec, &[], decoded)[0];
                    let entries = SymbolEntries::new(&part.symbols()[0], rows, &report.per_symbol[0], exec);
                    let counted = report.per_symbol[0].evaluation.returns as usize;
                    // With fills at the close the row that counts from the beginning on cannot be held.
                    let missing = usize::from(window == "Full" && rows.full && fill == "SameClose");
                    assert_eq!(entries.rows, counted - missing);
                    assert!(entries.trades.len() > 1, "it trades");
                    let made =
                        entries.trades.iter().map(|&t| 1.0 + entries.value(t, t.offset)).product::<f64>();
                    let total = report.evaluation.metrics.get(Metric::TotalReturn).unwrap();
                    assert!((made - 1.0 - total).abs() < 1e-9, "{fill} {window}: {made} {total}");
                    for pair in entries.trades.windows(2) {
                        assert!(pair[0].offset + pair[0].bars <= pair[1].offset, "{pair:?}");
                    }
                }
            });
        }
    }
}

// Contract H13.
#[test]
fn the_spans_of_trades_that_end_inside_a_bar_hold_that_bar_and_overlap_nowhere() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 900);
    for fill in ["NextOpen", "SameClose"] {
        let mut job = job(&format!("{{side: LongShort, fill: {fill}, takerFee: \"0.001\"}}"), "AAA");
        job.spec.strategies[0]
            .genes
            .push(serde_yaml::from_str("{name: stop_loss, value: \"0.02\"}").unwrap());
        with(data.path(), &job, |problem, decoded| {
            let (part, exec) = (problem.training(), &problem.job().execution);
            let report = problem.report(part, decoded);
            let (rows, trades) = (part.rows()[0], &report.per_symbol[0].trace.trades);
            let entries = SymbolEntries::new(&part.symbols()[0], rows, &report.per_symbol[0], exec);
            assert_eq!(entries.trades.len(), trades.len());
            assert!(trades.iter().filter(|t| t.reason == ExitReason::Stop).count() > 3, "stops are hit");
            for (span, trade) in entries.trades.iter().zip(trades) {
                assert!(span.bars >= 1 && span.offset + span.bars <= entries.rows, "{span:?}");
                assert_eq!(span.short, trade.side < 0);
                let first_held = trade.entry + usize::from(fill == "SameClose");
                assert_eq!(span.offset, first_held - (rows.base() + 1));
                if trade.reason == ExitReason::Stop {
                    assert_eq!(span.bars, trade.exit + 1 - first_held);
                }
            }
            for pair in entries.trades.windows(2) {
                assert!(pair[0].offset + pair[0].bars <= pair[1].offset, "{pair:?}");
            }
        });
    }
}

#[test]
fn trades_are_listed_by_exit_and_counted_in_the_year_that_closes_them() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 900);
    with(data.path(), &job("{takerFee: \"0.001\"}", "AAA BBB"), |problem, decoded| {
        let report = problem.report(problem.training(), decoded);
        let bars = problem.bars();
        let (pnl, years) = (trades::results(&report, bars), trades::years(&report, bars));
        let count = report.evaluation.metrics.get(Metric::Trades).unwrap();
        assert_eq!((pnl.len() as f64, years.len() as f64), (count, count));
        // The bars begin with 1970; 720 of them train.
        assert!(years.is_sorted());
        assert_eq!((years[0], years[years.len() - 1]), (1970, 1971));
        let first =
            report.per_symbol.iter().flat_map(|s| s.trace.trades.first()).min_by_key(|t| t.exit).unwrap();
        assert_eq!(pnl[0], first.pnl);
    });
}

#[test]
fn entries_at_random_are_those_of_all_symbols_and_of_each_part() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 900);
    with(data.path(), &job("{takerFee: \"0.001\", side: LongShort}", "AAA BBB"), |problem, decoded| {
        let holdout = problem.holdout().unwrap().unwrap();
        for part in [problem.training(), &holdout] {
            let report = problem.report(part, decoded);
            let found = random_entries(problem, part, decoded, &report, 300, 2).unwrap();
            assert_eq!(found, random_entries(problem, part, decoded, &report, 300, 1).unwrap());
            assert_eq!(found.trades as f64, report.evaluation.metrics.get(Metric::Trades).unwrap());
            // The sum of the trades' returns, each put in anew.
            let sum: f64 = (report.per_symbol.iter().flat_map(|s| &s.trace.trades))
                .map(|t| t.pnl / (t.quantity * t.entry_price))
                .sum();
            let actual = found.actual as f64 / (1_u64 << 52) as f64;
            assert!((actual - sum).abs() < 0.01 * sum.abs() + 0.01, "{actual} {sum}");
            assert!(found.hits.hits > 3 && found.hits.hits < 297, "a walk has no edge: {found:?}");
        }
        let none = problem.report(problem.training(), decoded);
        let mut empty = none.clone();
        empty.per_symbol.iter_mut().for_each(|s| s.trace.trades.clear());
        let found = random_entries(problem, problem.training(), decoded, &empty, 300, 1);
        assert_eq!(found, Err(NullReason::NoTrades));
    });
}
