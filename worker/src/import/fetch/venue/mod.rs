//! One file for each exchange: what to ask it, and what its answers mean. Nothing here touches the network.

mod binance;
mod dumps;
mod hyperliquid;
mod kraken;
mod read;
mod rules;

use serde_json::Value;

use super::question::{Kind, Market, Question, Request, Row, Unusable, Venue, Window};
pub use dumps::DUMPS;
pub(super) use dumps::{dump, sum, whole};
pub(super) use rules::Rules;

/// How the exchange gives a series.
pub(super) fn rules(question: &Question, kind: Kind) -> Rules {
    match question.venue {
        Venue::Binance => binance::rules(question, kind),
        Venue::Hyperliquid => hyperliquid::rules(kind),
        Venue::Kraken => kraken::rules(question),
    }
}

/// Whether months of it may come as files.
pub(super) fn has_dumps(question: &Question) -> bool {
    question.venue == Venue::Binance
}

/// What is wrong with the question, before anybody is asked.
pub(super) fn check(question: &Question, funding: bool) -> Result<(), String> {
    let Question { venue, market, symbol, interval, .. } = question;
    let legal = |c: char| c.is_ascii_alphanumeric() || "/@:._-".contains(c);
    if symbol.is_empty() || symbol.len() > 32 || !symbol.chars().all(legal) {
        return Err(format!(
            "{symbol:?} is no symbol of an exchange: up to 32 letters, digits and / @ : . _ -"
        ));
    }
    let intervals = rules(question, Kind::Bars).intervals;
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
            Err("--funding: that of kraken is not fetched, since its payments have no documented times; \
             import one of your own with `galapagos import --funding FILE`"
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// What to ask for the rows of a window.
pub(super) fn request(question: &Question, kind: Kind, window: Window) -> Request {
    match question.venue {
        Venue::Binance => binance::request(question, kind, window),
        Venue::Hyperliquid => hyperliquid::request(question, kind, window),
        Venue::Kraken => kraken::request(question, window),
    }
}

/// The rows of an answer, which are not yet believed to be those of the window.
pub(super) fn rows(question: &Question, kind: Kind, body: &[u8]) -> Result<Vec<Row>, Unusable> {
    // What is cut on its way is no JSON either.
    let answer: Value = serde_json::from_slice(body)
        .map_err(|e| Unusable::Passing(format!("answers with something that is no JSON ({e})")))?;
    match question.venue {
        Venue::Binance => binance::rows(kind, &answer),
        Venue::Hyperliquid => hyperliquid::rows(question, kind, &answer),
        Venue::Kraken => kraken::rows(question, &answer),
    }
}
