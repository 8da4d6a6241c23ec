//! What `galapagos functions` and `galapagos check` say of the language and of strategies that are written in it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root};
use galapagos_run::rules::functions::FUNCTIONS;
use galapagos_run::rules::terms::TERMS;
use serde_json::Value;

const CROSS: &str = "\
genes: [{name: fast, min: 5, max: 50}, {name: slow, min: 20, max: 240}, {name: level, min: 60, max: 80}]
rules:
  language: 1
  let: {f: \"ema(close, $fast)\", s: \"ema(close, $slow)\", unused: close}
  long: {enter: \"cross_up(f, s) and rsi(close, 14) < $level\", exit: \"f < s\"}
  order: [\"fast < slow\"]
";

fn only(document: &Value) -> &Value {
    assert_eq!(document["valid"], true);
    let all = document["strategies"].as_array().unwrap();
    assert_eq!(all.len(), 1);
    &all[0]
}

fn remarks(report: &Value) -> Vec<String> {
    let text = |r: &Value| format!("{} [{}] {}", r["path"], r["part"], r["message"]).replace('"', "");
    report["remarks"].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn every_function_and_term_is_documented_for_people_and_programs() {
    let sandbox = Sandbox::new();
    let (text, all) = (sandbox.ok(&["functions"]).stdout, sandbox.json(&["functions", "-o", "json"]));
    assert_eq!(all["functions"].as_array().unwrap().len(), FUNCTIONS.len());
    assert_eq!(all["terms"].as_array().unwrap().len(), TERMS.len());
    for f in &FUNCTIONS {
        assert!(text.contains(&f.signature()) && text.contains(f.meaning), "{}", f.name);
    }
    for term in &TERMS {
        assert!(text.contains(term.name) && text.contains(term.meaning), "{}", term.name);
    }
    let macd = sandbox.ok(&["functions", "macd"]).stdout;
    for word in ["macd(x, f, s, g)", ".line", ".signal", ".hist", "3max(f, s) - 1", "in the unit of x"] {
        assert!(macd.contains(word), "{word}:\n{macd}");
    }
    assert!(sandbox.ok(&["functions", "obv"]).stdout.contains("volume"));
    assert!(sandbox.ok(&["functions", "peak"]).stdout.contains("while a position of that side is open"));
    let atr = sandbox.json(&["functions", "atr", "-o", "json"]);
    assert_eq!(
        (&atr["outputs"][0]["gives"], &atr["outputs"][0]["warm_up"]),
        (&"a price".into(), &"5n".into())
    );
    let unknown = sandbox.run(&["functions", "supertrand"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean \"supertrend\""), "{}", unknown.stderr);
}

#[test]
fn a_check_tells_columns_genes_warm_up_and_path() {
    let sandbox = Sandbox::new();
    sandbox.write("my-cross.yaml", CROSS);
    let document = sandbox.json(&["check", "my-cross.yaml", "-o", "json"]);
    let report = only(&document);
    assert_eq!(report["name"], "my_cross");
    assert_eq!((&report["path"]["way"], &report["data"]), (&"batch".into(), &Value::Null));
    // By hand: 3 * 240 - 1 rows of the slow average, one of the crossing, and the row itself.
    assert_eq!(
        (&report["warm_up"]["rows"], &report["warm_up"]["path"]),
        (&721.into(), &"rules.long.enter".into())
    );
    let columns = report["columns"].as_array().unwrap();
    let told: Vec<(&str, u64)> =
        columns.iter().map(|c| (c["column"].as_str().unwrap(), c["distinct"].as_u64().unwrap())).collect();
    assert_eq!(told, [("rsi(close, 14)", 1), ("ema(close, $fast)", 46), ("ema(close, $slow)", 221)]);
    assert!(columns.iter().all(|c| c["nanoseconds"].as_f64().unwrap() > 0.0));
    assert_eq!(report["series"], 268);
    let genes = report["genes"].as_array().unwrap();
    let told: Vec<(&str, &str, u64, u64)> = genes
        .iter()
        .map(|g| {
            let number = |key: &str| g[key].as_u64().unwrap();
            (g["name"].as_str().unwrap(), g["role"].as_str().unwrap(), number("values"), number("series"))
        })
        .collect();
    let expected = [("fast", "series", 46, 46), ("slow", "series", 221, 221), ("level", "threshold", 21, 0)];
    assert_eq!(told, expected);
    let remarks = remarks(report);
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks[0].starts_with("rules.let.unused"), "{remarks:?}");
    assert!(remarks[1].contains("[ema(close, $slow)]") && remarks[1].contains("221"), "{remarks:?}");
    let text = sandbox.ok(&["check", "my-cross.yaml"]).stdout;
    for word in ["batch", "721 rows", "each value is another series", "Remarks", "`ema(close, $slow)`"] {
        assert!(text.contains(word), "{word}:\n{text}");
    }
}

#[test]
fn a_check_names_the_expression_that_keeps_a_strategy_from_a_batch() {
    let sandbox = Sandbox::new();
    let way = |rules: &str| {
        sandbox.write("x.yaml", format!("rules:\n  language: 1\n{rules}"));
        let document = sandbox.json(&["check", "x.yaml", "-o", "json"]);
        only(&document)["path"].to_string()
    };
    let exit = way("  long: {enter: rising(close), exit: \"falling(close) or profit > 0.1\"}\n");
    assert!(
        exit.contains("\"rows\"") && exit.contains("rules.long.exit") && exit.contains("profit"),
        "{exit}"
    );
    let stop = way("  long: {enter: rising(close), exit: falling(close), stop: low}\n");
    assert!(stop.contains("\"rows\"") && stop.contains("rules.long.stop"), "{stop}");
    assert!(way("  exposure: \"iff(rising(close), 1, 0)\"\n").contains("rules.exposure"));
    assert!(way("  long: {enter: rising(close)}\n  maxBars: 3\n").contains("rules.maxBars"));
    let stopped = CROSS.replace("genes: [", "genes: [{name: stop_loss, value: \"0.05\"}, ");
    let open = stopped.replace(", exit: \"f < s\"", "");
    for (text, shares) in [(&stopped, true), (&open, false)] {
        sandbox.write("x.yaml", text);
        let path = only(&sandbox.json(&["check", "x.yaml", "-o", "json"]))["path"].to_string();
        assert_eq!(path.contains("\"batch\""), shares, "{path}");
        assert_eq!(path.contains("stop_loss") && path.contains("rules.long\""), !shares, "{path}");
    }
    let open = way("  long: {enter: rising(close)}\n  short: {enter: falling(close), exit: rising(close)}\n");
    assert!(open.contains("batch_without_margin") && open.contains("rules.long\""), "{open}");
}

#[test]
fn a_check_on_data_counts_trades_and_rows() {
    let sandbox = Sandbox::new();
    sandbox.write("my-cross.yaml", CROSS);
    let data = root().join("deploy/examples/data/AAPL.csv").display().to_string();
    let document = sandbox.json(&["check", "my-cross.yaml", "--data", &data, "-o", "json"]);
    let told = &only(&document)["data"];
    let alone =
        ["backtest", "--rules", "my-cross.yaml", "--data", &data, "--bars-per-year", "252", "-o", "json"];
    let alone = sandbox.json(&alone);
    assert_eq!((&told["trades"], &told["warm_up"]), (&alone["metrics"]["trades"], &alone["warm_up_bars"]));
    assert!(told["trades"].as_u64().unwrap() > 0);
    let bars = alone["dataset"]["bars"].as_u64().unwrap() - told["warm_up"].as_u64().unwrap() + 1;
    let conditions = told["conditions"].as_array().unwrap();
    assert_eq!(conditions.len(), 4, "{told:#}");
    let mut rows = Vec::new();
    for c in conditions {
        let count = |key: &str| c[key].as_u64().unwrap();
        assert_eq!(count("met") + count("unmet") + count("unknown"), bars, "{c}");
        assert_eq!(count("unknown"), 0, "{c}");
        rows.push((c["condition"].as_str().unwrap(), c["whole"].as_bool().unwrap(), count("first_known")));
    }
    // What is false and unknown is false, so the whole is known where its crossing is.
    assert!(rows.contains(&("rsi(close, 14) < $level", false, 14)), "{rows:?}");
    assert!(rows.contains(&("ema(close, $fast) < ema(close, $slow)", true, 0)), "{rows:?}");
    let text = sandbox.ok(&["check", "my-cross.yaml", "--data", &data]).stdout;
    assert!(text.contains("FIRST KNOWN") && text.contains("trades in"), "{text}");
}

#[test]
fn what_is_wrong_is_told_as_validate_tells_it() {
    let sandbox = Sandbox::new();
    let manifest = "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {name: demo}
spec:
  marketData: {dataset: walk, symbols: [AAA], interval: 1d}
  strategies:
  - name: mine
    rules: {language: 1, long: {enter: \"clos > open\"}}
  population: {size: 20}
";
    sandbox.write("job.yaml", manifest);
    let (check, validate) = (sandbox.run(&["check", "job.yaml"]), sandbox.run(&["validate", "job.yaml"]));
    assert_eq!((check.code, &check.stdout, &check.stderr), (2, &validate.stdout, &validate.stderr));
    assert!(check.stdout.contains("job.yaml:8:41:") && check.stdout.contains("^^^^"), "{}", check.stdout);
    let (check, validate) = (
        sandbox.run(&["check", "job.yaml", "-o", "json"]),
        sandbox.run(&["validate", "job.yaml", "-o", "json"]),
    );
    assert_eq!((check.code, check.json()), (2, validate.json()));
    sandbox.write("job.yaml", manifest.replace("clos >", "close >"));
    assert_eq!(only(&sandbox.json(&["check", "job.yaml", "-o", "json"]))["name"], "mine");
    sandbox
        .write("job.yaml", manifest.replace("mine\n", "rsi_filter\n").replace("    rules:", "    # rules:"));
    let none = sandbox.run(&["check", "job.yaml"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("no strategy with rules"), "{}", none.stderr);
}

#[test]
fn a_built_in_strategy_is_printed_as_rules_to_start_from() {
    let sandbox = Sandbox::new();
    let data = root().join("deploy/examples/data/AAPL.csv").display().to_string();
    let equity = |arguments: &[&str]| {
        let mut all =
            vec!["backtest", "--data", &data, "--bars-per-year", "252", "--side", "long-short", "-o", "json"];
        all.extend(arguments);
        sandbox.json(&all)["sums"].clone()
    };
    let document = sandbox.ok(&["strategies", "bollinger_bands", "--rules"]).stdout;
    sandbox.write("mine.yaml", &document);
    assert_eq!(only(&sandbox.json(&["check", "mine.yaml", "-o", "json"]))["name"], "my_bollinger_bands");
    // Both warm up for as many rows.
    assert_eq!(equity(&["--rules", "mine.yaml"]), equity(&["--strategy", "bollinger_bands"]));
    let refused = sandbox.run(&["strategies", "pca_tree_quantile", "--rules"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.contains("it trains a model"), "{}", refused.stderr);
    assert_eq!(sandbox.run(&["strategies", "--rules"]).code, 2);
}

#[test]
fn every_sample_can_be_checked_and_says_what_keeps_it_from_a_batch() {
    let sandbox = Sandbox::new();
    let mut checked = 0;
    for entry in std::fs::read_dir(root().join("deploy/examples/rules")).unwrap() {
        let path = entry.unwrap().path().display().to_string();
        if !path.ends_with(".yaml") {
            continue;
        }
        let document = sandbox.json(&["check", &path, "-o", "json"]);
        for report in document["strategies"].as_array().unwrap() {
            let because = report["path"]["because"].as_array().unwrap();
            assert_eq!(report["path"]["way"] == "batch", because.is_empty(), "{path}: {because:?}");
            let columns = report["columns"].as_array().unwrap();
            assert!(columns.iter().all(|c| c["nanoseconds"].is_f64()), "{path}: {columns:?}");
            let odd: Vec<String> =
                remarks(report).into_iter().filter(|line| !line.contains("a series of its own")).collect();
            assert!(odd.is_empty(), "{path}: {odd:?}");
            checked += 1;
        }
    }
    assert!(checked >= 12, "only {checked} strategies");
}

#[test]
fn only_data_tell_the_warm_up_of_other_timeframes() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "x.yaml",
        "rules: {language: 1, long: {enter: \"close > on(1w, sma(close, 3))\", exit: falling(close)}}\n",
    );
    let document = sandbox.json(&["check", "x.yaml", "-o", "json"]);
    assert_eq!(only(&document)["warm_up"], Value::Null);
    let data = root().join("deploy/examples/data/AAPL.csv").display().to_string();
    let document = sandbox.json(&["check", "x.yaml", "--data", &data, "-o", "json"]);
    let report = only(&document);
    assert_eq!(report["warm_up"]["rows"].as_i64(), report["data"]["warm_up"].as_i64());
}
