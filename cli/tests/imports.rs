//! Files that `galapagos import` and jobs are given by patterns.

mod common;

use common::Sandbox;

/// Ten hourly bars from 2024-01-01.
fn bars(first: i64) -> String {
    let row =
        |i: i64| format!("{},{i}.5,{}.25,{}.1,{i}.75,7\n", 1_704_067_200_000 + i * 3_600_000, i + 1, i - 1);
    format!("time,open,high,low,close,volume\n{}", (first..first + 10).map(row).collect::<String>())
}

fn folder(sandbox: &Sandbox, name: &str) {
    std::fs::create_dir_all(sandbox.path().join(name)).expect("a folder");
}

fn symbols(summary: &serde_json::Value) -> Vec<&str> {
    summary["symbols"].as_array().into_iter().flatten().filter_map(|s| s["symbol"].as_str()).collect()
}

#[test]
fn a_pattern_in_quotes_stands_for_the_files_that_fit() {
    let sandbox = Sandbox::new();
    folder(&sandbox, "raw/deep");
    for name in ["raw/A.csv", "raw/B.csv", "raw/.hidden.csv", "raw/deep/C.csv"] {
        sandbox.write(name, bars(10));
    }
    sandbox.write("raw/notes.txt", "no bars");
    let import = |pattern: &str| {
        sandbox.json(&["import", pattern, "--dataset", "x", "--interval", "1h", "-o", "json"])
    };
    assert_eq!(symbols(&import("raw/*.csv")), ["A", "B"]);
    assert_eq!(symbols(&import("raw/**/*.csv")), ["A", "B", "C"]);
    assert_eq!(symbols(&import("BTC/USDT=raw/[A]*.csv")), ["BTC-USDT"]);
    let nothing = sandbox.run(&["import", "raw/*.json", "--dataset", "x"]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.stderr.contains("raw/*.json: no file fits the pattern"), "{}", nothing.stderr);
    // A file that is called so is meant.
    sandbox.write("odd[1].csv", bars(10));
    assert_eq!(symbols(&import("odd[1].csv")), ["odd-1"]);
}

#[test]
fn a_job_takes_files_by_a_pattern_and_stays_on_its_volume() {
    let sandbox = Sandbox::new();
    folder(&sandbox, "data/raw");
    for name in ["A", "B"] {
        sandbox.write(&format!("data/raw/{name}.csv"), bars(10));
    }
    sandbox.write("data/raw/readme.txt", "no bars");
    let run = |path: &str| {
        let job = format!(
            "apiVersion: galapagos.dev/v1alpha1\nkind: EvolutionJob\nmetadata: {{name: j}}\nspec:\n  marketData: \
             {{dataset: x, symbols: [A, B], interval: 1h, calendar: {{type: Continuous}}, source: {{path: \"{path}\"}}}}\n  \
             strategies: [{{name: sma_crossover}}]\n  population: {{size: 20, seed: 1}}\n  generations: 2\n"
        );
        sandbox.write("job.yaml", job);
        sandbox.run(&["run", "job.yaml", "--data-dir", "data"])
    };
    let nothing = run("raw/*.json");
    assert!(nothing.stderr.contains("\"raw/*.json\": no file fits the pattern"), "{}", nothing.stderr);
    let outside = run("../*.csv");
    assert_eq!(outside.code, 2);
    assert!(outside.stderr.contains("must be relative and stay below"), "{}", outside.stderr);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", sandbox.path().join("data/raw/link.csv")).expect("a link");
        let linked = run("raw/*.csv");
        assert!(linked.stderr.contains("link.csv is a symbolic link"), "{}", linked.stderr);
        std::fs::remove_file(sandbox.path().join("data/raw/link.csv")).expect("the link");
    }
    // Ten bars are too few to search on; the dataset is there.
    let ended = run("raw/*.csv");
    let shown = sandbox.run(&["data", "show", "x", "-o", "json"]);
    assert_eq!(shown.code, 0, "{}\n{}", ended.stderr, shown.stderr);
    assert!(shown.stdout.contains("\"A\"") && shown.stdout.contains("\"B\""), "{}", shown.stdout);
}
