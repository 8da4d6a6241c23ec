//! Tables whose columns carry the symbol in their name: `AAPL.Open`, `Open_AAPL`, and `BidOpen` beside `AskOpen`.

use super::wide::Group;
use crate::choice::ColumnChoice;
use crate::columns::{ColumnRole, find, is_time_name, normal};

/// What may stand beside a symbol in the name of a column.
const FIELDS: [&str; 8] = ["open", "high", "low", "close", "volume", "vol", "adjusted", "adj close"];
/// Sides of a market, currencies and kinds of prices, which are no symbols.
const SIDES: [&str; 19] = [
    "bid", "ask", "mid", "bidprice", "askprice", "offer", "usd", "usdt", "usdc", "eur", "gbp", "jpy", "chf",
    "btc", "adj", "adjusted", "raw", "trade", "last",
];
const SEPARATORS: [char; 5] = ['.', '_', '-', ' ', ':'];

/// Whether a field is one of the prices of a bar.
fn is_price(field: &str) -> bool {
    FIELDS[..4].iter().any(|price| field.eq_ignore_ascii_case(price))
}

/// The owner and the field of a column, with the owner before or behind the field.
fn parts(name: &str, before: bool) -> Option<(&str, &str)> {
    let name = name.trim();
    let field = |text: &str| FIELDS.iter().any(|f| text.eq_ignore_ascii_case(f));
    let found = FIELDS.iter().find_map(|f| {
        let at = if before { name.len().checked_sub(f.len())? } else { f.len() };
        let (first, second) = name.split_at_checked(at)?;
        let (owner, found) = if before { (first, second) } else { (second, first) };
        let bare = owner.trim_matches(SEPARATORS);
        // `BidOpen`: without a sign between them the field begins with a capital.
        let apart = bare.len() < owner.len() || (before && found.starts_with(char::is_uppercase));
        (field(found) && apart && !bare.is_empty() && !bare.contains(['(', ')'])).then_some((bare, found))
    });
    found.filter(|(owner, _)| !field(owner))
}

/// The columns of each symbol; empty where names carry none.
///
/// # Errors
/// Two sides of one market, with how to name one, or a symbol that lacks a price, in words.
pub(super) fn affixed(names: &[&str], choice: &ColumnChoice) -> Result<Vec<Group>, String> {
    if choice.is_close_only() {
        return Ok(closes(names, choice));
    }
    if choice.is_chosen() {
        return Ok(Vec::new());
    }
    for before in [true, false] {
        let of: Vec<Option<(&str, &str)>> = names.iter().map(|name| parts(name, before)).collect();
        let mut owners: Vec<&str> = Vec::new();
        for (owner, _) in of.iter().flatten() {
            if !owners.contains(owner) {
                owners.push(owner);
            }
        }
        let groups = owners.iter().map(|owner| {
            let own = |i: usize| match of[i] {
                Some((other, field)) if other == *owner => field,
                Some(_) => "-",
                None => names[i],
            };
            let header: Vec<&str> = (0..names.len()).map(own).collect();
            let columns = find(&header, choice).ok()?;
            let all_own = columns.prices.iter().all(|&at| of[at].is_some_and(|(other, _)| other == *owner));
            all_own.then(|| Group { symbol: (*owner).to_owned(), columns })
        });
        let groups: Vec<Group> = groups.flatten().collect();
        let is_side = |name: &str| SIDES.iter().any(|side| name.eq_ignore_ascii_case(side));
        let sides = |group: &Group| is_side(&group.symbol);
        // `AAPL.Adj Close` is of AAPL.
        let is_known =
            |owner: &str| is_side(owner) || groups.iter().any(|group| owner.starts_with(&group.symbol));
        let lacking = owners.iter().find(|owner| {
            !is_known(owner) && of.iter().flatten().any(|(other, field)| other == *owner && is_price(field))
        });
        if let (Some(owner), Some(first)) = (lacking, groups.first()) {
            return Err(format!(
                "has columns of {owner} beside those of {}, but not all of open, high, low and close: name those to take with \
                 --columns, or remove the others",
                first.symbol
            ));
        }
        match groups.as_slice() {
            [] => {}
            [first, ..] if groups.iter().any(sides) => {
                let column =
                    |(role, at): (ColumnRole, usize)| format!("{}={}", role.name(), quoted(names[at]));
                let flags: Vec<String> =
                    ColumnRole::PRICES.into_iter().zip(first.columns.prices).map(column).collect();
                let all: Vec<&str> = groups.iter().map(|group| group.symbol.as_str()).collect();
                return Err(format!(
                    "has prices of {}: say which, as --columns {}",
                    all.join(" and "),
                    flags.join(",")
                ));
            }
            _ => return Ok(groups),
        }
    }
    Ok(Vec::new())
}

/// `Date,AAPL,MSFT`: a time beside closes that are called after their symbols.
fn closes(names: &[&str], choice: &ColumnChoice) -> Vec<Group> {
    let others =
        [ColumnRole::Open, ColumnRole::High, ColumnRole::Low, ColumnRole::Volume, ColumnRole::Adjusted];
    let is_known = |name: &str| {
        let name = normal(name);
        others.iter().any(|role| role.usual_names().contains(&name.as_str())) || is_time_name(&name)
    };
    if choice.names(ColumnRole::Close) || names.len() < 3 {
        return Vec::new();
    }
    let group = |name: &&str| {
        let columns = find(names, &choice.with(ColumnRole::Close, name)).ok()?;
        let is_close = names.get(columns.time) != Some(name) && !name.is_empty();
        is_close.then(|| Group { symbol: (*name).to_owned(), columns })
    };
    let groups: Vec<Group> = names.iter().filter_map(group).collect();
    // Another word says that the columns are something else.
    let is_ticker = |name: &str| !name.contains(|c: char| c.is_lowercase() || c.is_whitespace());
    let is_symbol = |group: &Group| is_ticker(&group.symbol) && !is_known(&group.symbol);
    let is_plain = groups.len() + 1 == names.len() && groups.iter().all(is_symbol);
    if is_plain { groups } else { Vec::new() }
}

/// A name as a shell takes it.
fn quoted(name: &str) -> String {
    if name.contains(' ') { format!("\"{name}\"") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(header: &str) -> Result<Vec<String>, String> {
        let names: Vec<&str> = header.split(',').collect();
        let groups = affixed(&names, &ColumnChoice::default())?;
        Ok(groups.into_iter().map(|group| group.symbol).collect())
    }

    #[test]
    fn symbols_stand_before_or_behind_the_field() {
        for (header, expected) in [
            (",AAPL.Open,AAPL.High,AAPL.Low,AAPL.Close,AAPL.Volume,AAPL.Adjusted", &["AAPL"][..]),
            ("Date,Open_A,High_A,Low_A,Close_A,Open_B,High_B,Low_B,Close_B", &["A", "B"]),
            ("Date,BRK.B Open,BRK.B High,BRK.B Low,BRK.B Close", &["BRK.B"]),
            ("time,open,high,low,close,volume_btc", &[]),
        ] {
            assert_eq!(symbols(header).unwrap_or_default(), expected, "{header}");
        }
    }

    #[test]
    fn a_symbol_that_lacks_a_price_is_named_and_not_left_out() {
        let error = symbols("Date,Open_A,High_A,Low_A,Close_A,Open_B,High_B,Low_B").expect_err("no close");
        assert!(error.contains("columns of B beside those of A"), "{error}");
        let adjusted = ",AAPL.Open,AAPL.High,AAPL.Low,AAPL.Close,AAPL.Adj Close";
        assert_eq!(symbols(adjusted).unwrap_or_default(), ["AAPL"]);
        assert!(symbols("Date,Open,High,Low,Close,Adj_Close").unwrap_or_default().is_empty());
    }

    #[test]
    fn closes_called_after_their_symbols_are_split_where_there_is_nothing_else() {
        let of = |header: &str| {
            let names: Vec<&str> = header.split(',').collect();
            let choice = ColumnChoice::default().close_only().unwrap();
            let groups = affixed(&names, &choice).unwrap();
            groups.into_iter().map(|group| (group.symbol, group.columns.prices[0])).collect::<Vec<_>>()
        };
        let both = vec![("AAPL".to_owned(), 1), ("BRK.B".to_owned(), 2)];
        assert_eq!(of("Date,AAPL,BRK.B"), both);
        assert_eq!(of(",AAPL,BRK.B"), both);
        for other in ["Date,AAPL", "Date,AAPL,Volume", "Date,open,AAPL", "what,AAPL,MSFT", "Date,one,two"] {
            assert!(of(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn two_sides_of_a_market_are_no_symbols() {
        let error =
            symbols("DateTime,BidOpen,BidHigh,BidLow,BidClose,AskOpen,AskHigh,AskLow,AskClose,Volume");
        let text = error.expect_err("two sides");
        assert!(
            text.contains("Bid and Ask")
                && text.contains("open=BidOpen,high=BidHigh,low=BidLow,close=BidClose"),
            "{text}"
        );
    }
}
