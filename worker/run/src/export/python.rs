//! A champion as a module for pandas and numpy, which decides and trades as the simulator does.

use super::error::ExportError;
use super::expression::{Language, Writer};
use super::plan::{CONDITIONS, Plan};

/// What the generated code calls, in the order in which it is written. A module has those that it needs.
const HELPERS: [(&str, &str); 10] = [
    ("_ticks", include_str!("python/ticks.py")),
    ("_shift", include_str!("python/shift.py")),
    ("_before", include_str!("python/before.py")),
    ("_sum", include_str!("python/sum.py")),
    ("_sma", include_str!("python/sma.py")),
    ("_extreme", include_str!("python/extreme.py")),
    ("_ema", include_str!("python/ema.py")),
    ("_rsi", include_str!("python/rsi.py")),
    ("_zscore", include_str!("python/zscore.py")),
    ("_stoch", include_str!("python/stoch.py")),
];

/// numpy: what series are named and how conditions are joined.
struct Numpy;

impl Language for Numpy {
    fn number(&self, text: &str) -> String {
        text.to_owned()
    }

    fn words(&self) -> (&'static str, &'static str) {
        ("&", "|")
    }

    fn truth(&self, yes: bool) -> &'static str {
        if yes { "np.ones(rows, bool)" } else { "np.zeros(rows, bool)" }
    }

    fn before(&self, series: &str, rows: u64, condition: bool) -> String {
        format!("{}({series}, {rows})", if condition { "_before" } else { "_shift" })
    }

    fn function(&self, name: &str, series: &[String], periods: &[u64]) -> Option<String> {
        Some(match (name, series, periods) {
            ("sma", [x], [n]) => format!("_sma({x}, {n})"),
            ("sum", [x], [n]) => format!("_sum({x}, {n})"),
            ("ema", [x], [n]) => format!("_ema({x}, {n})"),
            ("highest", [x], [n]) => format!("_extreme({x}, {n}, np.max)"),
            ("lowest", [x], [n]) => format!("_extreme({x}, {n}, np.min)"),
            ("rsi", [x], [n]) => format!("_rsi({x}, {n})"),
            ("zscore", [x], [n]) => format!("_zscore({x}, {n})"),
            ("stoch.k", [], [k, d]) => format!("_stoch(high, low, close, {k}, {d})[0]"),
            ("stoch.d", [], [k, d]) => format!("_stoch(high, low, close, {k}, {d})[1]"),
            ("donchian.upper", [], [n]) => format!("_extreme(high, {n}, np.max)"),
            ("donchian.lower", [], [n]) => format!("_extreme(low, {n}, np.min)"),
            ("donchian.mid", [], [n]) => {
                format!("(_extreme(high, {n}, np.max) + _extreme(low, {n}, np.min)) / 2")
            }
            _ => return None,
        })
    }
}

/// The function `target` with all that it needs before it.
///
/// # Errors
/// Something of the rules cannot be said.
pub(super) fn target(plan: &Plan) -> Result<String, ExportError> {
    let mut writer = Writer::new(plan, Numpy);
    let mut conditions = String::new();
    for (name, path) in CONDITIONS {
        let text = match plan.tree(path) {
            Some(tree) => writer.condition(tree, true)?,
            None => Numpy.truth(false).to_owned(),
        };
        conditions.push_str(&format!("    {name} = {text}\n"));
    }
    let series: String =
        writer.series.iter().map(|(name, formula)| format!("    {name} = {formula}\n")).collect();
    let (low, high) = plan.sides();
    let body = format!(
        "\
def target(bars, warm_up=WARM_UP):
    \"\"\"The position that is wanted after each close: 1 long, 0 flat, -1 short.\"\"\"
    rows = len(bars)
    open, high, low, close = _ticks(bars)
    volume = bars[\"volume\"].to_numpy(float) if \"volume\" in bars else np.full(rows, np.nan)
{series}{conditions}    out, wanted = np.zeros(rows, int), 0
    for t in range(max(warm_up, 1) - 1, rows):
        if enter_long[t] and not enter_short[t]:
            wanted = 1
        elif enter_short[t] and not enter_long[t]:
            wanted = -1
        elif (wanted == 1 and leave_long[t]) or (wanted == -1 and leave_short[t]):
            wanted = 0
        out[t] = min(max(wanted, {low}), {high})
    return pd.Series(out, index=bars.index)
"
    );
    // A helper may need one that stands before it.
    let mut needed = body;
    for (name, text) in HELPERS.iter().rev() {
        if needed.contains(&format!("{name}(")) {
            needed = format!("{text}\n\n{needed}");
        }
    }
    let warm_up: Vec<String> =
        plan.warm_up.iter().map(|(symbol, rows)| format!("{}: {rows}", quoted(symbol))).collect();
    Ok(format!(
        "# Rows of each symbol before the first that counts: the first decision is the close of the row before it.\n\
         WARM_UPS = {{{}}}\nWARM_UP = {}\n\n\n{needed}",
        warm_up.join(", "),
        plan.longest_warm_up(),
    ))
}

/// A text as Python reads it.
pub(super) fn quoted(text: &str) -> String {
    // JSON's escapes are Python's.
    serde_json::Value::from(text).to_string()
}

/// The lines of a docstring: nothing in them can end it.
pub(super) fn comment(plan: &Plan) -> String {
    let line = |line: &String| format!("# {}\n", line.replace(['\n', '\r'], " "));
    plan.origin.iter().map(line).collect()
}

/// The module.
///
/// # Errors
/// Something of the rules cannot be said.
pub(super) fn program(plan: &Plan) -> Result<String, ExportError> {
    Ok(format!(
        "\
# Made by galapagos export. It needs pandas and numpy.
{}
import sys

import numpy as np
import pandas as pd

# A share of the price by which market orders are filled worse.
SLIPPAGE = {}
{}

{}",
        comment(plan),
        plan.exec.slippage,
        target(plan)?,
        include_str!("python/trades.py"),
    ))
}
