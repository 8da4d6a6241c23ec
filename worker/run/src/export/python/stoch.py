def _stoch(high, low, close, k, d):
    """%K and %D of the stochastic oscillator, 0 to 100; %K is 50 where the window has no range."""
    top, bottom = _extreme(high, k, np.max), _extreme(low, k, np.min)
    span = top - bottom
    with np.errstate(divide="ignore", invalid="ignore"):
        of_k = np.where(span == 0, 50.0, 100 * (close - bottom) / span)
    return of_k, _sma(of_k, d)
