//! Data that have closes only, from the file to the refusal of a stop.

mod common;

use common::{Sandbox, run_folder};

/// Daily closes of two years, as an index is published.
fn closes() -> String {
    let mut text = "observation_date,SP500\n".to_owned();
    let mut price = 4000.0_f64;
    for day in 0..730_i64 {
        price *= 1.0 + 0.01 * ((day * 7919 % 101) as f64 / 50.0 - 0.995);
        text += &format!("{},{price:.2}\n", 1_600_000_000 + day * 86_400 - 1_600_000_000 % 86_400);
    }
    text
}

fn job(strategies: &str, source: &str) -> String {
    format!(
        "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: index}}
spec:
  marketData: {{dataset: index, symbols: [SP500], interval: 1d, calendar: {{type: Continuous}}{source}}}
  strategies: {strategies}
  population: {{size: 20, seed: 9}}
  generations: 2
"
    )
}

#[test]
fn an_index_of_closes_is_imported_and_evolved_on_and_stops_are_refused() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("SP500.csv", closes());
    let file = file.to_str().unwrap();
    let plain = sandbox.run(&["import", file, "--dataset", "index", "--interval", "1d"]);
    assert_eq!(plain.code, 2);
    assert!(plain.stderr.contains("--close-only"), "{}", plain.stderr);
    let import = [
        "import",
        file,
        "--dataset",
        "index",
        "--interval",
        "1d",
        "--close-only",
        "--calendar",
        "continuous",
    ];
    let text = sandbox.ok(&import).stdout;
    assert!(text.contains("note: closes only: stops and targets"), "{text}");
    assert!(sandbox.ok(&["data", "show", "index"]).stdout.contains("Prices    closes only"));
    assert_eq!(sandbox.json(&["data", "list", "-o", "json"])["datasets"][0]["close_only"], true);

    let good = sandbox.write("good.yaml", job("[{name: sma_crossover}, {name: rsi_filter}]", ""));
    sandbox.ok(&["run", good.to_str().unwrap()]);
    let result = run_folder(&sandbox.path().join("results"), "index").join("result/result.json");
    assert_eq!(sandbox.json(&["backtest", result.to_str().unwrap(), "-o", "json"])["replays_exactly"], true);
    for (strategies, part) in [
        ("[{name: sma_crossover, genes: [{name: stop_loss, value: \"0.05\"}]}]", "leave stop_loss out"),
        ("[{name: sma_crossover}, {name: atr_stop_loss}]", "spec.strategies[1]"),
    ] {
        let bad = sandbox.write("bad.yaml", job(strategies, ""));
        let ended = sandbox.run(&["run", bad.to_str().unwrap()]);
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains("closes only") && ended.stderr.contains(part), "{}", ended.stderr);
    }
    sandbox.ok(&["backtest", "--data", "index", "--strategy", "sma_crossover"]);
    for more in [&["sma_crossover", "--gene", "take_profit=0.1"][..], &["atr_stop_loss"]] {
        let ended = sandbox.run(&[&["backtest", "--data", "index", "--strategy"], more].concat());
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains("closes only"), "{}", ended.stderr);
    }
}

#[test]
fn a_job_imports_a_source_of_closes() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.data().join("raw")).unwrap();
    std::fs::write(sandbox.data().join("raw/SP500.csv"), closes()).unwrap();
    let bars = sandbox.write("bars.yaml", job("[{name: sma_crossover}]", ", source: {path: raw/SP500.csv}"));
    let ended = sandbox.run(&["run", bars.to_str().unwrap()]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("lacks open, high, low") || ended.stderr.contains("--close-only"),
        "{}",
        ended.stderr
    );
    let source = ", source: {path: raw/SP500.csv, closeOnly: true}";
    let closes = sandbox.write("closes.yaml", job("[{name: sma_crossover}]", source));
    sandbox.ok(&["validate", closes.to_str().unwrap()]);
    sandbox.ok(&["run", closes.to_str().unwrap()]);
    assert!(sandbox.ok(&["data", "show", "index"]).stdout.contains("closes only"));
}
