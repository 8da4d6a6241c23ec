//! Cells of behaviour and conditions over genes in whole runs: the same for any number of threads and any interruption, and what
//! results say of them.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, UInt32Type};
use arrow::record_batch::RecordBatch;
use common::runs::{finish, timeless};
use common::{manifest, publish_walk, resolve};
use galapagos_crds::EvolutionJob;
use galapagos_run::execute::{Options, RunOutcome, run};
use galapagos_run::run::progress::RunEvent;
use galapagos_run::storage::run_folder::Start;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const CELLS: &str = "  generations: 6
  archive:
    cells: [{metric: trades, edges: [5, 15, 40]}, {metric: max_drawdown, edges: [\"0.15\", \"0.3\"]}]
    share: \"0.4\"
";

fn folder(data: &Path, root: &Path, job: &EvolutionJob) -> PathBuf {
    let (_, resolved) = resolve(data, job);
    root.join("galapagos/runs/local/demo").join(resolved.digest.hex()).join("result")
}

fn rows(file: &Path) -> Vec<RecordBatch> {
    let file = fs::File::open(file).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap).collect()
}

/// Below each edge none, from each edge on one more.
fn range(value: f64, edges: &[f64]) -> usize {
    edges.iter().filter(|edge| value >= **edge).count()
}

// Contract G14.
#[test]
fn the_cells_of_a_result_are_the_best_rows_of_its_evaluations() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = manifest(CELLS);
    let root = tempfile::tempdir().unwrap();
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let folder = folder(data.path(), root.path(), &job);
    let mut best: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
    for batch in rows(&folder.join("evaluations.parquet")) {
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
        let class = batch.column_by_name("class").unwrap().as_string::<i32>().clone();
        let [fitness, trades, drawdown] = ["fitness", "trades", "max_drawdown"].map(number);
        for i in (0..batch.num_rows()).filter(|&i| class.value(i) == "feasible") {
            let at = vec![range(trades.value(i), &[5.0, 15.0, 40.0]), range(drawdown.value(i), &[0.15, 0.3])];
            let held = best.entry(at).or_insert(f64::MIN);
            *held = held.max(fitness.value(i));
        }
    }
    let archive = result.archive.as_ref().unwrap();
    let shown: BTreeMap<Vec<usize>, f64> =
        archive.cells.iter().map(|c| (c.at.clone(), c.fitness.unwrap())).collect();
    assert_eq!(shown, best);
    assert!(shown.len() > 3, "the case has no point: {shown:?}");
    assert_eq!(archive.objective, "sharpe");
    for cell in &archive.cells {
        assert_eq!(range(cell.values[0].unwrap(), &archive.axes[0].edges), cell.at[0]);
        assert!(cell.deflated_sharpe.is_some() && cell.metrics["trades"] == cell.values[0]);
    }
    let table = &rows(&folder.join("archive.parquet"))[0];
    let at = table.column_by_name("cell_trades").unwrap().as_primitive::<UInt32Type>();
    let found: Vec<usize> = at.values().iter().map(|&at| at as usize).collect();
    assert_eq!(found, archive.cells.iter().map(|c| c.at[0]).collect::<Vec<_>>());
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(
        page.contains("<section id=\"archive\"") && page.contains("Best sharpe by trades and max_drawdown")
    );
    // Each cell is drawn once.
    assert_eq!(page.matches("<rect class=\"plate\"").count(), archive.cells.len());
}

// Contract G14, G15, C5.
#[test]
fn any_number_of_threads_and_any_interruption_give_the_same_cells_under_conditions() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let mut job = manifest(CELLS);
    job.spec.strategies[0].constraints = vec!["fast_period * 2 <= slow_period".to_owned()];
    let once = |slots: usize| {
        let root = tempfile::tempdir().unwrap();
        timeless(finish(data.path(), &Options { slots, ..Options::new(root.path()) }, &job).0)
    };
    let expected = once(1);
    assert_eq!(once(3), expected);
    for at in 0..5 {
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
        assert_eq!(timeless(result), expected);
    }
}

// Contract G15.
#[test]
fn every_evaluation_of_a_run_keeps_the_conditions_and_they_are_part_of_its_inputs() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let plain = manifest("  generations: 6\n");
    let mut job = plain.clone();
    job.spec.strategies[0].constraints = vec!["fast_period * 2 <= slow_period".to_owned()];
    assert_ne!(resolve(data.path(), &job).1.digest, resolve(data.path(), &plain).1.digest);
    let root = tempfile::tempdir().unwrap();
    finish(data.path(), &Options::new(root.path()), &job);
    let table = folder(data.path(), root.path(), &job).join("evaluations.parquet");
    let mut seen = 0;
    for batch in rows(&table) {
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
        let strategy = batch.column_by_name("strategy").unwrap().as_string::<i32>().clone();
        let [fast, slow] = ["gene_fast_period", "gene_slow_period"].map(number);
        for i in (0..batch.num_rows()).filter(|&i| strategy.value(i) == "sma_crossover") {
            assert!(fast.value(i) * 2.0 <= slow.value(i), "{} {}", fast.value(i), slow.value(i));
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}
