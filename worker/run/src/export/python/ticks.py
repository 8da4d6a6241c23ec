def _ticks(bars):
    """Prices as whole numbers of their smallest unit: sums of them are exact, so that no two averages tie by accident."""
    prices = bars[["open", "high", "low", "close"]].to_numpy(float)
    for decimals in range(13):
        ticks = np.rint(prices * 10.0**decimals)
        if (np.abs(ticks / 10.0**decimals - prices) <= 1e-15 * prices).all():
            return ticks.T
    return prices.T
