"""The numba peer of a case: memory that is there before the clock starts, tables shared by period, one loop over a population."""
import numba
import numpy as np

import loops
import ratio_cases
import tables

FILLS = {(name, parallel): tables.filled(row, parallel) for name, row in tables.ROWS.items() for parallel in (False, True)}
compiled = {}


def of_population(case, parallel):
    key = (case.loop or case.account, parallel)
    if key not in compiled:
        compiled[key] = loops.portfolio(case.account, parallel) if case.account else loops.population(case.loop, parallel)
    return compiled[key]


class Hand:
    """Evaluates genomes (a table with a column for each gene) of a case on frames; `first` is the first row that may trade."""

    def __init__(self, case, frames, genomes, first):
        self.case, self.first, count = case, first, len(genomes)
        self.ticks = [ratio_cases.ticks(frame) for frame in frames.values()]
        self.prices = [[x.astype(float) for x in t] for t in self.ticks]
        returns = [np.concatenate([[0.0], np.diff(p[3]) / p[3][:-1]]) for p in self.prices]
        self.prefixes = np.cumsum(returns[0]), np.cumsum(returns[0] ** 2)
        self.periods = {}
        for indicator, gene in case.tables:
            whole = genomes[gene].to_numpy().astype(np.int64)
            self.periods[indicator] = np.union1d(self.periods.get(indicator, np.array([], np.int64)), whole)
        self.rows = [np.searchsorted(self.periods[i], genomes[g].to_numpy().astype(np.int64)) for i, g in case.tables]
        bars = self.prices[0][3].size
        self.tables = {i: np.zeros((len(frames), p.size, bars)) for i, p in self.periods.items()}
        numbers = [np.ascontiguousarray(x, float) for x in case.numbers(genomes)]
        if "lot" in case.execution:  # capital in ticks, so that shares are whole
            numbers[0] *= 10.0 ** ratio_cases.decimals(next(iter(frames.values())))
        self.numbers, self.out = numbers, np.zeros((count, len(loops.METRICS)))
        self.memory, self.stacked = np.zeros((numba.get_num_threads(), bars)), None
        if case.account:
            self.stacked = [np.stack([p[k] for p in self.prices]) for k in (0, 3)]

    def fill(self, parallel=False):
        for indicator, table in self.tables.items():
            for symbol, ticks in enumerate(self.ticks):
                FILLS[indicator, parallel](ticks[3] if indicator in ("sma", "ema", "rsi") else
                                           ticks[1] if indicator == "highest" else ticks[2],
                                           self.periods[indicator], table[symbol])

    def run(self, parallel=False, log=np.zeros(0, np.int64), only=slice(None)):
        """Fills the tables and evaluates everybody, or those that `only` picks."""
        self.fill(parallel)
        a, b = (self.tables[i] for i, _ in self.case.tables)
        rows, numbers, out = [r[only] for r in self.rows], [x[only] for x in self.numbers], self.out[only]
        run = of_population(self.case, parallel)
        if self.case.account:
            run(*self.stacked, a, b, *rows, *numbers, self.first, self.case.fee, out, self.memory)
        else:
            run(*self.prices[0], *self.prefixes, a[0], b[0], *rows, *numbers, self.first, self.case.fee, out, log)
        return out

    def trades(self, i):
        """Rows of entry and exit of each closed trade of one individual."""
        log = np.zeros(2 * (self.prices[0][3].size + 2), np.int64)
        out = self.run(log=log, only=slice(i, i + 1))
        return log[:2 * int(out[0, 4])].reshape(-1, 2)

    def metrics(self, bars_per_year):
        m = dict(zip(loops.METRICS, self.out.T))
        returns = self.prices[0][3].size - self.first
        mean = m["s1"] / returns
        with np.errstate(invalid="ignore", divide="ignore"):
            sharpe = mean / np.sqrt((m["s2"] - mean * mean * returns) / (returns - 1)) * np.sqrt(bars_per_year)
        return {"total_return": m["equity"] - 1, "sharpe": sharpe, "max_drawdown": 1 - m["lowest"], "trades": m["trades"]}
