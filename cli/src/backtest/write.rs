//! `--trades` and `--bars`: what the account did, as CSV.

use super::single::Done;
use crate::exit::{Blame, Outcome};
use crate::{pictures, times};
use anyhow::Context;
use galapagos_worker::engine::signals::Signals;
use std::fmt::Write;
use std::path::Path;

/// Each round trip: `symbol,side,entry_time,entry_price,exit_time,exit_price,quantity,pnl,fees,bars,reason`.
pub fn trades(path: &Path, done: &Done) -> Outcome {
    let mut text = String::from(
        "symbol,side,entry_time,entry_price,exit_time,exit_price,quantity,pnl,fees,bars,reason\n",
    );
    for (bars, symbol) in done.data.bars().iter().zip(&done.report.per_symbol) {
        for trade in &symbol.trace.trades {
            let side = if trade.side > 0 { "long" } else { "short" };
            let time = |row: usize| bars.time_ms.get(row).map(|&ms| times::rfc3339(ms)).unwrap_or_default();
            // Writing into a String cannot fail.
            let _ = writeln!(
                text,
                "{},{side},{},{},{},{},{},{},{},{},{}",
                symbol.symbol,
                time(trade.entry),
                trade.entry_price,
                time(trade.exit),
                trade.exit_price,
                trade.quantity,
                trade.pnl,
                trade.fees,
                trade.exit - trade.entry,
                trade.reason.name(),
            );
        }
    }
    pictures::publish(path, &text).with_context(|| "--trades").invalid()
}

/// Each bar: `[symbol,]time,close,<indicators>,signal,position,equity`. Empty where a value is not defined. The
/// signal is the target decided at that close; the position is what is held there.
pub fn bars(path: &Path, done: &Done) -> Outcome {
    let all = done.data.bars();
    let several = all.len() > 1;
    let mut text = String::new();
    for (i, (bars, symbol)) in all.iter().zip(&done.report.per_symbol).enumerate() {
        let indicators = done.indicators(bars, i);
        if i == 0 {
            let names: String = indicators.iter().map(|(name, _)| format!("{name},")).collect();
            let first = if several { "symbol," } else { "" };
            let _ = writeln!(text, "{first}time,close,{names}signal,position,equity");
        }
        let scale = bars.scale();
        for t in 0..bars.len() {
            if several {
                let _ = write!(text, "{},", symbol.symbol);
            }
            let _ = write!(text, "{},{},", times::rfc3339(bars.time_ms[t]), bars.close[t] as f64 / scale);
            for (_, values) in &indicators {
                let _ = write!(text, "{},", cell(values.get(t).copied().flatten()));
            }
            let decided = (t >= done.rows[i].first).then(|| signal(&symbol.signals, t)).flatten();
            let at = t.checked_sub(symbol.trace.base);
            let of = |column: &[f64]| at.and_then(|k| column.get(k)).copied();
            let _ = writeln!(
                text,
                "{},{},{}",
                cell(decided),
                cell(of(&symbol.trace.position)),
                cell(of(&symbol.trace.equity))
            );
        }
    }
    pictures::publish(path, &text).with_context(|| "--bars").invalid()
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

fn signal(signals: &Signals, t: usize) -> Option<f64> {
    match signals {
        Signals::Positions(targets) => targets.get(t).map(|&target| f64::from(target)),
        Signals::Exposure(targets) => targets.get(t).copied(),
        Signals::Sized(sized) => match (sized.enter_long.get(t)?, sized.enter_short.get(t)?) {
            (true, false) => sized.size.get(t).copied(),
            (false, true) => sized.size.get(t).map(|w| -w),
            _ => Some(0.0),
        },
    }
}
