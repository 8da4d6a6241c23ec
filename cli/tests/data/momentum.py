import pandas as pd

bars = pd.read_csv("AAPL.csv", parse_dates=["date"])
signals = pd.DataFrame({"time": bars["date"], "symbol": "AAPL"})
signals["score"] = bars["close"] / bars["close"].shift(20) - 1
signals["calm"] = bars["close"].pct_change().rolling(20).std() < 0.02
signals.to_parquet("momentum.parquet", index=False)
