//! A champion as a program: the trades of the Python module are those of the simulator, the others are as stored.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, golden, root, run_folder};
use galapagos_run::signal::chosen::Chosen;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Built-in strategies that rules say and that have no stop of their own.
const BUILT_IN: [&str; 8] = [
    "sma_crossover",
    "ema_crossover",
    "donchian_breakout",
    "rsi_filter",
    "stochastic_oscillator",
    "sma_trend_filter",
    "ichimoku_cloud",
    "bollinger_bands",
];

fn job(strategies: &str, side: &str, seed: u32) -> String {
    format!(
        "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: exported}}
spec:
  marketData: {{dataset: us-stocks, symbols: [AAPL, IBM], interval: 1d}}
  strategies:
{strategies}  population: {{size: 64, seed: {seed}}}
  generations: 2
  validation: {{holdout: {{fraction: \"0\"}}}}
  execution: {{side: {side}, takerFee: \"0.0005\", slippage: \"0.0002\"}}
  stop: {{patience: 1000}}
"
    )
}

/// An own strategy with what the programs can say beyond the built-in ones.
const OWN: &str = "  - name: mine
    genes:
    - {name: span, min: 5, max: 40}
    rules:
      language: 1
      long:
        enter: \"not (close < sma(close, $span)) and close[1] < highest(high, $span)[2]\"
        exit: \"rsi(close, $span) > 70 or cross_down(close, ema(close, $span))\"
";

fn sample(symbol: &str) -> PathBuf {
    root().join(format!("deploy/examples/data/{symbol}.csv"))
}

fn ran(sandbox: &Sandbox, text: String) -> PathBuf {
    let files = ["AAPL", "IBM"].map(|s| sample(s).display().to_string());
    let stocks = ["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"];
    sandbox.ok(&[&["import", &files[0], &files[1]], &stocks[..]].concat());
    sandbox.write("job.yaml", text);
    let ended = sandbox.run(&["run", "job.yaml", "--fresh"]);
    assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
    run_folder(&sandbox.path().join("results"), "exported")
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("  - {{name: {name}}}\n")).collect()
}

/// A Python with pandas: that of the oracle's environment, which `make test` sets up, of the peers', or the machine's. `None`, and a loud word, without one.
fn python() -> Option<PathBuf> {
    let target = Path::new(common::BINARY).ancestors().nth(2).unwrap();
    let made = ["oracle-venv", "parity-venv"].map(|name| target.join(name).join("bin/python"));
    let given = std::env::var_os("GALAPAGOS_PYTHON").map(PathBuf::from);
    let has = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import numpy, pandas"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let found = given.into_iter().chain(made).chain([PathBuf::from("python3")]).find(has);
    if found.is_none() {
        eprintln!(
            "\n!!! THE EXPORTED PROGRAMS WERE NOT RUN: no python3 with numpy and pandas. e2e/parity/venv.sh makes one, \
             GALAPAGOS_PYTHON names another !!!\n"
        );
    }
    found
}

/// Side, entry, exit and both prices of closed round trips.
type Trip = (i8, String, String, f64, f64);

/// What the simulator traded of a symbol; what the end of the data closed is left out, since nobody closes it.
fn simulated(sandbox: &Sandbox, result: &str, symbol: &str) -> Vec<Trip> {
    sandbox.ok(&["backtest", result, "--trades", "trades.csv"]);
    let text = std::fs::read_to_string(sandbox.path().join("trades.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let rows = rows.filter(|row| row[at("symbol")] == symbol && row[at("reason")] != "end");
    let day = |text: &str| text[..10].to_owned();
    rows.map(|row| {
        let side = if row[at("side")] == "long" { 1 } else { -1 };
        let price = |name: &str| row[at(name)].parse().unwrap();
        (
            side,
            day(row[at("entry_time")]),
            day(row[at("exit_time")]),
            price("entry_price"),
            price("exit_price"),
        )
    })
    .collect()
}

fn generated(python: &Path, program: &Path, symbol: &str) -> Vec<Trip> {
    let output = Command::new(python).arg(program).arg(sample(symbol)).arg(symbol).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().next(), Some("side,entry_time,entry_price,exit_time,exit_price"));
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let closed = rows.filter(|row| !row[3].is_empty());
    closed
        .map(|row| {
            let price = |at: usize| row[at].parse().unwrap();
            (row[0].parse().unwrap(), row[1].to_owned(), row[3].to_owned(), price(2), price(4))
        })
        .collect()
}

#[test]
fn the_python_of_every_champion_makes_the_trades_of_the_simulator_on_the_samples() {
    let Some(python) = python() else { return };
    let mut trades = 0;
    for (seed, side, strategies) in
        [(1, "LongShort", list(&BUILT_IN)), (2, "Long", list(&BUILT_IN)), (3, "Long", OWN.to_owned())]
    {
        let sandbox = Sandbox::new();
        let run = ran(&sandbox, job(&strategies, side, seed));
        let count = Chosen::read(&run, 1).unwrap().document.species.len();
        assert_eq!(count, if seed == 3 { 1 } else { 8 });
        for rank in 1..=count {
            let result = format!("{}#{rank}", run.join("result/result.json").display());
            sandbox.ok(&["export", &result, "--format", "python", "-o", "champion.py"]);
            let program = sandbox.path().join("champion.py");
            for symbol in ["AAPL", "IBM"] {
                let (expected, found) =
                    (simulated(&sandbox, &result, symbol), generated(&python, &program, symbol));
                let text = std::fs::read_to_string(&program).unwrap();
                assert_eq!(found.len(), expected.len(), "{side} {symbol}\n{text}");
                for (a, b) in found.iter().zip(&expected) {
                    assert_eq!((a.0, &a.1, &a.2), (b.0, &b.1, &b.2), "{side} {symbol}\n{text}");
                    assert!(
                        (a.3 / b.3 - 1.0).abs() < 1e-12 && (a.4 / b.4 - 1.0).abs() < 1e-12,
                        "{a:?} {b:?}"
                    );
                }
                trades += expected.len();
            }
        }
    }
    assert!(trades > 500, "only {trades} trades were compared");
}

#[test]
fn the_programs_of_each_built_in_strategy_are_as_stored() {
    let sandbox = Sandbox::new();
    let run = ran(&sandbox, job(&list(&BUILT_IN), "LongShort", 1));
    for rank in 1..=BUILT_IN.len() {
        let strategy = Chosen::read(&run, rank).unwrap().champion().strategy.clone();
        let result = format!("{}#{rank}", run.display());
        for (format, ending) in [("python", "py"), ("pine", "pine"), ("freqtrade", "freqtrade.py")] {
            let program = sandbox.ok(&["export", &result, "--format", format]).stdout;
            assert!(program.contains("blake3:") && !program.contains("$"), "{program}");
            golden(&format!("export/{strategy}.{ending}"), &program);
        }
    }
}

#[test]
fn every_generated_module_is_python() {
    // The syntax needs no library.
    let compiled = |file: &Path| {
        let check = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
        Command::new("python3").args(["-c", check]).arg(file).output()
    };
    let folder = root().join("cli/tests/golden/export");
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|e| e == "py")).collect();
    assert_eq!(files.len(), 16);
    for file in files {
        let Ok(output) = compiled(&file) else { return };
        assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_has_no_counterpart_is_refused_by_name() {
    let refused = |strategies: &str, execution: &str, words: &[&str]| {
        let sandbox = Sandbox::new();
        let text = job(strategies, "Long", 4).replace("slippage: \"0.0002\"", execution);
        let run = ran(&sandbox, text).display().to_string();
        let ended = sandbox.run(&["export", &run, "--format", "python", "-o", "x.py"]);
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        for word in words {
            assert!(ended.stderr.contains(word), "{word:?} is not in\n{}", ended.stderr);
        }
        assert!(!sandbox.path().join("x.py").exists());
    };
    let same = "slippage: \"0\"";
    refused("  - {name: atr_stop_loss}\n", same, &["atr_stop_loss", "rules.long.stop"]);
    refused("  - {name: vwap_reversion}\n", same, &["vwap_reversion", "weighs each row by its volume"]);
    let stop = "  - {name: sma_crossover, genes: [{name: stop_loss, value: \"0.05\"}]}\n";
    refused(stop, same, &["sma_crossover", "the stop gene stop_loss"]);
    refused("  - {name: sma_crossover}\n", "fill: SameClose", &["execution.fill SameClose"]);
    let own = |long: &str| OWN.split("        enter").next().unwrap().to_owned() + long;
    let function = own("        enter: \"close > dema(close, $span)\"\n        exit: \"close < open\"\n");
    refused(&function, same, &["mine", "the function dema"]);
    let frame = own("        enter: \"on(1w, close > sma(close, $span))\"\n        exit: \"close < open\"\n");
    refused(&frame, same, &["mine", "the function on"]);
    let term = own("        enter: \"close > sma(close, $span)\"\n        exit: \"bars_in_trade > 5\"\n");
    refused(&term, same, &["mine", "bars_in_trade"]);
}

#[test]
fn the_commands_of_the_page_work_as_they_stand_there() {
    let sandbox = Sandbox::new();
    let aapl = sample("AAPL").display().to_string();
    sandbox.ok(&[
        "import",
        &aapl,
        "--dataset",
        "us-stocks",
        "--interval",
        "1d",
        "--calendar",
        "sessions:252",
    ]);
    let job = root().join("deploy/examples/stocks-daily.yaml").display().to_string();
    let ended =
        sandbox.run(&["run", &job, "--set", "generations=2", "--set", "strategies=[{name: sma_crossover}]"]);
    assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
    let run = run_folder(&sandbox.path().join("results"), "stocks-daily");
    let page = std::fs::read_to_string(root().join("docs/export.md")).unwrap();
    let commands = page.split("```").nth(1).unwrap().lines().filter(|line| line.starts_with("galapagos "));
    let mut count = 0;
    for line in commands {
        // What a shell makes of the star.
        let line = line.replace('*', run.file_name().unwrap().to_str().unwrap());
        sandbox.ok(&line.split_whitespace().skip(1).collect::<Vec<_>>());
        count += 1;
    }
    assert_eq!(count, 3);
    for file in ["champion.py", "strategy.py"] {
        assert!(std::fs::read_to_string(sandbox.path().join(file)).unwrap().contains("sma_crossover"));
    }
}
