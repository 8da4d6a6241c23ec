def _rsi(x, n):
    """Relative strength index with Wilder's averages, 0 to 100; 50 where nothing moved."""
    out = np.full(len(x), np.nan)
    if len(x) <= n:
        return out
    change = np.diff(x)
    gains, losses = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    gain, loss = 0.0, 0.0
    for t in range(n):
        gain, loss = gain + gains[t], loss + losses[t]
    gain, loss = gain / n, loss / n
    for t in range(n, len(x)):
        if t > n:
            gain += (gains[t - 1] - gain) * (1.0 / n)
            loss += (losses[t - 1] - loss) * (1.0 / n)
        out[t] = 50.0 if gain + loss == 0.0 else 100.0 * gain / (gain + loss)
    return out
