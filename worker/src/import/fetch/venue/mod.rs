//! One file for each exchange: what to ask it, and what its answers mean. Nothing here touches the network.

mod binance;
mod hyperliquid;
mod kraken;
mod read;
mod rules;

use serde_json::Value;

use super::ask::{Ask, Kind, Market, Request, Row, Unusable, Venue, Window};
pub(super) use rules::Rules;

/// How the exchange gives a series.
pub(super) fn rules(ask: &Ask, kind: Kind) -> Rules {
    match ask.venue {
        Venue::Binance => binance::rules(ask, kind),
        Venue::Hyperliquid => hyperliquid::rules(kind),
        Venue::Kraken => kraken::rules(ask),
    }
}

/// What is wrong with the question, before anybody is asked.
pub(super) fn check(ask: &Ask, funding: bool) -> Result<(), String> {
    let Ask { venue, market, symbol, interval, .. } = ask;
    let legal = |c: char| c.is_ascii_alphanumeric() || "/@:._-".contains(c);
    if symbol.is_empty() || symbol.len() > 32 || !symbol.chars().all(legal) {
        return Err(format!(
            "{symbol:?} is no symbol of an exchange: up to 32 letters, digits and / @ : . _ -"
        ));
    }
    let intervals = rules(ask, Kind::Bars).intervals;
    if !intervals.contains(&interval.to_string().as_str()) {
        return Err(format!(
            "--interval {interval}: {venue} has bars of {} ({market})",
            intervals.join(", ")
        ));
    }
    if *venue == Venue::Hyperliquid {
        // The names of its spot markets are PURR/USDC and @107.
        let named = if symbol.contains(['/', '@']) { Market::Spot } else { Market::Perpetual };
        if named != *market {
            return Err(format!("{symbol} is of the {named} market of hyperliquid: say --market {named}"));
        }
    }
    match (funding, market, venue) {
        (true, Market::Spot, _) => {
            Err("--funding: a spot market pays none; say --market perpetual, or leave it out".to_owned())
        }
        (true, _, Venue::Kraken) => {
            Err("--funding: kraken accrues it continuously, which is no series of payments; \
             import one of your own with `galapagos import --funding FILE`"
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// What to ask for the rows of a window.
pub(super) fn request(ask: &Ask, kind: Kind, window: Window) -> Request {
    match ask.venue {
        Venue::Binance => binance::request(ask, kind, window),
        Venue::Hyperliquid => hyperliquid::request(ask, kind, window),
        Venue::Kraken => kraken::request(ask, window),
    }
}

/// The rows of an answer, which are not yet believed to be those of the window.
pub(super) fn rows(ask: &Ask, kind: Kind, body: &[u8]) -> Result<Vec<Row>, Unusable> {
    // What is cut on its way is no JSON either.
    let answer: Value = serde_json::from_slice(body)
        .map_err(|e| Unusable::Passing(format!("answers with something that is no JSON ({e})")))?;
    match ask.venue {
        Venue::Binance => binance::rows(kind, &answer),
        Venue::Hyperliquid => hyperliquid::rows(ask, kind, &answer),
        Venue::Kraken => kraken::rows(ask, &answer),
    }
}
