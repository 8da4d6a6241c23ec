"""Makes worker/engine/tests/data/peers-functions.json: what TA-Lib and pandas-ta give for the functions of rules, on the
2,148 daily bars of GOOG that backtesting.py carries. `--check` says whether the stored numbers are still theirs.

Each vector is an expression of the language, whose number it is, and values in some rows. "first" is the row of the
first value where both definitions begin alike. Where they are seeded otherwise the rows lie so far behind the beginning
that nothing of the seed is left in a double, and "seed" says how they differ."""
import json
import pathlib
import sys

import backtesting.test
import numpy as np
import pandas_ta_classic as ta
import talib

STORED = pathlib.Path(__file__).parents[2] / "worker/engine/tests/data/peers-functions.json"
ROWS = range(900, 2148, 96)

bars = backtesting.test.GOOG
o, h, l, c, v = (bars[name].to_numpy(dtype=float) for name in ["Open", "High", "Low", "Close", "Volume"])
O, H, L, C, V = (bars[name].astype(float) for name in ["Open", "High", "Low", "Close", "Volume"])
typical = talib.TYPPRICE(h, l, c)

EMA = "TA-Lib begins with the mean of the first n values, the language with the first value"
ADX = "TA-Lib begins with sums of n - 1 values, the language with means of n values"
RMA = "pandas-ta begins with the first value, the language with the mean of the first n"

SUPERTREND = "pandas-ta begins its true ranges in row 0 and on the long side, the language in row 1 and by the close"
STOCH = "TA-Lib leaves k out until d is known"


def macd():
    return talib.MACD(c, 12, 26, 9)


def bands():
    return talib.BBANDS(c, 20, 2.0, 2.0)


def donchian(part):
    return ta.donchian(H, L, 20, 20).filter(like=part).iloc[:, 0]


def supertrend(part):
    return ta.supertrend(H, L, C, 10, 3.0, talib=False).filter(regex=part).iloc[:, 0]


def heikin(part):
    return ta.ha(O, H, L, C)[f"HA_{part}"]


# Expression, whose numbers, how, how the seeds differ.
VECTORS = [
    ("sum(close, 20)", "TA-Lib SUM", lambda: talib.SUM(c, 20), ""),
    ("sma(close, 30)", "TA-Lib SMA", lambda: talib.SMA(c, 30), ""),
    ("highest(high, 20)", "TA-Lib MAX", lambda: talib.MAX(h, 20), ""),
    ("lowest(low, 20)", "TA-Lib MIN", lambda: talib.MIN(l, 20), ""),
    ("change(close, 10)", "TA-Lib MOM", lambda: talib.MOM(c, 10), ""),
    ("roc(close, 10)", "TA-Lib ROCP", lambda: talib.ROCP(c, 10), ""),
    ("wma(close, 14)", "TA-Lib WMA", lambda: talib.WMA(c, 14), ""),
    ("stdev(close, 20)", "TA-Lib STDDEV", lambda: talib.STDDEV(c, 20, 1), ""),
    ("linreg(close, 14).slope", "TA-Lib LINEARREG_SLOPE", lambda: talib.LINEARREG_SLOPE(c, 14), ""),
    ("linreg(close, 14).end", "TA-Lib LINEARREG", lambda: talib.LINEARREG(c, 14), ""),
    ("rsi(close, 14)", "TA-Lib RSI", lambda: talib.RSI(c, 14), ""),
    ("stoch(14, 3).k", "TA-Lib STOCHF", lambda: talib.STOCHF(h, l, c, 14, 3)[0], STOCH),
    ("stoch(14, 3).d", "TA-Lib STOCHF", lambda: talib.STOCHF(h, l, c, 14, 3)[1], ""),
    ("willr(14)", "TA-Lib WILLR", lambda: talib.WILLR(h, l, c, 14), ""),
    ("cci(20)", "TA-Lib CCI", lambda: talib.CCI(h, l, c, 20), ""),
    ("mfi(14)", "TA-Lib MFI", lambda: talib.MFI(h, l, c, v, 14), ""),
    ("atr(14)", "TA-Lib ATR", lambda: talib.ATR(h, l, c, 14), ""),
    ("bb(close, 20, 2).upper", "TA-Lib BBANDS", lambda: bands()[0], ""),
    ("bb(close, 20, 2).mid", "TA-Lib BBANDS", lambda: bands()[1], ""),
    ("bb(close, 20, 2).lower", "TA-Lib BBANDS", lambda: bands()[2], ""),
    ("ema(close, 20)", "TA-Lib EMA", lambda: talib.EMA(c, 20), EMA),
    ("dema(close, 10)", "TA-Lib DEMA", lambda: talib.DEMA(c, 10), EMA),
    ("tema(close, 10)", "TA-Lib TEMA", lambda: talib.TEMA(c, 10), EMA),
    ("macd(close, 12, 26, 9).line", "TA-Lib MACD", lambda: macd()[0], EMA),
    ("macd(close, 12, 26, 9).signal", "TA-Lib MACD", lambda: macd()[1], EMA),
    ("macd(close, 12, 26, 9).hist", "TA-Lib MACD", lambda: macd()[2], EMA),
    ("keltner(20, 2).mid", "TA-Lib EMA of TYPPRICE", lambda: talib.EMA(typical, 20), EMA),
    ("keltner(20, 2).upper", "TA-Lib EMA of TYPPRICE + 2 ATR",
     lambda: talib.EMA(typical, 20) + 2 * talib.ATR(h, l, c, 20), EMA),
    ("adx(14).plus", "TA-Lib PLUS_DI", lambda: talib.PLUS_DI(h, l, c, 14), ADX),
    ("adx(14).minus", "TA-Lib MINUS_DI", lambda: talib.MINUS_DI(h, l, c, 14), ADX),
    ("adx(14).adx", "TA-Lib ADX", lambda: talib.ADX(h, l, c, 14), ADX),
    ("obv()", "TA-Lib OBV less the volume of the first row", lambda: talib.OBV(c, v) - v[0],
     "TA-Lib begins with the volume of the first row, the language with 0"),
    ("rma(close, 14)", "pandas-ta rma", lambda: ta.rma(C, 14, talib=False), RMA),
    ("hma(close, 16)", "pandas-ta hma", lambda: ta.hma(C, 16, talib=False), ""),
    ("vwma(close, 14)", "pandas-ta vwma", lambda: ta.vwma(C, V, 14, talib=False), ""),
    ("zscore(close, 20)", "pandas-ta (close - sma) / stdev with ddof 0",
     lambda: (C - ta.sma(C, 20, talib=False)) / ta.stdev(C, 20, ddof=0, talib=False), ""),
    ("cmf(20)", "pandas-ta cmf", lambda: ta.cmf(H, L, C, V, length=20), ""),
    ("donchian(20).upper", "pandas-ta donchian", lambda: donchian("DCU"), ""),
    ("donchian(20).mid", "pandas-ta donchian", lambda: donchian("DCM"), ""),
    ("donchian(20).lower", "pandas-ta donchian", lambda: donchian("DCL"), ""),
    ("supertrend(10, 3).value", "pandas-ta supertrend", lambda: supertrend("^SUPERT_"), SUPERTREND),
    ("supertrend(10, 3).side", "pandas-ta supertrend", lambda: supertrend("^SUPERTd_"), SUPERTREND),
    ("heikin().open", "pandas-ta ha", lambda: heikin("open"), ""),
    ("heikin().high", "pandas-ta ha", lambda: heikin("high"), ""),
    ("heikin().low", "pandas-ta ha", lambda: heikin("low"), ""),
    ("heikin().close", "pandas-ta ha", lambda: heikin("close"), ""),
    ("vwap(20)", "TA-Lib SUM of TYPPRICE x volume by SUM of volume",
     lambda: talib.SUM(typical * v, 20) / talib.SUM(v, 20), ""),
]


def vector(expression, of, values, seed):
    values = np.asarray(values(), dtype=float)
    assert len(values) == len(c), of
    out = {"expression": expression, "of": of}
    if seed:
        out["seed"] = seed
    else:
        out["first"] = int(np.flatnonzero(~np.isnan(values))[0])
    out["values"] = [float(f"{values[t]:.13g}") for t in ROWS]
    return out


def same(stored, now):
    plain = lambda each: {name: each.get(name) for name in ["expression", "of", "seed", "first"]}
    return plain(stored) == plain(now) and np.allclose(stored["values"], now["values"], rtol=1e-9, atol=1e-9)


def main():
    vectors = [vector(*each) for each in VECTORS]
    if "--check" in sys.argv:
        stored = json.loads(STORED.read_text())
        if len(stored["vectors"]) != len(vectors) or not all(map(same, stored["vectors"], vectors)):
            sys.exit(f"{STORED} is not what the peers give now: make it anew with vectors.py")
        print(f"{len(vectors)} vectors of functions of rules are what TA-Lib and pandas-ta give")
    else:
        lines = ",\n".join(json.dumps(each) for each in vectors)
        STORED.write_text('{"data": "GOOG", "rows": %s, "vectors": [\n%s\n]}\n' % (json.dumps(list(ROWS)), lines))


main()
