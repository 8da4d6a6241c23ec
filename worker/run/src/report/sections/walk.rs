//! Walk-forward: evolved anew on the past of each window, traded in the rows behind it. Read as whatever the result holds, for
//! results without it, and of releases that say more.

use serde_json::Value;

use crate::report::data::Data;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::text::{money, number, percent, probability, signed_percent};

/// Most windows that a job can ask for.
const WINDOWS: usize = 50;

/// The part; nothing without walk-forward.
pub fn section(data: &Data) -> String {
    data.walk_forward.as_ref().map_or_else(String::new, |walk| framed("walk", "Walk-forward", &content(walk)))
}

fn content(walk: &Value) -> String {
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
    for window in walk["windows"].as_array().into_iter().flatten().take(WINDOWS) {
        let metric = |part: &str, name: &str| {
            let account = &window[part];
            account["metrics"][name].as_f64().or_else(|| account[name].as_f64())
        };
        let cells = [
            Cell::Text(span(&window["train"])),
            Cell::Text(window["strategy"].as_str().unwrap_or("none: cash").to_owned()),
            Cell::Text(genes(&window["genome"])),
            Cell::Number(number(window["fitness"].as_f64(), 3)),
            Cell::Number(number(metric("training", "sharpe"), 2)),
            Cell::Number(number(metric("test", "sharpe"), 2)),
            Cell::Number(signed_percent(metric("test", "total_return"))),
            Cell::Number(money(window["evaluations"].as_f64())),
        ];
        // The rows of a window: of its test, or, where that is the account, beside it.
        let test = [&window["test"], &window["test_rows"]].into_iter().map(span).find(|s| !s.is_empty());
        table.row(&test.unwrap_or_else(|| window["index"].to_string()), cells);
    }
    let stitched = |name: &str| walk["stitched"]["metrics"][name].as_f64();
    let words = format!(
        "One after another the tests have a Sharpe ratio of {} and return {}; chance of so much beyond the market without skill: {}. \
         Of the return a year that training showed they keep {} (Sharpe ratio: {}). The strategy changed {} times.",
        number(stitched("sharpe"), 2),
        signed_percent(stitched("total_return")),
        probability(walk["p"].as_f64()),
        percent(walk["efficiency"].as_f64()),
        percent(walk["sharpe_efficiency"].as_f64()),
        number(walk["species_changes"].as_f64(), 0)
    );
    table.finish() + &note(&words)
}

fn span(rows: &Value) -> String {
    let of =
        |name: &str| rows[name].as_str().map(|text| text.split('T').next().unwrap_or_default().to_owned());
    of("from").zip(of("to")).map_or_else(String::new, |(from, to)| format!("{from} to {to}"))
}

fn genes(genome: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let genes =
        genome.as_object().into_iter().flatten().map(|(name, value)| format!("{name} {}", text(value)));
    genes.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_walk_forward_holds_is_shown_or_left_out() {
        let text = content(&serde_json::json!({
            "windows": [
                {"index": 0, "train": {"from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z"},
                 "test": {"from": "2021-01-02T00:00:00Z", "to": "2021-06-01T00:00:00Z", "metrics": {"sharpe": 0.5}},
                 "strategy": "<b>", "genome": {"fast": "5"}, "fitness": 1.25},
                "nonsense", null,
            ],
            "stitched": {"metrics": {"sharpe": 0.75}}, "p": 0.25, "efficiency": 0.5,
        }));
        for part in [
            "2021-01-02 to 2021-06-01",
            "2020-01-01 to 2021-01-01",
            "&lt;b&gt;",
            "fast 5",
            "1.250",
            "0.50",
            "0.75",
            "50.0 %",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(content(&Value::Null).contains("Sharpe ratio of -"));
    }
}
