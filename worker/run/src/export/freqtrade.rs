//! A champion as a strategy of freqtrade, interface version 3.

use super::error::ExportError;
use super::plan::Plan;
use super::python::{comment, target};

/// The module.
///
/// # Errors
/// Something of the rules cannot be said.
pub(super) fn program(plan: &Plan) -> Result<String, ExportError> {
    let words = plan.strategy.split('_').filter(|word| !word.is_empty());
    let class: String = words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect();
    let (low, high) = plan.sides();
    let side = |name: &str, sign: i8, on: bool| match on {
        true => format!(
            "        dataframe.loc[dataframe[\"target\"] {}, \"{name}\"] = 1\n",
            sign_test(name, sign)
        ),
        false => String::new(),
    };
    let enter = side("enter_long", 1, high > 0) + &side("enter_short", -1, low < 0);
    let leave = side("exit_long", 1, high > 0) + &side("exit_short", -1, low < 0);
    Ok(format!(
        "\
# Made by galapagos export, for freqtrade (interface version 3).
# The latch begins where freqtrade's candles begin: give it as many as it takes, and compare its trades with those of
# `galapagos backtest --trades`. Fees and slippage are those of freqtrade's configuration.
{}
import numpy as np
import pandas as pd
from freqtrade.strategy import IStrategy

{}

class {class}(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = \"{}\"
    can_short = {}
    startup_candle_count = WARM_UP
    process_only_new_candles = True
    use_exit_signal = True
    # Neither a stop nor a target: the rules alone decide.
    stoploss = -0.99
    minimal_roi = {{\"0\": 100.0}}

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        dataframe[\"target\"] = target(dataframe)
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
{enter}        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
{leave}        return dataframe
",
        comment(plan),
        target(plan)?,
        plan.interval,
        if low < 0 { "True" } else { "False" },
    ))
}

fn sign_test(name: &str, sign: i8) -> String {
    let equal = if name.starts_with("enter") { "==" } else { "!=" };
    format!("{equal} {sign}")
}
