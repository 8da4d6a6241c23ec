//! Walk-forward: evolved anew on the past of each window, traded in the rows behind it.

use super::account::figure;
use crate::pictures::account::{Lines, equity};
use crate::report::data::Data;
use crate::report::error::ReportError;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::sections::species::metric;
use crate::report::stitched::Stitched;
use crate::report::text::{count, day, number, percent, probability, signed_percent};
use crate::results::validation::windows::{Span, WalkForward};

/// The part; nothing without walk-forward.
///
/// # Errors
/// The chart cannot be drawn.
pub fn section(data: &Data) -> Result<String, ReportError> {
    let walk = data.document.validation.as_ref().and_then(|v| v.walk_forward.as_ref());
    let Some(walk) = walk else { return Ok(String::new()) };
    let chart = data.stitched.as_ref().map(chart).transpose()?.unwrap_or_default();
    Ok(framed("walk", "Walk-forward", &(chart + &content(walk))))
}

/// The tests one after another beside the market in the same rows, which nothing but the picture shows.
fn chart(stitched: &Stitched) -> Result<String, ReportError> {
    let Some((first, last)) = stitched.rows.first().zip(stitched.rows.last()).filter(|(a, b)| a.0 < b.0)
    else {
        return Ok(String::new());
    };
    let line = |i: usize| stitched.rows.iter().map(|row| (row.0, row.1[i])).collect::<Vec<_>>();
    let lines = Lines {
        names: ("Tests, one after another", "evolved anew for each"),
        account: line(0),
        market: line(1),
        cuts: stitched.cuts.clone(),
        ..Lines::default()
    };
    let said = format!(
        "What the champion of each window made of the rows behind it, from {} to {}; a line where the next window begins",
        day(first.0),
        day(last.0)
    );
    Ok(figure("walk", &said, &equity(&lines)?))
}

fn content(walk: &WalkForward) -> String {
    let mut header = vec![
        "Test rows",
        "Trained on",
        "Strategy",
        "Genes",
        "Fitness",
        "Sharpe, training",
        "Sharpe, test",
        "Return, test",
        "Evaluated",
    ];
    let islands = walk.windows.iter().any(|window| window.island.is_some());
    if islands {
        header.push("Island");
    }
    let mut table = Table::new("Each window", &header).words(&[1, 2, 3]);
    for window in &walk.windows {
        let genes = window.genome.iter().flatten().map(|(name, value)| format!("{name} {value}"));
        let test = window.test.account.as_ref();
        let cells = [
            Cell::Text(span(&window.train)),
            Cell::text(window.strategy.as_deref().unwrap_or("none: cash")),
            Cell::Text(genes.collect::<Vec<_>>().join(", ")),
            Cell::Number(number(window.fitness, 3)),
            Cell::Number(number(metric(window.training.as_ref(), "sharpe"), 2)),
            Cell::Number(number(metric(test, "sharpe"), 2)),
            Cell::Number(signed_percent(metric(test, "total_return"))),
            Cell::Number(count(window.evaluations)),
        ];
        let island = islands.then(|| window.island.map_or_else(|| "-".to_owned(), |i| i.to_string()));
        table.row(&span(&window.test.rows), cells.into_iter().chain(island.map(Cell::Number)));
    }
    let stitched = |name: &str| metric(Some(&walk.stitched), name);
    let words = format!(
        "One after another the tests have a Sharpe ratio of {} and return {}; chance of so much beyond the market without skill: \
         {}. Of the return a year that training showed they keep {}, of its Sharpe ratio {}. The strategy changed {} times.",
        number(stitched("sharpe"), 2),
        signed_percent(stitched("total_return")),
        probability(walk.p),
        percent(walk.efficiency),
        percent(walk.sharpe_efficiency),
        walk.species_changes
    );
    table.finish() + &note(&words) + &stability(walk)
}

/// How much the genes of the champions differ.
fn stability(walk: &WalkForward) -> String {
    let caption = "How far genes wander from window to window";
    let mut table = Table::new(caption, &["Strategy", "Gene", "Share of its range"]).words(&[1]);
    for (strategy, genes) in &walk.gene_stability {
        for (gene, share) in genes {
            table.row(strategy, [Cell::text(gene.as_str()), Cell::Number(percent(Some(*share)))]);
        }
    }
    table.finish()
}

fn span(rows: &Span) -> String {
    let day = |stamp: &str| stamp.split('T').next().unwrap_or_default().to_owned();
    format!("{} to {}", day(&rows.from), day(&rows.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_tests_are_drawn_one_after_another() {
        let rows = (0..9_i64).map(|i| (i * 86_400_000, [100.0 + i as f64, 90.0, f64::NAN])).collect();
        let text = chart(&Stitched { rows, cuts: vec![3 * 86_400_000] }).unwrap();
        assert!(text.contains("from 1970-01-01 to 1970-01-09") && text.contains("evolved anew"), "{text}");
        assert_eq!(chart(&Stitched::default()).unwrap(), "");
    }

    #[test]
    fn each_window_is_shown_and_one_without_a_champion_is_cash() {
        let account = |sharpe: f64| {
            json!({"metrics": {"sharpe": sharpe, "total_return": 0.125}, "reason": null, "returns": 5,
            "sums": {"s1": "0", "s2": "0"}, "open_position": false})
        };
        let span = |from: &str, to: &str| json!({"from": format!("{from}T00:00:00Z"), "to": format!("{to}T00:00:00Z")});
        let mut test = span("2021-01-02", "2021-06-01");
        test["account"] = account(0.5);
        let mut cash = span("2021-06-02", "2021-12-01");
        cash["account"] = json!(null);
        let window = |test: serde_json::Value, strategy: serde_json::Value| {
            json!({"index": 0, "train": span("2020-01-01", "2021-01-01"),
            "test": test, "strategy": strategy, "genome": {"fast": "5"}, "fitness": 1.25, "training": account(1.5),
            "evaluations": 1200, "digest": "d"})
        };
        let walk: WalkForward = serde_json::from_value(json!({
            "windows": [window(test, json!("<b>")), window(cash, json!(null))],
            "stitched": account(0.75), "p": 0.25, "efficiency": 0.5, "sharpe_efficiency": null, "gene_stability": {"cross": {"fast": 0.125}},
            "species_changes": 1, "evaluations": 2400,
        }))
        .unwrap();
        let text = content(&walk);
        for part in [
            "2021-01-02 to 2021-06-01",
            "2020-01-01 to 2021-01-01",
            "&lt;b&gt;",
            "fast 5",
            "1.250",
            "0.50",
            "1,200",
            "none: cash",
            "Sharpe ratio of 0.75",
            "without skill: 0.250",
            "keep 50.0 %",
            "Sharpe ratio -.",
            "cross</th><td>fast</td><td class=\"n\">12.5 %",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
