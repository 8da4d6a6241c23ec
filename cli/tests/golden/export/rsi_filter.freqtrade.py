# Made by galapagos export, for freqtrade (interface version 3).
# The latch begins where freqtrade's candles begin: give it as many as it takes, and compare its trades with those of
# `galapagos backtest --trades`. Fees and slippage are those of freqtrade's configuration.
# rsi_filter: exit_level 50, operation_mode trend, overbought_threshold 64.5, oversold_threshold 30.5, rsi_period 21
# champion 1 of job exported
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


def _rsi(x, n):
    """Relative strength index with Wilder's averages, 0 to 100; 50 where nothing moved."""
    out = np.full(len(x), np.nan)
    if len(x) <= n:
        return out
    change = np.diff(x)
    gains, losses = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    gain, loss = 0.0, 0.0
    for t in range(n):
        gain, loss = gain + gains[t], loss + losses[t]
    gain, loss = gain / n, loss / n
    for t in range(n, len(x)):
        if t > n:
            gain += (gains[t - 1] - gain) * (1.0 / n)
            loss += (losses[t - 1] - loss) * (1.0 / n)
        out[t] = 50.0 if gain + loss == 0.0 else 100.0 * gain / (gain + loss)
    return out


def target(bars, warm_up=WARM_UP):
    """The position that is wanted after each close: 1 long, 0 flat, -1 short."""
    rows = len(bars)
    open, high, low, close = _ticks(bars)
    volume = bars["volume"].to_numpy(float) if "volume" in bars else np.full(rows, np.nan)
    rsi_1 = _rsi(close, 21)
    enter_long = (64.5 < rsi_1)
    leave_long = (rsi_1 <= 50)
    enter_short = (rsi_1 < 30.5)
    leave_short = (50 <= rsi_1)
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


class RsiFilter(IStrategy):
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
