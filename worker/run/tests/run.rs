//! The promises of a run: the same bytes for any number of threads and any interruption.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;
use common::runs::{finish, timeless};
use common::{manifest, publish_walk, resolve};
use galapagos_crds::EvolutionJob;
use galapagos_run::execute::{Options, RunOutcome, run};
use galapagos_run::results::document::ResultDocument;
use galapagos_run::run::progress::RunEvent;
use galapagos_run::storage::run_folder::Start;
use galapagos_validation::sharpe::{Moments, deflated};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const THREE: &str = "  generations: 3\n";

/// Runs until `stop` says so of an event; returns whether it was interrupted.
fn interrupted(
    data: &Path,
    options: &Options,
    manifest: &EvolutionJob,
    stop: impl Fn(&RunEvent<'_>) -> bool,
) -> bool {
    let (market, job) = resolve(data, manifest);
    let flag = AtomicBool::new(false);
    let mut observer = |event: RunEvent<'_>| {
        if stop(&event) {
            flag.store(true, Ordering::Relaxed);
        }
    };
    matches!(run(&job, &market, options, &mut observer, &flag).unwrap(), RunOutcome::Interrupted { .. })
}

#[test]
fn any_number_of_threads_gives_the_same_result() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = manifest(THREE);
    let mut results = Vec::new();
    for slots in 1..=4 {
        let root = tempfile::tempdir().unwrap();
        let (result, reused) = finish(data.path(), &Options { slots, ..Options::new(root.path()) }, &job);
        assert!(!reused);
        results.push(timeless(result));
    }
    assert!(results.windows(2).all(|w| w[0] == w[1]));
    let result = &results[0];
    assert_eq!(result.generations.len(), 3);
    assert_eq!(result.evaluations.distinct, 60);
    assert_eq!(result.stopped_by, "GenerationsReached");
    assert!(result.reproducible);
    assert_eq!(result.species.len(), 2);
    let best = result.best.as_ref().unwrap();
    assert_eq!(best.fitness, best.training.metrics["sharpe"]);
    assert!(best.holdout.is_some());
}

#[test]
fn an_interruption_at_any_boundary_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = manifest(THREE);
    let whole = tempfile::tempdir().unwrap();
    let expected = timeless(finish(data.path(), &Options::new(whole.path()), &job).0);
    for at in 0..2 {
        let root = tempfile::tempdir().unwrap();
        let options = Options::new(root.path());
        let stop =
            |e: &RunEvent<'_>| matches!(e, RunEvent::Generation { report, .. } if report.generation == at);
        assert!(interrupted(data.path(), &options, &job, stop));
        let (result, _) = finish(data.path(), &Options { start: Start::Resume, ..options }, &job);
        assert_eq!(timeless(result), expected);
    }
}

#[test]
fn an_interruption_between_batches_loses_no_evaluation() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = manifest(THREE);
    let whole = tempfile::tempdir().unwrap();
    let expected = timeless(finish(data.path(), &Options::new(whole.path()), &job).0);
    let root = tempfile::tempdir().unwrap();
    let options = Options { slots: 1, ..Options::new(root.path()) };
    let mut pieces = 0;
    while interrupted(data.path(), &options, &job, |e| matches!(e, RunEvent::Evaluated { .. })) {
        pieces += 1;
        assert!(pieces < 100, "no progress");
    }
    // A piece ends inside a generation or at its boundary, whichever thread is faster: never later.
    assert!(pieces >= 2, "{pieces}");
    let (result, reused) = finish(data.path(), &options, &job);
    assert!(reused, "the last piece finished the run");
    assert_eq!(timeless(result), expected);
}

#[test]
fn a_finished_run_is_answered_from_its_result_and_can_be_extended() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let (short, long) = (manifest("  generations: 2\n"), manifest("  generations: 4\n"));
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    assert!(!finish(data.path(), &options, &short).1);
    assert!(finish(data.path(), &options, &short).1);
    let (extended, reused) = finish(data.path(), &options, &long);
    assert!(!reused);
    let other = tempfile::tempdir().unwrap();
    let (whole, _) = finish(data.path(), &Options::new(other.path()), &long);
    assert_eq!(timeless(extended), timeless(whole));
}

#[test]
fn stop_rules_choose_only_the_length_of_the_chain() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let digests = |more: &str| {
        let root = tempfile::tempdir().unwrap();
        finish(data.path(), &Options::new(root.path()), &manifest(more)).0
    };
    let by_budget = digests("  generations: 50\n  stop: {maxEvaluations: 40}\n");
    assert_eq!(by_budget.stopped_by, "BudgetSpent");
    assert_eq!(by_budget.result_digest, digests("  generations: 2\n").result_digest);
    let by_time =
        digests("  generations: 50\n  stop: {maxDurationSeconds: 1, maxEvaluations: 20, patience: 0}\n");
    assert_eq!(by_time.result_digest, digests("  generations: 1\n").result_digest);
}

// Contract J4, H2.
#[test]
fn another_job_with_the_same_inputs_evaluates_nothing_again() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    let (first, _) = finish(data.path(), &options, &manifest(THREE));
    let mut twin = manifest(THREE);
    twin.metadata.name = Some("twin".into());
    let (market, job) = resolve(data.path(), &twin);
    let mut evaluated = 0;
    let mut observer =
        |event: RunEvent<'_>| evaluated += u32::from(matches!(event, RunEvent::Evaluated { .. }));
    let outcome = run(&job, &market, &options, &mut observer, &AtomicBool::new(false)).unwrap();
    let RunOutcome::Finished { result, .. } = outcome else { panic!("nobody interrupted") };
    assert_eq!(evaluated, 0);
    assert_eq!(result.result_digest, first.result_digest);
    assert_eq!(result.evaluations, first.evaluations);
}

#[test]
fn the_written_job_is_the_same_job() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let root = tempfile::tempdir().unwrap();
    let job = manifest(THREE);
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let (_, resolved) = resolve(data.path(), &job);
    let folder = root.path().join("galapagos/runs/local/demo").join(resolved.digest.hex()).join("result");
    let written: EvolutionJob =
        serde_yaml::from_str(&fs::read_to_string(folder.join("job.yaml")).unwrap()).unwrap();
    assert_eq!(resolve(data.path(), &written).1.digest.to_string(), result.inputs_digest);
    for file in [
        "DIGEST",
        "generations.csv",
        "champions.yaml",
        "evaluations.parquet",
        "best/equity.csv",
        "best/trades.csv",
        // Of the run itself, so also where a coordinator writes the result.
        "report.html",
        "equity.svg",
        "fitness.svg",
    ] {
        assert!(folder.join(file).exists(), "{file}");
    }
    let parsed: ResultDocument =
        serde_json::from_slice(&fs::read(folder.join("result.json")).unwrap()).unwrap();
    assert_eq!(parsed, result);
}

#[test]
fn several_symbols_are_one_portfolio() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let mut job = manifest("  generations: 1\n");
    job.spec.market_data.symbols = vec!["BBB".into(), "AAA".into()];
    let root = tempfile::tempdir().unwrap();
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let best = result.best.unwrap();
    assert_eq!(best.per_symbol.keys().collect::<Vec<_>>(), ["AAA", "BBB"]);
}

// Contract H1.
#[test]
fn each_result_that_shows_the_holdout_again_counts_its_looks_once() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    let job = |generations: u32| manifest(&format!("  generations: {generations}\n"));
    let looks = |generations: u32| finish(data.path(), &options, &job(generations)).0.luck.holdout_looks;
    // Two species: the holdout of two individuals is looked at each time.
    assert_eq!(looks(2), 2);
    assert_eq!(looks(2), 2, "an answer from the result on disk shows nothing new");
    assert_eq!(looks(3), 4);

    // Killed after the result is in place and before its mark is: the same showing is written again.
    let folder =
        root.path().join("galapagos/runs/local/demo").join(resolve(data.path(), &job(3)).1.digest.hex());
    fs::remove_file(folder.join("RESULT")).unwrap();
    let (again, reused) = finish(data.path(), &options, &job(3));
    assert!(!reused);
    assert_eq!(again.luck.holdout_looks, 4);

    // Interrupted on the way and continued: shown once.
    let stop = |e: &RunEvent<'_>| matches!(e, RunEvent::Generation { report, .. } if report.generation == 3);
    assert!(interrupted(data.path(), &options, &job(5), stop));
    let (raised, _) = finish(data.path(), &options, &job(5));
    assert_eq!(raised.luck.holdout_looks, 6);

    let elsewhere = tempfile::tempdir().unwrap();
    let (whole, _) = finish(data.path(), &Options::new(elsewhere.path()), &job(5));
    assert_eq!(whole.luck.holdout_looks, 2);
    assert_eq!(whole.result_digest, raised.result_digest);
}

// Contract H3.
#[test]
fn a_statistic_of_the_symbols_is_deflated_over_the_rows_of_one() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    for aggregate in ["Portfolio", "Mean", "Median", "Min"] {
        let mut job = manifest("  generations: 1\n");
        job.spec.market_data.symbols = vec!["AAA".into(), "BBB".into()];
        job.spec.execution = serde_yaml::from_str(&format!("{{aggregate: {aggregate}}}")).unwrap();
        let root = tempfile::tempdir().unwrap();
        let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
        let rows = result.data.symbols.iter().map(|s| s.training_rows - s.warm_up).min().unwrap();
        let (luck, best) = (result.luck, result.best.unwrap());
        let get = |name: &str| best.training.metrics[name].unwrap();
        let shape = Moments { returns: rows, skew: get("skew"), kurtosis: get("kurtosis") };
        let expected = deflated(get("sharpe") / 252f64.sqrt(), shape, luck.sharpe_variance, luck.trials);
        assert_eq!(luck.deflated_sharpe, expected, "{aggregate}");
    }
}

#[test]
fn a_limit_that_infinity_meets_leaves_the_individual_feasible_and_the_table_says_what_does_not() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let root = tempfile::tempdir().unwrap();
    // One trade or two: profit factors without a loss are many among them.
    let job = manifest(
        "  generations: 3\n  limits: [{metric: profit_factor, atLeast: \"1.5\"}, {metric: trades, atMost: \"3\"}]\n",
    );
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let (_, resolved) = resolve(data.path(), &job);
    let folder = root.path().join("galapagos/runs/local/demo").join(resolved.digest.hex());
    let table = fs::File::open(folder.join("result/evaluations.parquet")).unwrap();
    let (mut without_loss, mut told) = (0, 0);
    for batch in ParquetRecordBatchReaderBuilder::try_new(table).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
        let (class, reason, factor) = (text("class"), text("reason"), number("profit_factor"));
        let (wins, trades) = (number("win_rate"), number("trades"));
        for i in 0..batch.num_rows() {
            if class.value(i) == "feasible" {
                assert!(reason.is_null(i));
                without_loss += u32::from(factor.is_null(i));
                continue;
            }
            assert!(!reason.is_null(i) && !reason.value(i).is_empty(), "row {i} does not say why");
            told += 1;
            let all_won = trades.value(i) > 0.0 && wins.value(i) == 1.0;
            assert!(!(all_won && reason.value(i).contains("profit_factor")), "{}", reason.value(i));
        }
    }
    assert!(without_loss > 0 && told > 0, "the case has no point: {without_loss} {told}");
    assert!(result.excluded.iter().any(|e| e.by == "profit_factor >= 1.5"), "{:?}", result.excluded);
}
