def _ema(x, n):
    """Exponential average, which begins with the first value."""
    out, e, weight = np.empty(len(x)), x[0] if len(x) else 0.0, 2.0 / (n + 1.0)
    for t, value in enumerate(x):
        e += weight * (value - e)
        out[t] = e
    return out
