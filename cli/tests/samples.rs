//! Every sample manifest runs to its end, with the digest that is stored. A change of ENGINE is the only reason to
//! store others: remove `tests/golden/samples.json`, then `UPDATE_GOLDEN=1 cargo test -p galapagos --test samples`.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root};
use galapagos_run::engine::ENGINE;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// Samples of built-in strategies.
const SAMPLES: &str = "deploy/examples";
/// Samples of strategies of one's own.
const RULES: &str = "deploy/examples/rules";

fn manifests(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut files: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    files
}

/// The sample data, as the comments of the manifests say.
fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    let data = root().join("deploy/examples/data");
    let file = |name: &str| data.join(name).display().to_string();
    let stocks = ["AAPL.csv", "IBM.csv", "MSFT.csv"].map(file);
    let mut arguments = vec!["import"];
    arguments.extend(stocks.iter().map(String::as_str));
    arguments.extend(["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"]);
    sandbox.ok(&arguments);
    let pair = file("EURUSD.csv");
    sandbox.ok(&[
        "import",
        &pair,
        "--dataset",
        "eurusd-hourly",
        "--interval",
        "1h",
        "--calendar",
        "sessions:6225",
    ]);
    sandbox
}

#[test]
fn every_sample_runs_to_its_end_with_the_stored_digest() {
    let sandbox = prepared();
    let mut digests = Map::new();
    for file in [SAMPLES, RULES].into_iter().flat_map(manifests) {
        let path = file.display().to_string();
        let result = sandbox.json(&["run", &path, "--set", "generations=3", "-o", "json"]);
        assert_eq!(result["stopped_by"], "GenerationsReached", "{path}");
        assert_eq!(result["generations"].as_array().unwrap().len(), 3, "{path}");
        let name = file.strip_prefix(root().join(SAMPLES)).unwrap().to_str().unwrap().to_owned();
        digests.insert(name, result["result_digest"].clone());
    }
    let found = json!({"engine": ENGINE, "digests": digests});
    let stored = root().join("cli/tests/golden/samples.json");
    let stored_engine =
        std::fs::read(&stored).ok().map(|b| serde_json::from_slice::<Value>(&b).unwrap()["engine"].clone());
    if std::env::var_os("UPDATE_GOLDEN").is_some() && stored_engine == Some(json!(ENGINE)) {
        panic!("the digests of engine {ENGINE} are stored: a change that alters them needs a new ENGINE");
    }
    common::golden("samples.json", &format!("{found:#}\n"));
}

#[test]
fn the_number_of_slots_and_a_second_place_change_no_byte() {
    for sample in ["several-symbols.yaml", "islands.yaml", "rules/turtle.yaml", "rules/timeframes.yaml"] {
        let manifest = root().join(SAMPLES).join(sample).display().to_string();
        let digest = |slots: &str| {
            let result = prepared().json(&[
                "run",
                &manifest,
                "--set",
                "generations=2",
                "--slots",
                slots,
                "-o",
                "json",
            ]);
            (result["result_digest"].clone(), result["best"].clone())
        };
        assert_eq!(digest("1"), digest("2"), "{sample}");
    }
}

#[test]
fn a_stored_result_replays_to_the_same_bits_for_every_species() {
    let sandbox = prepared();
    let manifest = root().join("deploy/examples/fx-hourly.yaml").display().to_string();
    sandbox.ok(&["run", &manifest, "--set", "generations=2", "-o", "json"]);
    let result = common::run_folder(&sandbox.path().join("results"), "fx-hourly").join("result");
    for file in [
        "result.json",
        "evaluations.parquet",
        "generations.csv",
        "champions.yaml",
        "job.yaml",
        "DIGEST",
        "best/equity.csv",
        "best/trades.csv",
        "report.html",
        "equity.svg",
        "fitness.svg",
    ] {
        assert!(result.join(file).is_file(), "{file} is missing");
    }
    for rank in 1..=3 {
        let path = format!("{}#{rank}", result.join("result.json").display());
        let replay = sandbox.json(&["backtest", &path, "-o", "json"]);
        assert_eq!(replay["replays_exactly"], true);
    }
    let none = sandbox.run(&["backtest", &format!("{}#4", result.join("result.json").display())]);
    assert_eq!(none.code, 2, "{}", none.stderr);

    let text = std::fs::read_to_string(result.join("result.json")).unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    let mut changed = stored.clone();
    changed["species"][0]["metrics"]["fees"] = json!(1.25);
    std::fs::write(result.join("result.json"), changed.to_string()).unwrap();
    let codes: Vec<i32> = (1..=3)
        .map(|rank| {
            sandbox.run(&["backtest", &format!("{}#{rank}", result.join("result.json").display())]).code
        })
        .collect();
    assert_eq!(codes.iter().filter(|&&c| c == 1).count(), 1, "one champion was changed: {codes:?}");
}

#[test]
fn a_dry_run_says_who_causes_the_warm_up_and_evaluates_nothing() {
    let sandbox = prepared();
    let manifest = root().join("deploy/examples/all-strategies.yaml").display().to_string();
    let plan = sandbox.json(&["run", &manifest, "--dry-run", "-o", "json"]);
    assert_eq!(plan["symbols"][0]["warm_up_bars"], 601);
    assert_eq!(plan["symbols"][0]["warm_up_species"], "ema_crossover");
    assert_eq!(plan["species"].as_array().unwrap().len(), 12);
    assert_eq!(plan["evaluations"], 25 * 240);
    assert!(!sandbox.path().join("results").exists());
}

#[test]
fn an_estimate_takes_workers_and_price_from_the_pool_in_the_file() {
    let sandbox = prepared();
    let manifest = root().join("deploy/examples/fx-hourly.yaml").display().to_string();
    let estimate = sandbox.json(&["estimate", &manifest, "-o", "json"]);
    assert_eq!((&estimate["workers"], &estimate["slots_per_worker"]), (&json!(4), &json!(2)));
    assert!(estimate["cost"].as_f64().unwrap() > 0.0);
    let bytes = |value: &Value| value.as_u64().unwrap();
    // Whoever tests the winner needs more than who only evaluates.
    let worker = bytes(&estimate["memory_bytes"]);
    assert!(
        bytes(&estimate["coordinator_memory_bytes"]) > worker
            && bytes(&estimate["here"]["memory_bytes"]) > worker
    );
    let dearer = sandbox.json(&["estimate", &manifest, "--workers", "2", "--price", "100", "-o", "json"]);
    assert_eq!(dearer["workers"], 2);
    assert!(dearer["cost"].as_f64().unwrap() > estimate["cost"].as_f64().unwrap());
}

#[test]
fn an_estimate_names_the_path_that_the_individuals_of_this_job_take() {
    let sandbox = prepared();
    let path = |file: &str, set: &[&str]| {
        let manifest = root().join("deploy/examples").join(file).display().to_string();
        let mut arguments = vec!["estimate", &manifest, "-o", "json"];
        set.iter().for_each(|set| arguments.extend(["--set", set]));
        let estimate = sandbox.json(&arguments);
        let species = estimate["species"].as_array().unwrap();
        species.iter().map(|s| s["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(path("fx-hourly.yaml", &[]), ["batch"; 3]);
    // Fills at the close, a stop gene, and entries with distances of their own keep a species where it was.
    assert_eq!(path("fx-hourly.yaml", &["execution.fill=SameClose"]), ["batch"; 3]);
    let stop = "strategies[1].genes=[{name: stop_loss, value: \"0.05\"}]";
    assert_eq!(path("fx-hourly.yaml", &[stop]), ["batch"; 3]);
    assert_eq!(path("fx-hourly.yaml", &["strategies=[{name: atr_stop_loss}]"]), ["batch"]);
    // So do a window of its own for each individual, and metrics that look at every bar.
    assert_eq!(path("fx-hourly.yaml", &["execution.window=Full"]), ["batch"; 3]);
    assert_eq!(path("fx-hourly.yaml", &["objectives=[{metric: kurtosis, goal: Minimize}]"]), ["batch"; 3]);
}

#[test]
fn an_estimate_is_within_a_factor_of_four_of_the_run_that_follows() {
    let sandbox = prepared();
    let own = ["moving-averages.yaml", "risk.yaml"].map(|name| root().join(RULES).join(name));
    let plain = manifests(SAMPLES).into_iter().chain(own).map(|file| (file, "population.seed=1"));
    let windows = (root().join(SAMPLES).join("stocks-daily.yaml"), "validation.walkForward={windows: 3}");
    for (file, set) in plain.chain([windows]) {
        let path = file.display().to_string();
        let estimate = sandbox.json(&["estimate", &path, "--set", set, "-o", "json"]);
        let expected = estimate["here"]["seconds"].as_f64().unwrap();
        let slots = estimate["here"]["slots"].as_u64().unwrap().to_string();
        let began = Instant::now();
        sandbox.ok(&["run", &path, "--set", set, "--slots", &slots, "-o", "json"]);
        let measured = began.elapsed().as_secs_f64();
        eprintln!("{path}, {set}: estimated {expected:.2} s, measured {measured:.2} s");
        let ratio = expected / measured;
        assert!((0.25..=4.0).contains(&ratio), "{path}: estimated {expected} s, measured {measured} s");
    }
}

#[test]
fn the_start_of_workers_is_told_apart_and_paid_for() {
    let sandbox = prepared();
    let manifest = root().join("deploy/examples/stocks-daily.yaml").display().to_string();
    let of = |workers: &str| {
        sandbox.json(&["estimate", &manifest, "--workers", workers, "--price", "3600", "-o", "json"])
    };
    let (alone, several) = (of("1"), of("2"));
    assert_eq!(alone["start_seconds"], 0.0);
    let get = |name: &str| several[name].as_f64().unwrap();
    assert!(get("start_seconds") > 0.0);
    // A dollar a second for each of two workers.
    assert!((get("cost") - 2.0 * (get("seconds") + get("start_seconds"))).abs() < 1e-6, "{several}");
}

#[test]
fn what_is_exported_is_the_same_dataset_when_it_is_imported_piece_by_piece() {
    let sandbox = prepared();
    let to = tempfile::tempdir().unwrap();
    let folder = to.path().display().to_string();
    let written = sandbox.json(&["data", "export", "us-stocks", "--to", &folder, "-o", "json"]);
    for file in written["files"].as_array().unwrap() {
        let file = file.as_str().unwrap();
        sandbox.ok(&["import", file, "--append", "--dataset", "again", "--calendar", "sessions:252"]);
    }
    let found = sandbox.json(&["data", "diff", "us-stocks", "again", "-o", "json"]);
    assert_eq!(found["equal"], true, "{found}");
    assert_eq!(found["a"]["digest"], found["b"]["digest"]);
}
