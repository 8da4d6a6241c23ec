"""Writes the price files that the oracle records name, from two packages, and checks them against the records.

    data.py FOLDER           write the files (needs backtesting==0.6.6 and bokeh_sampledata==2026.1)
    data.py --check FOLDER   only compare the SHA-256 of files that are there

Columns time,open,high,low,close,volume; time = bar open, RFC 3339 in UTC; prices with exactly the set's decimals.
"""

import hashlib
import json
import pathlib
import sys
from datetime import datetime, timezone

DECIMALS = {"GOOG": 2, "EURUSD": 5, "AAPL": 2, "IBM": 2}
FIRST_DATE = {"AAPL": "2005-03-01"}  # no split after it


def expected_digests():
    records = json.loads((pathlib.Path(__file__).parent / "engine.json").read_text())["records"]
    sets = [s for r in records for s in (r["data"] if isinstance(r["data"], list) else [r["data"]])]
    return {s["name"]: s["csvSha256"] for s in sets}


def rows(name):
    """Time in seconds, four prices in ticks, volume."""
    scale = 10 ** DECIMALS[name]

    def ticks(*prices):
        return [round(float(p) * scale) for p in prices]

    if name in ("GOOG", "EURUSD"):
        import backtesting.test

        frame = getattr(backtesting.test, name)
        for bar in frame.itertuples():
            yield int(bar.Index.timestamp()), *ticks(bar.Open, bar.High, bar.Low, bar.Close), int(bar.Volume)
    else:
        from bokeh_sampledata import stocks

        series = getattr(stocks, name)
        columns = (series[c] for c in ("date", "open", "high", "low", "close", "volume"))
        for date, open_, high, low, close, volume in zip(*columns):
            if date >= FIRST_DATE.get(name, ""):
                time = datetime.fromisoformat(date).replace(tzinfo=timezone.utc)
                yield int(time.timestamp()), *ticks(open_, high, low, close), int(volume)


def csv(name):
    decimals = DECIMALS[name]

    def price(ticks):
        whole, part = divmod(ticks, 10**decimals)
        return f"{whole}.{part:0{decimals}d}"

    lines = ["time,open,high,low,close,volume"]
    for seconds, *prices, volume in rows(name):
        time = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(",".join([time, *map(price, prices), str(volume)]))
    return "\n".join(lines) + "\n"


def main():
    check = sys.argv[1] == "--check"
    folder = pathlib.Path(sys.argv[-1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, digest in expected_digests().items():
        path = folder / f"{name}.csv"
        content = path.read_bytes() if check else csv(name).encode()
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            sys.exit(f"{path}: SHA-256 is {found}, the records expect {digest}")
        if not check:
            path.write_bytes(content)


if __name__ == "__main__":
    main()
