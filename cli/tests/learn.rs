//! What README.md and docs/rules.md teach of the language of own strategies can be typed as it stands there.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, root, run_folder};
use galapagos_crds::{Catalogue, StrategySpec};
use galapagos_manifest::check_strategy;
use serde_json::{Value, json};

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The blocks of a page: what stands behind the opening fence, and the text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

fn blocks_of<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    blocks(page).into_iter().filter(|(info, _)| *info == kind).map(|(_, text)| text).collect()
}

/// What is wrong with a strategy; hourly bars, since the pages name no longer timeframe than weeks.
fn problems(strategy: Value) -> Vec<String> {
    let spec: StrategySpec = match serde_json::from_value(strategy) {
        Ok(spec) => spec,
        Err(e) => return vec![e.to_string()],
    };
    check_strategy(&spec, Some("1h"), Catalogue::embedded()).iter().map(ToString::to_string).collect()
}

/// A manifest with the strategies of a block: a list of them, or a document as it stands in a file of its own.
fn manifest(block: &str) -> String {
    let list = block.starts_with("- ");
    let lines = block.lines().enumerate().map(|(i, line)| match (list, i) {
        (true, _) => format!("  {line}\n"),
        (false, 0) => format!("  - {line}\n"),
        (false, _) => format!("    {line}\n"),
    });
    format!(
        "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: block}}
spec:
  marketData: {{dataset: d, symbols: [AAPL], interval: 1h, calendar: {{type: Continuous}}}}
  strategies:
{}  population: {{size: 50, seed: 1}}
",
        lines.collect::<String>()
    )
}

#[test]
fn every_strategy_on_the_pages_is_valid() {
    let sandbox = Sandbox::new();
    let mut strategies = 0;
    for name in ["README.md", "docs/rules.md"] {
        for block in blocks_of(&page(name), "yaml rules") {
            let file = sandbox.write("job.yaml", manifest(block));
            let ended = sandbox.run(&["validate", &file.display().to_string()]);
            assert_eq!(ended.code, 0, "{name}\n{block}\n{}{}", ended.stdout, ended.stderr);
            strategies += 1;
        }
    }
    assert!(strategies > 12, "only {strategies} were found");
}

#[test]
fn the_first_strategy_on_the_page_can_be_tried_as_it_says() {
    let page = page("docs/rules.md");
    let sandbox = Sandbox::new();
    sandbox.write("above_average.yaml", blocks_of(&page, "yaml rules")[0]);
    let line = page.lines().find(|line| line.starts_with("galapagos backtest")).unwrap();
    let line = line.replace("deploy/", &format!("{}/deploy/", root().display()));
    let arguments: Vec<&str> = line.split_whitespace().skip(1).collect();
    let result = sandbox.json(&[&arguments[..], &["-o", "json"]].concat());
    assert!(result.to_string().contains("\"trades\""), "{result}");
}

#[test]
fn every_block_of_yaml_on_the_page_of_rules_is_of_a_kind_that_is_checked() {
    let page = page("docs/rules.md");
    let kinds = ["yaml rules", "yaml refused", "yaml job", "text", ""];
    for (info, text) in blocks(&page) {
        assert!(kinds.contains(&info), "{info:?}:\n{text}");
    }
}

#[test]
fn every_manifest_on_the_page_of_rules_is_valid() {
    let page = page("docs/rules.md");
    let jobs = blocks_of(&page, "yaml job");
    assert!(!jobs.is_empty());
    for job in jobs {
        let sandbox = Sandbox::new();
        let file = sandbox.write("job.yaml", job);
        sandbox.ok(&["validate", &file.display().to_string()]);
    }
}

#[test]
fn every_refused_strategy_on_the_page_is_refused_in_the_words_below_it() {
    let page = page("docs/rules.md");
    let blocks = blocks(&page);
    let mut seen = 0;
    for pair in blocks.windows(2).filter(|pair| pair[0].0 == "yaml refused") {
        let [(_, document), (kind, said)] = pair else { unreachable!() };
        assert_eq!(*kind, "text", "what is said stands below\n{document}");
        let sandbox = Sandbox::new();
        sandbox.walk(500, 1);
        sandbox.write("mine.yaml", document);
        let ended = sandbox.run(&["backtest", "--data", "walk", "--rules", "mine.yaml"]);
        assert_eq!(ended.code, 2, "{document}\n{}", ended.stderr);
        let plain = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert!(plain(&ended.stderr).contains(plain(said).trim_end()), "{document}\n{}", ended.stderr);
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} were found");
}

/// A strategy with this text in each of the places where it may stand, and with the genes that it names.
fn in_some_place(text: &str) -> Vec<Value> {
    let genes: Vec<Value> = ["length", "k", "way", "on_or_off"]
        .into_iter()
        .filter(|name| text.contains(&format!("${name}")))
        .map(|name| match name {
            "length" => json!({"name": name, "min": 5, "max": 50}),
            "k" => json!({"name": name, "min": 1, "max": 4, "step": "0.5"}),
            "way" => json!({"name": name, "values": ["reversion", "trend"]}),
            _ => json!({"name": name, "values": ["on", "off"]}),
        })
        .collect();
    let with = |rules: Value| json!({"name": "mine", "genes": genes, "rules": rules});
    let always = "close > 0";
    vec![
        with(json!({"language": 1, "long": {"enter": text}})),
        with(json!({"language": 1, "long": {"enter": format!("num({text}) > 0")}})),
        with(json!({"language": 1, "long": {"enter": always, "exit": text}})),
        with(json!({"language": 1, "long": {"enter": always, "stop": text}})),
        with(json!({"language": 1, "long": {"enter": always, "exit": format!("num({text}) > 0")}})),
    ]
}

#[test]
fn what_other_languages_say_is_written_as_the_tables_have_it() {
    let page = page("docs/rules.md");
    let mut expressions = 0;
    for section in page.split("\n## ").filter(|section| section.starts_with("Coming from")) {
        for row in section.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = row.split(" | ").collect();
            let here = cells[1].split('`').skip(1).step_by(2);
            // A field of the document is named with a colon behind it.
            for text in here.filter(|text| !text.contains(": ") || text.contains("choose(")) {
                let tried: Vec<Vec<String>> = in_some_place(text).into_iter().map(problems).collect();
                assert!(tried.iter().any(Vec::is_empty), "{row}\n{text}: {tried:#?}");
                expressions += 1;
            }
        }
    }
    assert!(expressions > 60, "only {expressions} expressions were found");
}

#[test]
fn rules_that_are_tidied_up_are_the_same_run_and_those_with_another_gene_are_not() {
    let sandbox = Sandbox::new();
    sandbox.walk(2000, 1);
    let digest_of = |lets: &str, enter: &str, gene: &str| {
        let job = format!(
            "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: tidy}}
spec:
  marketData: {{dataset: walk, symbols: [WALK], interval: 1h, calendar: {{type: Continuous}}}}
  strategies:
  - name: mine
    genes: [{{name: {gene}, min: 5, max: 50}}]
    rules: {{language: 1, let: {lets}, long: {{enter: \"{enter}\"}}}}
  population: {{size: 20, seed: 1}}
  generations: 1
"
        );
        let file = sandbox.write("job.yaml", job).display().to_string();
        let results = tempfile::tempdir().unwrap();
        let place = results.path().display().to_string();
        sandbox.ok(&["run", &file, "--results-dir", &place]);
        run_folder(results.path(), "tidy").file_name().unwrap().to_owned()
    };
    let written = digest_of("{a: \"sma(close, $length)\"}", "close>a*1.010", "length");
    let tidied =
        digest_of("{idle: \"open\", average: \"sma( close, $length )\"}", "average * 1.01 < close", "length");
    assert_eq!(written, tidied);
    assert_ne!(written, digest_of("{a: \"sma(close, $period)\"}", "close>a*1.010", "period"));
}

#[test]
fn the_page_lists_every_sample_of_rules() {
    let page = page("docs/rules.md");
    let samples = std::fs::read_dir(root().join("deploy/examples/rules")).unwrap();
    let names = samples.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let missing: Vec<String> =
        names.filter(|name| !page.contains(&format!("](../deploy/examples/rules/{name})"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
