//! The commands that test an individual of a result again: `lookahead`, `neighbours` and `compare`.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, run_folder, small_job};
use serde_json::{Value, json};

/// A run of the small job with a holdout, and the path of its result.
fn finished(sandbox: &Sandbox, name: &str, more: &str) -> String {
    let text = small_job(40, 4).replace("name: small", &format!("name: {name}"));
    let job = sandbox.write(
        &format!("{name}.yaml"),
        format!("{text}  validation: {{holdout: {{fraction: \"0.2\"}}}}\n{more}"),
    );
    sandbox.ok(&["run", &job.display().to_string(), "-o", "json"]);
    run_folder(&sandbox.path().join("results"), name).join("result/result.json").display().to_string()
}

fn document(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn look_ahead_tries_the_best_of_each_strategy_of_a_result_and_the_defaults_of_a_manifest() {
    let sandbox = Sandbox::new();
    sandbox.walk(1500, 4);
    let result = finished(&sandbox, "ahead", "");
    let found = sandbox.json(&["lookahead", &result, "-o", "json"]);
    assert_eq!(found["passed"], json!(true));
    let all = found["strategies"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    for tried in all {
        assert_eq!(tried["look_ahead"]["passed"], json!(true));
        assert_eq!(tried["look_ahead"]["difference"], Value::Null);
        let cuts = tried["look_ahead"]["cuts"].as_u64().unwrap();
        assert!((16..=18).contains(&cuts), "{cuts}");
    }
    assert_eq!(all[0]["strategy"], document(&result)["best"]["strategy"]);
    let one = sandbox.json(&["lookahead", &format!("{result}#2"), "-o", "json", "--slots", "1"]);
    assert_eq!(one["strategies"], json!([all[1]]));
    let text = sandbox.ok(&["lookahead", "ahead.yaml"]).stdout;
    assert!(text.contains("sma_crossover") && text.contains("rsi_filter"), "{text}");
    assert_eq!(text.matches("nothing changes").count(), 2, "{text}");
    let ended = sandbox.run(&["lookahead", &format!("{result}#3")]);
    assert!(ended.code == 2 && ended.stderr.contains("the result has 2 champions"), "{}", ended.stderr);
    let ended = sandbox.run(&["lookahead", "nothing.yaml"]);
    assert!(ended.code == 2 && ended.stderr.contains("nothing.yaml"), "{}", ended.stderr);
}

#[test]
fn a_map_of_two_genes_has_the_individual_in_its_middle_and_what_replays_have_around_it() {
    let sandbox = Sandbox::new();
    sandbox.walk(1500, 4);
    let result = finished(&sandbox, "map", "");
    let stored = document(&result);
    let species = stored["species"].as_array().unwrap();
    let best = (1..=2).find(|rank| {
        let found = sandbox.json(&["backtest", &format!("{result}#{rank}"), "-o", "json"]);
        found["strategy"] == "sma_crossover"
    });
    let named = format!("{result}#{}", best.unwrap());
    let champion = species.iter().find(|c| c["strategy"] == "sma_crossover").unwrap();
    let map = |more: &[&str]| {
        let first = ["neighbours", &named, "--genes", "fast_period,slow_period"];
        sandbox.ok(&[&first[..], more].concat()).stdout
    };
    let found: Value = serde_json::from_str(&map(&["--radius", "3", "-o", "json"])).unwrap();
    let own = (found["rows"]["own"].clone(), found["columns"]["own"].clone());
    let text = |gene: &str| json!(champion["genome"][gene].to_string().trim_matches('"'));
    assert_eq!((&own.0, &own.1), (&text("fast_period"), &text("slow_period")));
    let cells = found["cells"].as_array().unwrap();
    let middle = cells.iter().find(|c| c["fast_period"] == own.0 && c["slow_period"] == own.1).unwrap();
    assert_eq!(middle["value"], champion["fitness"]);
    assert_eq!(middle["class"], champion["class"]);
    // Any other cell is what a back-test of it says.
    let other = cells.iter().find(|c| c["value"].is_number() && *c != middle).unwrap();
    let [fast, slow] = ["fast_period", "slow_period"].map(|gene| other[gene].as_str().unwrap().to_owned());
    let csv = map(&["--radius", "3", "-o", "csv"]);
    assert_eq!(csv.lines().next(), Some("fast_period,slow_period,sharpe,class"));
    assert_eq!(csv.lines().count(), cells.len() + 1);
    let line = format!("{fast},{slow},{},", other["value"].as_f64().unwrap());
    assert!(csv.lines().any(|l| l.starts_with(&line)), "{line}\n{csv}");
    let people = map(&["--radius", "3", "--metric", "trades"]);
    assert!(people.contains("trades on the training rows") && people.matches('*').count() == 2, "{people}");
    let refused = |genes: &str, says: &str| {
        let ended = sandbox.run(&["neighbours", &named, "--genes", genes]);
        assert!(ended.code == 2 && ended.stderr.contains(says), "{}", ended.stderr);
    };
    refused("fast_period,slow", "unknown gene \"slow\"");
    refused("fast_period,slow", "slow_period");
    refused("fast_period,fast_period", "given twice");
    refused("fast_period", "write two");
    let ended =
        sandbox.run(&["neighbours", &named, "--genes", "fast_period,slow_period", "--metric", "sortino"]);
    assert!(ended.code == 2 && ended.stderr.contains("allowed: sharpe"), "{}", ended.stderr);
}

#[test]
fn genomes_that_the_rules_between_genes_forbid_are_no_cells() {
    let sandbox = Sandbox::new();
    sandbox.walk(1500, 4);
    let strategies = "  - {name: sma_crossover, genes: [{name: fast_period, min: 5, max: 12}, {name: slow_period, min: 5, max: 12}]}\n";
    let text = small_job(40, 3).replace("name: small", "name: tight");
    let begin = text.find("  - {name: sma").unwrap();
    let end = text.find("  population").unwrap();
    let job = sandbox.write("tight.yaml", format!("{}{strategies}{}", &text[..begin], &text[end..]));
    sandbox.ok(&["run", &job.display().to_string(), "-o", "json"]);
    let result = run_folder(&sandbox.path().join("results"), "tight").join("result/result.json");
    let result = result.display().to_string();
    let found = sandbox.json(&[
        "neighbours",
        &result,
        "--genes",
        "fast_period,slow_period",
        "--radius",
        "20",
        "-o",
        "json",
    ]);
    let cells = found["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 64);
    for cell in cells {
        let number = |gene: &str| cell[gene].as_str().unwrap().parse::<u32>().unwrap();
        let allowed = number("fast_period") < number("slow_period");
        assert_eq!(cell["class"].is_null(), !allowed, "{cell}");
    }
}

#[test]
fn results_are_compared_by_genes_metrics_inputs_and_the_returns_of_their_common_bars() {
    let sandbox = Sandbox::new();
    sandbox.walk(1500, 4);
    let (cheap, dear) = (
        finished(&sandbox, "cheap", ""),
        finished(&sandbox, "dear", "  limits: [{metric: trades, atLeast: 3}]\n"),
    );
    let same = sandbox.json(&["compare", &cheap, &cheap, "-o", "json"]);
    assert_eq!((&same["differs"], &same["inputs"], &same["metrics"]), (&json!({}), &json!({}), &json!({})));
    let bars = document(&cheap)["best"]["returns"].as_u64().unwrap();
    assert_eq!(same["returns"]["training"]["bars"].as_u64(), Some(bars));
    assert_eq!(same["returns"]["training"]["sharpe_difference_p"], json!(1.0));
    assert!(sandbox.ok(&["compare", &cheap, &cheap]).stdout.contains("Nothing differs"));

    let second = format!("{cheap}#2");
    let found = sandbox.json(&["compare", &cheap, &second, "-o", "json"]);
    assert_eq!(found["inputs"], json!({}));
    assert!(found["differs"]["strategy"].is_array() && found["metrics"]["holdout"].is_object(), "{found}");
    let paired = &found["returns"]["training"];
    let stored = |champion: &Value| champion["metrics"]["sharpe"].as_f64().unwrap();
    let result = document(&cheap);
    let other = result["species"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["strategy"] != result["best"]["strategy"])
        .unwrap();
    let difference = stored(&result["best"]) - stored(other);
    assert!((paired["sharpe_difference"].as_f64().unwrap() - difference).abs() < 1e-9, "{paired}");
    let p = paired["sharpe_difference_p"].as_f64().unwrap();
    assert!(p > 0.0 && p <= 1.0);
    assert_eq!(found, sandbox.json(&["compare", &cheap, &second, "-o", "json", "--slots", "1"]));

    // A run is named by its folder as well as by its file.
    let run = cheap.strip_suffix("/result/result.json").unwrap();
    for named in [run.to_owned(), format!("{run}/result"), format!("{run}#1")] {
        assert!(sandbox.ok(&["compare", &named, &cheap]).stdout.contains("Nothing differs"), "{named}");
    }

    let found = sandbox.json(&["compare", &cheap, &dear, "-o", "json"]);
    assert!(found["inputs"].as_object().unwrap().keys().any(|k| k.starts_with("limits")), "{found}");
    assert!(found["differs"]["inputs digest"].is_array(), "{found}");
    let text = sandbox.ok(&["compare", &cheap, &dear]).stdout;
    assert!(text.contains("inputs.limits") && text.contains("common bars of the holdout"), "{text}");
}

#[test]
fn windows_of_walk_forward_that_found_something_else_are_named() {
    let sandbox = Sandbox::new();
    sandbox.walk(1500, 4);
    let run = |name: &str, seed: &str, windows: u32| {
        let text = small_job(40, 3).replace("name: small", &format!("name: {name}")).replace("seed: 9", seed);
        let walk = format!("  validation: {{walkForward: {{windows: {windows}}}}}\n");
        let job = sandbox.write(&format!("{name}.yaml"), format!("{text}{walk}"));
        sandbox.ok(&["run", &job.display().to_string(), "-o", "json"]);
        run_folder(&sandbox.path().join("results"), name).display().to_string()
    };
    let (one, other, more) =
        (run("one", "seed: 9", 2), run("other", "seed: 10", 2), run("more", "seed: 9", 3));
    let found = sandbox.json(&["compare", &one, &other, "-o", "json"]);
    let names: Vec<&String> = found["differs"].as_object().unwrap().keys().collect();
    let windows: Vec<&&String> = names.iter().filter(|name| name.starts_with("walk-forward.")).collect();
    assert!(!windows.is_empty() && windows.iter().all(|name| !name.ends_with(".test")), "{names:?}");
    let found = sandbox.json(&["compare", &one, &more, "-o", "json"]);
    let third = &found["differs"]["walk-forward.2"];
    assert_eq!(third[0], Value::Null);
    assert!(third[1]["test"].as_str().is_some_and(|span| span.contains(" .. ")), "{found}");
}

#[test]
fn a_job_takes_the_looks_and_trials_of_other_jobs_from_the_data_folder() {
    let sandbox = Sandbox::new();
    sandbox.walk(1500, 4);
    // What an estimate evaluates nobody sees: it is no look.
    let guessed = sandbox.write("guessed.yaml", small_job(40, 4).replace("name: small", "name: guessed"));
    sandbox.ok(&["estimate", &guessed.display().to_string()]);
    let earlier = document(&finished(&sandbox, "earlier", ""));
    assert_eq!(earlier["luck"]["dataset_holdout_looks"], json!(1));
    let more = "  validation: {holdout: {fraction: \"0.2\"}}\n  limits: [{metric: trades, atLeast: 3}]\n";
    let text = small_job(40, 4).replace("name: small", "name: later") + more;
    let job = sandbox.write("later.yaml", text).display().to_string();
    let ended = sandbox.ok(&["run", &job, "--prior-looks", "dataset"]);
    let says = "1 results of other jobs have shown rows of this holdout";
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
    assert!(ended.stdout.contains("this holdout was seen 2 times"), "{}", ended.stdout);
    let folder = run_folder(&sandbox.path().join("results"), "later").join("result");
    let written = std::fs::read_to_string(folder.join("job.yaml")).unwrap();
    let trials = format!("priorTrials: {}", earlier["luck"]["trials"]);
    assert!(written.contains("priorLooks: 1") && written.contains(&trials), "{trials}\n{written}");
    // Its own result is no earlier one.
    let again = sandbox.ok(&["run", &job, "--prior-looks", "dataset"]);
    assert!(again.stderr.contains(says), "{}", again.stderr);
}
