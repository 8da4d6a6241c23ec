//! The shapes that scripts rely on: help texts, JSON documents, CSV columns.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, golden, small_job};
use serde_json::Value;

/// The keys of an object, sorted.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn every_verb_has_help_with_examples() {
    let sandbox = Sandbox::new();
    for verb in [
        "run",
        "backtest",
        "signal",
        "serve",
        "export",
        "lookahead",
        "neighbours",
        "compare",
        "front",
        "import",
        "fetch",
        "import-signals",
        "data",
        "strategies",
        "functions",
        "check",
        "validate",
        "render",
        "report",
        "estimate",
        "init",
        "completions",
    ] {
        let help = sandbox.ok(&[verb, "--help"]).stdout;
        assert!(help.contains("Examples:\n  ") || verb == "completions", "{verb}:\n{help}");
        golden(&format!("help/{verb}.txt"), &help);
    }
    for verb in [
        "status", "watch", "ui", "best", "results", "report", "logs", "events", "estimate", "render",
        "suspend", "resume", "stop", "doctor",
    ] {
        let help = sandbox.ok(&["cluster", verb, "--help"]).stdout;
        assert!(help.contains("Examples:\n  "), "{verb}:\n{help}");
        golden(&format!("help/cluster-{verb}.txt"), &help);
    }
    golden("help/cluster.txt", &sandbox.ok(&["cluster", "--help"]).stdout);
    let certs = sandbox.ok(&["dev", "certs", "--help"]).stdout;
    assert!(certs.contains("Examples:\n  "), "{certs}");
    golden("help/dev-certs.txt", &certs);
    golden("help/galapagos.txt", &sandbox.ok(&["--help"]).stdout);
}

#[test]
fn the_result_of_a_run_has_exactly_the_fields_of_the_contract() {
    let sandbox = Sandbox::new();
    sandbox.walk(2000, 5);
    sandbox.write("job.yaml", small_job(20, 3));
    let ended = sandbox.ok(&["run", "job.yaml", "-o", "json"]);
    let result = ended.json();
    assert_eq!(
        keys(&result),
        [
            "best",
            "dataset_digest",
            "evaluations",
            "generations",
            "result_digest",
            "stopped_by",
            "strategy_bars_per_second",
            "validation"
        ]
    );
    assert!(["True", "False", "Unknown"].iter().any(|status| result["validation"]["validated"] == *status));
    assert_eq!(keys(&result["best"]), ["fitness", "genome", "holdout", "metrics", "strategy"]);
    assert_eq!(keys(&result["evaluations"]), ["cached", "distinct", "failed"]);
    assert_eq!(keys(&result["generations"][0]), ["best", "diversity", "generation", "median", "seconds"]);
    assert_eq!(result["best"]["fitness"], result["best"]["metrics"]["sharpe"]);
    for line in ended.stderr.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(line["level"], "INFO");
    }
    assert_eq!(ended.stderr.matches("\"message\":\"generation\"").count(), 3);
}

#[test]
fn a_back_test_has_the_fields_of_the_contract_and_its_tables() {
    let sandbox = Sandbox::new();
    sandbox.walk(2000, 5);
    let result = sandbox.json(&[
        "backtest",
        "--data",
        "walk",
        "--strategy",
        "sma_crossover",
        "--gene",
        "fast_period=5",
        "--gene",
        "slow_period=20",
        "--side",
        "long-short",
        "--taker-fee",
        "0.001",
        "--trades",
        "trades.csv",
        "--bars",
        "bars.csv",
        "-o",
        "json",
    ]);
    assert_eq!(
        keys(&result),
        [
            "dataset",
            "genome",
            "metrics",
            "open_position",
            "optimistic",
            "reason",
            "strategy",
            "sums",
            "symbols",
            "warm_up_bars"
        ]
    );
    assert_eq!(keys(&result["dataset"]), ["bars", "digest", "from", "name", "to"]);
    assert_eq!(result["dataset"]["from"], "2020-01-01T00:00:00Z");
    assert_eq!(result["warm_up_bars"], 21);
    assert!(result["sums"]["s1"].as_str().unwrap().parse::<i128>().is_ok());
    let metrics = keys(&result["metrics"]);
    assert_eq!(metrics.len(), 19);
    assert!(metrics.contains(&"final_equity") && metrics.contains(&"buy_and_hold_return"));

    let trades = std::fs::read_to_string(sandbox.path().join("trades.csv")).unwrap();
    assert_eq!(trades.lines().count() as u64 - 1, result["metrics"]["trades"].as_u64().unwrap());
    let bars = std::fs::read_to_string(sandbox.path().join("bars.csv")).unwrap();
    assert_eq!(bars.lines().next().unwrap(), "time,close,fast_sma,slow_sma,signal,position,equity");
    assert_eq!(bars.lines().count(), 2001);
    let equity: f64 = bars.lines().last().unwrap().rsplit(',').next().unwrap().parse().unwrap();
    assert_eq!(Some(equity), result["metrics"]["final_equity"].as_f64());
}

#[test]
fn flags_override_the_execution_block_and_files_are_read_like_datasets() {
    let sandbox = Sandbox::new();
    sandbox.walk(2000, 5);
    sandbox.write("execution.yaml", "takerFee: \"0.01\"\nside: LongShort\n");
    let run = |extra: &[&str]| {
        let mut arguments = vec!["backtest", "--data", "walk", "--strategy", "sma_crossover", "-o", "json"];
        arguments.extend(extra);
        sandbox.json(&arguments)["metrics"]["final_equity"].clone()
    };
    let by_block = run(&["--execution", "execution.yaml"]);
    assert_eq!(by_block, run(&["--taker-fee", "0.01", "--side", "long-short"]));
    let free = run(&["--execution", "execution.yaml", "--taker-fee", "0"]);
    assert_eq!(free, run(&["--side", "long-short"]));
    assert_ne!(by_block, free);
    let same_close =
        ["backtest", "--data", "walk", "--strategy", "sma_crossover", "--fill", "same-close", "-o", "json"];
    assert_eq!(sandbox.json(&same_close)["optimistic"], true);
}

#[test]
fn init_prints_a_manifest_that_is_valid() {
    let sandbox = Sandbox::new();
    for strategies in
        [&["--strategy", "rsi_filter", "--strategy", "atr_stop_loss"][..], &["--strategy", "all"]]
    {
        let mut arguments = vec!["init", "--dataset", "walk", "--symbol", "WALK", "--interval", "1h"];
        arguments.extend(strategies);
        let text = sandbox.ok(&arguments).stdout;
        sandbox.write("job.yaml", &text);
        sandbox.ok(&["validate", "job.yaml"]);
        // What is commented out must be as good: the genes of every strategy.
        let genes = text.replace("    # genes:", "    genes:").replace("    # - {name:", "    - {name:");
        sandbox.write("genes.yaml", &genes);
        sandbox.ok(&["validate", "genes.yaml"]);
    }
}

#[test]
fn strategies_are_listed_for_people_and_programs() {
    let sandbox = Sandbox::new();
    let list = sandbox.json(&["strategies", "-o", "json"]);
    assert_eq!(list["strategies"].as_array().unwrap().len(), 15);
    let one = sandbox.ok(&["strategies", "rsi_mean_reversion"]).stdout;
    assert!(one.contains("rsi_period") && one.contains("rsi_mean_reversion"), "{one}");
    assert!(sandbox.ok(&["completions", "bash"]).stdout.contains("complete"));
}
