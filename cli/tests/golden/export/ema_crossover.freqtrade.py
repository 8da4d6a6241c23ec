# Made by galapagos export, for freqtrade (interface version 3).
# The latch begins where freqtrade's candles begin: give it as many as it takes, and compare its trades with those of
# `galapagos backtest --trades`. Fees and slippage are those of freqtrade's configuration.
# ema_crossover: fast_period 20, slow_period 169, trend_filter 0.000026
# champion 2 of job exported
# result  blake3:5d435d367a4ab3719c590de2d81ba187ad51518de4300f390ccf5f87a0b29c22
# dataset us-stocks blake3:67939dac9ca766a1c31414253d0338cf8b5d7759c3d35acbfde0d383f4c99df1

import numpy as np
import pandas as pd
from freqtrade.strategy import IStrategy

# Rows of each symbol before the first that counts: the first decision is the close of the row before it.
WARM_UPS = {"AAPL": 601, "IBM": 601}
WARM_UP = 601


def _ticks(bars):
    """Prices as whole numbers of their smallest unit: sums of them are exact, so that no two averages tie by accident."""
    prices = bars[["open", "high", "low", "close"]].to_numpy(float)
    for decimals in range(13):
        ticks = np.rint(prices * 10.0**decimals)
        if (np.abs(ticks / 10.0**decimals - prices) <= 1e-15 * prices).all():
            return ticks.T
    return prices.T


def _before(condition, rows):
    """Whether a condition was met so many rows before."""
    return np.concatenate([np.zeros(min(rows, len(condition)), bool), condition[: max(len(condition) - rows, 0)]])


def _ema(x, n):
    """Exponential average, which begins with the first value."""
    out, e, weight = np.empty(len(x)), x[0] if len(x) else 0.0, 2.0 / (n + 1.0)
    for t, value in enumerate(x):
        e += weight * (value - e)
        out[t] = e
    return out


def target(bars, warm_up=WARM_UP):
    """The position that is wanted after each close: 1 long, 0 flat, -1 short."""
    rows = len(bars)
    open, high, low, close = _ticks(bars)
    volume = bars["volume"].to_numpy(float) if "volume" in bars else np.full(rows, np.nan)
    ema_1 = _ema(close, 169)
    ema_2 = _ema(close, 20)
    condition_3 = (((0.000026 + 1) * ema_1) >= ema_2)
    condition_4 = (ema_2 >= ((1 - 0.000026) * ema_1))
    enter_long = ((((0.000026 + 1) * ema_1) < ema_2) & _before(condition_3, 1))
    leave_long = (ema_2 < ema_1)
    enter_short = ((ema_2 < ((1 - 0.000026) * ema_1)) & _before(condition_4, 1))
    leave_short = (ema_1 < ema_2)
    out, wanted = np.zeros(rows, int), 0
    for t in range(max(warm_up, 1) - 1, rows):
        if enter_long[t] and not enter_short[t]:
            wanted = 1
        elif enter_short[t] and not enter_long[t]:
            wanted = -1
        elif (wanted == 1 and leave_long[t]) or (wanted == -1 and leave_short[t]):
            wanted = 0
        out[t] = min(max(wanted, -1), 1)
    return pd.Series(out, index=bars.index)


class EmaCrossover(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1d"
    can_short = True
    startup_candle_count = WARM_UP
    process_only_new_candles = True
    use_exit_signal = True
    # Neither a stop nor a target: the rules alone decide.
    stoploss = -0.99
    minimal_roi = {"0": 100.0}

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        dataframe["target"] = target(dataframe)
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        dataframe.loc[dataframe["target"] == 1, "enter_long"] = 1
        dataframe.loc[dataframe["target"] == -1, "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        dataframe.loc[dataframe["target"] != 1, "exit_long"] = 1
        dataframe.loc[dataframe["target"] != -1, "exit_short"] = 1
        return dataframe
