//! Strategies of one's own on the command line: faults with their place, single back-tests, files of their own, runs and
//! their replay.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root};
use galapagos::validate::{read_documents, validate};
use serde_json::{Value, json};

const RULES: &str = "genes: [{name: fast, min: 2, max: 20}, {name: slow, min: 5, max: 60}]
rules:
  language: 1
  order: [fast < slow]
  long: {enter: \"sma(close, $fast) > sma(close, $slow)\", exit: \"sma(close, $fast) < sma(close, $slow)\"}
";

fn job(strategy: &str) -> String {
    format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: own}}
spec:
  marketData: {{dataset: walk, symbols: [WALK], interval: 1h, calendar: {{type: Sessions, barsPerYear: 252}}}}
  strategies:
  - name: my_cross
{strategy}
  population: {{size: 20, seed: 3}}
  generations: 3
"
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn a_fault_is_shown_in_the_line_of_the_file_with_a_caret() {
    let sandbox = Sandbox::new();
    sandbox.write("job.yaml", job(&indented(&RULES.replace("> sma(close", "> sma(clos"))));
    let ended = sandbox.run(&["validate", "job.yaml"]);
    assert_eq!(ended.code, 2);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(
        lines[0]
            .starts_with("job.yaml:12:46: spec.strategies[0].rules.long.enter: Invalid value: there is no"),
        "{lines:?}"
    );
    assert!(lines[0].ends_with(r#"did you mean "close"?"#), "{lines:?}");
    let column = lines[2].find('^').unwrap();
    assert_eq!((&lines[1][column..column + 4], lines[2].trim()), ("clos", "^^^^"));
    let report: Value =
        serde_json::from_str(&sandbox.run(&["validate", "job.yaml", "-o", "json"]).stdout).unwrap();
    assert_eq!((&report["problems"][0]["line"], &report["problems"][0]["column"]), (&json!(12), &json!(46)));
}

// The run and the back-test say what `check` says: the part of the rules, and the genes that make it long.
#[test]
fn data_too_short_for_a_warm_up_name_the_expression_that_needs_them_and_its_genes() {
    let sandbox = Sandbox::new();
    sandbox.walk(50, 7);
    sandbox.write("job.yaml", job(&indented(RULES)));
    sandbox.write("my_cross.yaml", RULES);
    let warm_up = sandbox.json(&["check", "my_cross.yaml", "-o", "json"])["strategies"][0]["warm_up"].clone();
    assert_eq!(
        (&warm_up["cause"], &warm_up["path"]),
        (&json!("(sma close $slow)"), &json!("rules.long.enter"))
    );
    let ended = sandbox.run(&["run", "job.yaml"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let said = "warm-up of `my_cross` (because of `(sma close $slow)` in rules.long.enter, with $slow 5 to 60) needs 60 rows";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let tested = [
        &["backtest", "--data", "walk", "--bars-per-year", "252", "--rules", "my_cross.yaml"][..],
        &["--gene", "fast=5", "--gene", "slow=55"][..],
    ];
    let ended = sandbox.run(&tested.concat());
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let said =
        "before its first decision, because of `(sma close $slow)` in rules.long.enter, with $slow 55; ";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn every_strategy_of_the_oracle_is_a_right_manifest() {
    let mut seen = 0;
    for file in ["examples.json", "backtests.json"] {
        let text = std::fs::read_to_string(root().join("worker/rules/tests/oracle").join(file)).unwrap();
        let records: Value = serde_json::from_str(&text).unwrap();
        for record in records["records"].as_array().unwrap() {
            let interval = record.get("interval").unwrap_or(&record["data"]["interval"]);
            let spec = json!({
                "marketData": {"dataset": "d", "symbols": ["A"], "interval": interval},
                "strategies": [record["strategy"]], "population": {"size": 10},
            });
            let job = json!({"apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": "j"}, "spec": spec});
            let documents = read_documents(&job.to_string()).unwrap();
            let problems: Vec<_> = documents.iter().flat_map(validate).collect();
            assert_eq!(problems, [], "{}", record["id"]);
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_file_with_rules_is_back_tested_as_a_built_in_strategy_is() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 7);
    sandbox.write("my_cross.yaml", RULES);
    let own = |genes: &[&str]| {
        let mut all =
            vec!["backtest", "--data", "walk", "--bars-per-year", "252", "--rules", "my_cross.yaml"];
        genes.iter().for_each(|gene| all.extend(["--gene", gene]));
        all.extend(["-o", "json"]);
        sandbox.run(&all)
    };
    let done = own(&["fast=5", "slow=20"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(report["strategy"], "my_cross");
    assert_eq!(report["genome"], json!({"fast": "5", "slow": "20"}));
    assert_eq!(report["warm_up_bars"], 20);
    let refused = |genes: &[&str], text: &str| {
        let ended = own(genes);
        assert_eq!(ended.code, 2, "{genes:?}");
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
    };
    refused(&["fats=5"], r#"did you mean "fast"?"#);
    refused(
        &["fast=50"],
        "--gene fast: 50 is not one of the values that gene \"fast\" has; the nearest is 20",
    );
    refused(&["fast=20", "slow=10"], "--gene: by the order of the rules it would be fast=10 slow=20");
    refused(&["fast"], "write NAME=VALUE");
    sandbox.write("my_cross.yaml", RULES.replace("$slow", "$slw"));
    refused(&[], "my_cross.yaml:5:49: rules.long.enter: Invalid value: there is no gene");
}

#[test]
fn a_strategy_of_a_file_runs_as_the_same_one_in_the_manifest_and_render_writes_it_there() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 7);
    sandbox.write("cross.yaml", RULES);
    sandbox.write("from.yaml", job("    from: cross.yaml"));
    sandbox.write("whole.yaml", job(&indented(RULES)));
    let digest = |file: &str| {
        sandbox.ok(&["run", file, "--fresh", "-o", "json"]);
        let result = common::run_folder(&sandbox.path().join("results"), "own").join("result/result.json");
        let result: Value = serde_json::from_slice(&std::fs::read(result).unwrap()).unwrap();
        result["inputs_digest"].clone()
    };
    let expected = digest("whole.yaml");
    assert_eq!(digest("from.yaml"), expected);
    let refused = sandbox.run(&["validate", "from.yaml"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stdout.contains("unknown field \"spec.strategies[0].from\"; `galapagos render` writes"),
        "{}",
        refused.stdout
    );
    let rendered = sandbox.ok(&["render", "from.yaml"]).stdout;
    sandbox.write("rendered.yaml", &rendered);
    sandbox.ok(&["validate", "rendered.yaml"]);
    assert_eq!(digest("rendered.yaml"), expected);
    let missing = sandbox.run(&["render", "nowhere.yaml"]);
    assert_eq!(missing.code, 2);
}

#[test]
fn a_run_of_ones_own_strategy_is_the_same_for_any_number_of_slots_and_replays() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 7);
    sandbox.write("job.yaml", job(&indented(RULES)));
    let run = |slots: &str| sandbox.json(&["run", "job.yaml", "--fresh", "--slots", slots, "-o", "json"]);
    let one = run("1");
    assert_eq!(one["result_digest"], run("3")["result_digest"]);
    let result = common::run_folder(&sandbox.path().join("results"), "own").join("result");
    let champion: Value =
        serde_json::from_slice(&std::fs::read(result.join("result.json")).unwrap()).unwrap();
    assert_eq!(champion["species"][0]["strategy"], "my_cross");
    let replayed =
        sandbox.json(&["backtest", &result.join("result.json").display().to_string(), "-o", "json"]);
    assert_eq!((&replayed["strategy"], &replayed["replays_exactly"]), (&json!("my_cross"), &json!(true)));
}

#[test]
fn worker_processes_look_at_other_symbols_and_timeframes_as_threads_do() {
    let sandbox = Sandbox::new();
    let file = |name: &str| root().join("deploy/examples/data").join(name).display().to_string();
    let (apple, ibm) = (file("AAPL.csv"), file("IBM.csv"));
    sandbox.ok(&[
        "import",
        &apple,
        &ibm,
        "--dataset",
        "walk",
        "--interval",
        "1d",
        "--calendar",
        "sessions:252",
    ]);
    let rules = "genes: [{name: n, min: 5, max: 40}, {name: w, min: 2, max: 8}]
rules:
  language: 1
  long:
    enter: of(IBM, close > sma(close, $n)) and close > on(1w, highest(high, $w)[1])
    exit: close < sma(close, $n)
    stop: entry_price * 0.8
"
    .replace("name: n,", "name: \"n\",");
    let text = job(&indented(&rules)).replace("[WALK]", "[AAPL]").replace("interval: 1h", "interval: 1d");
    sandbox.write("job.yaml", text);
    let threads = sandbox.json(&["run", "job.yaml", "--fresh", "-o", "json"]);
    let processes = sandbox.json(&["run", "job.yaml", "--fresh", "--workers", "2", "-o", "json"]);
    for field in ["result_digest", "best", "evaluations", "stopped_by"] {
        assert_eq!(processes[field], threads[field], "{field}");
    }
    assert!(threads["best"]["metrics"]["trades"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_the_data_do_not_have_is_shown_in_the_expression() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 7);
    let rules =
        RULES.replace("exit: \"sma(close, $fast)", "exit: \"of(WALKS, close) > 1 or sma(close, $fast)");
    sandbox.write("job.yaml", job(&indented(&rules)));
    sandbox.write("rules.yaml", &rules);
    sandbox.ok(&["validate", "job.yaml"]);
    let run = sandbox.run(&["run", "job.yaml"]);
    let backtest =
        sandbox.run(&["backtest", "--data", "walk", "--bars-per-year", "252", "--rules", "rules.yaml"]);
    let places = [("job.yaml:12:72: spec.strategies[0].", &run), ("rules.yaml:5:68: ", &backtest)];
    for (place, ended) in places {
        assert_eq!(ended.code, 2);
        let fault = format!(
            "{place}rules.long.exit: Invalid value: the dataset has no symbol \"WALKS\"; did you mean \"WALK\"?\n"
        );
        assert!(ended.stderr.contains(&fault), "{}", ended.stderr);
        assert!(ended.stderr.trim_end().ends_with("^^^^^"), "{}", ended.stderr);
    }
}
