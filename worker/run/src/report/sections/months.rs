//! What the account made by year, by symbol and year, and by month.

use std::collections::{BTreeMap, BTreeSet};

use super::species::SYMBOLS;
use crate::report::calendar::Period;
use crate::report::data::Data;
use crate::report::html::{Cell, Table, note, section as framed};
use crate::report::text::{money, number, signed_percent};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Most years of a table, the latest.
const YEARS: usize = 100;

/// The part with years and symbols.
pub fn years(data: &Data) -> String {
    framed("years", "By symbol and year", &(by_year(data) + &by_symbol(data)))
}

/// The part with months.
pub fn months(data: &Data) -> String {
    let Some(account) = &data.account else { return String::new() };
    let months = account.calendar.months();
    let mut years: Vec<i16> = months.keys().map(|month| month.0).collect();
    years.dedup();
    let header: Vec<&str> = std::iter::once("Year").chain(MONTHS).chain(["Year"]).collect();
    let mut table = Table::new("Return of each month", &header);
    let totals = account.calendar.years();
    for &year in years.iter().rev().take(YEARS) {
        let month = |m: i8| months.get(&(year, m));
        let cells = (1..=12).map(|m| shaded(month(m))).chain([shaded(totals.get(&year))]);
        table.row(&year.to_string(), cells.collect::<Vec<_>>());
    }
    let holdout =
        if account.holdout_from.is_some() { " Those marked with * have rows of the holdout." } else { "" };
    let words = format!("A month begins where the one before ended; UTC, of the open of a bar.{holdout}");
    framed("months", "Monthly returns", &(table.finish() + &note(&words)))
}

fn shaded(period: Option<&Period>) -> Cell {
    let Some(period) = period else { return Cell::Number(String::new()) };
    let mark = if period.holdout { " *" } else { "" };
    let text = period.account.map_or_else(|| "-".to_owned(), |r| format!("{:+.1}{mark}", r * 100.0));
    let class = match period.account {
        Some(r) if r >= 0.10 => "up3",
        Some(r) if r >= 0.03 => "up2",
        Some(r) if r > 0.0 => "up1",
        Some(r) if r <= -0.10 => "down3",
        Some(r) if r <= -0.03 => "down2",
        Some(r) if r < 0.0 => "down1",
        _ => "",
    };
    Cell::Shaded(text, class)
}

fn by_year(data: &Data) -> String {
    let Some(account) = &data.account else { return String::new() };
    let periods = data.document.validation.as_ref().and_then(|v| v.periods.as_ref());
    let mut header = vec!["Year", "Return"];
    if account.has_market {
        header.push("Buy and hold");
    }
    if periods.is_some() {
        header.push("Sharpe, training");
    }
    header.push("Rows");
    let words = header.len() - 1;
    let mut table = Table::new("The whole account by year", &header).words(&[words]);
    let years = account.calendar.years();
    let left = years.len().saturating_sub(YEARS);
    for (year, period) in years.into_iter().skip(left) {
        let mut cells = vec![Cell::Number(signed_percent(period.account))];
        if account.has_market {
            cells.push(Cell::Number(signed_percent(period.market)));
        }
        if let Some(periods) = periods {
            let found = periods.years.iter().find(|y| y.year == i32::from(year));
            cells.push(Cell::Number(number(found.and_then(|y| y.sharpe), 2)));
        }
        cells.push(Cell::text(if period.holdout { "with holdout" } else { "training" }));
        table.row(&year.to_string(), cells);
    }
    table.finish()
}

fn by_symbol(data: &Data) -> String {
    let Some(accounts) = data.years.as_ref().filter(|years| !years.is_empty()) else {
        return by_trades(data);
    };
    let years: BTreeSet<i16> = accounts.values().flat_map(BTreeMap::keys).copied().collect();
    let years: Vec<i16> = years.into_iter().rev().take(YEARS).collect::<Vec<_>>().into_iter().rev().collect();
    let names: Vec<String> = years.iter().map(i16::to_string).collect();
    let header: Vec<&str> =
        std::iter::once("Symbol").chain(names.iter().map(String::as_str)).chain(["All"]).collect();
    let mut table =
        Table::new("Return of each symbol's account in a year, and the trades that closed in it", &header);
    let whole = |of: &BTreeMap<i16, f64>| of.values().product::<f64>();
    // Those that moved most, then by name.
    let mut symbols: Vec<_> = accounts.iter().collect();
    let moved =
        |of: &BTreeMap<i16, f64>| Some(whole(of)).filter(|x| !x.is_nan()).map_or(0.0, |x| x.ln().abs());
    symbols.sort_by(|a, b| moved(b.1).total_cmp(&moved(a.1)));
    let trades = |symbol: &str| data.trades.as_ref().and_then(|t| t.years.get(symbol));
    let shown = |growth: f64, trades: u64| {
        let growth = (!growth.is_nan()).then_some(growth - 1.0);
        Cell::Number(format!("{} ({trades})", signed_percent(growth)))
    };
    for &(symbol, by_year) in symbols.iter().take(SYMBOLS) {
        let closed = |year: &i16| trades(symbol).and_then(|t| t.get(year)).map_or(0, |t| t.0);
        let all = trades(symbol).map_or(0, |t| t.values().map(|t| t.0).sum());
        let cell = |year: &i16| match by_year.get(year) {
            Some(&growth) => shown(growth, closed(year)),
            None => Cell::Number(String::new()),
        };
        let cells = years.iter().map(cell).chain([shown(whole(by_year), all)]);
        table.row(symbol, cells.collect::<Vec<_>>());
    }
    let left = symbols.len().saturating_sub(SYMBOLS);
    let left = if left > 0 { format!(" {left} more symbols are in best/years.csv.") } else { String::new() };
    let words =
        "Of the account at the end of a year beside that of the year before, open positions as they stood.";
    table.finish() + &note(&format!("{words}{left}"))
}

/// Of a result of an earlier release, which holds no account of each symbol by year.
fn by_trades(data: &Data) -> String {
    let Some(trades) = data.trades.as_ref().filter(|t| !t.years.is_empty()) else { return String::new() };
    let years: BTreeSet<i16> = trades.years.values().flat_map(BTreeMap::keys).copied().collect();
    let years: Vec<i16> = years.into_iter().rev().take(YEARS).collect();
    let names: Vec<String> = years.iter().rev().map(i16::to_string).collect();
    let header: Vec<&str> =
        std::iter::once("Symbol").chain(names.iter().map(String::as_str)).chain(["All"]).collect();
    let mut table = Table::new("Net result of the trades that closed in a year, and their number", &header);
    // Those that moved most, then by name.
    let total =
        |of: &BTreeMap<i16, (u64, f64)>| of.values().fold((0, 0.0), |sum, y| (sum.0 + y.0, sum.1 + y.1));
    let mut symbols: Vec<_> = trades.years.iter().collect();
    symbols.sort_by(|a, b| total(b.1).1.abs().total_cmp(&total(a.1).1.abs()));
    let shown = |sum: Option<(u64, f64)>| match sum {
        Some((count, net)) => Cell::Number(format!("{} ({count})", money(Some(net)))),
        None => Cell::Number(String::new()),
    };
    for (symbol, by_year) in symbols.iter().take(SYMBOLS) {
        let cells = years
            .iter()
            .rev()
            .map(|year| shown(by_year.get(year).copied()))
            .chain([shown(Some(total(by_year)))]);
        table.row(symbol, cells.collect::<Vec<_>>());
    }
    let left = symbols.len().saturating_sub(SYMBOLS);
    let left = if left > 0 { format!(" {left} more symbols are in best/trades.csv.") } else { String::new() };
    table.finish() + &note(&format!("In account currency, with all costs.{left}"))
}
