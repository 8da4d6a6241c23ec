"""What `make ratios` compares: each case once, with its job and what numba and the other packages need to say the same."""
import dataclasses
import pathlib

import numpy as np
import pandas as pd

import conditions
import loops

FEE = 0.0005
SAMPLE = pathlib.Path(__file__).parents[2] / "deploy/examples/data/AAPL.csv"
PULLBACK = {
    "name": "pullback",
    "genes": [{"name": "n", "min": 2, "max": 30, "default": 5}, {"name": "trend", "min": 50, "max": 300, "default": 200},
              {"name": "low", "min": 10, "max": 40, "default": 30}, {"name": "out", "min": 50, "max": 80, "default": 60}],
    "rules": {"language": 1, "long": {"enter": "rsi(close, $n) < $low and close > sma(close, $trend)",
                                      "exit": "rsi(close, $n) > $out"}},
}
STOPS = [{"name": "stop_loss", "min": "0.002", "max": "0.03", "step": "0.001"},
         {"name": "take_profit", "min": "0.002", "max": "0.06", "step": "0.001"}]


@dataclasses.dataclass(frozen=True)
class Data:
    """Bars as they are written and imported. `columns` has one frame for each symbol."""
    name: str
    interval: str
    bars_per_year: int
    calendar: dict
    frames: dict

    @property
    def bars(self):
        return sum(len(frame) for frame in self.frames.values())


def walk(bars, seed):
    """A random walk of minutes, in cents."""
    rng = np.random.default_rng(seed)
    close = np.round(30_000 * np.exp(np.cumsum(rng.normal(0, 5e-4, bars))), 2)
    open_ = np.concatenate([[30_000.0], close[:-1]])
    spread = np.abs(rng.normal(0, 4e-4, bars))
    high = np.round(np.maximum(open_, close) * (1 + spread), 2)
    low = np.round(np.minimum(open_, close) * (1 - spread), 2)
    return pd.DataFrame({"Open": open_, "High": high, "Low": low, "Close": close, "Volume": 1.0},
                        index=pd.date_range("2024-01-01", periods=bars, freq="min"))


def datasets(bars):
    sample = pd.read_csv(SAMPLE, index_col=0, parse_dates=True)
    sample.columns = [name.capitalize() for name in sample.columns]
    minutes = ("1m", 525_600, {"type": "Continuous"})
    return {
        "walk": Data("walk", *minutes, {"WALK": walk(bars, 7)}),
        "eight": Data("eight", *minutes, {f"W{i}": walk(bars // 4, 7 + i) for i in range(8)}),
        "daily": Data("daily", "1d", 252, {"type": "Sessions", "barsPerYear": 252}, {"AAPL": sample}),
    }


@dataclasses.dataclass(frozen=True)
class Case:
    """`tables`: which indicator of which gene fills the rows a and b; `numbers`: x, y and z of a genome; `loop`: its back-test;
    `peers`: which other packages can say it (see peers.py), `unable`: why the others cannot."""
    name: str
    what: str
    data: str
    strategy: dict
    tables: tuple
    numbers: object
    loop: object
    account: object = None
    execution: dict = dataclasses.field(default_factory=dict)
    peers: tuple = ()
    unable: str = ""

    @property
    def fee(self):
        return float(self.execution.get("takerFee", FEE))

    def rules(self):
        return "rules" in self.strategy


def one(value):
    return np.full(len(value), 1.0), np.zeros(len(value)), np.zeros(len(value))


def millionths(value):
    """1 + a gene of millionths, as a factor of ticks that is exact."""
    return 1e6 + np.rint(value.astype(float) * 1e6)


def crossing_numbers(g):
    return one(g["fast_period"])


def ema_numbers(g):
    return 1.0 + g["trend_filter"].astype(float).to_numpy(), np.zeros(len(g)), np.zeros(len(g))


def stop_numbers(g):
    return 1.0 + g["trend_filter"].astype(float).to_numpy(), g["stop_loss"].to_numpy(float), g["take_profit"].to_numpy(float)


def channel_numbers(g):
    return millionths(g["breakout_threshold"]).to_numpy(), np.zeros(len(g)), np.zeros(len(g))


def rsi_numbers(g):
    back = (g["operation_mode"] == "reversion").to_numpy()
    low, high, leave = (g[k].to_numpy(float) for k in ("oversold_threshold", "overbought_threshold", "exit_level"))
    return np.where(back, low, -high), np.where(back, leave, -50.0), np.where(back, 1.0, -1.0)


def pullback_numbers(g):
    return g["low"].to_numpy(float), g["out"].to_numpy(float), np.zeros(len(g))


AVERAGES = (("sma", "fast_period"), ("sma", "slow_period"))
EXPONENTIAL = (("ema", "fast_period"), ("ema", "slow_period"))
SMA, EMA = {"name": "sma_crossover"}, {"name": "ema_crossover"}
ema_loop = loops.long_or_flat(conditions.ema_up, conditions.sma_down, True)

CASES = [
    Case("sma", "sma_crossover, long or flat", "walk", SMA, AVERAGES, crossing_numbers,
         loops.long_or_flat(conditions.sma_up, conditions.sma_down, True), peers=("vectorbt", "polars")),
    Case("ema", "ema_crossover, long or flat", "walk", EMA, EXPONENTIAL, ema_numbers, ema_loop, peers=("vectorbt", "polars")),
    Case("rsi", "rsi_filter, long or flat", "walk", {"name": "rsi_filter"}, (("rsi", "rsi_period"), ("rsi", "rsi_period")),
         rsi_numbers, loops.long_or_flat(conditions.rsi_up, conditions.rsi_down, False), peers=("vectorbt",)),
    Case("donchian", "donchian_breakout, long or flat", "walk",
         {"name": "donchian_breakout", "genes": [{"name": "volume_confirmation", "value": 0}]},
         (("highest", "channel_period"), ("lowest", "exit_period")), channel_numbers,
         loops.long_or_flat(conditions.channel_up, conditions.channel_down, False), peers=("vectorbt",)),
    Case("stops", "ema_crossover, stop and target", "walk", {**EMA, "genes": STOPS}, EXPONENTIAL, stop_numbers,
         loops.long_or_flat(conditions.ema_up, conditions.sma_down, True, stops=True),
         unable="vectorbt tests no stop on the bar of the entry, and enters again while the signal lasts"),
    Case("both", "sma_crossover, long and short", "walk", SMA, AVERAGES,
         lambda g: (np.zeros(len(g)), np.full(len(g), 0.05), np.zeros(len(g))), loops.both_sides,
         execution={"side": "LongShort"}, unable="vectorbt nets a flip into one order"),
    Case("shares", "sma_crossover, long and short in whole shares, daily sample", "daily", SMA, AVERAGES,
         lambda g: (np.full(len(g), 10_000.0), np.zeros(len(g)), np.zeros(len(g))), loops.both_sides,
         execution={"side": "LongShort", "lot": "1", "liquidation": {"none": {}}, "takerFee": "0.001"},
         peers=("backtesting.py",)),
    Case("daily", "ema_crossover, long or flat, daily sample", "daily", EMA, EXPONENTIAL, ema_numbers, ema_loop,
         peers=("vectorbt", "polars")),
    Case("symbols", "ema_crossover, portfolio of eight symbols", "eight", EMA, EXPONENTIAL, ema_numbers, None,
         account=loops.account_of(conditions.ema_up, conditions.sma_down, True), peers=("vectorbt",)),
    Case("rules", "rules of one's own: a pullback in a trend", "walk", PULLBACK, (("rsi", "n"), ("sma", "trend")), pullback_numbers,
         loops.long_or_flat(conditions.pullback_up, conditions.pullback_down, False), peers=("vectorbt",)),
]


def decimals(frame):
    """Digits after the point that the prices have."""
    prices = frame[["Open", "High", "Low", "Close"]].to_numpy()
    return next(d for d in range(9) if np.abs(np.rint(prices * 10**d) / 10**d - prices).max() < 1e-9)


def ticks(frame):
    """Open, high, low and close as whole numbers."""
    factor = 10 ** decimals(frame)
    return [np.rint(frame[k].to_numpy() * factor).astype(np.int64) for k in ("Open", "High", "Low", "Close")]
