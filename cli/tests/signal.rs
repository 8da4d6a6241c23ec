//! The signal of a champion is what the simulator decides, bar by bar.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root, run_folder};
use galapagos_run::engine::bars::Bars;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::signal::chosen::Chosen;
use galapagos_run::signal::decide::{Rows, accounts, decide};
use galapagos_run::signal::document::SignalDocument;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Two built-in strategies (one sizes its entries and has stops), one with a stop of its own genes, and one of rules that
/// know their position.
const STRATEGIES: &str = r#"
  - {name: sma_crossover, genes: [{name: slow_period, min: 10, max: 60}, {name: stop_loss, min: "0.02", max: "0.1", step: "0.01"}]}
  - {name: atr_stop_loss}
  - name: mine
    genes:
    - {name: fast, min: 5, max: 15}
    - {name: k, min: 1, max: 4}
    rules:
      language: 1
      long:
        enter: "cross_up(close, ema(close, $fast))"
        exit: "bars_in_trade > 20"
        stop: "peak - $k * atr(14)"
"#;

fn job(name: &str, symbols: &str, more: &str) -> String {
    format!(
        "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: {name}}}
spec:
  marketData: {{dataset: us-stocks, symbols: [{symbols}], interval: 1d{more}}}
  strategies:{STRATEGIES}  population: {{size: 24, seed: 3}}
  generations: 2
  execution: {{side: LongShort, takerFee: \"0.0005\"}}
  stop: {{patience: 1000}}
"
    )
}

/// The sample stocks as a dataset, and a run of a job on them; the folder of its result.
fn ran(sandbox: &Sandbox, name: &str, symbols: &str, more: &str) -> PathBuf {
    let files = ["AAPL", "IBM", "MSFT"].map(|s| sample(s).display().to_string());
    let import = ["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"];
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    sandbox.ok(&[&["import"], &names[..], &import[..]].concat());
    sandbox.write("job.yaml", job(name, symbols, more));
    let ended = sandbox.run(&["run", "job.yaml"]);
    assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
    run_folder(&sandbox.path().join("results"), name)
}

fn sample(symbol: &str) -> PathBuf {
    root().join(format!("deploy/examples/data/{symbol}.csv"))
}

/// The signal on the rows that are over at `closed_ms`.
fn cut(chosen: &Chosen, market: &Market, closed_ms: i64) -> SignalDocument {
    let kept = |b: &Bars<'_>| b.time_ms.partition_point(|&t| t + b.interval_ms <= closed_ms);
    let all: Vec<Bars<'_>> = market.bars();
    let bars = all.iter().map(|b| b.truncate(kept(b))).collect();
    let others = |names: &[String]| {
        let all = market.others(names);
        all.iter().map(|b| b.truncate(kept(b))).collect()
    };
    decide(chosen, Rows { name: "cut", facts: market.facts(), bars, others: &others }).unwrap()
}

#[test]
fn the_signal_after_every_bar_is_what_the_whole_back_test_decides_at_it() {
    let sandbox = Sandbox::new();
    let run = ran(&sandbox, "several", "AAPL, MSFT", "");
    let (mut compared, mut turns) = (0, 0);
    for rank in 1..=3 {
        let chosen = Chosen::read(&run, rank).unwrap();
        let spec = chosen.going_on("us-stocks");
        let market = Market::of_job(&sandbox.data(), &spec).unwrap();
        let mut whole = ResolvedJob::new(&chosen.manifest, &market.facts()).unwrap();
        whole.holdout = rust_decimal::Decimal::ZERO;
        let problem = Problem::new(&whole, market.bars(), Vec::new()).unwrap();
        let at = whole.species.iter().position(|s| s.name() == chosen.champion().strategy).unwrap();
        let indices = whole.species[at].indices("genome", &chosen.champion().genome).unwrap();
        let all = accounts(&problem, &problem.decode(at, &indices).unwrap()).unwrap();
        let bars = market.bars();
        // The warm-up may take half of the rows that are there.
        let warm_up = problem.warm_ups().iter().map(|w| w.rows).max().unwrap();
        let first = bars.iter().map(|b| b.time_ms[2 * warm_up + 1]).max().unwrap();
        let stamps: Vec<i64> = bars[0].time_ms.iter().copied().filter(|&t| t >= first).collect();
        assert!(stamps.len() > 400, "{} stamps", stamps.len());
        for &stamp in stamps.iter().step_by(if rank == 1 { 1 } else { 3 }) {
            let signal = cut(&chosen, &market, stamp + bars[0].interval_ms);
            for ((symbol, (decisions, _)), bars) in signal.signals.iter().zip(&all).zip(&bars) {
                let row = bars.time_ms.partition_point(|&t| t <= stamp) - 1;
                let decision = decisions.iter().find(|d| d.row == row).unwrap();
                let before = decisions.iter().find(|d| d.row + 1 == row).unwrap();
                assert_eq!(symbol.target.to_bits(), decision.target.to_bits(), "{row} {symbol:?}");
                assert_eq!((symbol.stop, symbol.take_profit), (decision.stop, decision.take), "{row}");
                assert_eq!(symbol.stop_distance, decision.stop_distance, "{row}");
                assert_eq!(symbol.changed, decision.target != before.target, "{row}");
                compared += 1;
                turns += usize::from(symbol.changed);
            }
        }
    }
    assert!(compared > 2000 && turns > 60, "{compared} compared, {turns} turns");
}

/// The first `lines` bars of a sample.
fn head(sandbox: &Sandbox, symbol: &str, lines: usize) -> PathBuf {
    let text = std::fs::read_to_string(sample(symbol)).unwrap();
    let kept: String = text.lines().take(lines + 1).map(|line| format!("{line}\n")).collect();
    sandbox.write(&format!("cut-{symbol}.csv"), kept)
}

/// What `galapagos backtest --bars` says of the training rows: open of the bar, signal.
fn replayed(sandbox: &Sandbox, result: &str) -> Vec<(String, String)> {
    sandbox.ok(&["backtest", result, "--bars", "bars.csv"]);
    let text = std::fs::read_to_string(sandbox.path().join("bars.csv")).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let training = rows.filter(|cells| cells[at("part")] == "training");
    training.map(|cells| (cells[at("time")].to_owned(), cells[at("signal")].to_owned())).collect()
}

fn rank_of(run: &Path, strategy: &str) -> usize {
    (1..=3).find(|&rank| Chosen::read(run, rank).unwrap().champion().strategy == strategy).unwrap()
}

#[test]
fn files_that_end_at_a_bar_give_the_signal_that_a_replay_writes_for_it() {
    let sandbox = Sandbox::new();
    let run = ran(&sandbox, "one", "AAPL", "");
    let result = format!("{}#{}", run.join("result/result.json").display(), rank_of(&run, "sma_crossover"));
    let bars = replayed(&sandbox, &result);
    let mut sides = std::collections::BTreeSet::new();
    for lines in (520..bars.len()).step_by(97) {
        let file = head(&sandbox, "AAPL", lines);
        let signal = sandbox.json(&["signal", &result, "--data", &file.display().to_string(), "-o", "json"]);
        let (time, wanted) = &bars[lines - 1];
        let one = &signal["signals"][0];
        assert_eq!((one["symbol"].as_str(), one["stamp"].as_str()), (Some("AAPL"), Some(time.as_str())));
        assert_eq!(one["target"].as_f64().unwrap(), wanted.parse::<f64>().unwrap(), "{time}");
        sides.insert(one["side"].as_str().unwrap().to_owned());
    }
    assert!(sides.len() > 1, "{sides:?}");
    let text = sandbox.ok(&["signal", &result]).stdout;
    assert!(text.contains("AAPL") && text.contains("genome blake3:"), "{text}");
    // The same champion on the file and on the dataset: other data, another digest, the same genome.
    let whole = sandbox.json(&["signal", &result, "-o", "json"]);
    let file =
        sandbox.json(&["signal", &result, "--data", &sample("AAPL").display().to_string(), "-o", "json"]);
    assert_eq!((&whole["signals"], &whole["genome_digest"]), (&file["signals"], &file["genome_digest"]));
    let other = run.join("result").display().to_string() + "#3";
    let other = sandbox.json(&["signal", &other, "-o", "json"]);
    assert_ne!(other["genome_digest"], whole["genome_digest"]);
    assert_eq!(other["dataset_digest"], whole["dataset_digest"]);
}

#[test]
fn what_cannot_be_decided_is_refused_by_name() {
    let sandbox = Sandbox::new();
    let run = ran(&sandbox, "several", "AAPL, MSFT", "").display().to_string();
    let refused = |arguments: &[&str], words: &[&str]| {
        let ended = sandbox.run(&[&["signal"], arguments].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {}", ended.stderr);
        for word in words {
            assert!(ended.stderr.contains(word), "{arguments:?}: {word:?} is not in\n{}", ended.stderr);
        }
    };
    let aapl = format!("AAPL={}", sample("AAPL").display());
    let msft = format!("MSFT={}", head(&sandbox, "MSFT", 100).display());
    refused(&[&run, "--data", &aapl], &["MSFT", "AAPL", "MSFT=FILE"]);
    refused(&[&run, "--data", &aapl, "--data", &msft], &["warm-up", "MSFT"]);
    refused(&[&run, "--data", "us-stoks"], &["--data us-stoks", "us-stocks"]);
    refused(&[&format!("{run}#9")], &["#9", "3 champions"]);
    refused(&[&format!("{run}#0")], &["after # comes a rank"]);
    refused(&["nowhere"], &["nowhere is no result"]);
    refused(&[&run, "--max-age", "36"], &["--max-age", "36h"]);
    sandbox.ok(&[
        "import",
        "--random-walk",
        "bars=3000,seed=1",
        "--dataset",
        "hours",
        "--symbol",
        "AAPL",
        "--interval",
        "1h",
    ]);
    refused(&[&run, "--data", "hours"], &["1d", "1h"]);
    let stale = sandbox.run(&["signal", &run, "--max-age", "usual"]);
    assert_eq!(stale.code, 3, "{}", stale.stderr);
    assert!(stale.stderr.contains("stale") && stale.stdout.contains("AAPL"), "{}", stale.stderr);
    let manifest = Path::new(&run).join("result/job.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("0.0005", "0.0006")).unwrap();
    refused(&[&run], &["job.yaml", "was changed"]);
    std::fs::remove_file(&manifest).unwrap();
    refused(&[&run], &["job.yaml", "is missing"]);
}

#[test]
fn a_champion_goes_on_where_its_dataset_does_also_behind_its_last_date() {
    let sandbox = Sandbox::new();
    let run = ran(&sandbox, "dated", "AAPL", ", to: 2010-01-01").display().to_string();
    let before: Value = sandbox.json(&["signal", &run, "-o", "json"]);
    assert!(before["stamp"].as_str().unwrap() > "2010-01-01", "{before}");
    // A later version of the dataset with fewer bars is the latest all the same.
    let file = head(&sandbox, "AAPL", 1500).display().to_string();
    let aapl = format!("AAPL={file}");
    let fewer = ["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"];
    sandbox.ok(&[&["import", &aapl], &fewer[..]].concat());
    let after = sandbox.json(&["signal", &run, "-o", "json"]);
    assert_ne!(after["dataset_digest"], before["dataset_digest"]);
    assert_eq!(after["genome_digest"], before["genome_digest"]);
    assert_ne!(after["stamp"], before["stamp"]);
}
