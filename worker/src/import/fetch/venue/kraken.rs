//! Kraken: `/0/public/OHLC` of the spot market, the charts of Kraken Futures for perpetuals.

use std::time::Duration;

use serde_json::Value;

use super::read::{at, encoded, list, price, time, volume};
use super::rules::{PAGE_BYTES, Rules};
use crate::import::fetch::question::{Market, Question, Request, Row, Unusable, Window};

/// How the exchange gives candles.
pub(super) fn rules(question: &Question) -> Rules {
    match question.market {
        Market::Spot => Rules {
            host: "https://api.kraken.com",
            // All there are come in one answer.
            page: 720,
            newest_only: Some(720),
            has_first: false,
            pause: Duration::from_secs(1),
            most_weight: None,
            most_bytes: PAGE_BYTES,
        },
        Market::Perpetual => Rules {
            host: "https://futures.kraken.com",
            // Below what an answer holds, so that no window is cut.
            page: 1000,
            newest_only: None,
            has_first: false,
            pause: Duration::from_millis(500),
            most_weight: None,
            most_bytes: PAGE_BYTES,
        },
    }
}

/// What to ask for the candles of a window.
pub(super) fn request(question: &Question, window: Window) -> Request {
    let symbol = encoded(&question.symbol);
    let path = match question.market {
        Market::Spot => {
            let minutes = question.interval.ms() / 60_000;
            // Candles after this time.
            let since = (window.start_ms - 1).div_euclid(1000);
            format!("/0/public/OHLC?pair={symbol}&interval={minutes}&since={since}")
        }
        Market::Perpetual => {
            let (from, to) = (window.start_ms.div_euclid(1000), (window.end_ms - 1).div_euclid(1000));
            format!("/api/charts/v1/trade/{symbol}/{}?from={from}&to={to}", question.interval)
        }
    };
    Request { path, body: None }
}

/// The candles of an answer.
pub(super) fn rows(question: &Question, answer: &Value) -> Result<Vec<Row>, Unusable> {
    match question.market {
        Market::Spot => spot(answer),
        Market::Perpetual => list("candles", at(answer, "candles")?)?.iter().map(perpetual).collect(),
    }
}

fn perpetual(row: &Value) -> Result<Row, Unusable> {
    let mut cells = ["open", "high", "low", "close"]
        .into_iter()
        .map(|name| price(at(row, name)?))
        .collect::<Result<Vec<_>, _>>()?;
    cells.push(volume(at(row, "volume")?)?);
    Ok(Row { time_ms: time(at(row, "time")?, 1)?, cells })
}

/// `{"error": [], "result": {PAIR: [[time, open, high, low, close, vwap, volume, count], ..], "last": ..}}`.
fn spot(answer: &Value) -> Result<Vec<Row>, Unusable> {
    if let Some(error) = list("error", at(answer, "error")?)?.first() {
        let text = error.as_str().unwrap_or("an error without a text").chars().take(200).collect::<String>();
        let passing = ["EAPI:Rate limit", "EGeneral:Too many", "EGeneral:Temporary", "EService:"];
        return Err(match passing.iter().any(|start| text.starts_with(start)) {
            true => Unusable::Passing(text),
            false => Unusable::Refused(text),
        });
    }
    let result = at(answer, "result")?;
    // The pair has another name in the answer than in the question, as XXBTZUSD for XBTUSD.
    let mut pairs = result.as_object().into_iter().flatten().filter(|(name, _)| *name != "last");
    let (Some((_, candles)), None) = (pairs.next(), pairs.next()) else {
        return Err(Unusable::Strange("the result is not that of one pair".to_owned()));
    };
    let read = |row: &Value| -> Result<Row, Unusable> {
        let mut cells = (1..5).map(|i| price(at(row, i)?)).collect::<Result<Vec<_>, _>>()?;
        cells.push(volume(at(row, 6)?)?);
        Ok(Row { time_ms: time(at(row, 0)?, 1000)?, cells })
    };
    list("the candles", candles)?.iter().map(read).collect()
}
