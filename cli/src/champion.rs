//! The accounts of a champion side by side, as runs and replays print them.

use crate::table::{number, percent, signed_percent, table};
use galapagos_run::results::document::{AccountResult, Champion};

/// The objective that needs no row of its own.
const SHARPE: &str = "sharpe";

/// A metric of an account; `None` where there is no account or no value.
pub fn metric(account: Option<&AccountResult>, name: &str) -> Option<f64> {
    account.and_then(|a| a.metrics.get(name).copied().flatten())
}

/// The genes with their values.
pub fn genes(champion: &Champion) -> String {
    champion.genome.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("  ")
}

/// One column an account, one row a metric; the objective first, if it is not the Sharpe ratio.
pub fn accounts(objective: &str, columns: &[(&str, Option<&AccountResult>)]) -> String {
    type Show = Box<dyn Fn(Option<f64>) -> String>;
    let plain = |decimals: usize| -> Show { Box::new(move |v| number(v, decimals)) };
    let mut rows: Vec<(String, &str, Show)> = vec![
        ("sharpe".to_owned(), SHARPE, plain(2)),
        ("return".to_owned(), "total_return", Box::new(signed_percent)),
        ("max drawdown".to_owned(), "max_drawdown", Box::new(percent)),
        ("trades".to_owned(), "trades", plain(0)),
        ("fees".to_owned(), "fees", plain(0)),
    ];
    if objective != SHARPE {
        rows.insert(0, (format!("{objective} (objective)"), objective, plain(4)));
    }
    let rows = rows.into_iter().map(|(title, name, show)| {
        let cells = columns.iter().map(|(_, account)| match account {
            Some(account) => show(metric(Some(account), name)),
            None => "-".to_owned(),
        });
        std::iter::once(title).chain(cells).collect()
    });
    let header: Vec<&str> = std::iter::once("").chain(columns.iter().map(|c| c.0)).collect();
    table(&header, rows.collect(), &header[1..])
}

/// A line a symbol; empty for a single one. A winner of several symbols may be the winner of one.
pub fn symbols(champion: &Champion) -> String {
    if champion.per_symbol.len() < 2 {
        return String::new();
    }
    let rows = champion.per_symbol.iter().map(|(symbol, accounts)| {
        let parts = [Some(&accounts.training), accounts.holdout.as_ref()];
        let cells = parts.into_iter().flat_map(|part| {
            [
                number(metric(part, SHARPE), 2),
                signed_percent(metric(part, "total_return")),
                number(metric(part, "trades"), 0),
            ]
        });
        std::iter::once(symbol.clone()).chain(cells).collect()
    });
    let header = [
        "symbol",
        "sharpe train",
        "return train",
        "trades train",
        "sharpe holdout",
        "return holdout",
        "trades holdout",
    ];
    table(&header, rows.collect(), &header[1..])
}

/// A line a species: the best of each, and of which island it is where there are some. The holdouts of all but the winner are further looks at the same rows.
pub fn species(champions: &[Champion]) -> String {
    let islands = champions.iter().any(|c| c.island.is_some());
    let rows = champions.iter().map(|c| {
        let fitness = c.fitness.filter(|_| c.class == "feasible");
        let mut row = vec![c.strategy.clone()];
        if islands {
            row.push(c.island.map_or_else(|| "-".to_owned(), |island| island.to_string()));
        }
        row.extend([
            number(fitness, 4),
            number(metric(Some(&c.training), SHARPE), 2),
            number(metric(c.holdout.as_ref(), SHARPE), 2),
            number(metric(Some(&c.training), "trades"), 0),
            c.trials.to_string(),
        ]);
        row
    });
    let mut header = vec!["species", "fitness", "sharpe train", "sharpe holdout", "trades", "trials"];
    if islands {
        header.insert(1, "island");
    }
    table(&header, rows.collect(), &header[1..])
}
