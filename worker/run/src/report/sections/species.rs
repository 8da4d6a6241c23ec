//! The best of each species, and the winner's account of each symbol.

use crate::report::data::Data;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::text::{count, number, percent, signed_percent};
use crate::results::document::AccountResult;

/// Most symbols of a table.
pub const SYMBOLS: usize = 50;

/// The part.
pub fn section(data: &Data) -> String {
    framed("species", "Best of each species", &(species(data) + &symbols(data)))
}

fn species(data: &Data) -> String {
    let document = &data.document;
    let objective = document.species.first().map_or("fitness", |c| c.objective.as_str());
    let islands = document.species.iter().any(|c| c.island.is_some());
    let mut header = vec![
        "Strategy",
        "Genes",
        "Class",
        "Trials",
        objective,
        "Sharpe, training",
        "Sharpe, holdout",
        "Return, training",
        "Return, holdout",
        "Drawdown, training",
        "Trades, training",
    ];
    if islands {
        header.push("Island");
    }
    let mut table =
        Table::new("The best of each species, in the order of the manifest", &header).words(&[1, 2]);
    for champion in &document.species {
        let genes: Vec<String> =
            champion.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let class = if champion.objections.is_empty() {
            champion.class.clone()
        } else {
            format!("{}: {}", champion.class, champion.objections.join("; "))
        };
        let (training, holdout) = (Some(&champion.training), champion.holdout.as_ref());
        let island = islands.then(|| champion.island.map_or_else(|| "-".to_owned(), |i| i.to_string()));
        let cells = [
            Cell::text(genes.join(", ")),
            Cell::text(class),
            Cell::Number(count(champion.trials)),
            Cell::Number(number(champion.fitness, 3)),
            Cell::Number(number(metric(training, "sharpe"), 2)),
            Cell::Number(number(metric(holdout, "sharpe"), 2)),
            Cell::Number(signed_percent(metric(training, "total_return"))),
            Cell::Number(signed_percent(metric(holdout, "total_return"))),
            Cell::Number(percent(metric(training, "max_drawdown"))),
            Cell::Number(number(metric(training, "trades"), 0)),
        ];
        table.row(&champion.strategy, cells.into_iter().chain(island.map(Cell::Number)));
    }
    let looks = document.luck.holdout_looks;
    let remark = if document.buy_and_hold.holdout.is_some() && looks > 0 {
        let times = if looks == 1 { "once".to_owned() } else { format!("{looks} times") };
        let jobs = match document.luck.dataset_holdout_looks {
            Some(results) if results > 1 => format!(
                " As far as the data folder knows, {results} results of any job have shown some of these rows, this one included."
            ),
            _ => String::new(),
        };
        note(&format!(
            "The holdout was looked at {times} by this job: each look at another individual makes a good one by luck more likely. \
             The verdict is about the winner alone.{jobs}"
        ))
    } else {
        String::new()
    };
    table.finish() + &remark
}

fn symbols(data: &Data) -> String {
    let Some(shown) = data.shown().filter(|c| c.per_symbol.len() > 1) else { return String::new() };
    let header = [
        "Symbol",
        "Sharpe, training",
        "Return, training",
        "Trades, training",
        "Sharpe, holdout",
        "Return, holdout",
        "Trades, holdout",
    ];
    let mut table = Table::new("The winner on each symbol", &header);
    for (symbol, accounts) in shown.per_symbol.iter().take(SYMBOLS) {
        let parts = [Some(&accounts.training), accounts.holdout.as_ref()];
        let cells = parts.into_iter().flat_map(|part| {
            [
                Cell::Number(number(metric(part, "sharpe"), 2)),
                Cell::Number(signed_percent(metric(part, "total_return"))),
                Cell::Number(number(metric(part, "trades"), 0)),
            ]
        });
        table.row(symbol, cells.collect::<Vec<_>>());
    }
    let left = shown.per_symbol.len().saturating_sub(SYMBOLS);
    table.finish()
        + &if left > 0 { note(&format!("{left} more symbols are in result.json.")) } else { String::new() }
}

/// A metric of an account.
pub fn metric(account: Option<&AccountResult>, name: &str) -> Option<f64> {
    account.and_then(|a| a.metrics.get(name).copied().flatten())
}
