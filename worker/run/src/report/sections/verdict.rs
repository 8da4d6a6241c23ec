//! First of all: is the find luck? The sentence, the ladder of gates, and the winner in numbers.

use std::fmt::Write;

use crate::report::data::Data;
use crate::report::html::{Cell, Table, escape, note, paragraph, section as framed};
use crate::report::text::{count, duration, money, number, percent, short, signed_percent};
use crate::results::document::{AccountResult, ResultDocument};
use crate::results::validation::document::{GateResult, Validation};

/// Name in a manifest, what it asks, and how the value is compared.
const GATES: [(&str, &str, &str); 10] = [
    ("lookAhead", "No decision knows the future", ""),
    ("trades", "Enough trades", "at least"),
    ("confidence", "Confidence that it is not luck", "at least"),
    ("costs", "Sharpe ratio at the highest costs", "above"),
    ("neighbourhood", "What neighbouring genes keep", "at least"),
    ("walkForward", "Evolved anew and traded forward", "at least"),
    ("holdout", "Sharpe ratio of the holdout beyond the market", "above"),
    ("holdoutRatio", "What the holdout keeps", "at least"),
    ("pbo", "Probability of overfitting", "at most"),
    ("deflatedSharpe", "Deflated Sharpe ratio", "at least"),
];

/// The heading of the page and its first part.
pub fn section(data: &Data) -> String {
    let document = &data.document;
    let mut text = format!("<header><h1>{}</h1>\n", escape(&document.job.name));
    let _ = writeln!(text, "<p class=\"note\">{}</p></header>", escape(&summary(data)));
    text + &framed("verdict", "Verdict", &verdict(document))
}

fn summary(data: &Data) -> String {
    let document = &data.document;
    let symbols: Vec<&str> = document.data.symbols.iter().map(|s| s.symbol.as_str()).take(8).collect();
    let more = document.data.symbols.len() - symbols.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "{} on {}{more}, {} strategies evaluated in {} generations",
        document.data.dataset,
        symbols.join(", "),
        count(document.evaluations.distinct),
        document.generations.len()
    )
}

fn verdict(document: &ResultDocument) -> String {
    let said = |class: &str, word: &str, sentence: &str| {
        format!("<p class=\"verdict {class}\"><strong>{}</strong> {}</p>\n", escape(word), escape(sentence))
    };
    let Some(validation) = &document.validation else {
        let text = if document.best.is_none() {
            nothing_feasible(document)
        } else {
            "This result has no verdict: the release that made it did not test its find against luck."
                .to_owned()
        };
        return said("unknown", "Not known", &text) + &older(document);
    };
    let (class, word) = match validation.validated.as_str() {
        "True" => ("yes", "Validated"),
        "False" => ("no", "Not validated"),
        _ => ("unknown", "Not known"),
    };
    let mut text = said(class, word, &validation.summary);
    if document.optimistic {
        text +=
            &said("no", "Optimistic", "Orders are filled at the close that decided them, which nobody can.");
    }
    if !document.reproducible {
        let count = document.evaluations.exceptions;
        text += &note(&format!(
            "{count} individuals could not be evaluated: the result is not reproducible without them."
        ));
    }
    text + &ladder(validation)
}

fn nothing_feasible(document: &ResultDocument) -> String {
    let by: Vec<String> =
        document.excluded.iter().take(5).map(|e| format!("{} excluded {}", e.by, e.individuals)).collect();
    let because = if by.is_empty() { String::new() } else { format!(": {}", by.join("; ")) };
    format!("No individual is feasible{because}. What is shown below is the nearest.")
}

/// What results without a verdict know of luck.
fn older(document: &ResultDocument) -> String {
    let Some(deflated) = document.luck.deflated_sharpe else { return String::new() };
    paragraph(&format!(
        "Deflated Sharpe ratio {} among {} trials: below .95 it does not stand out from their luck.",
        number(Some(deflated), 2),
        count(document.luck.trials)
    ))
}

fn ladder(validation: &Validation) -> String {
    let mut table = Table::new(
        "The gates, in the order in which they decide",
        &["Gate", "Value", "Needed", "Result", "What it says"],
    )
    .words(&[3, 4]);
    for gate in &validation.gates {
        let (class, result) = match gate.passed {
            Some(true) => ("yes", "passes"),
            Some(false) => ("no", "fails"),
            None => ("unknown", "not known"),
        };
        let known = GATES.iter().find(|g| g.0 == gate.name);
        let name = known.map_or(gate.name.as_str(), |g| g.1);
        let (value, needed) = compared(gate, known.map_or("", |g| g.2));
        let cells = [
            Cell::Number(value),
            Cell::Number(needed),
            Cell::text(result),
            Cell::text(gate.sentence.as_str()),
        ];
        table.marked(name, &format!("gate {class}"), cells);
    }
    table.finish()
}

fn compared(gate: &GateResult, how: &str) -> (String, String) {
    let value = gate.value.map_or_else(|| "-".to_owned(), short);
    match gate.name.as_str() {
        "lookAhead" => {
            (gate.value.map_or("-", |v| if v > 0.0 { "yes" } else { "no" }).to_owned(), "yes".to_owned())
        }
        "neighbourhood" | "holdoutRatio" | "pbo" => {
            (percent(gate.value), format!("{how} {}", percent(Some(gate.threshold))))
        }
        "confidence" | "walkForward" | "deflatedSharpe" => {
            (number(gate.value, 3), format!("{how} {}", number(Some(gate.threshold), 3)))
        }
        _ => (value, format!("{how} {}", short(gate.threshold)).trim().to_owned()),
    }
}

/// The winner in numbers, beside buy and hold.
pub fn winner(data: &Data) -> String {
    let Some(shown) = data.shown() else { return String::new() };
    let held = &data.document.buy_and_hold;
    let genes: Vec<String> = shown.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let mut columns =
        vec![("Training", Some(&shown.training)), ("Buy and hold, training", Some(&held.training))];
    if let Some(holdout) = &held.holdout {
        columns.insert(1, ("Holdout", shown.holdout.as_ref()));
        columns.push(("Buy and hold, holdout", Some(holdout)));
    }
    let header: Vec<&str> = std::iter::once("").chain(columns.iter().map(|c| c.0)).collect();
    let mut table = Table::new("The winner beside buy and hold", &header);
    type Show = fn(Option<f64>) -> String;
    let rows: [(&str, &str, Show); 9] = [
        ("Sharpe ratio, a year", "sharpe", |v| number(v, 2)),
        ("Return", "total_return", signed_percent),
        ("Return a year", "cagr", signed_percent),
        ("Largest drawdown", "max_drawdown", percent),
        ("Volatility, a year", "volatility", percent),
        ("Trades", "trades", |v| number(v, 0)),
        ("Trades that gained", "win_rate", percent),
        ("Time in the market", "exposure", percent),
        ("Fees", "fees", money),
    ];
    let of = |account: &Option<&AccountResult>, name: &str| {
        account.and_then(|a| a.metrics.get(name).copied().flatten())
    };
    for (title, name, show) in rows {
        table.row(title, columns.iter().map(|(_, account)| Cell::Number(show(of(account, name)))));
    }
    let name = format!("<p><strong>{}</strong> {}</p>\n", escape(&shown.strategy), escape(&genes.join(", ")));
    framed("winner", "The winner", &(name + &table.finish() + &rows_used(data)))
}

fn rows_used(data: &Data) -> String {
    let Some(account) = &data.account else { return String::new() };
    let Some((first, last)) = account.rows.first().zip(account.rows.last()) else { return String::new() };
    let span = duration(last.0 - first.0);
    note(&format!("{} counted closes over {span}. Times are UTC, of the open of a bar.", count(account.all)))
}
