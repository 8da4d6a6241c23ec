def trades(bars, warm_up=WARM_UP):
    """The round trips: each target is traded at the open of the next bar. A position that is still open has no exit."""
    wanted, price = target(bars, warm_up).to_numpy(), bars["open"].to_numpy(float)
    volume = bars["volume"].to_numpy(float) if "volume" in bars else np.zeros(len(bars))
    # Nothing is traded in a bar without volume, unless no bar has any.
    traded = volume > 0 if (volume > 0).any() else np.ones(len(bars), bool)
    rows, held, acted, entry = [], 0, 0, None
    for t in range(max(warm_up, 1), len(bars)):
        if not traded[t] or wanted[t - 1] == acted:
            continue
        acted = int(wanted[t - 1])
        if held != 0:
            rows.append((held, *entry, bars.index[t], price[t] * (1 - held * SLIPPAGE)))
        held, entry = acted, (bars.index[t], price[t] * (1 + acted * SLIPPAGE))
    if held != 0:
        rows.append((held, *entry, None, None))
    return pd.DataFrame(rows, columns=["side", "entry_time", "entry_price", "exit_time", "exit_price"])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python " + sys.argv[0] + " BARS.csv [SYMBOL]   (the first column is the time)")
    history = pd.read_csv(sys.argv[1], index_col=0)
    history.columns = [name.lower() for name in history.columns]
    first = WARM_UPS[sys.argv[2]] if len(sys.argv) == 3 else WARM_UP
    print(trades(history, first).to_csv(index=False), end="")
