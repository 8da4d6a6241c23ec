//! One file for each exchange: what to ask it, and what its answers mean. Nothing here touches the network.

mod binance;
mod dumps;
mod hyperliquid;
mod kraken;
mod read;
mod rules;

use galapagos_manifest::fetch::{Objection, Part, Wish, objection};
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

/// What is wrong with the question, before anybody is asked, in the words of the command line; of a job the check of
/// manifests says it.
pub(super) fn check(question: &Question, funding: bool) -> Result<(), String> {
    let Question { venue, market, symbol, interval, .. } = question;
    let interval = &interval.to_string();
    let wish = Wish { exchange: *venue, market: *market, symbol, interval, funding };
    let Some(Objection { part, text }) = objection(&wish) else { return Ok(()) };
    Err(match (part, market) {
        (Part::Symbol, _) => text,
        (Part::Interval, _) => format!("--interval {text}"),
        (Part::Market, Market::Spot) => format!("{text}: say --market perpetual"),
        (Part::Market, Market::Perpetual) => format!("{text}: say --market spot"),
        (Part::Funding, Market::Spot) => {
            format!("--funding: {text}; say --market perpetual, or leave it out")
        }
        (Part::Funding, Market::Perpetual) => {
            format!("--funding: {text} of your own with `galapagos import --funding FILE`")
        }
    })
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
