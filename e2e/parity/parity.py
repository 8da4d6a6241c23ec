"""Compares `galapagos backtest` with vectorbt, backtesting.py and TA-Lib on many random genomes.

Exit code 0 if every comparison agrees. A genome is left out where two numbers of a rule are equal up to rounding
(the peers' floating-point averages cannot tell); the number left out is printed and may not exceed a quarter."""
import argparse
import os
import sys
import warnings

os.environ["TQDM_DISABLE"] = "1"
import backtesting
import backtesting.test
import numpy as np
import pandas as pd
import talib
import vectorbt as vbt

import rules
from galapagos import Galapagos

warnings.filterwarnings("ignore", message="Some trades remain open")

SETS = {"GOOG": (backtesting.test.GOOG, "1d", 252), "EURUSD": (backtesting.test.EURUSD, "1h", 6240)}
failures = []


def check(what, ours, theirs, tolerance=1e-9):
    ours, theirs = float("nan" if ours is None else ours), float(theirs)
    close = abs(ours - theirs) <= tolerance * max(1.0, abs(theirs)) or (np.isnan(ours) and np.isnan(theirs))
    if not close:
        failures.append(f"{what}: galapagos {ours!r}, peer {theirs!r}")
    return close


def with_vectorbt(g, genomes, rng):
    """Long or flat, all in, fees and slippage, at the next open or the same close."""
    counts = {}
    for data_name, (frame, interval, per_year) in SETS.items():
        path, d = g.write(data_name, frame)
        for name, rule in rules.RULES.items():
            done, left_out = 0, 0
            while done < genomes and left_out <= genomes:
                genes = rules.genome(name, rng)
                warm, conditions, doubtful = rule(d, **genes)
                if doubtful[warm - 1:].any():
                    left_out += 1
                    continue
                same_close = bool(rng.integers(2))
                fee, slip = float(rng.choice([0, .0005, .001])), float(rng.choice([0, .0002, .001]))
                t = (rules.target(conditions, warm - 1) == 1).astype(int)
                change = np.diff(np.concatenate([[0], t]))
                entries, exits, price = change == 1, change == -1, d["close"]
                if same_close:
                    entries[-1] = exits[-1] = False  # the order of the last close is never sent
                else:
                    shift = lambda x: np.concatenate([[False], x[:-1]])
                    entries, exits, price = shift(entries), shift(exits), d["open"]
                pf = vbt.Portfolio.from_signals(pd.Series(d["close"]), entries, exits, price=price, fees=fee,
                                                slippage=slip, init_cash=10_000)
                value = pf.value().to_numpy()
                r = np.diff(value) / value[:-1]
                r = np.concatenate([[value[0] / 10_000 - 1], r])
                peak = np.maximum.accumulate(np.concatenate([[10_000.0], value]))[1:]
                closed = pf.trades.closed.records
                ours = g.backtest(path, interval, per_year, name, genes, "--taker-fee", f"{fee:.4f}", "--slippage", f"{slip:.4f}",
                                  "--side", "long", "--fill", "same-close" if same_close else "next-open",
                                  "--window", "full", "--keep-open")["metrics"]
                label = f"vectorbt {data_name} {name} {genes} fee {fee} slippage {slip} same close {same_close}"
                check(f"{label}: final equity", ours["final_equity"], value[-1])
                check(f"{label}: max drawdown", ours["max_drawdown"], (1 - value / peak).max())
                check(f"{label}: trades", ours["trades"], len(closed))
                check(f"{label}: fees", ours["fees"], pf.orders.records["fees"].sum())
                if np.std(r) > 0 and len(closed):
                    check(f"{label}: sharpe", ours["sharpe"], r.mean() / r.std(ddof=1) * np.sqrt(per_year))
                    check(f"{label}: win rate", ours["win_rate"], (closed["pnl"] > 0).mean())
                done += 1
            counts[data_name, name] = (done, left_out)
            if done < genomes:
                failures.append(f"{data_name} {name}: only {done} of {genomes} genomes were clear of ties")
    return counts


class Cross(backtesting.Strategy):
    fast, slow = 10, 30

    def init(self):
        self.f = self.I(talib.SMA, self.data.Close, self.fast)
        self.s = self.I(talib.SMA, self.data.Close, self.slow)

    def next(self):
        if self.f[-1] > self.s[-1] and self.f[-2] <= self.s[-2]:
            self.buy()
        elif self.s[-1] > self.f[-1] and self.s[-2] <= self.f[-2]:
            self.sell()


def with_backtesting_py(g, genomes, rng):
    """Long and short, whole shares, no final close: equity of every bar."""
    frame, interval, per_year = SETS["GOOG"]
    path, d = g.write("GOOG", frame)
    done, left_out = 0, 0
    while done < genomes and left_out <= 3 * genomes:
        genes = rules.genome("sma_crossover", rng)
        warm, _, doubtful = rules.sma_crossover(d, **genes)
        fee = float(rng.choice([0, .001]))
        if doubtful[warm - 1:].any():
            left_out += 1
            continue
        bt = backtesting.Backtest(frame, Cross, cash=10_000, commission=fee, exclusive_orders=True, finalize_trades=False)
        stats = bt.run(fast=genes["fast_period"], slow=genes["slow_period"])
        curve = stats._equity_curve.Equity.to_numpy()
        if curve.min() <= 0 or len(stats._trades) == 0:
            left_out += 1
            continue
        execution = ('{"lot": "1", "side": "LongShort", "liquidation": {"none": {}}, "finalClose": false, '
                     f'"window": "Full", "takerFee": "{fee:.3f}"}}')
        ours, bars = g.backtest(path, interval, per_year, "sma_crossover", genes, "--execution", execution, bars=True)
        label = f"backtesting.py {genes} fee {fee}"
        check(f"{label}: trades", ours["metrics"]["trades"], len(stats._trades))
        check(f"{label}: largest difference of equity over all bars", np.abs(bars["equity"] / curve - 1).max(), 0)
        done += 1
    if done < genomes:
        failures.append(f"backtesting.py: only {done} of {genomes} genomes were clear of ties")
    return {("GOOG", "sma_crossover, long and short"): (done, left_out)}


def with_talib(g, rng):
    """Each indicator that TA-Lib or pandas defines alike, over every bar where both are defined."""
    counts = {}
    for data_name, (frame, interval, per_year) in SETS.items():
        path, d = g.write(data_name, frame)
        h, l, c = d["high"], d["low"], d["close"]
        n, m = int(rng.integers(5, 30)), int(rng.integers(40, 60))
        runs = [
            ("sma_crossover", {"fast_period": n, "slow_period": m}, {"fast_sma": talib.SMA(c, n), "slow_sma": talib.SMA(c, m)}),
            ("ema_crossover", {"fast_period": n, "slow_period": m}, {"fast_ema": rules.ema(c, n), "slow_ema": rules.ema(c, m)}),
            ("rsi_filter", {"rsi_period": n}, {"rsi": talib.RSI(c, n)}),
            ("donchian_breakout", {"channel_period": m, "exit_period": n},
             {"channel_high": rules.previous(talib.MAX(h, m)), "channel_low": rules.previous(talib.MIN(l, m)),
              "exit_low": rules.previous(talib.MIN(l, n)), "exit_high": rules.previous(talib.MAX(h, n))}),
            ("atr_stop_loss", {"atr_period": n, "entry_period": 20}, {"atr": rules.atr(d, n)}),
            ("ichimoku_cloud", {"tenkan_period": 9, "kijun_period": 26},
             {"tenkan": talib.MIDPRICE(h, l, 9), "kijun": talib.MIDPRICE(h, l, 26)}),
        ]
        for name, genes, expected in runs:
            _, bars = g.backtest(path, interval, per_year, name, genes, bars=True)
            for series, values in expected.items():
                if series not in bars:
                    failures.append(f"TA-Lib {name}: no column {series} among {sorted(bars)}")
                    continue
                both = ~np.isnan(bars[series]) & ~np.isnan(values)
                label = f"TA-Lib {data_name} {name} {genes} {series}"
                if both.sum() < 0.8 * len(c):
                    failures.append(f"{label}: only {both.sum()} rows are defined on both sides")
                check(f"{label}: largest difference", np.abs(bars[series][both] / values[both] - 1).max(), 0, 1e-8)
                counts[data_name, f"{name}: {series}"] = (int(both.sum()), 0)
    return counts


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--galapagos", required=True, help="path of the binary")
    args.add_argument("--genomes", type=int, default=12, help="random genomes per strategy and data set")
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    g, rng = Galapagos(args.galapagos), np.random.default_rng(args.seed)
    for title, counts in [("vectorbt: genomes compared, left out for ties", with_vectorbt(g, args.genomes, rng)),
                          ("backtesting.py: genomes compared, left out", with_backtesting_py(g, args.genomes, rng)),
                          ("TA-Lib and pandas: rows compared", with_talib(g, rng))]:
        print(title)
        for (data, name), (done, left_out) in counts.items():
            print(f"  {data:8} {name:40} {done:6} {left_out:6}")
    for f in failures[:40]:
        print("DIFFERENT", f, file=sys.stderr)
    print(f"{len(failures)} differences")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
