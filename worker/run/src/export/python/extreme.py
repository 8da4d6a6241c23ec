def _extreme(x, n, of):
    """Largest or smallest of the last n rows."""
    out = np.full(len(x), np.nan)
    if len(x) >= n:
        out[n - 1 :] = of(np.lib.stride_tricks.sliding_window_view(x, n), axis=1)
    return out
