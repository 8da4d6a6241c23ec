//! The account of the winner on a logarithmic axis beside buy and hold, and its drawdown below.

use super::charts::interval;
use crate::pictures::account::{Lines, drawdown, equity};
use crate::report::data::Data;
use crate::report::error::ReportError;
use crate::report::html::{escape, note, section as framed};
use crate::report::text::{day, money};

/// The part.
///
/// # Errors
/// A chart cannot be drawn.
pub fn section(data: &Data) -> Result<String, ReportError> {
    let Some(account) = data.account.as_ref().filter(|a| a.rows.len() > 1) else { return Ok(String::new()) };
    let line = |i: usize| account.rows.iter().map(|row| (row.0, row.1[i])).collect::<Vec<_>>();
    let lines = Lines {
        account: line(0),
        market: if account.has_market { line(1) } else { Vec::new() },
        drawdown: line(2),
        holdout_from: account.holdout_from,
        interval: interval(data),
        band: data.band.clone(),
        ..Lines::default()
    };
    let (first, last) = (account.rows[0].0, account.rows[account.rows.len() - 1]);
    let said = format!(
        "The account from {} to {}: {} at first, {} at last",
        day(first),
        day(last.0),
        money(Some(account.capital)),
        money(Some(last.1[0]))
    );
    let mut text = figure("equity", &said, &equity(&lines)?);
    let deepest = account.rows.iter().map(|row| row.1[2]).filter(|d| d.is_finite()).fold(0.0, f64::max);
    text += &figure("drawdown", &format!("Drawdown, at most {:.1} %", deepest * 100.0), &drawdown(&lines)?);
    let mut words = "The axis is logarithmic: equal distances are equal shares.".to_owned();
    if let Some(from) = account.holdout_from {
        words += &format!(
            " Shaded from {}: the holdout, which no individual had seen; it starts anew and is drawn on from the end of the \
             training, with its own drawdown.",
            day(from)
        );
    }
    if !lines.band.is_empty() {
        words += " The band: where it would have been, bar by bar, in 90 of 100 histories redrawn in blocks from its own \
                  returns; 5 lie above it and 5 below.";
    }
    if let Some((_, low, high)) = lines.interval {
        words += &format!(
            " The bar at the end of the training: where it ends in 95 of 100 histories redrawn from its own returns, {} to {}.",
            money(Some(low)),
            money(Some(high))
        );
    }
    if !account.has_market {
        words += " This result does not hold buy and hold bar by bar; its end is in the table below.";
    }
    Ok(framed("account", "Account", &(text + &note(&words))))
}

/// A chart: a place for the script's, and the still picture for paper and for browsers without scripts.
pub fn figure(name: &str, said: &str, svg: &str) -> String {
    let said = escape(said);
    format!(
        "<figure><figcaption>{said}</figcaption>\n<div class=\"plot\" data-chart=\"{name}\" role=\"img\" aria-label=\"{said}\"></div>\n\
         <div class=\"still\" role=\"img\" aria-label=\"{said}\">{svg}</div></figure>\n"
    )
}
