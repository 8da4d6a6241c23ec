//! Exit codes and what errors say: the field or flag, the value, what is allowed.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, small_job};

/// Runs, expects exit code 2 and every word in stderr.
fn refused(sandbox: &Sandbox, arguments: &[&str], words: &[&str]) {
    let ended = sandbox.run(arguments);
    assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
    assert_eq!(ended.stdout, "", "{arguments:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{arguments:?}: {word:?} is not in\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[test]
fn the_help_of_columns_has_every_meaning_that_the_importer_knows() {
    let sandbox = Sandbox::new();
    let refused =
        sandbox.run(&["import", "x.csv", "--dataset", "x", "--interval", "1h", "--columns", "none=1"]);
    let (_, known) = refused.stderr.split_once("use one of ").unwrap();
    let known: Vec<&str> = known.lines().next().unwrap().split(", ").collect();
    assert!(known.len() > 5, "{known:?}");
    let help = sandbox.run(&["import", "--help"]).stdout;
    assert!(known.iter().all(|name| help.contains(&format!("{name}="))), "{known:?}");
}

#[test]
fn a_wrong_word_names_what_was_meant_and_what_is_allowed() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 1);
    refused(
        &sandbox,
        &["strategies", "ema_crosover"],
        &["ema_crosover", "did you mean \"ema_crossover\"", "rsi_filter"],
    );
    refused(&sandbox, &["runn", "x"], &["runn", "run"]);
    refused(
        &sandbox,
        &["backtest", "--data", "walk", "--strategy", "rsi_filtr"],
        &["--strategy", "did you mean \"rsi_filter\""],
    );
    refused(
        &sandbox,
        &["backtest", "--data", "walk", "--strategy", "rsi_filter", "--gene", "rsi_perid=3"],
        &["rsi_perid", "rsi_period"],
    );
    refused(
        &sandbox,
        &["backtest", "--data", "walk", "--strategy", "rsi_filter", "--gene", "rsi_period"],
        &["--gene", "NAME=VALUE"],
    );
    refused(
        &sandbox,
        &["backtest", "--data", "walk", "--strategy", "rsi_filter", "--taker-fee", "1.5"],
        &["takerFee", "1.5", "less than 1"],
    );
    refused(
        &sandbox,
        &["backtest", "--data", "walk", "--strategy", "rsi_filter", "--execution", "{\"takerFe\": \"0.1\"}"],
        &["takerFe", "takerFee"],
    );
    refused(&sandbox, &["backtest", "--data", "wakl", "--strategy", "rsi_filter"], &["--data wakl", "walk"]);
    refused(&sandbox, &["data", "show", "wakl"], &["wakl", "walk"]);
    refused(&sandbox, &["import", "x.csv", "--dataset", "X!", "--interval", "1h"], &["dataset", "X!"]);
    refused(&sandbox, &["import", "x.csv", "--dataset", "x", "--interval", "1w"], &["interval", "1w", "7d"]);
    refused(&sandbox, &["import", "--random-walk", "bars=10,sed=1", "--dataset", "x"], &["sed=1", "seed"]);
    refused(
        &sandbox,
        &["import", "x.csv", "--dataset", "x", "--max-gap-share", "2"],
        &["--max-gap-share", "between 0 and 1"],
    );
}

#[test]
fn a_manifest_that_is_wrong_is_refused_with_line_and_column() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 1);
    let job = small_job(20, 3);
    sandbox.write("typo.yaml", job.replace("generations:", "generation:"));
    refused(&sandbox, &["run", "typo.yaml"], &["typo.yaml:", "generation", "generations"]);
    sandbox.write("gene.yaml", job.replace("slow_period", "slow_perod"));
    refused(&sandbox, &["run", "gene.yaml"], &["slow_perod", "slow_period"]);
    sandbox.write("float.yaml", job.replace("\"0.0001\"", "0.0001"));
    refused(&sandbox, &["run", "float.yaml"], &["quote it"]);
    sandbox.write("job.yaml", &job);
    refused(&sandbox, &["run", "missing.yaml"], &["missing.yaml"]);
    refused(&sandbox, &["run", "job.yaml", "--set", "generations"], &["--set", "PATH=VALUE"]);
    refused(&sandbox, &["run", "job.yaml", "--set", "generations=0"], &["--set", "generations"]);
    refused(&sandbox, &["run", "job.yaml", "--set", "generashuns=3"], &["--set", "generashuns"]);
    refused(&sandbox, &["run", "job.yaml", "--resume"], &["nothing to resume"]);
    refused(&sandbox, &["run", "job.yaml", "--resume", "--fresh"], &["--resume", "--fresh"]);
    refused(&sandbox, &["run", "job.yaml", "--slots", "0"], &["--slots"]);
    refused(&sandbox, &["run", "job.yaml", "--set", "marketData.symbols=[NOPE]"], &["NOPE", "WALK"]);
    refused(&sandbox, &["run", "job.yaml", "--set", "marketData.interval=1d"], &["interval", "1d", "1h"]);
    sandbox.write("two.yaml", format!("{job}---\n{}", job.replace("name: small", "name: second")));
    refused(&sandbox, &["run", "two.yaml"], &["small, second", "--job NAME"]);
    refused(&sandbox, &["run", "two.yaml", "--job", "third"], &["third", "small, second"]);
    sandbox.ok(&["run", "two.yaml", "--job", "second", "-o", "json"]);
}

#[test]
fn a_program_reads_json_lines_alone_on_stderr_however_a_run_ends() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 1);
    let job = small_job(20, 2);
    sandbox.write("job.yaml", &job);
    sandbox.write("typo.yaml", job.replace("generations:", "generation:"));
    for (arguments, code) in [
        (vec!["run", "job.yaml", "--resume", "-o", "json"], 2),
        (vec!["run", "typo.yaml", "-o", "json"], 2),
        (vec!["run", "job.yaml", "--results-dir", "/proc/none", "-o", "json"], 1),
        (vec!["run", "job.yaml", "-o", "json"], 0),
    ] {
        let ended = sandbox.run(&arguments);
        assert_eq!(ended.code, code, "{}", ended.stderr);
        let parse =
            |line| serde_json::from_str::<serde_json::Value>(line).map_err(|e| format!("{e}: {line}"));
        let lines: Vec<_> = ended.stderr.lines().map(|line| parse(line).unwrap()).collect();
        assert!(lines.iter().all(|l| l["timestamp"].is_string() && l["level"].is_string()), "{lines:?}");
        let last = lines.last().unwrap();
        assert_eq!(
            last.get("exit_code").and_then(|c| c.as_i64()),
            (code != 0).then_some(code.into()),
            "{last}"
        );
    }
}

#[test]
fn a_dataset_that_is_absent_is_imported_from_its_source() {
    let sandbox = Sandbox::new();
    let mut csv = String::from("time,open,high,low,close,volume\n");
    for i in 0..700 {
        let price = 100.0 + f64::from(i % 37) - f64::from(i % 11);
        csv.push_str(&format!(
            "{},{price},{},{},{price},10\n",
            1_600_000_000 + i64::from(i) * 3600,
            price + 1.0,
            price - 1.0
        ));
    }
    std::fs::create_dir_all(sandbox.data().join("raw")).unwrap();
    std::fs::write(sandbox.data().join("raw/prices.csv"), csv).unwrap();
    let job = small_job(20, 2).replace("interval: 1h,", "interval: 1h, source: {path: raw/prices.csv},");
    sandbox.write("job.yaml", &job);
    let first = sandbox.json(&["run", "job.yaml", "-o", "json"]);
    assert_eq!(sandbox.json(&["data", "list", "-o", "json"])["datasets"][0]["symbols"][0], "WALK");
    assert_eq!(
        sandbox.json(&["run", "job.yaml", "--fresh", "-o", "json"])["result_digest"],
        first["result_digest"]
    );
    sandbox.write(
        "absent.yaml",
        job.replace("prices.csv", "absent.csv").replace("dataset: walk", "dataset: other"),
    );
    refused(&sandbox, &["run", "absent.yaml"], &["marketData.source.path", "absent.csv"]);
}

#[test]
fn a_symbol_that_fails_does_not_lose_the_others() {
    let sandbox = Sandbox::new();
    let good = "time,open,high,low,close\n2020-01-01,1,2,1,2\n2020-01-02,2,3,2,3\n2020-01-03,3,4,3,4\n";
    sandbox.write("GOOD.csv", good);
    sandbox.write("BAD.csv", good.replace("2,3,2,3", "2,3,-2,3"));
    let ended =
        sandbox.run(&["import", "GOOD.csv", "BAD.csv", "--dataset", "d", "--interval", "1d", "-o", "json"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    for word in ["BAD", "line 3", "column low", "-2"] {
        assert!(ended.stderr.contains(word), "{word}: {}", ended.stderr);
    }
    let summary = ended.json();
    assert_eq!(summary["symbols"][0]["symbol"], "GOOD");
    assert_eq!(summary["failed"][0]["what"], "BAD");
    let listed = sandbox.json(&["data", "list", "-o", "json"]);
    assert_eq!(listed["datasets"][0]["symbols"], serde_json::json!(["GOOD"]));
}

#[test]
fn a_changed_data_file_is_found_and_never_scored() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 1);
    sandbox.write("job.yaml", small_job(20, 2));
    let folder = sandbox.json(&["data", "show", "walk", "-o", "json"])["folder"].as_str().unwrap().to_owned();
    let file = sandbox.path().join(folder).join("WALK.arrow");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let checked = sandbox.run(&["data", "check"]);
    assert_eq!(checked.code, 2);
    assert!(checked.stdout.contains("WALK.arrow"), "{}", checked.stdout);
    refused(&sandbox, &["run", "job.yaml"], &["walk", "WALK.arrow"]);
    refused(
        &sandbox,
        &["backtest", "--data", "walk", "--strategy", "sma_crossover"],
        &["walk", "WALK.arrow"],
    );
}

#[test]
fn a_run_that_ended_is_answered_from_its_result() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 1);
    sandbox.write("job.yaml", small_job(20, 2));
    let first = sandbox.ok(&["run", "job.yaml", "-o", "json"]);
    let again = sandbox.ok(&["run", "job.yaml", "-o", "json"]);
    assert_eq!(first.stdout, again.stdout);
    assert!(!again.stderr.contains("\"message\":\"generation\""), "{}", again.stderr);
    let fresh = sandbox.json(&["run", "job.yaml", "--fresh", "-o", "json"]);
    assert_eq!(fresh["result_digest"], first.json()["result_digest"]);
}

#[test]
fn without_kubectl_the_verbs_of_a_cluster_say_what_to_install() {
    let sandbox = Sandbox::new();
    let output = sandbox.command(&["cluster", "status"]).env("PATH", sandbox.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("kubectl is not on the PATH: install it"), "{said}");
}

/// The protocol of kubectl: a candidate a line with what it is, and in the end what the shell shall do.
#[test]
fn under_the_name_of_its_completer_the_plugin_says_what_completes_a_word() {
    let sandbox = Sandbox::new();
    let link = sandbox.path().join("kubectl_complete-galapagos");
    std::os::unix::fs::symlink(common::BINARY, &link).unwrap();
    let asked = |words: &[&str]| {
        let output =
            std::process::Command::new(&link).args(words).env("PATH", sandbox.path()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(
        asked(&["sus"]),
        "suspend\tStop a job until it is resumed: its pods go, its checkpoint stays, another job may be admitted\n:4\n"
    );
    assert_eq!(asked(&["results", "btc", "-o", ""]), ":0\n");
    // Without kubectl no job is known, and nothing is said.
    assert_eq!(asked(&["best", ""]), ":4\n");
}
