//! The tables of a result say what the account did, and the result says which moves of its data are extreme.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::runs::finish;
use common::{manifest, publish_walk, series};
use galapagos_market::{Interval, publish};
use galapagos_run::execute::Options;
use galapagos_run::results::document::ResultDocument;

/// Rows of a CSV file by column.
fn read(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|l| l.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().cloned().zip(cells).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

/// A run with these options of the account, and the folder of its best.
fn best(
    data: &Path,
    execution: &str,
    genes: &str,
) -> (ResultDocument, std::path::PathBuf, tempfile::TempDir) {
    let results = tempfile::tempdir().unwrap();
    let mut job = manifest("  generations: 3\n  validation: {holdout: {fraction: \"0.2\"}}\n");
    job.spec.execution = serde_yaml::from_str(execution).unwrap();
    for strategy in &mut job.spec.strategies {
        strategy.genes.extend(serde_yaml::from_str::<Vec<galapagos_crds::GeneSpec>>(genes).unwrap());
    }
    let (result, _) = finish(data, &Options { slots: 2, ..Options::new(results.path()) }, &job);
    let run = results
        .path()
        .join("galapagos/runs/local/demo")
        .join(result.inputs_digest.rsplit(':').next().unwrap());
    (result, run.join("result/best"), results)
}

#[test]
fn the_equity_of_the_best_stands_beside_its_drawdown_and_the_market() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    for window in ["AfterWarmUp", "Full"] {
        let (result, folder, _results) =
            best(data.path(), &format!("{{takerFee: \"0.001\", window: {window}}}"), "[]");
        let winner = &result.species[0];
        let winner = result.best.as_ref().unwrap_or(winner);
        let rows = read(&folder.join("equity.csv"));
        for (part, account, market) in [
            ("training", Some(&winner.training), Some(&result.buy_and_hold.training)),
            ("holdout", winner.holdout.as_ref(), result.buy_and_hold.holdout.as_ref()),
        ] {
            let rows: Vec<_> = rows.iter().filter(|r| r["part"] == part).collect();
            let deepest = rows.iter().map(|r| number(r, "drawdown")).fold(0.0, f64::max);
            assert_eq!(Some(deepest), account.unwrap().metrics["max_drawdown"], "{window} {part}");
            let last = rows.last().unwrap();
            assert_eq!(
                Some(number(last, "market")),
                market.unwrap().metrics["final_equity"],
                "{window} {part}"
            );
            // Holding begins where the longest warm-up ends; before that there is no market.
            assert!(window == "Full" || rows.iter().all(|r| !r["market"].is_empty()));
        }
    }
}

#[test]
fn a_trade_that_a_stop_ends_names_its_price_and_whether_the_bar_opened_beyond_it() {
    let data = tempfile::tempdir().unwrap();
    // Opens that are no closes, so that some lie beyond a stop.
    let mut own = series("AAA", 900, 5);
    for t in 1..own.open.len() {
        let moved = own.close[t - 1] * if t % 3 == 0 { 96 } else { 101 } / 100;
        own.open[t] = moved;
        own.high[t] = own.high[t].max(moved);
        own.low[t] = own.low[t].min(moved);
    }
    publish(data.path(), "walk", Interval::parse("1d").unwrap(), None, &[own.as_series()]).unwrap();
    let (result, folder, _results) =
        best(data.path(), "{slippage: \"0.001\"}", "[{name: stop_loss, value: \"0.03\"}]");
    let rows = read(&folder.join("trades.csv"));
    assert_eq!(rows[0].keys().filter(|k| ["level", "gap", "reason"].contains(&k.as_str())).count(), 3);
    let open = |time: &str| {
        let at = result.data.symbols[0].from.clone();
        let days = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond() / 86_400_000;
        own.open[(days(time) - days(&at)) as usize] as f64 / 100.0
    };
    let (mut gaps, mut inside) = (0, 0);
    for row in &rows {
        if row["reason"] != "stop" {
            assert!(
                row["reason"] == "target" || (row["level"].is_empty() && row["gap"] == "false"),
                "{row:?}"
            );
            continue;
        }
        let (level, exit) = (number(row, "level"), number(row, "exit_price"));
        assert!((level / number(row, "entry_price") - 0.97).abs() < 1e-12, "{row:?}");
        let gap = row["gap"] == "true";
        let price = if gap { open(&row["exit_time"]) } else { level };
        assert!((exit - price * 0.999).abs() < 1e-9, "{row:?}");
        assert!(!gap || price < level, "{row:?}");
        // It went at least as far against it as where it ended.
        assert!(number(row, "adverse") <= exit / number(row, "entry_price") - 1.0, "{row:?}");
        gaps += usize::from(gap);
        inside += usize::from(!gap);
    }
    assert!(gaps > 0 && inside > 0, "{gaps} {inside}");
}

#[test]
fn the_years_of_all_symbols_together_are_the_account_at_their_ends() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 1000);
    for window in ["AfterWarmUp", "Full"] {
        let (_, folder, _results) =
            best(data.path(), &format!("{{takerFee: \"0.001\", window: {window}}}"), "[]");
        let (equity, years) = (read(&folder.join("equity.csv")), read(&folder.join("years.csv")));
        let mut ends: BTreeMap<(String, String), [f64; 2]> = BTreeMap::new();
        for row in &equity {
            let year = row["time"][..4].to_owned();
            ends.entry((row["part"].clone(), year)).or_default()[0] = number(row, "equity");
        }
        let mut begins: BTreeMap<(&str, &str), f64> = BTreeMap::new();
        for row in &years {
            ends.get_mut(&(row["part"].clone(), row["year"].clone())).unwrap()[1] += number(row, "end");
            let begin = begins.insert((&row["symbol"], &row["part"]), number(row, "end"));
            assert!(begin.is_none_or(|begin| begin == number(row, "begin")), "{row:?}");
        }
        assert!(ends.len() > 3, "{ends:?}");
        for (year, [all, summed]) in ends {
            assert!((all / summed - 1.0).abs() < 1e-12, "{year:?} {window}: {all} {summed}");
        }
    }
}

#[test]
fn extreme_moves_of_the_data_stand_in_the_result() {
    let data = tempfile::tempdir().unwrap();
    let mut own = series("AAA", 500, 1);
    for column in [&mut own.open, &mut own.high, &mut own.low, &mut own.close] {
        column[300] *= 3;
    }
    publish(data.path(), "walk", Interval::parse("1d").unwrap(), None, &[own.as_series()]).unwrap();
    let (result, _, _results) = best(data.path(), "{takerFee: \"0.001\"}", "[]");
    let found: Vec<(&str, &str)> =
        result.data.outliers.iter().map(|o| (o.symbol.as_str(), o.time.as_str())).collect();
    // 300 and 301 days after the beginning of 1970.
    assert_eq!(found, [("AAA", "1970-10-28T00:00:00Z"), ("AAA", "1970-10-29T00:00:00Z")]);
    let change = own.close[300] as f64 / own.close[299] as f64 - 1.0;
    assert!((result.data.outliers[0].change - change).abs() < 1e-12 && change > 1.5);
}

#[test]
fn results_that_show_the_same_holdout_are_counted_over_all_jobs_of_the_data() {
    let (data, results) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish_walk(data.path(), 400);
    let options = Options { slots: 1, ..Options::new(results.path()) };
    let looks = |more: &str| {
        let job = manifest(more);
        finish(data.path(), &options, &job).0.luck.dataset_holdout_looks
    };
    let held = "  validation: {holdout: {fraction: \"0.2\"}}\n";
    assert_eq!(looks(&format!("  generations: 2\n{held}")), Some(1));
    assert_eq!(looks(&format!("  generations: 2\n{held}")), Some(1), "an answer from the disk");
    assert_eq!(looks(&format!("  generations: 3\n{held}")), Some(2));
    assert_eq!(
        looks(&format!("  generations: 2\n{held}  limits: [{{metric: trades, atLeast: 1}}]\n")),
        Some(3)
    );
    assert_eq!(looks("  generations: 2\n  validation: {holdout: {fraction: \"0\"}}\n"), None, "no holdout");
    assert!(data.path().join("galapagos/looks.json").exists());
}
