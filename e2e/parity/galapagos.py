"""Runs `galapagos backtest` and reads what it writes."""
import csv
import json
import pathlib
import subprocess
import tempfile

import numpy as np


class Galapagos:
    def __init__(self, binary):
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="galapagos-parity-"))

    def write(self, name, frame):
        """Writes candles (a frame indexed by time) as CSV; returns the path and the columns as written."""
        path = self.folder / f"{name}.csv"
        with path.open("w", newline="") as f:
            w = csv.writer(f)
            w.writerow(["time", "open", "high", "low", "close", "volume"])
            for t, o, h, l, c, v in zip(frame.index, frame.Open, frame.High, frame.Low, frame.Close, frame.Volume):
                w.writerow([t.strftime("%Y-%m-%dT%H:%M:%SZ"), o, h, l, c, v])
        columns = {k.lower(): frame[k].to_numpy(dtype=float) for k in ("Open", "High", "Low", "Close", "Volume")}
        return path, columns

    def backtest(self, data, interval, bars_per_year, strategy, genes, *flags, bars=False):
        command = [self.binary, "backtest", "--data", str(data), "--interval", interval,
                   "--bars-per-year", str(bars_per_year), "--strategy", strategy, "-o", "json", *flags]
        for name, value in genes.items():
            command += ["--gene", f"{name}={value}"]
        out = self.folder / "bars.csv"
        if bars:
            command += ["--bars", str(out)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
        result = json.loads(done.stdout)
        return (result, self.columns(out)) if bars else result

    @staticmethod
    def columns(path):
        with path.open() as f:
            rows = list(csv.DictReader(f))
        number = lambda x: float(x) if x not in ("", "null") else np.nan
        return {k: np.array([r[k] if k == "time" else number(r[k]) for r in rows]) for k in rows[0]}
