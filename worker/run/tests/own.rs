//! Strategies that a manifest writes itself: what their runs depend on, what they need of the data, and that a run of
//! one is a run like any other.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::runs::{finish, timeless};
use common::{publish_walk, series};
use galapagos_crds::{EvolutionJob, GeneValue};
use galapagos_market::{Interval, OwnedSeries, publish};
use galapagos_run::execute::Options;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const CROSS: &str = "
  - name: my_cross
    genes: [{name: fast, min: 2, max: 20}, {name: slow, min: 5, max: 60}, {name: mode, values: [sma, ema]}]
    rules:
      language: 1
      order: [fast < slow]
      let: {f: \"choose($mode, sma: sma(close, $fast), ema: ema(close, $fast))\", s: \"sma(close, $slow)\"}
      long: {enter: \"f > s\", exit: \"f < s\"}";

fn job(strategies: &str, more: &str) -> EvolutionJob {
    let text = format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: demo}}
spec:
  marketData: {{dataset: walk, symbols: [AAA], interval: 1d, calendar: {{type: Sessions, barsPerYear: 252}}}}
  strategies:{strategies}
  population: {{size: 20, seed: 7}}
{more}"
    );
    serde_yaml::from_str(&text).unwrap()
}

fn of(enter: &str) -> EvolutionJob {
    let rules = format!("{{language: 1, long: {{enter: \"{enter}\"}}}}");
    let gene = "genes: [{name: k, values: [1, 2]}]";
    job(&format!("\n  - {{name: mine, {gene}, rules: {rules}}}"), "")
}

fn resolved(data: &Path, job: &EvolutionJob) -> Result<ResolvedJob, String> {
    let market = Market::open(data, &job.spec.market_data).unwrap();
    ResolvedJob::new(job, &market.facts()).map_err(|e| e.to_string())
}

/// Resolves a job and lays its windows.
fn prepared(data: &Path, job: &EvolutionJob) -> Result<(), String> {
    let market = Market::open(data, &job.spec.market_data).unwrap();
    let job = ResolvedJob::new(job, &market.facts()).map_err(|e| e.to_string())?;
    Problem::new(&job, market.bars(), market.others(&job.others)).map(|_| ()).map_err(|e| e.to_string())
}

fn publish_all(data: &Path, all: &[OwnedSeries]) {
    let borrowed: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
    publish(data, "walk", Interval::parse("1d").unwrap(), None, &borrowed).unwrap();
}

#[test]
fn the_inputs_have_the_canonical_rules_and_every_default() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 400);
    let digest = |text: &str| resolved(data.path(), &job(text, "")).unwrap().digest.to_string();
    let plain = resolved(data.path(), &job(CROSS, "")).unwrap();
    let inputs = &plain.inputs.strategies[0];
    let rules = inputs.rules.as_ref().unwrap();
    assert_eq!(
        rules["long"]["exit"],
        "(< (choose $mode (: ema (ema close $fast)) (: sma (sma close $fast))) (sma close $slow))"
    );
    assert_eq!((&rules["reentry"], &rules["cooldownBars"]), (&"NewSignal".into(), &0.into()));
    let defaults: Vec<String> =
        inputs.genes.iter().map(|g| g.default.as_ref().unwrap().to_string()).collect();
    assert_eq!(defaults, ["2", "5", "sma"]);
    let expected = digest(CROSS);
    // White space, names of lets, lets that nothing needs and what is written out change nothing.
    let same = [
        CROSS.replace("f > s", "(f   >s)"),
        CROSS.replace("f: ", "g: ").replace("f > s", "g > s").replace("f < s", "g < s"),
        CROSS.replace("let: {", "let: {unused: \"high\", "),
        CROSS.replace("language: 1", "language: 1\n      reentry: NewSignal\n      cooldownBars: 0"),
        CROSS.replace("min: 2,", "min: 2, step: 1, default: 2,"),
    ];
    for text in same {
        assert_ne!(text, CROSS);
        assert_eq!(digest(&text), expected, "{text}");
    }
    let others = [
        CROSS.replace("f > s", "f >= s"),
        CROSS.replace("min: 2,", "min: 2, default: 3,"),
        CROSS.replace("order: [fast < slow]", "order: [fast <= slow]"),
        CROSS.replace("fast", "quick"),
        CROSS.replace("my_cross", "my_other"),
    ];
    for text in others {
        assert_ne!(digest(&text), expected, "{text}");
    }
    // The manifest as it was resolved resolves to the same.
    let again = resolved(data.path(), &plain.manifest).unwrap();
    assert_eq!(again.digest, plain.digest);
    assert_eq!(again.manifest, plain.manifest);
}

#[test]
fn a_built_in_strategy_has_no_rules_in_the_inputs() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 400);
    let job = resolved(data.path(), &job(" [{name: sma_crossover}]", "")).unwrap();
    let inputs = serde_json::to_value(&job.inputs).unwrap();
    let keys: Vec<&String> = inputs["strategies"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["genes", "initial", "name"]);
    assert_eq!(inputs["strategies"][0]["genes"][0].get("default"), None);
}

#[test]
fn genomes_become_values_by_name_and_back() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 400);
    let text = CROSS.replace("genes: [", "genes: [{name: stop_loss, values: [\"0.05\", \"0.1\"]}, ");
    let job = resolved(data.path(), &job(&text, "")).unwrap();
    let species = &job.species[0];
    let given: BTreeMap<String, GeneValue> = [("mode", "ema"), ("stop_loss", "0.1"), ("slow", "30")]
        .map(|(k, v)| (k.to_owned(), v.parse().unwrap()))
        .into();
    let indices = species.indices("genome", &given).unwrap();
    let named: Vec<(String, String)> =
        species.named(&indices).into_iter().map(|(name, value)| (name, value.to_string())).collect();
    let expected = [("fast", "2"), ("slow", "30"), ("mode", "ema"), ("stop_loss", "0.1")];
    assert_eq!(named, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(species.indices("genome", &species.named(&indices).into_iter().collect()).unwrap(), indices);
    assert_eq!(species.genome(&indices).unwrap().stops.stop_loss.unwrap().to_string(), "0.1");
}

#[test]
fn what_the_data_do_not_have_is_refused_where_it_is_named() {
    let data = tempfile::tempdir().unwrap();
    let mut other = series("BBB", 400, 2);
    other.volume = None;
    publish_all(data.path(), &[series("AAA", 400, 1), other]);
    assert_eq!(prepared(data.path(), &of("of(BBB, close) > $k and volume > 1")), Ok(()));
    let unknown = prepared(data.path(), &of("close > $k and of(BBC, close) > 1")).unwrap_err();
    assert!(
        unknown.starts_with("spec.strategies[0].rules.long.enter:19: the dataset has no symbol"),
        "{unknown}"
    );
    assert!(unknown.ends_with("did you mean \"BBB\"?"), "{unknown}");
    let volume = prepared(data.path(), &of("close > $k and of(BBB, obv()) > 1")).unwrap_err();
    assert_eq!(volume, "strategy mine: rules read the volume, and BBB has none");
}

#[test]
fn a_volume_that_the_traded_symbol_lacks_is_refused_where_it_is_read() {
    let data = tempfile::tempdir().unwrap();
    let mut traded = series("AAA", 400, 1);
    traded.volume = None;
    publish_all(data.path(), &[traded, series("BBB", 400, 2)]);
    assert_eq!(prepared(data.path(), &of("of(BBB, volume) > $k")), Ok(()));
    let error = prepared(data.path(), &of("close > $k and volume > 1")).unwrap_err();
    assert!(error.starts_with("spec.strategies[0].rules.long.enter:16: the bars have no volume"), "{error}");
}

#[test]
fn prices_beyond_the_exact_numbers_of_the_language_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let mut huge = series("AAA", 900, 1);
    huge.high[7] = 1 << 47;
    publish_all(data.path(), &[huge]);
    let error = prepared(data.path(), &of("close > $k")).unwrap_err();
    assert!(error.starts_with("strategy mine: the prices of AAA reach 2^47 ticks"), "{error}");
    assert_eq!(prepared(data.path(), &job(" [{name: sma_crossover}]", "")), Ok(()));
}

#[test]
fn a_let_that_nothing_uses_is_a_warning() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 400);
    let text = CROSS.replace("let: {", "let: {spare: \"high\", ");
    let warnings = resolved(data.path(), &job(&text, "")).unwrap().warnings;
    assert_eq!(warnings, ["my_cross: nothing uses the let spare"]);
}

#[test]
fn the_warm_up_of_a_job_is_that_of_the_bounds_of_its_genes() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 400);
    let manifest = job(CROSS, "");
    let market = Market::open(data.path(), &manifest.spec.market_data).unwrap();
    let resolved = ResolvedJob::new(&manifest, &market.facts()).unwrap();
    let problem = Problem::new(&resolved, market.bars(), market.others(&resolved.others)).unwrap();
    let warm_up = &problem.warm_ups()[0];
    // D7: 1 + the larger of 3 * 20 - 1 and 60 - 1.
    assert_eq!((warm_up.rows, warm_up.species.as_deref()), (60, Some("my_cross")));
}

#[test]
fn a_run_of_ones_own_strategy_beside_a_built_in_is_the_same_for_any_number_of_threads() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 900);
    let initial = "    initial: [{strategy: my_cross, genome: {fast: 3, slow: 21, mode: ema}}]\n";
    let text = format!("{CROSS}\n  - name: sma_crossover");
    let mut manifest = job(&text, "  generations: 3\n");
    let individuals: EvolutionJob = serde_yaml::from_str(
        &serde_yaml::to_string(&manifest)
            .unwrap()
            .replace("    size: 20\n", &format!("    size: 20\n{initial}")),
    )
    .unwrap();
    manifest.spec.population = individuals.spec.population;
    assert_eq!(manifest.spec.population.initial.len(), 1);
    let mut results = Vec::new();
    for slots in [1, 3] {
        let root = tempfile::tempdir().unwrap();
        let (result, _) = finish(data.path(), &Options { slots, ..Options::new(root.path()) }, &manifest);
        results.push(timeless(result));
        let folder = walkdir(root.path(), "evaluations.parquet");
        let table = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(folder).unwrap()).unwrap();
        let names: Vec<&String> = table.schema().fields().iter().map(|f| f.name()).collect();
        for gene in ["gene_fast", "gene_slow", "gene_mode", "gene_fast_period"] {
            assert!(names.iter().any(|name| *name == gene), "{gene} is not in {names:?}");
        }
    }
    assert_eq!(results[0], results[1]);
    let own = results[0].species.iter().find(|champion| champion.strategy == "my_cross").unwrap();
    assert_eq!(own.genome.keys().collect::<Vec<_>>(), ["fast", "mode", "slow"]);
}

fn walkdir(folder: &Path, name: &str) -> std::path::PathBuf {
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.file_name().is_some_and(|n| n == name) {
                return path;
            }
        }
    }
    panic!("no {name}")
}

#[test]
fn a_strategy_without_genes_evolves_to_its_one_point() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 400);
    let rules = "{language: 1, long: {enter: \"close > sma(close, 20)\", exit: \"close < sma(close, 20)\"}}";
    let manifest = job(&format!("\n  - {{name: mine, rules: {rules}}}"), "  generations: 3\n");
    let root = tempfile::tempdir().unwrap();
    let (result, _) = finish(data.path(), &Options::new(root.path()), &manifest);
    assert_eq!((result.evaluations.distinct, result.stopped_by.as_str()), (1, "SpaceExhausted"));
}

/// On closes alone nobody knows whether a bar reached a price.
#[test]
fn a_rule_with_a_stop_or_a_target_is_refused_on_closes_alone() {
    let data = tempfile::tempdir().unwrap();
    let bars = series("AAA", 400, 1);
    let origin = galapagos_market::Origin { close_only: true, ..Default::default() };
    galapagos_market::publish_as(
        data.path(),
        "walk",
        Interval::parse("1d").unwrap(),
        origin,
        &[bars.as_series()],
    )
    .unwrap();
    let with = |more: &str| {
        let rules = format!(
            "{{language: 1, long: {{enter: \"close > sma(close, 5)\", exit: \"close < low[1]\"{more}}}}}"
        );
        resolved(data.path(), &job(&format!("\n  - {{name: atr_stop_losses, rules: {rules}}}"), ""))
    };
    assert!(with("").is_ok());
    for place in ["stop", "target"] {
        let error = with(&format!(", {place}: \"close * 0.9\"")).unwrap_err();
        assert!(
            error.contains("closes only") && error.contains(&format!("leave rules.long.{place} out")),
            "{error}"
        );
    }
}
