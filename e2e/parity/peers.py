"""The other packages: each runs genomes of a case and gives equity and trades of the counted bars.

A peer takes (case, frames, genomes, first): frames of all symbols, a list of gene values, the first row that may trade. It
returns for each genome the equity of the rows from `first` on, as a multiple of the capital, and the rows of entry and exit of each closed trade of
the first symbol. Sharpe ratio, drawdown and trades are computed as well, since that is what a search asks for. Rules come from
rules.py, where a peer has none of its own."""
import os

os.environ["TQDM_DISABLE"] = "1"
import backtesting
import numpy as np
import pandas as pd
import polars as pl
import talib
import vectorbt as vbt

import ratio_cases
import rules
from parity import Cross


def columns(frame):
    return {k.lower(): frame[k].to_numpy(dtype=float) for k in ("Open", "High", "Low", "Close", "Volume")}


def pullback(d, n, trend, low, out):
    c = d["close"]
    r, m = talib.RSI(c, int(n)), talib.SMA(c, int(trend))
    none = np.zeros(len(c), bool)
    return 1, ((r < low) & (c > m), r > out, none, none), rules.near(r, low) | rules.near(r, out) | rules.near(c, m)


def conditions(case, d, genes):
    """Entry and exit at each close, and the rows at which floating-point averages cannot tell."""
    rule = pullback if case.rules() else rules.RULES[case.strategy["name"]]
    whole = {k: int(v) if k.endswith("period") else v for k, v in genes.items()}
    _, (up, down, short, _), doubtful = rule(d, **whole)
    return np.nan_to_num(up).astype(bool), np.nan_to_num(down).astype(bool) | np.nan_to_num(short).astype(bool), doubtful


def doubtful(case, frames, genes, first):
    return any(conditions(case, columns(frame), genes)[2][first - 1:].any() for frame in frames.values())


def with_vectorbt(case, frames, genomes, first):
    results = []
    data = [columns(frame) for frame in frames.values()]
    close, open_ = (np.column_stack([d[k] for d in data])[first - 1:] for k in ("close", "open"))
    for genes in genomes:
        ups, downs = [], []
        for d in data:
            up, down, _ = conditions(case, d, genes)
            ups.append(up[first - 1:])
            downs.append(down[first - 1:] & ~up[first - 1:])
        later = lambda x: np.vstack([np.zeros((1, len(data)), bool), np.column_stack(x)[:-1]])
        pf = vbt.Portfolio.from_signals(pd.DataFrame(close), later(ups), later(downs), price=open_, fees=case.fee, init_cash=10_000.0,
                                        freq="1min", group_by=len(data) > 1 or None)
        pf.sharpe_ratio(), pf.max_drawdown(), pf.trades.count()
        value = np.asarray(pf.value()).ravel() / (10_000.0 * len(data))
        closed = pf.trades.closed.records
        closed = closed[closed["col"] == 0]
        results.append((value[1:], (closed[["entry_idx", "exit_idx"]].to_numpy() + first - 1)))
    return results


def average(case, frame, n):
    """An average of the close as polars has it: of whole numbers for simple ones, which it would add up with errors."""
    if case.strategy["name"] == "sma_crossover":
        return pl.col("ticks").rolling_sum(n).cast(pl.Float64) / n
    return pl.col("close").ewm_mean(span=n, adjust=False)


def with_polars(case, frames, genomes, first):
    (frame,) = frames.values()
    table = pl.DataFrame({"open": frame["Open"].to_numpy(), "close": frame["Close"].to_numpy(),
                          "ticks": ratio_cases.ticks(frame)[3]}).with_row_index("row")
    results = []
    for genes in genomes:
        fast, slow = (average(case, frame, int(genes[k])) for k in ("fast_period", "slow_period"))
        factor = 1 + float(genes.get("trend_filter", 0))
        over = pl.col("f") > pl.col("s") * factor
        entry, leave = over & ~over.shift(1, fill_value=False), pl.col("f") < pl.col("s")
        held, was, before = pl.col("held"), pl.col("was"), pl.col("close").shift(1)
        out = (
            table.lazy().with_columns(f=fast, s=slow)
            .with_columns(up=entry, down=leave)
            .filter(pl.col("row") >= first - 1)
            .with_columns(target=pl.when(pl.col("up")).then(1).when(pl.col("down")).then(0).otherwise(None).forward_fill().fill_null(0))
            .with_columns(held=pl.col("target").shift(1, fill_value=0))
            .with_columns(was=held.shift(1, fill_value=0))
            .with_columns(r=pl.when((held == 1) & (was == 1)).then(pl.col("close") / before - 1)
                          .when(held == 1).then(pl.col("close") / (pl.col("open") * (1 + case.fee)) - 1)
                          .when(was == 1).then(pl.col("open") * (1 - case.fee) / before - 1).otherwise(0.0))
            .with_columns(equity=(1 + pl.col("r")).cum_prod())
            .collect()
        )
        out.select(pl.col("r").mean() / pl.col("r").std(), (1 - pl.col("equity") / pl.col("equity").cum_max()).max(),
                   ((held == 0) & (was == 1)).sum())
        entries = out.filter((held == 1) & (was == 0))["row"].to_numpy()
        exits = out.filter((held == 0) & (was == 1))["row"].to_numpy()
        results.append((out["equity"].to_numpy()[1:], np.column_stack([entries[:len(exits)], exits])))
    return results


class Late(Cross):
    """The strategy of parity.py, which waits for the first row that may decide."""
    first = 1

    def next(self):
        if len(self.data) >= self.first:
            super().next()


def with_backtesting_py(case, frames, genomes, first):
    (frame,) = frames.values()
    results = []
    for genes in genomes:
        bt = backtesting.Backtest(frame, Late, cash=10_000, commission=case.fee, exclusive_orders=True, finalize_trades=False)
        stats = bt.run(fast=int(genes["fast_period"]), slow=int(genes["slow_period"]), first=first)
        equity = stats._equity_curve.Equity.to_numpy()[first:] / 10_000
        results.append((equity, stats._trades[["EntryBar", "ExitBar"]].to_numpy()))
    return results


PEERS = {"vectorbt": with_vectorbt, "polars": with_polars, "backtesting.py": with_backtesting_py}
