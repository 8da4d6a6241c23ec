//! Walk-forward: evolved anew on the past of each window, traded in the rows behind it.

use crate::report::data::Data;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::sections::species::metric;
use crate::report::text::{count, number, percent, probability, signed_percent};
use crate::results::validation::windows::{Span, WalkForward};

/// The part; nothing without walk-forward.
pub fn section(data: &Data) -> String {
    let walk = data.document.validation.as_ref().and_then(|v| v.walk_forward.as_ref());
    walk.map_or_else(String::new, |walk| framed("walk", "Walk-forward", &content(walk)))
}

fn content(walk: &WalkForward) -> String {
    let header = [
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
        table.row(&span(&window.test.rows), cells);
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
    table.finish() + &note(&words)
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
            "stitched": account(0.75), "p": 0.25, "efficiency": 0.5, "sharpe_efficiency": null, "gene_stability": {},
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
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
