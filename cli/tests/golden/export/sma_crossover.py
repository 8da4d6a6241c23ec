# Made by galapagos export. It needs pandas and numpy.
# sma_crossover: fast_period 11, slow_period 141
# champion 4 of job exported
# result  blake3:5d435d367a4ab3719c590de2d81ba187ad51518de4300f390ccf5f87a0b29c22
# dataset us-stocks blake3:67939dac9ca766a1c31414253d0338cf8b5d7759c3d35acbfde0d383f4c99df1

import sys

import numpy as np
import pandas as pd

# A share of the price by which market orders are filled worse.
SLIPPAGE = 0.0002
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


def _shift(x, rows):
    """The values so many rows before."""
    return np.concatenate([np.full(min(rows, len(x)), np.nan), x[: max(len(x) - rows, 0)]])


def _sum(x, n):
    """Sum of the last n rows, oldest first."""
    out = np.full(len(x), np.nan)
    if len(x) >= n:
        total = np.zeros(len(x) - n + 1)
        for row in range(n):
            total = total + x[row : len(x) - n + 1 + row]
        out[n - 1 :] = total
    return out


def _sma(x, n):
    """Mean of the last n rows."""
    return _sum(x, n) / n


def target(bars, warm_up=WARM_UP):
    """The position that is wanted after each close: 1 long, 0 flat, -1 short."""
    rows = len(bars)
    open, high, low, close = _ticks(bars)
    volume = bars["volume"].to_numpy(float) if "volume" in bars else np.full(rows, np.nan)
    sma_1 = _sma(close, 11)
    sma_2 = _sma(close, 141)
    enter_long = ((sma_1 > sma_2) & (_shift(sma_1, 1) <= _shift(sma_2, 1)))
    leave_long = ((sma_1 < sma_2) & (_shift(sma_1, 1) >= _shift(sma_2, 1)))
    enter_short = ((sma_1 < sma_2) & (_shift(sma_1, 1) >= _shift(sma_2, 1)))
    leave_short = ((sma_1 > sma_2) & (_shift(sma_1, 1) <= _shift(sma_2, 1)))
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


def trades(bars, warm_up=WARM_UP):
    """The round trips: each target is traded at the open of the next bar. A position that is still open has no exit."""
    wanted, price = target(bars, warm_up).to_numpy(), bars["open"].to_numpy(float)
    volume = bars["volume"].to_numpy(float) if "volume" in bars else np.zeros(len(bars))
    # Nothing is traded in a bar without volume, unless no bar has any.
    traded = volume > 0 if (volume > 0).any() else np.ones(len(bars), bool)
    rows, held, acted, entry = [], 0, 0, None
    for t in range(max(warm_up, 1), len(bars)):
        if not traded[t] or wanted[t - 1] == acted:
            continue
        acted = int(wanted[t - 1])
        if held != 0:
            rows.append((held, *entry, bars.index[t], price[t] * (1 - held * SLIPPAGE)))
        held, entry = acted, (bars.index[t], price[t] * (1 + acted * SLIPPAGE))
    if held != 0:
        rows.append((held, *entry, None, None))
    return pd.DataFrame(rows, columns=["side", "entry_time", "entry_price", "exit_time", "exit_price"])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python " + sys.argv[0] + " BARS.csv [SYMBOL]   (the first column is the time)")
    history = pd.read_csv(sys.argv[1], index_col=0)
    history.columns = [name.lower() for name in history.columns]
    first = WARM_UPS[sys.argv[2]] if len(sys.argv) == 3 else WARM_UP
    print(trades(history, first).to_csv(index=False), end="")
