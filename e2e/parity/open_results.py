"""Opens a dataset and a run's results with pandas, polars and DuckDB, as the README and docs/run.md show, and checks what is inside.

Usage: open_results.py --galapagos PATH. Runs a small job in a temporary folder."""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from galapagos import Galapagos
import backtesting.test

JOB = """apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {name: open-results}
spec:
  marketData: {dataset: goog, symbols: [GOOG], interval: 1d, calendar: {type: Sessions, barsPerYear: 252}}
  strategies: [{name: sma_crossover}, {name: rsi_filter}]
  population: {size: 40, seed: 5}
  generations: 4
  execution: {takerFee: "0.001"}
"""


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--galapagos", required=True)
    binary = args.parse_args().galapagos
    with tempfile.TemporaryDirectory(prefix="galapagos-open-") as folder:
        folder = pathlib.Path(folder)
        frame = backtesting.test.GOOG
        path, columns = Galapagos(binary).write("GOOG", frame)
        (folder / "job.yaml").write_text(JOB)
        places = ["--data-dir", str(folder)]
        subprocess.run([binary, "import", str(path), "--dataset", "goog", "--interval", "1d", "--calendar", "sessions:252", *places],
                       check=True, capture_output=True)
        done = subprocess.run([binary, "run", str(folder / "job.yaml"), *places, "--results-dir", str(folder / "results"), "-o", "json"],
                              check=True, capture_output=True, text=True)
        printed = json.loads(done.stdout)

        arrow = next(folder.glob("galapagos/datasets/goog/*/GOOG.arrow"))
        for read in (pd.read_feather(arrow), pl.read_ipc(arrow).to_pandas()):
            assert len(read) == len(frame)
            assert (read["close"].to_numpy() == columns["close"]).all()
            assert (pd.to_datetime(read["time"]).dt.tz_localize(None).to_numpy() == frame.index.to_numpy()).all()

        result = next((folder / "results").glob("galapagos/runs/local/open-results/*/result"))
        document = json.loads((result / "result.json").read_text())
        assert document["result_digest"] == printed["result_digest"]
        assert document["result_digest"] in (result / "DIGEST").read_text()
        table = pd.read_parquet(result / "evaluations.parquet")
        assert len(table) == printed["evaluations"]["distinct"] + printed["evaluations"]["cached"]
        feasible = table[table["class"] == "feasible"]
        assert np.isclose(feasible["fitness"].max(), printed["best"]["fitness"], rtol=0, atol=0)
        assert pl.read_parquet(result / "evaluations.parquet").height == len(table)
        generations = pd.read_csv(result / "generations.csv")
        assert len(generations) == len(printed["generations"])
        equity = pd.read_csv(result / "best" / "equity.csv", index_col="time", parse_dates=True)["equity"]
        trades = pd.read_csv(result / "best" / "trades.csv")
        print(f"dataset: {len(frame)} rows; evaluations: {len(table)}; equity: {len(equity)} rows; trades: {len(trades)}")
        replay = subprocess.run([binary, "backtest", f"{result / 'result.json'}#1", *places], capture_output=True, text=True)
        assert replay.returncode == 0, replay.stderr
        # As the README writes it: the shell finds the folder, no rank means the best.
        shell = f"'{binary}' backtest '{folder}'/results/galapagos/runs/local/open-results/*/result/result.json --data-dir '{folder}'"
        subprocess.run(shell, shell=True, check=True, capture_output=True)
        query(folder, table, generations)
        print("pandas, polars and DuckDB open the dataset and the results; the best individual replays exactly")


def query(folder, table, generations):
    """The queries of docs/run.md, as they stand there, beside the same by pandas."""
    page = (pathlib.Path(__file__).parents[2] / "docs" / "run.md").read_text()
    queries = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    assert len(queries) == 3
    # The page reads from the folder that holds the results.
    best, genes, path = (duckdb.sql(q.replace("'results/", f"'{folder}/results/")).df() for q in queries)
    feasible = table[table["class"] == "feasible"]
    own = feasible.groupby("strategy")["fitness"].agg(["count", "max"]).sort_values("max", ascending=False)
    assert list(best["job"]) == ["open-results"] * len(own)
    assert list(best["strategy"]) == list(own.index)
    assert list(best["individuals"]) == list(own["count"])
    assert list(best["best"]) == list(own["max"])
    crosses = feasible[feasible["gene_fast_period"].notna()]
    tenth = crosses[(crosses["fitness"].rank(method="min") - 1) / (len(crosses) - 1) >= 0.9]
    counts = tenth["gene_fast_period"].value_counts()
    assert dict(zip(genes["gene_fast_period"], genes["individuals"])) == counts.to_dict()
    assert list(path["generation"]) == list(generations["generation"])
    assert list(path["best"]) == list(generations["best"])


if __name__ == "__main__":
    main()
