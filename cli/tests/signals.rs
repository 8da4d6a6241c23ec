//! Files of signals on the command line: what docs/signals.md teaches, as it stands there.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root, run_folder};
use serde_json::Value;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/signals.md")).unwrap()
}

fn block(kind: &str, n: usize) -> String {
    let page = page();
    let found = page.split(&format!("```{kind}\n")).nth(n + 1).unwrap();
    found.split("```").next().unwrap().to_owned()
}

/// A sandbox with the sample bars as dataset, and what the page's program writes from them.
fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    let bars = root().join("deploy/examples/data/AAPL.csv").display().to_string();
    sandbox.ok(&[
        "import",
        &bars,
        "--dataset",
        "us-stocks",
        "--interval",
        "1d",
        "--calendar",
        "sessions:252",
    ]);
    sandbox.write("momentum.parquet", std::fs::read(root().join("cli/tests/data/momentum.parquet")).unwrap());
    sandbox.write("job.yaml", block("yaml", 0));
    sandbox
}

/// The strategies of the page's job, replaced.
fn job(strategies: &str) -> String {
    let job = block("yaml", 0);
    let (head, rest) = job.split_once("  strategies:\n").unwrap();
    let (_, tail) = rest.split_once("  population:").unwrap();
    format!("{head}  strategies:\n{strategies}  population:{tail}")
        .replace("takerFee", "warmupBars: 60, takerFee")
}

#[test]
fn the_program_of_the_page_is_the_one_that_made_the_file_of_the_tests() {
    let program = std::fs::read_to_string(root().join("cli/tests/data/momentum.py")).unwrap();
    assert_eq!(block("python", 0), program, "run `make signals-example` after a change");
}

#[test]
fn the_job_of_the_page_runs_on_the_file_of_its_program_and_is_replayed() {
    let sandbox = prepared();
    let result = sandbox.json(&["run", "job.yaml", "-o", "json"]);
    assert_eq!(result["stopped_by"], "GenerationsReached");
    let folder = run_folder(&sandbox.path().join("results"), "momentum").join("result");
    let written = std::fs::read_to_string(folder.join("job.yaml")).unwrap();
    assert!(written.contains("name: momentum\n") && !written.contains("momentum.parquet"), "{written}");
    for rank in ["#1", "#2"] {
        sandbox.ok(&["backtest", &format!("{}{rank}", folder.display())]);
    }
    // Values of the file behind a cut are replaced, and no decision before it changes.
    let ahead = sandbox.json(&["lookahead", &folder.join("result.json").display().to_string(), "-o", "json"]);
    assert_eq!(ahead["passed"], true, "{ahead}");
    // Without the version that the result was computed with there is no replay.
    let digests = std::fs::read_dir(sandbox.data().join("galapagos/datasets/us-stocks")).unwrap();
    let version = digests.map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap();
    std::fs::remove_dir_all(version.join("signals")).unwrap();
    let ended = sandbox.run(&["backtest", &folder.display().to_string()]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("of signals momentum of dataset us-stocks"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("galapagos import-signals FILE --dataset us-stocks --name momentum"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_column_of_pandas_trades_as_the_function_of_the_language_that_says_the_same() {
    let sandbox = prepared();
    let strategy = |signals: &str, x: &str| {
        let genes = "genes: [{name: th, min: 0, max: \"0.1\", step: \"0.005\"}]";
        let rules = format!("rules: {{language: 1, long: {{enter: \"{x} > $th\", exit: \"{x} < -$th\"}}}}");
        job(&format!("  - {{name: mine, {signals}{genes}, {rules}}}\n"))
    };
    sandbox.write("by-file.yaml", strategy("signals: {file: momentum.parquet}, ", "score"));
    sandbox.write("by-rules.yaml", strategy("", "roc(close, 20)"));
    let best = |name: &str| sandbox.json(&["run", name, "-o", "json", "--fresh"])["best"].clone();
    let (file, rules) = (best("by-file.yaml"), best("by-rules.yaml"));
    assert!(file["metrics"]["trades"].as_f64().unwrap() > 5.0, "{file}");
    assert_eq!(file, rules);
}

#[test]
fn workers_of_a_fleet_find_the_published_file_and_give_the_same_bytes() {
    let sandbox = prepared();
    let digest = |arguments: &[&str]| -> Value {
        let mut all = vec!["run", "job.yaml", "-o", "json", "--fresh"];
        all.extend(arguments);
        sandbox.json(&all)["result_digest"].clone()
    };
    let alone = digest(&["--slots", "1"]);
    assert!(alone.is_string());
    assert_eq!(digest(&["--workers", "2", "--slots", "1"]), alone);
}

#[test]
fn what_the_import_prints_is_an_entry_that_runs() {
    let sandbox = prepared();
    let import = ["import-signals", "momentum.parquet", "--dataset", "us-stocks"];
    let text = sandbox.ok(&import).stdout;
    let (_, entry) = text.split_once("\nstrategies:\n").unwrap();
    let entry: String = entry.lines().map(|line| format!("  {line}\n")).collect();
    assert!(entry.contains("signals: {name: momentum, columns: [calm, score], digest: \"blake3:"), "{entry}");
    sandbox.write("published.yaml", job(&entry));
    sandbox.ok(&["validate", "published.yaml"]);
    sandbox.ok(&["render", "published.yaml"]);
    sandbox.ok(&["run", "published.yaml", "-o", "json"]);
    sandbox.ok(&["estimate", "published.yaml"]);
    let again = sandbox.json(&[&import[..], &["-o", "json"]].concat());
    assert_eq!((&again["outcome"], &again["name"]), (&"unchanged".into(), &"momentum".into()));
    assert_eq!(again["symbols"][0]["rows"], 2015);
    // The dataset says what is published with it, with the digest that a manifest of a cluster needs.
    let digest = again["digest"].as_str().unwrap();
    let shown = sandbox.json(&["data", "show", "us-stocks", "-o", "json"]);
    let bare = digest.trim_start_matches("blake3:");
    assert_eq!(shown["signals"], serde_json::json!([{"name": "momentum", "digest": bare}]));
    let text = sandbox.ok(&["data", "show", "us-stocks"]).stdout;
    assert!(text.contains(&format!("Signals   momentum blake3:{bare}\n")), "{text}");
    assert_eq!(again["columns"][1]["known"], 1995);
}

#[test]
fn a_job_with_a_file_is_valid_here_and_not_rendered_for_a_cluster() {
    let sandbox = prepared();
    sandbox.ok(&["validate", "job.yaml"]);
    let ended = sandbox.run(&["render", "job.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("spec.strategies[0].signals.file: "), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("`galapagos import-signals momentum.parquet --dataset us-stocks"),
        "{}",
        ended.stderr
    );
    sandbox.write("both.yaml", job("  - {name: mine, signals: {file: momentum.parquet, name: momentum}}\n"));
    let ended = sandbox.run(&["validate", "both.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stdout.contains("exactly one of name, file must be set"), "{}", ended.stdout);
}

#[test]
fn check_and_backtest_read_the_file_of_a_strategy_beside_it() {
    let sandbox = prepared();
    let rules = "signals: {file: momentum.parquet}\nrules:\n  language: 1\n  long: {enter: \"score > 0\", exit: \"score < 0\"}\n";
    sandbox.write("mine.yaml", rules);
    let report = sandbox.json(&["check", "mine.yaml", "--data", "us-stocks", "-o", "json"]);
    let data = &report["strategies"][0]["data"];
    assert!(data["trades"].as_u64().unwrap() > 20, "{data}");
    assert_eq!(data["conditions"][0]["first_known"], 20);
    sandbox.ok(&["check", "mine.yaml"]);
    let done = sandbox.json(&["backtest", "--data", "us-stocks", "--rules", "mine.yaml", "-o", "json"]);
    assert!(done.to_string().contains("trades"), "{done}");
    let bars = root().join("deploy/examples/data/AAPL.csv").display().to_string();
    let ended = sandbox.run(&["backtest", "--data", &bars, "--bars-per-year", "252", "--rules", "mine.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("signals are published with a dataset"), "{}", ended.stderr);
}

#[test]
fn a_file_that_decides_needs_no_rules_and_one_that_does_not_is_told_so() {
    let sandbox = prepared();
    let bars = std::fs::read_to_string(root().join("deploy/examples/data/AAPL.csv")).unwrap();
    let dates: Vec<&str> = bars.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    let rows = |cell: fn(usize) -> &'static str| -> String {
        dates.iter().enumerate().map(|(i, date)| format!("{date},{}\n", cell(i))).collect()
    };
    let model = format!("date,target\n{}", rows(|i| if i / 40 % 2 == 0 { "1" } else { "0" }));
    sandbox.write("model.csv", model);
    sandbox.write(
        "model.yaml",
        job(&block("yaml", 1).replace("  strategies:\n", "").replace("model.parquet", "model.csv")),
    );
    let result = sandbox.json(&["run", "model.yaml", "-o", "json"]);
    assert_eq!(result["best"]["strategy"], "my_model");
    assert!(result["best"]["metrics"]["trades"].as_f64().unwrap() > 5.0, "{result}");
    sandbox.write("other.yaml", job("  - {name: mine, signals: {file: momentum.parquet}}\n"));
    let ended = sandbox.run(&["run", "other.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("the file does not say by itself what is traded"), "{}", ended.stderr);
}
