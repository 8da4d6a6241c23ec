"""The strategies' rules, written from their descriptions with TA-Lib and pandas: independent of the engine.

Each rule takes columns (a dict of f64 arrays) and genes and returns (warm_up, conditions, doubtful):
conditions = four bool arrays L+, L-, S+, S-; doubtful = rows at which two compared numbers are equal up to rounding,
where floating-point averages cannot say what exact ones say."""
import numpy as np
import pandas as pd
import talib

EPS = 1e-11


def near(a, b):
    return np.abs(a - b) <= EPS * np.maximum(np.abs(a), np.abs(b))


def crosses(a, b):
    pa, pb = np.roll(a, 1), np.roll(b, 1)
    return (a > b) & (pa <= pb)


def ema(x, n):
    return pd.Series(x).ewm(alpha=2 / (n + 1), adjust=False).mean().to_numpy()


def previous(x):
    return np.concatenate([[np.nan], x[:-1]])


def sma_crossover(d, fast_period, slow_period):
    f, s = talib.SMA(d["close"], fast_period), talib.SMA(d["close"], slow_period)
    up, down = crosses(f, s), crosses(s, f)
    return max(fast_period, slow_period) + 1, (up, down, down, up), near(f, s)


def ema_crossover(d, fast_period, slow_period, trend_filter):
    f, s, th = ema(d["close"], fast_period), ema(d["close"], slow_period), float(trend_filter)
    up, dn = f > s * (1 + th), f < s * (1 - th)
    edge = lambda x: x & ~np.concatenate([[False], x[:-1]])
    doubtful = near(f, s) | near(f, s * (1 + th)) | near(f, s * (1 - th))
    return 3 * max(fast_period, slow_period) + 1, (edge(up), f < s, edge(dn), f > s), doubtful


def donchian_breakout(d, channel_period, exit_period, breakout_threshold, volume_confirmation):
    c, th = d["close"], float(breakout_threshold)
    hi, lo = previous(talib.MAX(d["high"], channel_period)), previous(talib.MIN(d["low"], channel_period))
    xl, xh = previous(talib.MIN(d["low"], exit_period)), previous(talib.MAX(d["high"], exit_period))
    enough = 20 * d["volume"] >= float(volume_confirmation) * previous(talib.SUM(d["volume"], 20))
    long_, short = (c > hi * (1 + th)) & enough, (c < lo * (1 - th)) & enough
    return max(channel_period, exit_period, 20) + 1, (long_, c < xl, short, c > xh), near(c, hi * (1 + th)) | near(c, lo * (1 - th))


def rsi_filter(d, rsi_period, oversold_threshold, overbought_threshold, operation_mode, exit_level):
    r = talib.RSI(d["close"], rsi_period)
    os, ob, ex = float(oversold_threshold), float(overbought_threshold), float(exit_level)
    warm = 5 * rsi_period + 1
    if operation_mode == "reversion":
        return warm, (r < os, r >= ex, r > ob, r <= 100 - ex), near(r, os) | near(r, ob) | near(r, ex) | near(r, 100 - ex)
    return warm, (r > ob, r <= 50, r < os, r >= 50), near(r, os) | near(r, ob) | near(r, 50.0)


def stochastic_oscillator(d, k_period, d_period, oversold_level, overbought_level):
    hh, ll = talib.MAX(d["high"], k_period), talib.MIN(d["low"], k_period)
    span = hh - ll
    k = np.where(span == 0, 50.0, 100 * (d["close"] - ll) / np.where(span == 0, 1, span))
    dd = np.concatenate([np.full(k_period - 1, np.nan), talib.SMA(k[k_period - 1:], d_period)])
    os, ob = float(oversold_level), float(overbought_level)
    doubtful = near(k, dd) | near(dd, os) | near(dd, ob)
    return k_period + d_period, (crosses(k, dd) & (dd < os), dd > ob, crosses(dd, k) & (dd > ob), dd < os), doubtful


def bollinger_bands(d, lookback_period, volatility_multiplier, breakout_mode, position_exit):
    c, k, x = d["close"], float(volatility_multiplier), float(position_exit)
    mean = talib.SMA(c, lookback_period)
    sd = np.concatenate([np.full(lookback_period - 1, np.nan),
                         np.std(np.lib.stride_tricks.sliding_window_view(c, lookback_period), axis=1)])
    z = np.where(sd < 1e-12 * c, 0.0, (c - mean) / np.where(sd == 0, 1, sd))
    low, high, near_low, near_high = z < -k, z > k, z >= -x * k, z <= x * k
    doubtful = np.min([np.abs(np.abs(z) - k), np.abs(np.abs(z) - x * k)], axis=0) < 1e-9
    if breakout_mode == "reversion":
        return lookback_period, (low, near_low, high, near_high), doubtful
    return lookback_period, (high, near_high, low, near_low), doubtful


def atr(d, n):
    return talib.ATR(d["high"], d["low"], d["close"], n)


def target(conditions, first):
    """The latch: entries win over exits, both entries at once change nothing; flat before row `first`."""
    lp, lm, sp, sm = (np.nan_to_num(x).astype(bool) for x in conditions)
    out, t = np.zeros(len(lp), dtype=np.int8), 0
    for i in range(first, len(lp)):
        if lp[i] and not sp[i]:
            t = 1
        elif sp[i] and not lp[i]:
            t = -1
        elif (t == 1 and lm[i]) or (t == -1 and sm[i]):
            t = 0
        out[i] = t
    return out


def pick(values, rng):
    return values[int(rng.integers(len(values)))]


def genome(name, rng):
    """A random genome of a strategy, within its default ranges."""
    n = lambda a, b: int(rng.integers(a, b + 1))
    log = [10, 14, 19, 26, 35, 49, 67, 92, 126, 173, 237, 326, 447, 614, 843, 1156, 1587, 2179, 2991, 4105]
    if name == "sma_crossover":
        f = n(2, 60)
        return {"fast_period": f, "slow_period": n(max(f + 1, 5), 200)}
    if name == "ema_crossover":
        f = n(5, 50)
        return {"fast_period": f, "slow_period": n(max(f + 1, 20), 200), "trend_filter": f"{pick(log, rng) / 1e6:.6f}"}
    if name == "donchian_breakout":
        c = n(10, 100)
        return {"channel_period": c, "exit_period": n(5, min(c, 50)), "breakout_threshold": f"{pick(log, rng) / 1e6:.6f}",
                "volume_confirmation": f"{n(0, 8) * .25}"}
    if name == "rsi_filter":
        mode, ob = pick(["reversion", "trend"], rng), n(120, 170) / 2
        ex = n(50, min(70, int(ob - 5))) if mode == "reversion" else 50
        return {"rsi_period": n(5, 30), "oversold_threshold": n(30, 80) / 2, "overbought_threshold": ob,
                "operation_mode": mode, "exit_level": ex}
    if name == "stochastic_oscillator":
        return {"k_period": n(5, 30), "d_period": n(2, 10), "oversold_level": n(10, 35), "overbought_level": n(65, 90)}
    if name == "bollinger_bands":
        return {"lookback_period": n(10, 60), "volatility_multiplier": f"{1 + n(0, 35) * .05:.2f}",
                "breakout_mode": pick(["reversion", "breakout"], rng), "position_exit": f"{n(0, 15) * .05:.2f}"}
    raise ValueError(name)


RULES = {f.__name__: f for f in
         (sma_crossover, ema_crossover, donchian_breakout, rsi_filter, stochastic_oscillator, bollinger_bands)}
