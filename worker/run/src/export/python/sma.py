def _sma(x, n):
    """Mean of the last n rows."""
    return _sum(x, n) / n
