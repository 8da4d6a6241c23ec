def _shift(x, rows):
    """The values so many rows before."""
    return np.concatenate([np.full(min(rows, len(x)), np.nan), x[: max(len(x) - rows, 0)]])
