//! Objectives and limits of one's own: expressions over metrics.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::fs;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;
use common::runs::{finish, timeless};
use common::{manifest, publish_walk, resolve};
use galapagos_crds::EvolutionJob;
use galapagos_run::execute::Options;
use galapagos_run::job::resolve::ResolvedJob;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const SCORE: &str = "  generations: 3
  objectives: [{name: score, expression: \"sharpe * min(1, trades / 10) - 0.5 * calmar\", goal: Minimize}]
";

/// Each row of the evaluations of a run: the numbers of these columns, its class and its reason.
fn rows(root: &Path, resolved: &ResolvedJob, columns: [&str; 5]) -> Vec<([Option<f64>; 5], String, String)> {
    let folder = root.join("galapagos/runs/local/demo").join(resolved.digest.hex());
    let table = fs::File::open(folder.join("result/evaluations.parquet")).unwrap();
    let mut out = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(table).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let numbers =
            columns.map(|name| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone());
        let [class, reason] =
            ["class", "reason"].map(|name| batch.column_by_name(name).unwrap().as_string::<i32>().clone());
        for i in 0..batch.num_rows() {
            let values = numbers.each_ref().map(|column| column.is_valid(i).then(|| column.value(i)));
            let reason = if reason.is_valid(i) { reason.value(i) } else { "" };
            out.push((values, class.value(i).to_owned(), reason.to_owned()));
        }
    }
    out
}

// Contract G4, G9.
#[test]
fn an_expression_ranks_by_its_value_and_reads_metrics_that_only_it_asks_for() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let columns = ["sharpe", "trades", "calmar", "exposure", "fitness"];
    let ran = |job: &EvolutionJob| {
        let root = tempfile::tempdir().unwrap();
        let (result, _) = finish(data.path(), &Options { slots: 1, ..Options::new(root.path()) }, job);
        (result, rows(root.path(), &resolve(data.path(), job).1, columns))
    };
    let (_, free) = ran(&manifest(SCORE));
    let mut paces: Vec<f64> = free
        .iter()
        .filter_map(|([_, trades, _, exposure, _], ..)| Some((*trades)? / (*exposure)?))
        .filter(|pace| pace.is_finite())
        .collect();
    paces.sort_by(f64::total_cmp);
    let limit = paces[paces.len() / 2].floor();
    let limited = format!("  limits: [{{name: pace, expression: trades / exposure, atMost: \"{limit}\"}}]\n");
    let job = manifest(&format!("{SCORE}{limited}"));
    let (result, all) = ran(&job);
    let mut lowest = f64::INFINITY;
    let (mut missing, mut limited) = (0, 0);
    for ([sharpe, trades, calmar, exposure, fitness], class, reason) in all {
        let (Some(sharpe), Some(trades), Some(calmar)) = (sharpe, trades, calmar) else {
            assert!(fitness.is_none() && class != "feasible", "{class} {reason}");
            missing += 1;
            continue;
        };
        let part = if trades / 10.0 < 1.0 { trades / 10.0 } else { 1.0 };
        let score = sharpe * part - 0.5 * calmar;
        assert_eq!(fitness, Some(score));
        let broken = exposure.unwrap() == 0.0 || trades / exposure.unwrap() > limit;
        assert_eq!(class == "infeasible", broken, "{reason}");
        if broken {
            assert!(reason.contains(&format!("pace <= {limit}: it is ")), "{reason}");
            limited += 1;
        } else if score < lowest {
            lowest = score;
        }
    }
    assert!(missing > 0 && limited > 0 && lowest.is_finite(), "the case has no point: {missing} {limited}");
    let best = result.best.as_ref().unwrap();
    assert_eq!((best.objective.as_str(), best.fitness), ("score", Some(lowest)));
    assert_eq!(best.training.metrics["score"], Some(lowest));
    assert!(best.holdout.as_ref().unwrap().metrics.contains_key("score"));

    let other = tempfile::tempdir().unwrap();
    let (again, _) = finish(data.path(), &Options { slots: 4, ..Options::new(other.path()) }, &job);
    assert_eq!(timeless(again), timeless(result));
}

#[test]
fn an_expression_that_is_a_metric_finds_what_the_metric_finds() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let best = |objective: &str| {
        let root = tempfile::tempdir().unwrap();
        let job = manifest(&format!("  generations: 3\n  objectives: [{objective}]\n"));
        let (result, _) = finish(data.path(), &Options::new(root.path()), &job);
        (result.result_digest, result.inputs_digest, result.best.unwrap().genome)
    };
    let (metric, own) = (best("{metric: sharpe}"), best("{name: same, expression: sharpe}"));
    assert_eq!(metric.2, own.2);
    assert_ne!(metric.1, own.1, "the inputs differ");
}
