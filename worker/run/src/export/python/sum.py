def _sum(x, n):
    """Sum of the last n rows, oldest first."""
    out = np.full(len(x), np.nan)
    if len(x) >= n:
        total = np.zeros(len(x) - n + 1)
        for row in range(n):
            total = total + x[row : len(x) - n + 1 + row]
        out[n - 1 :] = total
    return out
