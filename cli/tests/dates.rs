//! From when to when: `marketData.from` and `to`, and `--from` and `--to`, through the real program.

mod common;

use common::{Sandbox, small_job};
use serde_json::Value;

/// A job on the walk, which begins on 2020-01-01 and has a bar an hour.
fn dated(from: &str, to: &str) -> String {
    small_job(40, 3).replace("interval: 1h,", &format!("interval: 1h, from: {from}, to: {to},"))
}

fn backtest(sandbox: &Sandbox, more: &[&str]) -> Value {
    let mut arguments = vec![
        "backtest",
        "--data",
        "walk",
        "--strategy",
        "sma_crossover",
        "--gene",
        "slow_period=30",
        "-o",
        "json",
    ];
    arguments.extend(more);
    sandbox.json(&arguments)
}

#[test]
fn a_backtest_between_dates_counts_their_bars_and_writes_no_others() {
    let sandbox = Sandbox::new();
    sandbox.walk(2000, 3);
    let dates = ["--from", "2020-02-01", "--to", "2020-03-01T01:00:00+01:00"];
    let result =
        backtest(&sandbox, &[&dates[..], &["--bars", "bars.csv", "--trades", "trades.csv"]].concat());
    assert_eq!(result["dataset"]["bars"], 29 * 24);
    assert_eq!(result["dataset"]["from"], "2020-02-01T00:00:00Z");
    assert_eq!(result["dataset"]["to"], "2020-02-29T23:00:00Z");
    assert_eq!(result["dates"]["to"], "2020-03-01T00:00:00Z");
    assert_eq!(result["warm_up_bars"], 31);
    let bars = std::fs::read_to_string(sandbox.path().join("bars.csv")).unwrap();
    let lines: Vec<&str> = bars.lines().collect();
    assert_eq!(lines.len(), 1 + 29 * 24);
    assert!(lines[1].starts_with("2020-02-01T00:00:00Z,") && !lines[1].ends_with(','), "{}", lines[1]);
    let trades = std::fs::read_to_string(sandbox.path().join("trades.csv")).unwrap();
    assert!(trades.lines().count() > 3);
    for line in trades.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(cells[2] >= "2020-02-01" && cells[4] < "2020-03-01", "{line}");
    }
    assert_eq!(
        backtest(&sandbox, &["--from", "2020-01-01", "--to", "2030-01-01"])["sums"],
        backtest(&sandbox, &[])["sums"]
    );
    assert!(backtest(&sandbox, &[]).get("dates").is_none());
    let full = backtest(&sandbox, &[&dates[..], &["--window", "full"]].concat());
    assert_eq!(full["dataset"]["bars"], 29 * 24);
}

#[test]
fn dates_without_bars_are_refused_with_what_there_is() {
    let sandbox = Sandbox::new();
    sandbox.walk(500, 3);
    for (dates, parts) in [
        (
            ["--from", "2021-01-01", "--to", "2022-01-01"],
            ["--from: WALK has no bar", "2020-01-21T19:00:00Z", "earlier --from"],
        ),
        (
            ["--from", "2020-01-05", "--to", "2020-01-05"],
            ["--to 2020-01-05T00:00:00Z", "not after", "--from 2020-01-05"],
        ),
        (["--from", "2020-01-01", "--to", "2020-01-02"], ["24 bars before --to", "needs 31", "later --to"]),
        (
            ["--from", "2020-02-30", "--to", "2022-01-01"],
            ["'2020-02-30' for '--from <DATE>'", "no date", "2024-01-31T09:30:00Z"],
        ),
    ] {
        let mut arguments =
            vec!["backtest", "--data", "walk", "--strategy", "sma_crossover", "--gene", "slow_period=30"];
        arguments.extend(dates);
        let ended = sandbox.run(&arguments);
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        for part in parts {
            assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_run_between_dates_says_them_is_the_same_in_any_way_and_replays() {
    let sandbox = Sandbox::new();
    sandbox.walk(3000, 5);
    let job = sandbox.write("job.yaml", dated("2020-02-01", "\"2020-04-01T00:00:00Z\""));
    let job = job.to_str().unwrap();
    let estimate = sandbox.json(&["run", job, "--dry-run", "-o", "json"]);
    assert_eq!(estimate["from"], "2020-02-01T00:00:00Z");
    assert_eq!(estimate["symbols"][0]["bars"], 60 * 24);
    assert_eq!(estimate["symbols"][0]["training_bars"], 60 * 24 - 288);
    assert_eq!(estimate["symbols"][0]["holdout_bars"], 288);
    let one = sandbox.json(&["run", job, "--slots", "1", "-o", "json", "--results-dir", "one"]);
    let four = sandbox.json(&["run", job, "--slots", "4", "-o", "json", "--results-dir", "four"]);
    let fleet = sandbox.json(&["run", job, "--workers", "2", "-o", "json", "--results-dir", "fleet"]);
    assert_eq!(one["result_digest"], four["result_digest"]);
    assert_eq!(one["result_digest"], fleet["result_digest"]);
    let other = sandbox.write("other.yaml", dated("2020-02-01T01:00:00+01:00", "2020-04-01"));
    let other = sandbox.json(&["run", other.to_str().unwrap(), "-o", "json", "--results-dir", "one"]);
    assert_eq!(other["result_digest"], one["result_digest"], "another spelling is the same run");
    let text = sandbox.ok(&["run", job, "--results-dir", "one"]).stdout;
    let said = "Dates        from 2020-02-01T00:00:00Z to 2020-04-01T00:00:00Z (1,440 bars, and 744 before them to warm up)";
    assert!(text.contains(said), "{text}");
    let folder = common::run_folder(&sandbox.path().join("one"), "small").join("result");
    let result = folder.join("result.json");
    let document: Value = serde_json::from_slice(&std::fs::read(&result).unwrap()).unwrap();
    assert_eq!(document["data"]["symbols"][0]["from"], "2020-02-01T00:00:00Z");
    assert_eq!(document["data"]["symbols"][0]["to"], "2020-03-31T23:00:00Z");
    assert_eq!(document["data"]["symbols"][0]["warm_up"], 0);
    let replay = sandbox.json(&["backtest", result.to_str().unwrap(), "--bars", "bars.csv", "-o", "json"]);
    assert_eq!(replay["replays_exactly"], true);
    assert_eq!(replay["dataset"]["bars"], 1440);
    let bars = std::fs::read_to_string(sandbox.path().join("bars.csv")).unwrap();
    assert_eq!(bars.lines().count(), 1441);
    let mixed = sandbox.run(&["backtest", result.to_str().unwrap(), "--from", "2020-03-01"]);
    assert_eq!(mixed.code, 2, "a replay has the dates of its job");
}

#[test]
fn validate_points_at_dates_that_are_none() {
    let sandbox = Sandbox::new();
    for (from, to, parts) in [
        ("2020-04-01", "2020-02-01", ["5:15", "from must be before to"]),
        ("01/02/2020", "2020-02-01", ["spec.marketData.from", "should match"]),
        ("20200201", "2020-02-01", ["spec.marketData.from", "must be of type string"]),
        ("2020-02-30", "2020-04-01", ["spec.marketData", "2020-02-30"]),
    ] {
        let job = sandbox.write("job.yaml", dated(from, to));
        let ended = sandbox.run(&["validate", job.to_str().unwrap()]);
        assert_eq!(ended.code, 2);
        for part in parts {
            assert!(
                ended.stderr.contains(part) || ended.stdout.contains(part),
                "{part}: {}{}",
                ended.stdout,
                ended.stderr
            );
        }
    }
    let job = sandbox.write("job.yaml", dated("2020-02-01", "2020-04-01"));
    sandbox.ok(&["validate", job.to_str().unwrap()]);
}
