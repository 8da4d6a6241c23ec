//! Walk-forward beside a run: every window evolves on its own rows only, and comes out the same whatever happens.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::runs::{finish, timeless};
use common::{manifest, publish_walk, resolve, series};
use galapagos_crds::EvolutionJob;
use galapagos_market::{Interval, OwnedSeries, publish};
use galapagos_run::dashboard::moment::Moment;
use galapagos_run::dashboard::work::WorkLog;
use galapagos_run::execute::{ExecuteError, Options, RunOutcome, run};
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::job::walk_forward::WalkForward as Plan;
use galapagos_run::results::document::ResultDocument;
use galapagos_run::results::validation::windows::WalkForward;
use galapagos_run::run::progress::{RunEvent, Silent};

const PLAIN: &str = "  generations: 3\n";
const WINDOWS: &str = "  generations: 3\n  validation: {walkForward: {windows: 3}}\n";

fn walk(result: &ResultDocument) -> &WalkForward {
    result.validation.as_ref().unwrap().walk_forward.as_ref().unwrap()
}

fn digests(result: &ResultDocument) -> Vec<String> {
    walk(result).windows.iter().map(|w| w.digest.clone()).collect()
}

fn published(rows: usize) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), rows);
    data
}

fn fresh(data: &Path, job: &EvolutionJob, slots: usize) -> ResultDocument {
    let root = tempfile::tempdir().unwrap();
    timeless(finish(data, &Options { slots, ..Options::new(root.path()) }, job).0)
}

#[test]
fn windows_that_are_evaluated_here_are_in_the_book_and_the_winner_is_tested_last() {
    let data = published(3000);
    let root = tempfile::tempdir().unwrap();
    let log = WorkLog::new();
    let options = Options { slots: 2, log: Some(Arc::clone(&log)), ..Options::new(root.path()) };
    let (market, job) = resolve(data.path(), &manifest(WINDOWS));
    let mut said = Vec::new();
    let mut observer = |event: RunEvent<'_>| match event {
        RunEvent::Window { .. } => said.push("window"),
        RunEvent::Testing => said.push("testing"),
        _ => {}
    };
    run(&job, &market, &options, &mut observer, &AtomicBool::new(false)).unwrap();
    assert_eq!(said.iter().filter(|word| **word == "testing").count(), 1);
    assert_eq!(said.last(), Some(&"testing"));
    let timeline: serde_json::Value = serde_json::from_str(&log.timeline(Moment::now())).unwrap();
    let events = timeline["traceEvents"].as_array().unwrap();
    assert!(events.iter().any(|event| event["args"]["name"] == "windows of walk-forward"), "{timeline}");
    let batches = events.iter().filter(|event| event["ph"] == "X").count();
    // Three generations of three windows at least.
    assert!(batches >= 9, "{timeline}");
    // What is there already is not tested again.
    said_again(&job, &market, &options);
}

fn said_again(job: &ResolvedJob, market: &Market, options: &Options) {
    let mut tests = 0;
    let mut observer = |event: RunEvent<'_>| tests += u32::from(matches!(event, RunEvent::Testing));
    run(job, market, options, &mut observer, &AtomicBool::new(false)).unwrap();
    assert_eq!(tests, 0);
}

/// Runs until `stop` says so of an event; whether it was interrupted.
fn interrupted(
    data: &Path,
    options: &Options,
    job: &EvolutionJob,
    stop: impl Fn(&RunEvent<'_>) -> bool,
) -> bool {
    let (market, job) = resolve(data, job);
    let flag = AtomicBool::new(false);
    let mut observer = |event: RunEvent<'_>| {
        if stop(&event) {
            flag.store(true, Ordering::Relaxed);
        }
    };
    matches!(run(&job, &market, options, &mut observer, &flag).unwrap(), RunOutcome::Interrupted { .. })
}

fn walk_folder(root: &Path) -> PathBuf {
    let job = root.join("galapagos/runs/local/demo");
    let mut runs = fs::read_dir(job).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir());
    runs.next().unwrap().join("walkforward")
}

#[test]
fn windows_come_out_the_same_on_any_number_of_slots_and_leave_the_run_as_it_is() {
    let data = published(700);
    let plain = fresh(data.path(), &manifest(PLAIN), 1);
    let one = fresh(data.path(), &manifest(WINDOWS), 1);
    let three = fresh(data.path(), &manifest(WINDOWS), 3);
    assert_eq!(one, three);
    assert_eq!(one.result_digest, plain.result_digest);
    assert_eq!((&one.best, one.inputs_digest), (&plain.best, plain.inputs_digest));
    let found = walk(&three);
    assert_eq!(found.windows.len(), 3);
    assert_eq!(found.evaluations, found.windows.iter().map(|w| w.evaluations).sum::<u64>());
    let digests = digests(&three);
    assert!(digests[0] != digests[1] && digests[1] != digests[2] && digests[0] != three.result_digest);
    for w in &found.windows {
        assert!(w.evaluations > 40 && w.evaluations <= 60, "three generations of twenty: {}", w.evaluations);
        assert!(w.train.to < w.test.rows.from);
    }
    // 700 rows, a fifth held out, 61 to warm up: 499 or so; two fifths of them are tested.
    let tests: u64 = found.windows.iter().filter_map(|w| Some(w.test.account.as_ref()?.returns)).sum();
    assert_eq!(found.stitched.returns, tests);
    assert!(found.p.is_some_and(|p| (0.0..=1.0).contains(&p)));
    let gate = three.validation.as_ref().unwrap().gates.iter().find(|g| g.name == "walkForward").unwrap();
    assert_eq!((gate.threshold, gate.value), (0.5, found.p.map(|p| 1.0 - p)));
    let why = plain.validation.unwrap().walk_forward_reason;
    assert_eq!(why.as_deref(), Some("NotRequested"));
}

#[test]
fn windows_that_are_interrupted_anywhere_continue_to_the_same_bytes() {
    let data = published(700);
    let job = manifest(WINDOWS);
    let expected = fresh(data.path(), &job, 2);
    let root = tempfile::tempdir().unwrap();
    let options = Options { slots: 2, ..Options::new(root.path()) };
    let mut pieces = 0;
    while interrupted(data.path(), &options, &job, |e| matches!(e, RunEvent::Window { .. })) {
        pieces += 1;
        assert!(pieces < 100, "no progress");
    }
    assert!(pieces >= 2, "{pieces}");
    let (result, reused) = finish(data.path(), &options, &job);
    assert!(reused, "the last piece finished it");
    assert_eq!(timeless(result), expected);
}

#[test]
fn asking_for_windows_later_evaluates_only_them() {
    let data = published(700);
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    finish(data.path(), &options, &manifest(PLAIN));
    let (market, job) = resolve(data.path(), &manifest(WINDOWS));
    let (mut generations, mut windows) = (0, 0);
    let mut observer = |event: RunEvent<'_>| match event {
        RunEvent::Generation { .. } => generations += 1,
        RunEvent::Window { .. } => windows += 1,
        _ => {}
    };
    let ended = run(&job, &market, &options, &mut observer, &AtomicBool::new(false)).unwrap();
    let RunOutcome::Finished { result, reused: false, .. } = ended else { panic!("{ended:?}") };
    assert_eq!(generations, 0);
    assert!(windows >= 9, "{windows}");
    assert_eq!(timeless(*result), fresh(data.path(), &manifest(WINDOWS), 1));
    assert!(finish(data.path(), &options, &manifest(WINDOWS)).1, "and then nothing is left to do");
    let csv = fs::read_to_string(walk_folder(root.path()).join("../result/best/walk_forward.csv")).unwrap();
    assert!(csv.starts_with("time,window,equity,market\n"));
}

// Contract F3.
#[test]
fn more_generations_continue_each_window_where_it_was() {
    let data = published(700);
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    finish(data.path(), &options, &manifest(WINDOWS));
    let longer = manifest("  generations: 5\n  validation: {walkForward: {windows: 3}}\n");
    let (extended, _) = finish(data.path(), &options, &longer);
    assert_eq!(timeless(extended), fresh(data.path(), &longer, 1));
}

// Contract F4.
#[test]
fn other_windows_begin_anew_and_the_old_ones_are_kept() {
    let data = published(700);
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    finish(data.path(), &options, &manifest(WINDOWS));
    let two = manifest("  generations: 3\n  validation: {walkForward: {windows: 2}}\n");
    let (result, _) = finish(data.path(), &options, &two);
    assert_eq!(timeless(result), fresh(data.path(), &two, 1));
    assert!(walk_folder(root.path()).join("0.old-1").is_dir());
}

// Contract F6.
#[test]
fn a_limit_of_time_leaves_the_windows_and_a_higher_one_goes_on() {
    let data = published(700);
    let root = tempfile::tempdir().unwrap();
    let options = Options { price_per_second: Some(1.0), ..Options::new(root.path()) };
    let limited = format!("{WINDOWS}  stop: {{maxCost: \"0.000001\"}}\n");
    // The run itself ends at the limit, after its first generation.
    let (first, _) = finish(data.path(), &options, &manifest(&limited));
    assert_eq!(first.stopped_by, "BudgetSpent");
    let validation = first.validation.unwrap();
    assert_eq!(
        (validation.walk_forward, validation.walk_forward_reason.as_deref()),
        (None, Some("TimeLimit"))
    );
    let (whole, reused) = finish(data.path(), &options, &manifest(WINDOWS));
    assert!(!reused);
    assert_eq!(timeless(whole), fresh(data.path(), &manifest(WINDOWS), 1));
}

#[test]
fn windows_with_too_few_rows_are_refused_before_anything_is_evaluated() {
    let data = published(260);
    let (market, job) = resolve(data.path(), &manifest(WINDOWS));
    let root = tempfile::tempdir().unwrap();
    let refused = run(&job, &market, &Options::new(root.path()), &mut Silent, &AtomicBool::new(false));
    let Err(error @ ExecuteError::WalkForward(_)) = refused else { panic!("{refused:?}") };
    let said = error.to_string();
    assert!(said.contains("needs 100 and 20") && said.contains("walkForward.windows"), "{said}");
    assert!(!root.path().join("galapagos").exists());
}

/// What lies behind a window's training cannot be seen from it: with other prices there every bit is the same.
#[test]
fn no_price_behind_the_cut_reaches_a_window() {
    let changed = |from: usize| {
        let data = tempfile::tempdir().unwrap();
        let mut symbol = series("AAA", 700, 1);
        for t in from..700 {
            for column in [&mut symbol.open, &mut symbol.high, &mut symbol.low, &mut symbol.close] {
                column[t] += 5_000;
            }
        }
        let all = [symbol];
        let borrowed: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
        publish(data.path(), "walk", Interval::parse("1d").unwrap(), None, &borrowed).unwrap();
        let (market, job) = resolve(data.path(), &manifest(WINDOWS));
        let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
        let plan = Plan::new(&problem).unwrap().unwrap();
        let window = &plan.windows()[0];
        let last = *plan.stamps(&window.positions.train).last().unwrap();
        let part = plan.training(&problem, window).unwrap();
        assert_eq!(part.bars()[0].time_ms.last(), Some(&last));
        assert_eq!(part.counted_bars(), window.positions.train.len() as u64);
        assert_eq!(plan.counted_bars(&problem, window), part.counted_bars(), "told without preparing them");
        let decoded = part.decode(0, &[3, 20]).unwrap();
        let report = part.report(part.training(), &decoded);
        assert_eq!(report.total.time_ms, plan.stamps(&window.positions.train));
        let rows = (last / 86_400_000) as usize + 1;
        (rows, part.evaluate(0, &[3, 20]).unwrap())
    };
    let (rows, plain) = changed(700);
    assert_eq!(changed(rows).1, plain);
    assert_ne!(changed(rows - 100).1, plain, "earlier ones do");
}

#[test]
fn a_symbol_that_is_listed_after_the_first_training_is_cash_in_it() {
    let data = tempfile::tempdir().unwrap();
    let late = |symbol: &str| {
        let mut s = series(symbol, 700, 2);
        s.time_ms.drain(..400);
        for column in [&mut s.open, &mut s.high, &mut s.low, &mut s.close] {
            column.drain(..400);
        }
        s.volume.as_mut().unwrap().drain(..400);
        s
    };
    let all = [series("AAA", 700, 1), late("BBB")];
    let borrowed: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
    publish(data.path(), "walk", Interval::parse("1d").unwrap(), None, &borrowed).unwrap();
    let mut job = manifest(WINDOWS);
    job.spec.market_data.symbols = vec!["AAA".into(), "BBB".into()];
    let (market, resolved) = resolve(data.path(), &job);
    let problem = Problem::new(&resolved, market.bars(), market.others(&resolved.others)).unwrap();
    let plan = Plan::new(&problem).unwrap().unwrap();
    let part = plan.training(&problem, &plan.windows()[0]).unwrap();
    assert!(part.bars()[1].is_empty());
    let decoded = part.decode(0, &[3, 20]).unwrap();
    let report = part.report(part.training(), &decoded);
    assert_eq!(report.total.time_ms, plan.stamps(&plan.windows()[0].positions.train));
    assert!(report.per_symbol[1].trace.trades.is_empty());
    let result = fresh(data.path(), &job, 2);
    assert_eq!(walk(&result).windows.len(), 3);
    assert!(result.reproducible, "no individual was set aside");
}

// Contract F2.
#[test]
fn limits_on_trades_are_scaled_to_the_rows_of_the_window() {
    let data = published(700);
    let (market, job) = resolve(
        data.path(),
        &manifest(&format!(
            "{WINDOWS}  limits: [{{metric: trades, atLeast: 10}}, {{metric: sharpe, atLeast: 1}}]\n"
        )),
    );
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let plan = Plan::new(&problem).unwrap().unwrap();
    let (all, window) = (problem.counted_stamps().len(), &plan.windows()[1]);
    let limits = &window.job.fitness.limits;
    let rows = window.positions.train.len() as f64;
    assert_eq!((limits[0].times, limits[0].at_least), (all as f64, Some(10.0 * rows)));
    assert_eq!((limits[1].times, limits[1].at_least), (1.0, Some(1.0)));
    assert_ne!(window.job.config.seed, job.config.seed);
}
