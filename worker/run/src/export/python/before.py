def _before(condition, rows):
    """Whether a condition was met so many rows before."""
    return np.concatenate([np.zeros(min(rows, len(condition)), bool), condition[: max(len(condition) - rows, 0)]])
