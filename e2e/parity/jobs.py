"""Jobs of `make ratios`: datasets, runs with their processor time, individuals of a generation, replays of single genomes."""
import json
import os
import subprocess
import tempfile
import types

import numpy as np
import pandas as pd

POPULATION = 1000


def publish(binary, folder, data):
    """Imports a dataset, one file a symbol."""
    paths = []
    (folder / data.name).mkdir()
    for symbol, frame in data.frames.items():
        paths.append(folder / data.name / f"{symbol}.csv")
        frame.to_csv(paths[-1], index_label="time", date_format="%Y-%m-%dT%H:%M:%SZ")
    calendar = ["--calendar", "sessions:252"] if data.calendar["type"] == "Sessions" else []
    done = subprocess.run([binary, "import", *map(str, paths), "--dataset", data.name, "--interval", data.interval, *calendar,
                           "--data-dir", str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)


def execution(case):
    # The last position stays open, as the other packages leave it.
    return {"takerFee": f"{case.fee}", "finalClose": False, **case.execution}


class Job:
    def __init__(self, case, data, folder, binary, population=None, genes=None):
        self.data, self.folder, self.binary = data, folder, binary
        self.population = population or POPULATION
        self.manifest = {
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob", "metadata": {"name": f"ratio-{case.name}"},
            "spec": {
                "marketData": {"dataset": data.name, "symbols": list(data.frames), "interval": data.interval, "calendar": data.calendar},
                "strategies": [{**case.strategy, **({"genes": genes} if genes else {})}],
                "population": {"size": self.population, "seed": 1}, "execution": execution(case),
                "stop": {"patience": 0},
                # What follows the last generation is not measured: no more of it than must be.
                "validation": {"holdout": {"fraction": "0"}, "bootstrap": {"samples": 100}, "randomEntry": {"samples": 100},
                               "pbo": {"trials": 20}, "costStress": ["2"]}}}

    def run(self, generations, slots=1):
        """Runs it from the start. Returns individuals evaluated, seconds of processor time, and the rate that the run itself tells."""
        path = self.folder / "job.json"
        self.manifest["spec"]["generations"] = generations
        path.write_text(json.dumps(self.manifest))
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as said:
            child = subprocess.Popen([self.binary, "run", str(path), "--data-dir", str(self.folder), "--results-dir",
                                      str(self.folder / "results"), "--slots", str(slots), "--fresh", "-o", "json"],
                                     stdout=out, stderr=said)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0), said.seek(0)
            if child.returncode:
                raise RuntimeError(f"{path.read_text()}\n{said.read()}")
            document = json.loads(out.read())
        counted = document["evaluations"]
        # Bars of the rate are those of the timeline; the symbols of a portfolio share them.
        return types.SimpleNamespace(individuals=counted["distinct"], processor=usage.ru_utime + usage.ru_stime,
                                     rate=document["strategy_bars_per_second"])

    def further(self, few, many):
        """Strategy-bars a second of processor time that the generations from `few` up to `many` cost, with all that belongs to them."""
        for _ in range(3):
            short, long = self.run(few), self.run(many)
            if long.processor > short.processor:
                return (long.individuals - short.individuals) * self.data.bars / (long.processor - short.processor)
        raise RuntimeError(f"{self.manifest['metadata']['name']}: generations {few} to {many} take no time that can be measured; ask for more")

    def individuals(self, since):
        """As many as a generation has of all since one, with genes and metrics, and the first row that may trade."""
        name = self.manifest["metadata"]["name"]
        results = [p for p in (self.folder / "results/galapagos/runs/local" / name).glob("*/result") if (p / "result.json").exists()]
        result = max(results, key=lambda p: p.stat().st_mtime)
        document = json.loads((result / "result.json").read_text())
        table = pd.read_parquet(result / "evaluations.parquet")
        warm = {symbol["warm_up"] for symbol in document["data"]["symbols"]}
        table = table[(table["generation"] >= since) & ~table["cached"]]
        return table.sample(min(len(table), self.population), random_state=1).reset_index(drop=True), warm.pop()


def replay(galapagos, folder, case, data, genes, first):
    """Equity of the counted bars as a multiple of the capital, and rows of entry and exit of the first symbol's closed trades."""
    flags = ["--execution", json.dumps({**execution(case), "warmupBars": first}), "--data-dir", str(folder)]
    equities, rows = [], None
    for symbol, frame in data.frames.items():
        bars, trades = folder / "bars.csv", folder / "trades.csv"
        path = folder / data.name / f"{symbol}.csv"
        strategy = ["--strategy", case.strategy["name"]]
        if case.rules():
            own = folder / "rules.json"
            own.write_text(json.dumps({k: case.strategy[k] for k in ("name", "genes", "rules")}))
            strategy = ["--rules", str(own)]
        genes_ = [f"--gene={name}={number(value)}" for name, value in genes.items()]
        command = [galapagos.binary, "backtest", "--data", str(path), "--interval", data.interval, "--bars-per-year",
                   str(data.bars_per_year), *strategy, *genes_, *flags, "--bars", str(bars), "--trades", str(trades)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        table = pd.read_csv(bars)
        equities.append(table["equity"].to_numpy()[-(len(frame) - first):] / 10_000)
        if rows is None:
            closed = pd.read_csv(trades)
            closed = closed[closed["reason"] != "open"] if "reason" in closed else closed
            place = {t: i for i, t in enumerate(frame.index)}
            at = lambda column: [place[pd.Timestamp(t).tz_localize(None)] for t in closed[column]]
            rows = np.column_stack([at("entry_time"), at("exit_time")]).reshape(-1, 2)
    return np.mean(equities, axis=0), rows


def number(value):
    """A gene as a flag takes it: no trace of binary fractions."""
    return value if isinstance(value, str) else f"{float(value):.9f}".rstrip("0").rstrip(".")
