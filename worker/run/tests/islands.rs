//! Islands, the PBT preset and genes that count only sometimes in whole runs: the same for any number of threads and any
//! interruption, in windows of walk-forward too.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, UInt32Type};
use common::runs::{finish, timeless};
use common::{manifest, publish_walk, resolve};
use galapagos_crds::{EvolutionJob, GeneWhen};
use galapagos_engine::ENGINE;
use galapagos_run::execute::{Options, RunOutcome, run};
use galapagos_run::run::progress::RunEvent;
use galapagos_run::storage::ledger::Ledger;
use galapagos_run::storage::record::Record;
use galapagos_run::storage::run_folder::Start;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const ISLANDS: &str = "  islands: {count: 2, migrateEvery: 2, topology: Full}\n";

fn job(fields: &str) -> EvolutionJob {
    let mut job = manifest(&format!("  generations: 6\n{fields}"));
    job.spec.population.size = 48;
    job
}

// Contract G16, C5.
#[test]
fn any_number_of_threads_and_any_interruption_give_the_same_run() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let two = "  objectives: [{metric: sharpe}, {metric: max_drawdown, goal: Minimize}]\n";
    let cases = [
        ISLANDS.to_owned(),
        "  breeding: {preset: PBT, resampleProbability: \"0.1\"}\n".to_owned(),
        format!("{ISLANDS}  searcher: CMAES\n"),
        format!("{ISLANDS}{two}"),
        format!("{ISLANDS}  breeding: {{preset: PBT}}\n"),
        format!("{ISLANDS}  validation: {{walkForward: {{windows: 2}}}}\n"),
    ];
    let mut digests = BTreeSet::new();
    for fields in &cases {
        let job = job(fields);
        let once = |slots: usize| {
            let root = tempfile::tempdir().unwrap();
            timeless(finish(data.path(), &Options { slots, ..Options::new(root.path()) }, &job).0)
        };
        let expected = once(1);
        assert_eq!(once(3), expected, "{fields}");
        for at in [0, 1, 3] {
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
            assert!(matches!(ended, RunOutcome::Interrupted { .. }), "{fields}");
            // From its checkpoint, not from its ledger alone.
            let mut refused = Vec::new();
            let mut observer = |event: RunEvent<'_>| {
                if let RunEvent::Fallback(text) = event {
                    refused.push(text.to_string());
                }
            };
            let resumed = Options { start: Start::Resume, ..options };
            run(&resolved, &market, &resumed, &mut observer, &AtomicBool::new(false)).unwrap();
            assert_eq!(refused, Vec::<String>::new(), "{fields}, interrupted after {at}");
            let (result, _) = finish(data.path(), &resumed, &job);
            assert_eq!(timeless(result), expected, "{fields}, interrupted after {at}");
        }
        digests.insert(resolve(data.path(), &job).1.digest.hex());
    }
    // Walk-forward is no input.
    assert_eq!(digests.len(), cases.len() - 1);
}

/// Generation, strategy and island of each row of `evaluations.parquet`.
fn rows(folder: &Path) -> Vec<(u32, String, Option<u32>)> {
    let file = fs::File::open(folder.join("evaluations.parquet")).unwrap();
    let batches =
        ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap);
    let mut out = Vec::new();
    for batch in batches {
        let whole = |name: &str| batch.column_by_name(name).map(|c| c.as_primitive::<UInt32Type>().clone());
        let (generation, island) = (whole("generation").unwrap(), whole("island"));
        let strategy = batch.column_by_name("strategy").unwrap().as_string::<i32>().clone();
        for i in 0..batch.num_rows() {
            let known = island.as_ref().filter(|column| column.is_valid(i)).map(|column| column.value(i));
            out.push((generation.value(i), strategy.value(i).to_owned(), known));
        }
    }
    out
}

// Contract G16: a generation asks species by species, and in each island by island.
#[test]
fn a_result_says_of_which_island_each_individual_is() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let cells = "  archive: {cells: [{metric: trades, edges: [\"5\", \"20\"]}]}\n";
    let job = job(&format!("{ISLANDS}{cells}"));
    let root = tempfile::tempdir().unwrap();
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let digest = resolve(data.path(), &job).1.digest.hex();
    let run = root.path().join("galapagos/runs/local/demo").join(digest);
    let rows = rows(&run.join("result"));
    assert!(rows.windows(2).all(|w| w[0].0 < w[1].0 || w[0].1 != w[1].1 || w[0].2 <= w[1].2));
    for island in [0, 1] {
        let first = rows.iter().filter(|row| row.0 == 0 && row.2 == Some(island)).count();
        assert_eq!(first, 24, "half of the population");
    }
    assert!(result.species.iter().any(|c| c.island.is_some_and(|island| island < 2)));
    let archive = result.archive.unwrap();
    assert!(!archive.cells.is_empty() && archive.cells.iter().all(|cell| cell.island.is_some()));
    // An earlier build named no island: what its ledger has is not guessed.
    let inputs = resolve(data.path(), &job).1.digest;
    let ledger = Ledger::open(&run.join("evaluations.log"), ENGINE, &inputs).unwrap().0;
    let older = tempfile::tempdir().unwrap();
    let path = older.path().join("evaluations.log");
    let mut written = Ledger::open(&path, ENGINE, &inputs).unwrap().0;
    for location in ledger.locations(u32::MAX).unwrap() {
        let mut record = ledger.read(location.offset).unwrap();
        match &mut record {
            Record::Evaluated { identity, .. } => identity.island = None,
            Record::Repeated { island, .. } => *island = None,
        }
        written.append(&record).unwrap();
    }
    written.flush().unwrap();
    drop((ledger, written));
    fs::copy(&path, run.join("evaluations.log")).unwrap();
    fs::remove_dir_all(run.join("result")).unwrap();
    fs::remove_file(run.join("RESULT")).unwrap();
    let (again, _) = finish(data.path(), &Options::new(root.path()), &job);
    assert_eq!(again.result_digest, result.result_digest);
    assert!(again.species.iter().all(|champion| champion.island.is_none()));
}

// Contract G16.
#[test]
fn a_window_says_of_which_island_its_champion_is() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let root = tempfile::tempdir().unwrap();
    let job = job(&format!("{ISLANDS}  validation: {{walkForward: {{windows: 2}}}}\n"));
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let windows = result.validation.unwrap().walk_forward.unwrap().windows;
    assert_eq!(windows.len(), 2);
    for window in &windows {
        assert_eq!(window.island.is_some(), window.strategy.is_some(), "window {}", window.index);
        assert!(window.island.is_none_or(|island| island < 2));
    }
    assert!(windows.iter().any(|window| window.island.is_some()));
    let digest = resolve(data.path(), &job).1.digest.hex();
    let folder = root.path().join("galapagos/runs/local/demo").join(digest).join("result");
    let report = fs::read_to_string(folder.join("report.html")).unwrap();
    let walk = &report[report.find("id=\"walk\"").unwrap()..];
    let table = &walk[..walk.find("</table>").unwrap()];
    assert!(table.contains(">Island<"), "{table}");
}

#[test]
fn without_islands_nothing_is_said_of_them() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let job = job("");
    let root = tempfile::tempdir().unwrap();
    let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
    let digest = resolve(data.path(), &job).1.digest.hex();
    let folder = root.path().join("galapagos/runs/local/demo").join(digest).join("result");
    assert!(rows(&folder).iter().all(|row| row.2.is_none()));
    assert!(!fs::read_to_string(folder.join("result.json")).unwrap().contains("\"island\""));
    assert!(result.species.iter().all(|champion| champion.island.is_none()));
}

// Contract G17.
#[test]
fn no_two_evaluations_differ_in_what_does_not_count_alone() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let plain = job("");
    let mut sometimes = plain.clone();
    let rsi = sometimes.spec.strategies.iter_mut().find(|s| s.name == "rsi_filter").unwrap();
    rsi.genes = serde_json::from_value(serde_json::json!([
        {"name": "rsi_period", "values": [5, 10, 14]},
        {"name": "oversold_threshold", "min": 20, "max": 40, "step": 5},
    ]))
    .unwrap();
    rsi.genes[1].when = Some(GeneWhen { gene: "rsi_period".into(), values: vec!["10".parse().unwrap()] });
    let ends = |job: &EvolutionJob| resolve(data.path(), job).1.digest;
    assert_ne!(ends(&sometimes), ends(&plain));
    let root = tempfile::tempdir().unwrap();
    finish(data.path(), &Options::new(root.path()), &sometimes);
    let folder = root.path().join("galapagos/runs/local/demo").join(ends(&sometimes).hex()).join("result");
    let written = fs::read_to_string(folder.join("job.yaml")).unwrap();
    let again: EvolutionJob = serde_yaml::from_str(&written).unwrap();
    assert_eq!(ends(&again), ends(&sometimes), "{written}");
    let file = fs::File::open(folder.join("evaluations.parquet")).unwrap();
    let mut seen = BTreeSet::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap)
    {
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
        let strategy = batch.column_by_name("strategy").unwrap().as_string::<i32>().clone();
        let [period, oversold] = ["gene_rsi_period", "gene_oversold_threshold"].map(number);
        for i in (0..batch.num_rows()).filter(|&i| strategy.value(i) == "rsi_filter") {
            seen.insert(period.value(i) as u32);
            assert!(
                period.value(i) == 10.0 || oversold.value(i) == 30.0,
                "{} {}",
                period.value(i),
                oversold.value(i)
            );
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [5, 10, 14]);
}
