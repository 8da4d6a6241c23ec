//! What a run says of its winner: no more than its numbers carry.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root, run_folder};
use serde_json::{Value, json};

/// Nothing can be found in it.
const WALK: &str = "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {name: luck}
spec:
  marketData: {dataset: walk30, symbols: [WALK], interval: 1d, calendar: {type: Continuous}}
  strategies: [{name: sma_crossover}, {name: donchian_breakout}, {name: rsi_filter}, {name: bollinger_bands}]
  population: {size: 100, seed: 30}
  generations: 20
  execution: {side: LongShort}
";

fn random_walk() -> Sandbox {
    let sandbox = Sandbox::new();
    let walk = ["import", "--random-walk", "bars=2500,seed=30", "--dataset", "walk30", "--symbol", "WALK"];
    sandbox.ok(&[&walk[..], &["--interval", "1d"]].concat());
    sandbox
}

fn result(sandbox: &Sandbox, job: &str) -> Value {
    let folder = run_folder(&sandbox.path().join("results"), job).join("result/result.json");
    serde_json::from_slice(&std::fs::read(folder).unwrap()).unwrap()
}

/// The jobs of docs/validation.md, each imported and run as the page says, end with the lines that it shows, and README shows
/// those of the first.
#[test]
fn the_verdicts_of_the_documents_are_those_of_their_jobs() {
    let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
    let (page, readme) = (read("docs/validation.md"), read("README.md"));
    let blocks: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    let jobs: Vec<&str> = blocks
        .iter()
        .filter_map(|b| b.strip_prefix("yaml\n"))
        .filter(|b| b.contains("kind: EvolutionJob"))
        .collect();
    let shown: Vec<&str> = blocks.into_iter().filter(|b| b.starts_with("\nVerdict ")).collect();
    assert_eq!((jobs.len(), shown.len()), (2, 2));
    let sandbox = Sandbox::new();
    let mut said = Vec::new();
    for (i, (job, shown)) in jobs.iter().zip(shown).enumerate() {
        let import = job.lines().next().unwrap().strip_prefix("# galapagos ").unwrap();
        sandbox.ok(&import.split_whitespace().collect::<Vec<_>>());
        let file = format!("job{i}.yaml");
        sandbox.write(&file, job);
        said.push(sandbox.ok(&["run", &file]).stdout);
        for line in shown.lines().filter(|line| !line.is_empty() && *line != "...") {
            assert!(said[i].lines().any(|told| told == line), "{line}\n{}", said[i]);
        }
    }
    let shown = readme.split("```").find(|block| block.starts_with("\nVerdict ")).unwrap();
    for line in shown.lines().filter(|line| !line.is_empty()) {
        assert!(said[0].lines().any(|told| told == line), "README: {line}");
    }
}

#[test]
fn a_limit_on_the_sharpe_ratio_does_not_turn_luck_into_skill() {
    let sandbox = random_walk();
    let limits = "  limits: [{metric: trades, atLeast: \"10\"}, {metric: sharpe, atLeast: \"1\"}]\n";
    sandbox.write("job.yaml", format!("{WALK}{limits}"));
    let said = sandbox.ok(&["run", "job.yaml"]).stdout;
    let result = result(&sandbox, "luck");
    let (luck, confidence) = (&result["luck"], &result["validation"]["confidence"]);
    assert!(luck["deflated_sharpe"].as_f64().unwrap() < 0.5, "{luck}");
    // Of 2,000 trials hundreds are different, whatever few of them the limit lets pass.
    assert!(confidence["effective_trials"].as_u64().unwrap() > 200, "{confidence}");
    assert!(said.contains("NOT VALIDATED: A search of"), "{said}");
    let gated = sandbox.run(&["run", "job.yaml", "--fail-on-gates"]);
    assert_eq!(gated.code, 3, "{}", gated.stderr);
    assert!(gated.stderr.contains("not validated (LikelyLuck): A search of"), "{}", gated.stderr);
    assert!(!said.contains("N_eff"), "{said}");
    // The market stands beside the winner, on both parts.
    for column in ["BUY & HOLD TRAIN", "BUY & HOLD HOLDOUT"] {
        assert!(said.contains(column), "{column}: {said}");
    }
}

/// A market that trebles in a saw tooth: to hold it is best.
fn rising_market(sandbox: &Sandbox) {
    let mut csv = String::from("time,open,high,low,close\n");
    let mut price = 1000.0_f64;
    for i in 0..1500_i64 {
        let open = price;
        price *= if i % 25 < 18 { 1.004 } else { 0.9935 };
        csv.push_str(&format!(
            "{},{open:.4},{:.4},{:.4},{price:.4}\n",
            1_500_000_000 + i * 86_400,
            open.max(price) * 1.001,
            open.min(price) * 0.999
        ));
    }
    sandbox.write("rise.csv", csv);
    sandbox.ok(&[
        "import",
        "rise.csv",
        "--dataset",
        "rise",
        "--symbol",
        "RISE",
        "--interval",
        "1d",
        "--calendar",
        "continuous",
    ]);
}

#[test]
fn a_long_only_winner_that_earns_less_than_the_market_is_said_to_be_below_it() {
    let sandbox = Sandbox::new();
    rising_market(&sandbox);
    let job = "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {name: rise}
spec:
  marketData: {dataset: rise, symbols: [RISE], interval: 1d, calendar: {type: Continuous}}
  strategies: [{name: rsi_filter}]
  population: {size: 20, seed: 1}
  generations: 2
  execution: {side: Long, takerFee: \"0.004\"}
";
    sandbox.write("job.yaml", job);
    let said = sandbox.ok(&["run", "job.yaml"]).stdout;
    let result = result(&sandbox, "rise");
    let of = |account: &Value| account["metrics"]["total_return"].as_f64().unwrap();
    let (ours, held) = (of(&result["best"]), of(&result["buy_and_hold"]["training"]));
    assert!(ours < held, "the case has no point: {ours} {held}");
    let words = format!(
        "it is below: buying and holding had a return of {:+.1} % against {:+.1} %",
        held * 100.0,
        ours * 100.0
    );
    assert!(said.contains(&words), "{words}\n{said}");
}

#[test]
fn a_run_without_a_feasible_individual_has_an_exit_code_of_its_own() {
    let sandbox = random_walk();
    let limits = "  limits: [{metric: trades, atLeast: \"2\"}, {metric: sharpe, atLeast: \"50\"}]\n";
    sandbox.write("job.yaml", format!("{}{limits}", WALK.replace("generations: 20", "generations: 2")));
    for _first_then_reused in 0..2 {
        let ended = sandbox.run(&["run", "job.yaml"]);
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        assert!(ended.stdout.contains("sharpe >= 50: it is"), "{}", ended.stdout);
        for words in ["none of 200 individuals is feasible: sharpe >= 50 excluded 2", "Loosen"] {
            assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        }
    }
    let excluded = &result(&sandbox, "luck")["excluded"][0];
    assert_eq!(excluded["by"], "sharpe >= 50");
    let json = sandbox.run(&["run", "job.yaml", "-o", "json"]);
    assert_eq!((json.code, &json.json()["best"]), (4, &Value::Null));
    let last: Value = serde_json::from_str(json.stderr.lines().last().unwrap()).unwrap();
    assert_eq!((&last["level"], &last["exit_code"]), (&"ERROR".into(), &4.into()));
    assert!(last["message"].as_str().unwrap().starts_with("none of 200"), "{last}");
}

#[test]
fn a_run_without_limits_does_not_speak_of_limits() {
    let sandbox = Sandbox::new();
    let row = |i: i64| format!("{},9,9,9,9\n", 1_500_000_000 + i * 86_400);
    sandbox.write("FLAT.csv", format!("time,open,high,low,close\n{}", (0..900).map(row).collect::<String>()));
    sandbox.ok(&["import", "FLAT.csv", "--dataset", "flat", "--interval", "1d"]);
    let job =
        WALK.replace("walk30", "flat").replace("WALK", "FLAT").replace("generations: 20", "generations: 1");
    sandbox.write("job.yaml", job);
    let ended = sandbox.run(&["run", "job.yaml"]);
    assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("NoTrades excluded") && ended.stderr.contains("Widen"), "{}", ended.stderr);
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains("limit"), "{text}");
    }
}

/// The winner of several stocks, by an objective of its own.
fn portfolio() -> (Sandbox, Value, String) {
    let sandbox = Sandbox::new();
    let data = root().join("deploy/examples/data");
    let files = ["AAPL.csv", "IBM.csv", "MSFT.csv"].map(|f| data.join(f).display().to_string());
    let mut import = vec!["import"];
    import.extend(files.iter().map(String::as_str));
    import.extend(["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"]);
    sandbox.ok(&import);
    let manifest = root().join("deploy/examples/several-symbols.yaml").display().to_string();
    let said = sandbox
        .ok(&["run", &manifest, "--set", "generations=2", "--set", "objectives[0].metric=profit_factor"])
        .stdout;
    let result = result(&sandbox, "several-symbols");
    (sandbox, result, said)
}

#[test]
fn the_objective_and_each_symbol_have_a_line() {
    let (sandbox, result, said) = portfolio();
    assert_eq!(result["best"]["objective"], "profit_factor");
    let line = |text: &str, first: &str| {
        let found = text.lines().find(|l| l.starts_with(first));
        found.unwrap_or_else(|| panic!("no line {first}:\n{text}")).to_owned()
    };
    let folder = run_folder(&sandbox.path().join("results"), "several-symbols").join("result/result.json");
    let replay = sandbox.ok(&["backtest", &folder.display().to_string()]).stdout;
    for text in [said, replay] {
        let objective = format!("{:.4}", result["best"]["fitness"].as_f64().unwrap());
        assert!(line(&text, "profit_factor (objective)").contains(&objective), "{objective}: {text}");
        for symbol in ["AAPL", "IBM", "MSFT"] {
            let account = &result["best"]["per_symbol"][symbol];
            let line = line(&text, symbol);
            for part in [account, &account["holdout"]] {
                let sharpe = part["metrics"]["sharpe"].as_f64().map_or("-".to_owned(), |x| format!("{x:.2}"));
                assert!(line.contains(&sharpe), "{sharpe}: {line}");
            }
        }
    }
}

#[test]
fn a_replay_writes_the_trades_and_bars_of_training_and_holdout() {
    let (sandbox, result, _) = portfolio();
    let folder = run_folder(&sandbox.path().join("results"), "several-symbols").join("result");
    let winner = format!("{}#1", folder.join("result.json").display());
    sandbox.ok(&["backtest", &winner, "--trades", "t.csv", "--bars", "b.csv"]);
    let read = |name: &str| std::fs::read_to_string(sandbox.path().join(name)).unwrap();
    let (trades, bars) = (read("t.csv"), read("b.csv"));
    assert!(trades.starts_with("symbol,part,side,entry_time,"), "{trades}");
    assert!(bars.starts_with("symbol,part,time,close,"), "{bars}");
    // The run's own table of the same trades is the other way to them.
    let own = std::fs::read_to_string(folder.join("best/trades.csv")).unwrap();
    let times = |text: &str| {
        let cells = |l: &str| l.split(',').take(5).map(str::to_owned).collect::<Vec<_>>();
        let mut all: Vec<_> = text.lines().skip(1).map(cells).collect();
        all.sort();
        all
    };
    assert_eq!(times(&trades), times(&own));
    for part in ["training", "holdout"] {
        let account = if part == "training" { &result["best"] } else { &result["best"]["holdout"] };
        let counted = trades.lines().filter(|l| l.split(',').nth(1) == Some(part)).count();
        assert_eq!(account["metrics"]["trades"].as_f64().unwrap() as usize, counted, "{part}");
    }
    // One line a bar, none twice; the last equity of each symbol adds up to that of the account.
    let rows: u64 =
        result["data"]["symbols"].as_array().unwrap().iter().map(|s| s["rows"].as_u64().unwrap()).sum();
    assert_eq!(bars.lines().count() as u64 - 1, rows);
    let last = |symbol: &str, part: &str| -> f64 {
        let prefix = format!("{symbol},{part},");
        let line = bars.lines().rfind(|l| l.starts_with(&prefix)).unwrap();
        line.rsplit(',').next().unwrap().parse().unwrap()
    };
    for (part, account) in [("training", &result["best"]), ("holdout", &result["best"]["holdout"])] {
        let sum: f64 = ["AAPL", "IBM", "MSFT"].iter().map(|s| last(s, part)).sum();
        let stored = account["metrics"]["final_equity"].as_f64().unwrap();
        assert!((sum - stored).abs() < 1e-6 * stored, "{part}: {sum} {stored}");
    }
    let second = format!("{}#2", folder.join("result.json").display());
    let other = sandbox.json(&["backtest", &second, "--trades", "second.csv", "-o", "json"]);
    assert_eq!(other["replays_exactly"], json!(true));
    assert_ne!(read("second.csv"), trades);
}
