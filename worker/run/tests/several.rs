//! Several objectives: the same front for any number of threads and any interruption, and what results say of it.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use common::runs::{finish, timeless};
use common::{manifest, publish_walk, resolve};
use galapagos_crds::EvolutionJob;
use galapagos_run::execute::{Options, RunOutcome, run};
use galapagos_run::results::document::ResultDocument;
use galapagos_run::run::progress::RunEvent;
use galapagos_run::storage::run_folder::Start;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const TWO: &str = "  generations: 5
  objectives: [{metric: sharpe}, {name: pain, expression: \"max_drawdown + volatility\", goal: Minimize}]
  limits: [{metric: trades, atLeast: \"2\"}]
";

fn folder(data: &Path, root: &Path, job: &EvolutionJob) -> PathBuf {
    let (_, resolved) = resolve(data, job);
    root.join("galapagos/runs/local/demo").join(resolved.digest.hex()).join("result")
}

fn once(data: &Path, job: &EvolutionJob, slots: usize) -> (ResultDocument, String) {
    let root = tempfile::tempdir().unwrap();
    let (result, _) = finish(data, &Options { slots, ..Options::new(root.path()) }, job);
    let table = fs::read_to_string(folder(data, root.path(), job).join("front.csv")).unwrap();
    (timeless(result), table)
}

// Contract G10, C5.
#[test]
fn any_number_of_threads_and_any_interruption_give_the_same_front() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = manifest(TWO);
    let expected = once(data.path(), &job, 1);
    assert_eq!(once(data.path(), &job, 3), expected);
    for at in 0..4 {
        let root = tempfile::tempdir().unwrap();
        let options = Options::new(root.path());
        let (market, resolved) = resolve(data.path(), &job);
        let flag = AtomicBool::new(false);
        let mut observer = |event: RunEvent<'_>| {
            if matches!(event, RunEvent::Generation { report, .. } if report.generation == at) {
                flag.store(true, Ordering::Relaxed);
            }
        };
        let ended = run(&resolved, &market, &options, &mut observer, &flag).unwrap();
        assert!(matches!(ended, RunOutcome::Interrupted { .. }));
        let (result, _) = finish(data.path(), &Options { start: Start::Resume, ..options }, &job);
        assert_eq!(timeless(result), expected.0);
    }
}

// Contract G11, G12.
#[test]
fn the_front_of_a_result_is_what_no_row_of_its_evaluations_dominates() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = manifest(TWO);
    let root = tempfile::tempdir().unwrap();
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let folder = folder(data.path(), root.path(), &job);
    let table = fs::File::open(folder.join("evaluations.parquet")).unwrap();
    let mut rows: Vec<[f64; 2]> = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(table).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
        let class = batch.column_by_name("class").unwrap().as_string::<i32>().clone();
        let [sharpe, drawdown, volatility] = ["sharpe", "max_drawdown", "volatility"].map(number);
        let feasible = (0..batch.num_rows()).filter(|&i| class.value(i) == "feasible");
        rows.extend(feasible.map(|i| [sharpe.value(i), drawdown.value(i) + volatility.value(i)]));
    }
    let better = |a: &[f64; 2], b: &[f64; 2]| a != b && a[0] >= b[0] && a[1] <= b[1];
    let mut front: Vec<[f64; 2]> = rows.clone();
    front.retain(|v| !rows.iter().any(|other| better(other, v)));
    front.sort_by(|a, b| b[0].total_cmp(&a[0]));
    front.dedup();
    let shown = result.front.as_ref().unwrap();
    let values: Vec<[f64; 2]> =
        shown.points.iter().map(|p| [p.values[0].unwrap(), p.values[1].unwrap()]).collect();
    assert_eq!(values, front);
    assert!(front.len() > 1, "the case has no point: {front:?}");
    assert_eq!((shown.count, shown.feasible), (front.len() as u64, true));

    // The worst feasible values of generation 0 are the reference, so no volume lies beyond them.
    let reference = shown.reference.as_ref().unwrap();
    let mut volume = 0.0;
    let mut below = reference[1];
    for &[sharpe, pain] in &front {
        if sharpe > reference[0] && pain < below {
            volume += (sharpe - reference[0]) * (below - pain);
            below = pain;
        }
    }
    // By slabs from the highest Sharpe ratio down: each adds what lies below the pain of the one before.
    assert!(
        (shown.hypervolume - volume).abs() < 1e-12 * volume.abs().max(1.0),
        "{} {volume}",
        shown.hypervolume
    );
    let volumes: Vec<f64> = result.generations.iter().map(|g| g.hypervolume.unwrap()).collect();
    assert!(volumes.windows(2).all(|w| w[0] <= w[1]) && volumes[0] < volumes[4], "{volumes:?}");
    assert_eq!(volumes[4], shown.hypervolume);

    // The best is the knee: the lowest sum of what each objective lies behind its best, as a share of the front's range.
    let (highest, lowest) = (front[0][0], front[front.len() - 1][0]);
    let (worst, least) = (front[0][1], front[front.len() - 1][1]);
    let behind = |v: &[f64; 2]| (highest - v[0]) / (highest - lowest) + (v[1] - least) / (worst - least);
    let best = result.best.as_ref().unwrap();
    let chosen = [best.fitness.unwrap(), best.training.metrics["pain"].unwrap()];
    assert!(front.iter().all(|v| behind(v) >= behind(&chosen) - 1e-12), "{chosen:?}");
    let table = fs::read_to_string(folder.join("front.csv")).unwrap();
    assert!(
        table.starts_with(
            "strategy,class,violation,training_sharpe,holdout_sharpe,training_pain,holdout_pain,crowding,"
        ),
        "{table}"
    );
    assert_eq!(table.lines().count(), front.len() + 1);
    let parquet = fs::File::open(folder.join("front.parquet")).unwrap();
    let mut batches = ParquetRecordBatchReaderBuilder::try_new(parquet).unwrap().build().unwrap();
    let batch = batches.next().unwrap().unwrap();
    let names: Vec<String> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
    let header = table.lines().next().unwrap();
    assert!(header.split(',').all(|name| names.iter().any(|n| n == name)), "{names:?} {header}");
    let column =
        |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().values().to_vec();
    let both: Vec<[f64; 2]> =
        column("training_sharpe").into_iter().zip(column("training_pain")).map(|(a, b)| [a, b]).collect();
    assert_eq!(both, front);
    let generations = fs::read_to_string(folder.join("generations.csv")).unwrap();
    assert!(
        generations.lines().next().unwrap().contains(",seconds,front,hypervolume,quota_"),
        "{generations}"
    );
}

#[test]
fn without_a_feasible_individual_the_least_violating_ones_are_shown_and_labelled() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let (result, table) = once(data.path(), &manifest(&TWO.replace("\"2\"", "\"900\"")), 2);
    let front = result.front.unwrap();
    assert_eq!((front.count, front.feasible, front.reference), (0, false, None));
    assert_eq!(front.points.len(), 10);
    assert!(front.points.windows(2).all(|w| w[0].violation <= w[1].violation));
    assert!(table.lines().skip(1).all(|line| line.split(',').nth(1) == Some("infeasible")), "{table}");
    assert_eq!(result.best, None);
}

// Contract G3.
#[test]
fn patience_counts_generations_in_which_the_front_did_not_grow() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    // A point that nothing reaches: the volume stays 0.
    let still = format!("{TWO}  breeding: {{referencePoint: [90, 0]}}\n  stop: {{patience: 2}}\n");
    let (result, _) = once(data.path(), &manifest(&still), 2);
    assert_eq!((result.stopped_by.as_str(), result.generations.len()), ("Patience", 3));
    assert!(result.front.unwrap().count > 0);
}
