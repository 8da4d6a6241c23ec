//! The winner's trades: how long, how large, how few of them make it.

use std::collections::BTreeSet;

use crate::report::data::Data;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::text::{day, duration, money, percent, signed_percent};
use crate::report::trades::{Part, Trade};

/// The part.
pub fn section(data: &Data) -> String {
    let Some(trades) = &data.trades else { return String::new() };
    let mut parts = vec![("Training", &trades.training)];
    if trades.holdout.count() > 0 || data.document.buy_and_hold.holdout.is_some() {
        parts.push(("Holdout", &trades.holdout));
    }
    let header: Vec<&str> = std::iter::once("").chain(parts.iter().map(|p| p.0)).collect();
    let mut table = Table::new("The trades in sum", &header);
    type Show = fn(&Part) -> String;
    let rows: [(&str, Show); 14] = [
        ("Closed trades", |p| p.count().to_string()),
        ("Those that gained", |p| percent(p.winners())),
        ("Net result", |p| money(Some(p.net()))),
        ("Mean result", |p| money((p.count() > 0).then(|| p.net() / p.count() as f64))),
        ("Largest gain", |p| money(p.results.first().copied().filter(|r| *r > 0.0))),
        ("Largest loss", |p| money(p.results.last().copied().filter(|r| *r < 0.0))),
        ("Share of the best five in the net result", |p| percent(p.best_five_share())),
        ("Furthest against a trade", |p| signed_percent(p.adverse.first().copied())),
        ("Furthest against, median", |p| signed_percent(middle(&p.adverse))),
        ("Furthest in favour of a trade", |p| signed_percent(p.favourable.first().copied())),
        ("Furthest in favour, median", |p| signed_percent(middle(&p.favourable))),
        ("Ended behind a gap, at a worse or better open", |p| p.gaps.to_string()),
        ("Median time in a trade", |p| p.median_held().map_or_else(|| "-".to_owned(), duration)),
        ("Longest time in a trade", |p| p.held.last().map_or_else(|| "-".to_owned(), |ms| duration(*ms))),
    ];
    for (name, show) in rows {
        table.row(name, parts.iter().map(|(_, part)| Cell::Number(show(part))));
    }
    let mut text = table.finish() + &reasons(&parts);
    text += &listed("The largest gains", &trades.best);
    text += &listed("The largest losses", &trades.worst);
    text += &note(
        "Results are in account currency with all costs; times are those of the bars in which a trade began and ended. \
         How far a trade went against and in favour of its side is a share of the price of its entry, by the highs and lows of the \
         bars that it was held from open to close, and by its exit.",
    );
    framed("trades", "Trades", &text)
}

/// The middle one of sorted values; the former of the middle two.
fn middle(all: &[f64]) -> Option<f64> {
    all.get(all.len().checked_sub(1)? / 2).copied()
}

fn reasons(parts: &[(&str, &Part)]) -> String {
    let header: Vec<String> = parts
        .iter()
        .flat_map(|(name, _)| [format!("{name}: trades"), format!("{name}: net result")])
        .collect();
    let header: Vec<&str> = std::iter::once("Exit by").chain(header.iter().map(String::as_str)).collect();
    let mut table = Table::new("Why trades ended", &header);
    let names: BTreeSet<&String> = parts.iter().flat_map(|(_, part)| part.reasons.keys()).collect();
    for name in names.into_iter().take(30) {
        let cells = parts.iter().flat_map(|(_, part)| {
            let (count, sum) = part.reasons.get(name).copied().unwrap_or_default();
            [Cell::Number(count.to_string()), Cell::Number(money(Some(sum)))]
        });
        table.row(name, cells.collect::<Vec<_>>());
    }
    table.finish()
}

fn listed(caption: &str, trades: &[Trade]) -> String {
    let mut table = Table::new(
        caption,
        &["Symbol", "Side", "From", "To", "Held", "Exit by", "Rows", "Against", "In favour", "Net result"],
    )
    .words(&[1, 2, 3, 5, 6]);
    for trade in trades {
        let cells = [
            Cell::text(trade.side.as_str()),
            Cell::text(day(trade.from)),
            Cell::text(day(trade.to)),
            Cell::Number(duration(trade.to - trade.from)),
            Cell::text(trade.reason.as_str()),
            Cell::text(if trade.holdout { "holdout" } else { "training" }),
            Cell::Number(signed_percent(trade.far.map(|far| far.0))),
            Cell::Number(signed_percent(trade.far.map(|far| far.1))),
            Cell::Number(money(Some(trade.pnl))),
        ];
        table.row(&trade.symbol, cells);
    }
    table.finish()
}
