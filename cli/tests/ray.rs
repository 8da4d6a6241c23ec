//! docs/ray.md: the manifest is the script beside it, its commands work as they stand there, and what its tables name exists.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root};
use std::collections::BTreeSet;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/ray.md")).unwrap()
}

fn block<'a>(page: &'a str, kind: &str) -> &'a str {
    let opening = format!("```{kind}\n");
    page.split_once(opening.as_str()).and_then(|(_, rest)| rest.split_once("```")).unwrap().0
}

#[test]
fn the_manifest_runs_by_the_commands_below_it() {
    let (page, sandbox) = (page(), Sandbox::new());
    sandbox.write("ema-cross.yaml", block(&page, "yaml"));
    let data = root().join("deploy/examples/data").display().to_string();
    let commands = page.lines().filter(|line| line.starts_with("galapagos "));
    let commands: Vec<String> = commands.map(|line| line.replace("deploy/examples/data", &data)).collect();
    assert_eq!(commands.len(), 2);
    for command in &commands {
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        let said = sandbox.run(&words);
        assert_eq!(said.code, 0, "{command}: {}", said.stderr);
    }
    let result = common::run_folder(&sandbox.path().join("results"), "ema-cross").join("result/result.json");
    let result: serde_json::Value = serde_json::from_slice(&std::fs::read(result).unwrap()).unwrap();
    assert_eq!(result["best"]["strategy"], "ema_cross");
}

/// `tune.randint(5, 31)` ends before 31; `quniform` with its step.
#[test]
fn the_manifest_searches_the_space_of_the_script() {
    let page = page();
    let (script, manifest) = (block(&page, "python"), block(&page, "yaml"));
    for (said, written) in [
        ("\"fast\": tune.randint(5, 31)", "{name: fast, min: 5, max: 30}"),
        ("\"slow\": tune.randint(40, 121)", "{name: slow, min: 40, max: 120}"),
        ("tune.quniform(0.02, 0.2, 0.01)", "min: \"0.02\", max: \"0.2\", step: \"0.01\""),
        ("time_budget_s=3600", "maxDurationSeconds: 3600"),
        ("seed=7", "seed: 7"),
        ("fee=0.001", "takerFee: \"0.001\""),
    ] {
        assert!(script.contains(said) && manifest.contains(written), "{said} is {written}");
    }
    let number = |text: &str, name: &str| -> u64 {
        let rest = text.split_once(name).unwrap().1;
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    let all = number(manifest, "size: ") * number(manifest, "generations: ");
    assert_eq!(all, number(script, "num_samples="));
}

#[test]
fn the_fields_that_the_tables_name_are_fields() {
    let api = std::fs::read_to_string(root().join("docs/api.md")).unwrap();
    let fields: BTreeSet<&str> = api
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| `spec.").or_else(|| line.strip_prefix("| `status."))?.split('`').next()
        })
        .collect();
    let page = page();
    // The right column of the tables.
    let rights =
        page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.rsplit(" | ").next());
    let mut count = 0;
    for word in rights.flat_map(|right| right.split('`').skip(1).step_by(2)) {
        let name = word.split([':', ' ']).next().unwrap().trim_start_matches("spec.");
        let is_path = name.contains('.') && name.starts_with(|c: char| c.is_ascii_lowercase());
        let is_file = [".csv", ".json", ".parquet", ".yaml"].iter().any(|end| name.ends_with(end));
        if !is_path || is_file || name.starts_with("pandas") {
            continue;
        }
        let name = name.trim_start_matches("status.").trim_start_matches("WorkerPool.spec.");
        assert!(fields.contains(name), "{word} is no field");
        count += 1;
    }
    assert!(count >= 12, "{count} fields");
}
