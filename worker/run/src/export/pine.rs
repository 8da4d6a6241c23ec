//! A champion as a strategy of TradingView, Pine version 5.

use super::error::ExportError;
use super::expression::{Language, Writer};
use super::plan::{CONDITIONS, Plan};

struct Pine;

impl Language for Pine {
    fn number(&self, text: &str) -> String {
        // The quotient of two whole numbers is a whole number there.
        if text.contains('.') { text.to_owned() } else { format!("{text}.0") }
    }

    fn words(&self) -> (&'static str, &'static str) {
        ("and", "or")
    }

    fn truth(&self, yes: bool) -> &'static str {
        if yes { "true" } else { "false" }
    }

    fn before(&self, series: &str, rows: u64, _condition: bool) -> String {
        format!("{series}[{rows}]")
    }

    fn function(&self, name: &str, series: &[String], periods: &[u64]) -> Option<String> {
        Some(match (name, series, periods) {
            ("sma" | "ema" | "highest" | "lowest" | "rsi", [x], [n]) => format!("ta.{name}({x}, {n})"),
            ("sum", [x], [n]) => format!("math.sum({x}, {n})"),
            ("zscore", [x], [n]) => format!("({x} - ta.sma({x}, {n})) / ta.stdev({x}, {n})"),
            ("stoch.k", [], [k, _]) => format!("ta.stoch(close, high, low, {k})"),
            ("stoch.d", [], [k, d]) => format!("ta.sma(ta.stoch(close, high, low, {k}), {d})"),
            ("donchian.upper", [], [n]) => format!("ta.highest(high, {n})"),
            ("donchian.lower", [], [n]) => format!("ta.lowest(low, {n})"),
            ("donchian.mid", [], [n]) => format!("(ta.highest(high, {n}) + ta.lowest(low, {n})) / 2.0"),
            _ => return None,
        })
    }
}

/// The script.
///
/// # Errors
/// Something of the rules cannot be said.
pub(super) fn program(plan: &Plan) -> Result<String, ExportError> {
    let mut writer = Writer::new(plan, Pine);
    let mut conditions = String::new();
    for (name, path) in CONDITIONS {
        let text = match plan.tree(path) {
            Some(tree) => writer.condition(tree, true)?,
            None => Pine.truth(false).to_owned(),
        };
        conditions.push_str(&format!("{name} = {text}\n"));
    }
    let series: String =
        writer.series.iter().map(|(name, formula)| format!("{name} = {formula}\n")).collect();
    let origin: String =
        plan.origin.iter().map(|l| format!("// {}\n", l.replace(['\n', '\r'], " "))).collect();
    let (exec, (low, high)) = (&plan.exec, plan.sides());
    // Names of strategies are letters, digits and _.
    Ok(format!(
        "\
//@version=5
// Made by galapagos export. Orders are filled at the next open. TradingView begins ta.ema and ta.rsi otherwise and has other bars:
// compare its trades with those of `galapagos backtest --trades` before you trust it. Slippage there is in ticks: set it by hand.
{origin}strategy(\"{}\", overlay=true, pyramiding=0, process_orders_on_close=false, initial_capital={}, default_qty_type=strategy.percent_of_equity, default_qty_value={}, commission_type=strategy.commission.percent, commission_value={})

{series}{conditions}
var int wanted = 0
if bar_index >= {}
    if enter_long and not enter_short
        wanted := 1
    else if enter_short and not enter_long
        wanted := -1
    else if (wanted == 1 and leave_long) or (wanted == -1 and leave_short)
        wanted := 0
target = math.min(math.max(wanted, {low}), {high})
if target != nz(target[1])
    if target == 1
        strategy.entry(\"long\", strategy.long)
    else if target == -1
        strategy.entry(\"short\", strategy.short)
    else
        strategy.close_all()
plot(target, \"target\", display=display.data_window)
",
        plan.strategy,
        exec.initial_capital,
        percent(exec.fraction),
        percent(exec.taker_fee),
        plan.longest_warm_up().saturating_sub(1),
    ))
}

/// A share as per cent, without the noise of its last bits.
fn percent(share: f64) -> f64 {
    (share * 1e10).round() / 1e8
}
