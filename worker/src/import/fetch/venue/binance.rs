//! Binance: `/api/v3/klines` of the spot market, `/fapi/v1/klines` and `/fapi/v1/fundingRate` of USD-M perpetuals.

use std::time::Duration;

use serde_json::Value;

use super::read::{at, encoded, list, price, rate, time, volume};
use super::rules::{PAGE_BYTES, Rules};
use crate::import::fetch::question::{Kind, Market, Question, Request, Row, Unusable, Window};

/// How the exchange gives a series.
pub(super) fn rules(question: &Question, kind: Kind) -> Rules {
    let spot = question.market == Market::Spot;
    Rules {
        host: if spot { "https://api.binance.com" } else { "https://fapi.binance.com" },
        // A page of the perpetual market may have 1500, which weigh twice as much as 1000.
        page: 1000,
        newest_only: None,
        has_first: true,
        // Weight 2 of 6000 a minute; 5 of 2400; 500 requests in five minutes. About half of each is used.
        pause: Duration::from_millis(match (kind, spot) {
            (Kind::Funding, _) => 1200,
            (_, true) => 50,
            (_, false) => 250,
        }),
        most_weight: Some(if spot { 4800 } else { 1900 }),
        most_bytes: PAGE_BYTES,
    }
}

/// What to ask for the rows of a window.
pub(super) fn request(question: &Question, kind: Kind, window: Window) -> Request {
    let path = match (kind, question.market) {
        (Kind::Funding, _) => "/fapi/v1/fundingRate",
        (_, Market::Spot) => "/api/v3/klines",
        (_, Market::Perpetual) => "/fapi/v1/klines",
    };
    let mut query = format!("symbol={}", encoded(&question.symbol));
    if kind != Kind::Funding {
        query += &format!("&interval={}", question.interval);
    }
    query += &format!("&startTime={}", window.start_ms);
    query += &match kind {
        // Without an end: the first candle since then.
        Kind::First => "&limit=1".to_owned(),
        // Both ends count.
        _ => format!("&endTime={}&limit=1000", window.end_ms - 1),
    };
    Request { path: format!("{path}?{query}"), body: None }
}

/// The rows of an answer.
pub(super) fn rows(kind: Kind, answer: &Value) -> Result<Vec<Row>, Unusable> {
    let read = |row: &Value| -> Result<Row, Unusable> {
        if kind == Kind::Funding {
            let mark = row.get("markPrice").filter(|m| m.as_str() != Some("")).map(price).transpose()?;
            let cells = vec![rate(at(row, "fundingRate")?)?, mark.unwrap_or_default()];
            return Ok(Row { time_ms: time(at(row, "fundingTime")?, 1)?, cells });
        }
        let mut cells = (1..5).map(|i| price(at(row, i)?)).collect::<Result<Vec<_>, _>>()?;
        cells.push(volume(at(row, 5)?)?);
        Ok(Row { time_ms: time(at(row, 0)?, 1)?, cells })
    };
    list("the answer", answer)?.iter().map(read).collect()
}
