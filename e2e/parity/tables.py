"""Indicators as numba tables: one row for each distinct period, computed once for a population into memory that is there already.

Prices are ticks, whole numbers, so sums and extremes are exact: averages by running sums, highest and lowest by blocks from both ends, exponential
averages four side by side."""
import numba
import numpy as np

jit = numba.njit(nogil=True)


# Tables: one row a period.

@jit
def sma_row(ticks, n, out):
    s = 0
    for t in range(ticks.size):
        s += ticks[t]
        if t >= n:
            s -= ticks[t - n]
        out[t] = s / n if t >= n - 1 else np.nan


@jit
def ema_row(ticks, n, out):
    a = 2.0 / (n + 1.0)
    e = float(ticks[0])
    for t in range(ticks.size):
        e += a * (ticks[t] - e)
        out[t] = e


@jit
def ema_rows(ticks, n, out):
    """Four periods side by side: each addition waits for the one before, so four take as long as one."""
    a0, a1, a2, a3 = 2.0 / (n[0] + 1.0), 2.0 / (n[1] + 1.0), 2.0 / (n[2] + 1.0), 2.0 / (n[3] + 1.0)
    e0 = e1 = e2 = e3 = float(ticks[0])
    for t in range(ticks.size):
        p = float(ticks[t])
        e0 += a0 * (p - e0)
        e1 += a1 * (p - e1)
        e2 += a2 * (p - e2)
        e3 += a3 * (p - e3)
        out[0, t], out[1, t], out[2, t], out[3, t] = e0, e1, e2, e3


@jit
def rsi_row(ticks, n, out):
    g = l = 0.0
    k = 1.0 / n
    out[:n] = np.nan
    for t in range(1, ticks.size):
        d = float(ticks[t] - ticks[t - 1])
        up, down = max(d, 0.0), max(-d, 0.0)
        if t <= n:
            g += up
            l += down
            if t < n:
                continue
            g /= n
            l /= n
        else:
            g += (up - g) * k
            l += (down - l) * k
        out[t] = 100.0 * g / (g + l) if g + l > 0 else 50.0


@jit
def highest_row(ticks, n, out):
    """The highest of the n rows before."""
    extreme_row(ticks, n, out, 1)


@jit
def lowest_row(ticks, n, out):
    extreme_row(ticks, n, out, -1)


@jit
def extreme_row(ticks, n, out, sign):
    """By van Herk and Gil-Werman: blocks of n rows from both ends, `out` itself being the memory."""
    size = ticks.size
    out[:min(n, size)] = np.nan
    for start in range(0, size - n, n):
        best = sign * ticks[start + n - 1]  # of rows i..start+n-1 at i, from the end of the block
        for i in range(start + n - 1, start - 1, -1):
            best = max(best, sign * ticks[i])
            if i + n < size:
                out[i + n] = best
        best = -1 << 62  # of the head of the next block
        for i in range(start + n, min(start + 2 * n - 1, size - 1)):
            best = max(best, sign * ticks[i])
            out[i + 1] = max(out[i + 1], best)
        for i in range(start + n, min(start + 2 * n, size)):
            out[i] *= sign


def filled(row, parallel):
    """Fills the table of a function of one period, or of four at once."""
    four = row is ema_row

    def fill(ticks, periods, out):
        groups = periods.size // 4 if four else 0
        for i in numba.prange(groups):
            ema_rows(ticks, periods[4 * i:4 * i + 4], out[4 * i:4 * i + 4])
        for i in numba.prange(4 * groups, periods.size):
            row(ticks, periods[i], out[i])
    return numba.njit(parallel=parallel, nogil=True)(fill)


ROWS = {"sma": sma_row, "ema": ema_row, "rsi": rsi_row, "highest": highest_row, "lowest": lowest_row}
