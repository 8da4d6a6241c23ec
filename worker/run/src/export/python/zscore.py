def _zscore(x, n):
    """Distance from the mean of the last n rows in their standard deviations (ddof 0); 0 where they are equal."""
    out, ticks = np.full(len(x), np.nan), [int(value) for value in x]
    total = squares = 0
    for t, value in enumerate(ticks):
        total, squares = total + value, squares + value * value
        if t >= n:
            total, squares = total - ticks[t - n], squares - ticks[t - n] ** 2
        if t + 1 >= n:
            variance = n * squares - total * total
            out[t] = 0.0 if variance == 0 else (n * value - total) / float(variance) ** 0.5
    return out
