"""Landscapes of the sample data: the Sharpe ratio of every genome of a grid, by `galapagos run` with `searcher: Grid`."""
import json
import pathlib
import subprocess

import numpy as np
import pandas as pd

SAMPLES = pathlib.Path(__file__).parents[2] / "deploy/examples/data"
STOCK = ("AAPL", "1d", "sessions:252", {"type": "Sessions", "barsPerYear": 252})
CURRENCY = ("EURUSD", "1h", "sessions:6240", {"type": "Sessions", "barsPerYear": 6240})

# Ranges do not overlap where a strategy has an order of genes, so that every point of the grid is a genome.
GRIDS = {
    "ema_crossover, AAPL": (STOCK, "ema_crossover", [
        {"name": "fast_period", "min": 5, "max": 50}, {"name": "slow_period", "min": 51, "max": 170}]),
    "rsi_filter, AAPL": (STOCK, "rsi_filter", [
        {"name": "operation_mode", "values": ["reversion"]}, {"name": "rsi_period", "min": 5, "max": 30},
        {"name": "oversold_threshold", "min": 15, "max": 40, "step": 1}, {"name": "overbought_threshold", "min": 60, "max": 85, "step": 1},
        {"name": "exit_level", "min": 50, "max": 55, "step": 1}]),
    "bollinger_bands with a stop, EURUSD": (CURRENCY, "bollinger_bands", [
        {"name": "breakout_mode", "values": ["reversion"]}, {"name": "lookback_period", "min": 10, "max": 60, "step": 2},
        {"name": "volatility_multiplier", "min": 1, "max": "2.75", "step": "0.05"},
        {"name": "position_exit", "min": 0, "max": "0.75", "step": "0.05"}, {"name": "stop_loss", "min": "0.002", "max": "0.02", "step": "0.002"}]),
    "sma_crossover with stop and target, AAPL": (STOCK, "sma_crossover", [
        {"name": "fast_period", "min": 2, "max": 40, "step": 2}, {"name": "slow_period", "min": 41, "max": 200, "step": 6},
        {"name": "stop_loss", "min": "0.01", "max": "0.2", "step": "0.01"}, {"name": "take_profit", "min": "0.02", "max": "0.5", "step": "0.04"}]),
}
# Both long and short, where a market goes up and down alike.
SIDES = {"EURUSD": "LongShort"}


def make(binary, folder):
    """Writes each as a file that the example reads; returns their paths."""
    paths = []
    for name, (market, strategy, genes) in GRIDS.items():
        symbol, interval, calendar, kind = market
        dataset = symbol.lower()
        call(binary, "import", SAMPLES / f"{symbol}.csv", "--dataset", dataset, "--interval", interval, "--calendar", calendar,
             "--data-dir", folder)
        job = folder / "job.json"
        job.write_text(json.dumps({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": f"landscape-{len(paths)}"},
            "spec": {"marketData": {"dataset": dataset, "symbols": [symbol], "interval": interval, "calendar": kind},
                     "strategies": [{"name": strategy, "genes": genes}], "population": {"size": 10_000, "seed": 1}, "generations": 100,
                     "stop": {"patience": 100}, "searcher": "Grid", "execution": {"takerFee": "0.0005", "side": SIDES.get(symbol, "Long")},
                     "validation": {"holdout": {"fraction": "0.2"}}}}))
        ended = json.loads(call(binary, "run", job, "--data-dir", folder, "--results-dir", folder / "results", "--fresh", "-o", "json"))
        if ended["stopped_by"] != "SpaceExhausted":
            raise SystemExit(f"{name}: ended by {ended['stopped_by']} before every genome was evaluated")
        result = folder / f"results/galapagos/runs/local/landscape-{len(paths)}"
        table = pd.read_parquet(next(result.glob("*/result/evaluations.parquet")))
        paths.append(write(folder / f"landscape-{len(paths)}.txt", name, table))
    return paths


def call(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def write(path, name, table):
    """The objective over the grid, the last gene the fastest. What never traded has no Sharpe ratio: it is worse than all."""
    genes = [c for c in table.columns if c.startswith("gene_") and table[c].nunique() > 1]
    places, lens = [], []
    for gene in genes:
        values, place = np.unique(table[gene].to_numpy(), return_inverse=True)
        places.append(place)
        lens.append(len(values))
    if len(table) != np.prod(lens):
        raise SystemExit(f"{name}: {len(table)} genomes on a grid of {lens}")
    grid = np.full(lens, np.nan)
    grid[tuple(places)] = table["sharpe"].to_numpy(float)
    grid = np.where(np.isnan(grid), np.nanmin(grid) - 1, grid)
    path.write_text("\n".join([name, " ".join(map(str, lens)), *(repr(float(v)) for v in grid.ravel())]) + "\n")
    return path


def read(path):
    """Name and grid, as how far each genome lies behind the best."""
    name, lens, *values = path.read_text().splitlines()
    grid = np.array(values, float).reshape([int(n) for n in lens.split()])
    return name, grid.max() - grid
