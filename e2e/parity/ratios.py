"""Strategy-bars per second of Galapagos, a hand-written numba loop and vectorbt, one core, same data, one run.

A strategy-bar is one bar evaluated for one individual: signal, fills with fees, equity, Sharpe, drawdown, trades.
Galapagos is measured as a user runs it (`galapagos run --slots 1`, its own figure `strategy_bars_per_second`), the
numba loop with indicators precomputed and shared by period, vectorbt on as many columns as fit."""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import numba
import numpy as np
import pandas as pd
import talib
import vectorbt as vbt

FEE = 0.0005


def walk(n, seed):
    rng = np.random.default_rng(seed)
    close = np.round(30_000 * np.exp(np.cumsum(rng.normal(0, 5e-4, n))), 2)
    open_ = np.concatenate([[30_000.0], close[:-1]])
    spread = np.abs(rng.normal(0, 4e-4, n))
    high = np.round(np.maximum(open_, close) * (1 + spread), 2)
    low = np.round(np.minimum(open_, close) * (1 - spread), 2)
    return pd.DataFrame({"open": open_, "high": high, "low": low, "close": close, "volume": 1.0},
                        index=pd.date_range("2024-01-01", periods=n, freq="min"))


@numba.njit(cache=False, fastmath=False)
def account(open_, close, up, down, fee, first):
    """Long or flat, all in, next open: returns (sum r, sum r*r, drawdown, trades)."""
    cash, q, target = 1.0, 0.0, 0
    equity, peak, worst, s1, s2, trades = 1.0, 1.0, 0.0, 0.0, 0.0, 0
    for t in range(first, close.size):
        if target == 1 and q == 0.0:
            q = cash / (open_[t] * (1 + fee))
            cash = 0.0
        elif target == 0 and q > 0.0:
            cash = q * open_[t] * (1 - fee)
            q = 0.0
            trades += 1
        now = cash + q * close[t]
        r = now / equity - 1
        equity = now
        s1 += r
        s2 += r * r
        if now > peak:
            peak = now
        elif 1 - now / peak > worst:
            worst = 1 - now / peak
        if up[t]:
            target = 1
        elif down[t]:
            target = 0
    return s1, s2, worst, trades


@numba.njit
def crossing(f, s, th, up, down):
    for t in range(1, f.size):
        up[t] = f[t] > s[t] * (1 + th) and not f[t - 1] > s[t - 1] * (1 + th)
        down[t] = f[t] < s[t]


@numba.njit
def levels(r, low, high, up, down):
    for t in range(r.size):
        up[t] = r[t] < low
        down[t] = r[t] >= high


@numba.njit
def channel(c, hi, lo, th, up, down):
    for t in range(1, c.size):
        up[t] = c[t] > hi[t - 1] * (1 + th)
        down[t] = c[t] < lo[t - 1]


def ema(x, n):
    return pd.Series(x).ewm(alpha=2 / (n + 1), adjust=False).mean().to_numpy()


def numba_rate(name, d, population):
    o, h, l, c = (d[k].to_numpy() for k in ("open", "high", "low", "close"))
    rng = np.random.default_rng(3)
    cache, up, down = {}, np.zeros(c.size, np.bool_), np.zeros(c.size, np.bool_)

    def shared(f, *a):
        key = (f.__name__, a[-1])
        if key not in cache:
            cache[key] = f(*a)
        return cache[key]

    def one():
        a, b = int(rng.integers(5, 50)), int(rng.integers(50, 200))
        if name == "sma_crossover":
            crossing(shared(talib.SMA, c, a), shared(talib.SMA, c, b), 0.0, up, down)
        elif name == "ema_crossover":
            crossing(shared(ema, c, a), shared(ema, c, b), 1e-4, up, down)
        elif name == "rsi_filter":
            levels(shared(talib.RSI, c, min(a, 30)), float(rng.integers(15, 40)), 50.0, up, down)
        else:
            channel(c, shared(talib.MAX, h, min(b, 100)), shared(talib.MIN, l, a), 1e-4, up, down)
        return account(o, c, up, down, FEE, 600)

    one()
    start = time.perf_counter()
    for _ in range(population):
        one()
    return population * c.size / (time.perf_counter() - start)


def vectorbt_rate(name, d, columns):
    c, o = d["close"], d["open"]
    rng = np.random.default_rng(3)

    def run(n):
        ups, downs = [], []
        for _ in range(n):
            a, b = int(rng.integers(5, 50)), int(rng.integers(50, 200))
            if name == "sma_crossover":
                f, s = vbt.MA.run(c, a).ma, vbt.MA.run(c, b).ma
                up, down = f.vbt.crossed_above(s), f.vbt.crossed_below(s)
            elif name == "ema_crossover":
                f, s = vbt.MA.run(c, a, ewm=True).ma, vbt.MA.run(c, b, ewm=True).ma
                up, down = f.vbt.crossed_above(s), f.vbt.crossed_below(s)
            elif name == "rsi_filter":
                r = vbt.RSI.run(c, min(a, 30), ewm=True).rsi
                up, down = r < 30, r >= 50
            else:
                up = c > d["high"].rolling(b).max().shift(1)
                down = c < d["low"].rolling(a).min().shift(1)
            ups.append(np.asarray(up)), downs.append(np.asarray(down))
        shift = lambda x: np.vstack([np.zeros((1, n), bool), np.column_stack(x)[:-1]])
        pf = vbt.Portfolio.from_signals(c, shift(ups), shift(downs), price=o, fees=FEE, init_cash=10_000, freq="1min")
        return pf.sharpe_ratio(), pf.max_drawdown(), pf.trades.count()

    run(1)
    start = time.perf_counter()
    run(columns)
    return columns * len(c) / (time.perf_counter() - start)


MANIFEST = """apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: ratio-{dash}}}
spec:
  marketData: {{dataset: ratio-walk, symbols: [WALK], interval: 1m, calendar: {{type: Continuous}}}}
  strategies: [{{name: {name}}}]
  population: {{size: {population}, seed: 1}}
  generations: 3
  execution: {{side: Long, takerFee: "0.0005"}}
  validation: {{holdout: {{fraction: "0"}}}}
"""


def galapagos_rate(binary, name, folder, population, slots):
    job = folder / f"{name}.yaml"
    job.write_text(MANIFEST.format(name=name, dash=name.replace("_", "-"), population=population))
    done = subprocess.run([binary, "run", str(job), "--data-dir", str(folder), "--results-dir", str(folder / "results"),
                           "--slots", str(slots), "--fresh", "-o", "json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["strategy_bars_per_second"]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--galapagos", required=True)
    args.add_argument("--bars", type=int, default=525_600)
    args.add_argument("--population", type=int, default=1000)
    args = args.parse_args()
    d = walk(args.bars, 7)
    with tempfile.TemporaryDirectory(prefix="galapagos-ratios-") as folder:
        folder = pathlib.Path(folder)
        csv = folder / "WALK.csv"
        d.to_csv(csv, index_label="time", date_format="%Y-%m-%dT%H:%M:%SZ")
        subprocess.run([args.galapagos, "import", str(csv), "--dataset", "ratio-walk", "--interval", "1m", "--symbol", "WALK",
                        "--data-dir", str(folder)], check=True, capture_output=True)
        print(f"{args.bars} bars, population {args.population}, long or flat with fees; million strategy-bars a second")
        print(f"{'strategy':20} {'galapagos':>10} {'2 slots':>10} {'numba':>8} {'vectorbt':>9} {'x numba':>8} {'x vectorbt':>10} {'2 / 1':>6}")
        for name in ("sma_crossover", "ema_crossover", "rsi_filter", "donchian_breakout"):
            one, two = (galapagos_rate(args.galapagos, name, folder, args.population, s) / 1e6 for s in (1, 2))
            nb = numba_rate(name, d, max(20, args.population // 10)) / 1e6
            vb = vectorbt_rate(name, d, 4) / 1e6
            print(f"{name:20} {one:10.0f} {two:10.0f} {nb:8.0f} {vb:9.2f} {one / nb:8.1f} {one / vb:10.0f} {two / one:6.2f}", flush=True)


if __name__ == "__main__":
    main()
