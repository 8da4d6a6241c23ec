"""Runs the pandas program of docs/signals.md as it stands there, and the page's job on what it wrote.

The file of the tests, cli/tests/data/momentum.parquet, must hold the same values, so that the tests of `cli/tests/signals.rs`
are about the program that people read."""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pandas as pd

ROOT = pathlib.Path(__file__).parents[2]


def block(page, language):
    return re.search(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL).group(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--galapagos", required=True)
    bin = parser.parse_args().galapagos
    page = (ROOT / "docs/signals.md").read_text()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(ROOT / "deploy/examples/data/AAPL.csv", folder)
        (folder / "program.py").write_text(block(page, "python"))
        (folder / "job.yaml").write_text(block(page, "yaml"))

        def run(*command):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
            return done.stdout

        run(sys.executable, "program.py")
        written = pd.read_parquet(folder / "momentum.parquet")
        pd.testing.assert_frame_equal(written, pd.read_parquet(ROOT / "cli/tests/data/momentum.parquet"), rtol=1e-12)
        run(bin, "import", "AAPL.csv", "--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252")
        told = run(bin, "run", "job.yaml")
        assert "my_momentum" in told, told
        run(bin, "import-signals", "momentum.parquet", "--dataset", "us-stocks")
    print(f"the pandas program of docs/signals.md writes {len(written)} rows, and its job runs on them")


main()
