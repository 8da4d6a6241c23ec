//! Hyperliquid: `POST /info` with `candleSnapshot` and `fundingHistory`.

use std::time::Duration;

use serde_json::{Value, json};

use super::read::{at, list, price, rate, time, volume};
use super::rules::{PAGE_BYTES, Rules};
use crate::import::fetch::question::{Kind, Question, Request, Row, Unusable, Window};

/// How the exchange gives a series.
pub(super) fn rules(kind: Kind) -> Rules {
    Rules {
        host: "https://api.hyperliquid.xyz",
        page: if kind == Kind::Funding { 500 } else { 1000 },
        newest_only: Some(5000),
        has_first: false,
        // Weight 20, and 1 more for each 60 candles or 20 payments, of 1200 a minute.
        pause: Duration::from_millis(if kind == Kind::Funding { 2500 } else { 2000 }),
        most_weight: None,
        most_bytes: PAGE_BYTES,
    }
}

/// What to ask for the rows of a window.
pub(super) fn request(question: &Question, kind: Kind, window: Window) -> Request {
    let (start, end) = (window.start_ms, window.end_ms - 1);
    let body = match kind {
        Kind::Funding => {
            json!({"type": "fundingHistory", "coin": question.symbol, "startTime": start, "endTime": end})
        }
        Kind::Bars | Kind::First => json!({"type": "candleSnapshot", "req": {
            "coin": question.symbol, "interval": question.interval.to_string(), "startTime": start, "endTime": end,
        }}),
    };
    Request { path: "/info".to_owned(), body: Some(body.to_string()) }
}

/// The rows of an answer.
pub(super) fn rows(question: &Question, kind: Kind, answer: &Value) -> Result<Vec<Row>, Unusable> {
    if answer.is_null() {
        return Err(Unusable::Refused("it knows no such coin".to_owned()));
    }
    let of = if kind == Kind::Funding { "coin" } else { "s" };
    let read = |row: &Value| -> Result<Row, Unusable> {
        let coin = at(row, of)?;
        if coin.as_str() != Some(&question.symbol) {
            return Err(Unusable::Strange(format!("a row is of {coin}")));
        }
        if kind == Kind::Funding {
            let cells = vec![rate(at(row, "fundingRate")?)?, String::new()];
            return Ok(Row { time_ms: time(at(row, "time")?, 1)?, cells });
        }
        let mut cells = ["o", "h", "l", "c"]
            .into_iter()
            .map(|name| price(at(row, name)?))
            .collect::<Result<Vec<_>, _>>()?;
        cells.push(volume(at(row, "v")?)?);
        Ok(Row { time_ms: time(at(row, "t")?, 1)?, cells })
    };
    list("the answer", answer)?.iter().map(read).collect()
}
