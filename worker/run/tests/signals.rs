//! Files of signals in jobs: what a column is to the rules that read it, and what a run with one depends on
//! (contract D10).

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::fmt::Write as _;
use std::path::Path;

use common::runs::{finish, timeless};
use common::{publish_walk, series};
use galapagos_crds::EvolutionJob;
use galapagos_manifest::show_stamp;
use galapagos_market::{OwnedSeries, SignalsImport, import_signals};
use galapagos_run::execute::Options;
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::job::signals::objection;
use galapagos_run::results::document::ResultDocument;

const ROWS: usize = 400;

fn job(strategies: &str, more: &str) -> EvolutionJob {
    let text = format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: demo}}
spec:
  marketData: {{dataset: walk, symbols: [AAA], interval: 1d, calendar: {{type: Sessions, barsPerYear: 252}}}}
  strategies:
{strategies}
  population: {{size: 20, seed: 7}}
  generations: 3
{more}"
    );
    serde_yaml::from_str(&text).unwrap()
}

/// Publishes a file of AAA with a row for each bar: the columns of `header`, as `row` makes them.
fn publish_as(data: &Path, name: &str, header: &str, row: impl Fn(&OwnedSeries, usize) -> String) -> String {
    let bars = series("AAA", ROWS, 1);
    let mut text = format!("time,symbol,{header}\n");
    for t in 0..ROWS {
        writeln!(text, "{},AAA,{}", show_stamp(bars.time_ms[t]), row(&bars, t)).unwrap();
    }
    let file = data.join("signals.csv");
    std::fs::write(&file, text).unwrap();
    let plan = SignalsImport {
        file: &file,
        data_dir: data,
        dataset: "walk",
        digest: None,
        name,
        symbol: None,
        day_order: None,
        drop_unmatched: false,
        objection,
        target: "target",
    };
    import_signals(&plan).unwrap().digest
}

/// Whether the close is above the mean of the last ten, by whole ticks.
fn above(bars: &OwnedSeries, t: usize) -> Option<bool> {
    let from = (t + 1).checked_sub(10)?;
    Some(bars.close[t] * 10 > bars.close[from..=t].iter().sum::<i64>())
}

fn cell(value: Option<bool>) -> String {
    value.map_or_else(String::new, |value| u8::from(value).to_string())
}

fn result(data: &Path, job: &EvolutionJob) -> ResultDocument {
    let folder = tempfile::tempdir().unwrap();
    timeless(finish(data, &Options::new(folder.path()), job).0)
}

fn refused(data: &Path, job: &EvolutionJob) -> String {
    let market = match Market::of_job(data, &job.spec) {
        Ok(market) => market,
        Err(error) => return error.to_string(),
    };
    let job = match ResolvedJob::new(job, &market.facts()) {
        Ok(job) => job,
        Err(error) => return error.to_string(),
    };
    Problem::new(&job, market.bars(), market.others(&job.others)).unwrap_err().to_string()
}

/// The accounts of all champions: what they traded, without the words of the strategy.
fn accounts(result: &ResultDocument) -> Vec<String> {
    let account = |champion: &_| {
        let value = serde_json::to_value(champion).unwrap();
        format!("{} {} {}", value["genome"], value["training"], value["holdout"])
    };
    result.species.iter().map(account).collect()
}

const WARM: &str = "  execution: {takerFee: \"0.001\", side: LongShort, warmupBars: 30}\n";

// Contract D10.
#[test]
fn a_column_decides_as_the_rules_that_it_was_computed_by() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), ROWS);
    let ratio =
        |bars: &OwnedSeries, t: usize| bars.close[t] as f64 / bars.close[t.saturating_sub(5)] as f64 - 1.0;
    publish_as(data.path(), "momentum", "score", |bars, t| match t {
        0..5 => String::new(),
        _ => format!("{:?}", ratio(bars, t)),
    });
    let genes = "genes: [{name: th, min: \"-0.02\", max: \"0.02\", step: \"0.001\"}]";
    let rules = |x: &str| {
        format!(
            "rules: {{language: 1, long: {{enter: \"{x} > $th\", exit: \"{x} < -$th\"}}, short: {{enter: \"{x}[1] < -0.03\", exit: \"sma({x}, 3) > 0\"}}}}"
        )
    };
    let file = format!(
        "  - {{name: mine, {genes}, signals: {{name: momentum, columns: [score]}}, {}}}",
        rules("score")
    );
    let own = format!("  - {{name: mine, {genes}, {}}}", rules("roc(close, 5)"));
    let by_file = accounts(&result(data.path(), &job(&file, WARM)));
    assert_eq!(by_file, accounts(&result(data.path(), &job(&own, WARM))));
    assert!(by_file[0].contains("\"trades\""), "{by_file:?}");
}

#[test]
fn conditions_and_targets_of_a_file_are_rules_over_its_columns() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), ROWS);
    let not = |value: Option<bool>| value.map(|value| !value);
    publish_as(data.path(), "sides", "long_entry,long_exit,short_entry,short_exit", |bars, t| {
        let up = above(bars, t);
        [up, not(up), not(up), up].map(cell).join(",")
    });
    publish_as(data.path(), "weights", "target", |bars, t| match above(bars, t) {
        None => String::new(),
        Some(true) => "0.5".to_owned(),
        Some(false) => "-1".to_owned(),
    });
    let file = |name: &str, columns: &str| {
        accounts(&result(
            data.path(),
            &job(&format!("  - {{name: mine, signals: {{name: {name}{columns}}}}}"), WARM),
        ))
    };
    let own = |rules: &str| {
        accounts(&result(
            data.path(),
            &job(&format!("  - {{name: mine, rules: {{language: 1, {rules}}}}}"), WARM),
        ))
    };
    let up = "close > sma(close, 10)";
    let down = "close <= sma(close, 10)";
    let sides = file("sides", ", columns: [long_entry, long_exit, short_entry, short_exit]");
    assert_eq!(
        sides,
        own(&format!(
            "long: {{enter: \"{up}\", exit: \"{down}\"}}, short: {{enter: \"{down}\", exit: \"{up}\"}}"
        ))
    );
    let one = file("sides", ", columns: [long_entry, long_exit]");
    assert_eq!(one, own(&format!("long: {{enter: \"{up}\", exit: \"{down}\"}}")));
    assert_ne!(one, sides);
    let weights = file("weights", ", columns: [target]");
    assert_eq!(weights, own(&format!("exposure: \"iff({up}, 0.5, -1)\"")));
    assert_ne!(weights, sides);
}

#[test]
fn no_later_row_of_a_file_changes_what_was_decided_before() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), ROWS);
    let until = "  execution: {warmupBars: 30}\n";
    let strategy = "  - {name: mine, genes: [{name: n, min: 1, max: 20}], signals: {name: momentum, columns: [x]}, rules: \
                    {language: 1, long: {enter: \"x > sma(x, $n)\", exit: \"x < sma(x, $n)\"}}}";
    let cut = |poison: Option<f64>| {
        publish_as(data.path(), "momentum", "x", |bars, t| match poison {
            Some(poison) if t >= 300 => format!("{poison:?}"),
            _ => bars.close[t].to_string(),
        });
        let mut job = job(strategy, until);
        // Bar 299 is the last that is looked at.
        job.spec.market_data.to = Some("1970-10-28".to_owned());
        accounts(&result(data.path(), &job))
    };
    let clean = cut(None);
    for poison in [f64::NAN, 1e300, -1e300] {
        assert_eq!(cut(Some(poison)), clean, "{poison}");
    }
    // The row of the last bar itself counts: it is known at its close.
    let whole = |poison: bool| {
        publish_as(data.path(), "momentum", "x", |bars, t| {
            let x = bars.close[t];
            if poison && t == 250 { "1e9".to_owned() } else { x.to_string() }
        });
        accounts(&result(data.path(), &job(strategy, until)))
    };
    assert_ne!(whole(false), whole(true));
}

#[test]
fn the_same_seed_and_file_give_the_same_bytes_on_any_number_of_threads() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), ROWS);
    publish_as(data.path(), "momentum", "x,y", |bars, t| {
        format!("{},{}", bars.close[t] % 7, bars.close[t] % 11)
    });
    let strategies = "  - {name: mine, genes: [{name: k, min: 1, max: 6}], signals: {name: momentum, columns: [x, y]}, rules: \
                      {language: 1, long: {enter: \"x > $k\", exit: \"y < $k or bars_in_trade > 9\"}}}\n  - {name: sma_crossover, genes: [{name: slow_period, min: 20, max: 60}]}";
    let job = job(strategies, "");
    let bytes = |slots: usize| {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { slots, ..Options::new(folder.path()) };
        serde_json::to_string(&timeless(finish(data.path(), &options, &job).0)).unwrap()
    };
    let one = bytes(1);
    assert_eq!(bytes(1), one);
    assert_eq!(bytes(3), one);
}

#[test]
fn the_inputs_have_the_digest_of_the_file_and_no_other_strategy_has_one() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), ROWS);
    let first = publish_as(data.path(), "momentum", "x,y", |_, t| format!("{t},1"));
    let strategies = "  - {name: mine, signals: {name: momentum}, rules: {language: 1, long: {enter: \"x > 3\"}}}\n  - {name: sma_crossover}";
    let resolved = |job: &EvolutionJob| {
        let market = Market::of_job(data.path(), &job.spec).unwrap();
        ResolvedJob::new(job, &market.facts()).unwrap()
    };
    let plain = resolved(&job(strategies, ""));
    let inputs = serde_json::to_value(&plain.inputs).unwrap();
    assert_eq!(inputs["strategies"][0]["signals"], format!("blake3:{first}"));
    assert_eq!(inputs["strategies"][0]["rules"]["long"]["enter"], "(< 3 momentum.x)");
    assert_eq!(inputs["strategies"][1].get("signals"), None);
    let written = plain.manifest.spec.strategies[0].signals.clone().unwrap();
    assert_eq!(written.digest, Some(format!("blake3:{first}")));
    assert_eq!(written.columns, ["x", "y"]);
    // One cell more is another run; the manifest as it was resolved is still the old one.
    let second = publish_as(data.path(), "momentum", "x,y", |_, t| format!("{},1", t + t / 399));
    assert_ne!(first, second);
    assert_ne!(resolved(&job(strategies, "")).digest, plain.digest);
    let again = resolved(&plain.manifest);
    assert_eq!((again.digest, &again.manifest), (plain.digest, &plain.manifest));
}

#[test]
fn what_a_file_does_not_have_is_named_before_anything_runs() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), ROWS);
    publish_as(data.path(), "momentum", "score", |_, t| t.to_string());
    let with = |signals: &str, enter: &str| {
        job(
            &format!(
                "  - {{name: mine, signals: {{{signals}}}, rules: {{language: 1, long: {{enter: \"{enter}\"}}}}}}"
            ),
            "",
        )
    };
    for (signals, enter, said) in [
        ("name: other", "score > 1", "a file of signals other of dataset walk"),
        (
            "name: momentum, columns: [scor]",
            "scor > 1",
            "spec.strategies[0].signals.columns[0]: signals \"momentum\" have no column \"scor\"; they have score",
        ),
        (
            "name: momentum, columns: [score]",
            "scor > 1",
            "there is no let and no field \"scor\"; did you mean \"score\"?",
        ),
        ("name: momentum", "scor > 1", "there is no let and no field \"scor\"; did you mean \"score\"?"),
        ("name: momentum", "on(1w, score) > 1", "a column of signals has no higher bars"),
        (
            "name: momentum",
            "of(BBB, score) > 1",
            "rules read momentum.score, and the signals have no row of BBB",
        ),
        ("file: my.parquet", "score > 1", "spec.strategies[0].signals.file"),
    ] {
        let error = refused(data.path(), &with(signals, enter));
        assert!(error.contains(said), "{error}");
    }
    let mut other = with("name: momentum", "score > 1");
    other.spec.market_data.symbols = vec!["AAA".to_owned(), "BBB".to_owned()];
    let error = refused(data.path(), &other);
    assert!(
        error.contains("strategy mine: rules read momentum.score, and the signals have no row of BBB"),
        "{error}"
    );
    let bare = job("  - {name: mine, signals: {name: momentum, columns: [score]}}", "");
    let error = refused(data.path(), &bare);
    assert!(
        error.contains("spec.strategies[0].signals.columns: the file does not say by itself what is traded"),
        "{error}"
    );
}
