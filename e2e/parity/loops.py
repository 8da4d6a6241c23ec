"""Back-tests as numba loops, tuned by hand: what somebody writes who wants numba to win.

Indicators are tables with one row for each distinct period, computed once for a population from integer prefix sums and
queues into memory that is there already. A loop looks for the next entry, then for the next exit; between two fills it
takes sums of returns from prefix sums and looks at the drawdown with two comparisons a bar. Nothing is allocated. All
prices are ticks, so averages and channels compare exactly. The metrics are those that Galapagos gives every individual (its
sums by sixteenth of the time, which tests of luck need, are left out). Positions stay open at the end."""
import numba
import numpy as np

METRICS = ("equity", "s1", "s2", "lowest", "trades", "wins", "profit", "loss", "fees", "held")
jit = numba.njit(nogil=True)
inline = numba.njit(inline="always")


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
    """The highest of the n rows before, by van Herk and Gil-Werman: blocks of n from both ends, `out` itself being the memory."""
    extreme_row(ticks, n, out, 1)


@jit
def lowest_row(ticks, n, out):
    extreme_row(ticks, n, out, -1)


@jit
def extreme_row(ticks, n, out, sign):
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


def tables(row, parallel):
    """Fills the table of a function of one period, or of four at once."""
    four = row is ema_row

    def fill(ticks, periods, out):
        groups = periods.size // 4 if four else 0
        for i in numba.prange(groups):
            ema_rows(ticks, periods[4 * i:4 * i + 4], out[4 * i:4 * i + 4])
        for i in numba.prange(4 * groups, periods.size):
            row(ticks, periods[i], out[i])
    return numba.njit(parallel=parallel, nogil=True)(fill)


# Conditions: a and b are rows of tables, c6 the close in millionths of a tick, x, y and z numbers of the genome.

@inline
def sma_up(a, b, c, t, x, y, z):
    return a[t] > b[t]


@inline
def sma_down(a, b, c, t, x, y, z):
    return a[t] < b[t]


@inline
def ema_up(a, b, c, t, x, y, z):
    return a[t] > b[t] * x


@inline
def channel_up(a, b, c, t, x, y, z):
    return c[t] * 1e6 > a[t] * x


@inline
def channel_down(a, b, c, t, x, y, z):
    return c[t] < b[t]


@inline
def rsi_up(a, b, c, t, x, y, z):
    return a[t] * z < x


@inline
def rsi_down(a, b, c, t, x, y, z):
    return a[t] * z >= y


@inline
def pullback_up(a, b, c, t, x, y, z):
    return a[t] < x and c[t] > b[t]


@inline
def pullback_down(a, b, c, t, x, y, z):
    return a[t] > y


def long_or_flat(up, down, edge, stops=False):
    """All in or flat, at the next open. `edge`: only the first row of a condition enters; `stops`: y is the stop, z the target."""
    @jit
    def loop(o, h, l, c, p1, p2, a, b, x, y, z, first, fee, out, log):
        n, t = c.size, first - 1
        equity, peak, lowest, s1, s2 = 1.0, 1.0, 1.0, 0.0, 0.0
        trades, wins, held, profit, loss, fees = 0, 0, 0, 0.0, 0.0, 0.0
        was = edge and up(a, b, c, t - 1, x, y, z)
        while True:
            if edge:
                while t < n - 1:
                    now = up(a, b, c, t, x, y, z)
                    if now and not was:
                        break
                    was = now
                    t += 1
            else:
                while t < n - 1 and not up(a, b, c, t, x, y, z):
                    t += 1
            if t >= n - 1:
                break
            e = t + 1
            before = equity
            buy = o[e] * (1 + fee)
            q = equity / buy
            fees += q * o[e] * fee
            high = peak / q
            limit = high * lowest
            t = e
            hit = 0.0
            if stops:
                stop, goal = o[e] * (1 - y), o[e] * (1 + z)
                while True:
                    if l[t] <= stop or h[t] >= goal:
                        if t > e and o[t] <= stop:
                            hit = o[t]
                        elif t > e and o[t] >= goal:
                            hit = o[t]
                        else:
                            hit = stop if l[t] <= stop else goal
                        break
                    p = c[t]
                    if p > high:
                        high = p
                        limit = p * lowest
                    elif p < limit:
                        lowest = p / high
                        limit = p
                    if down(a, b, c, t, x, y, z) or t == n - 1:
                        break
                    t += 1
            else:
                while True:
                    p = c[t]
                    if p > high:
                        high = p
                        limit = p * lowest
                    elif p < limit:
                        lowest = p / high
                        limit = p
                    if down(a, b, c, t, x, y, z) or t == n - 1:
                        break
                    t += 1
            if hit > 0:  # inside bar t
                net = hit * (1 - fee)
                price = hit
                if t > e:
                    r = c[e] / buy - 1
                    s1 += r + (p1[t - 1] - p1[e])
                    s2 += r * r + (p2[t - 1] - p2[e])
                    r = net / c[t - 1] - 1
                else:
                    r = net / buy - 1
                left = t
                held += t - e + 1
            else:
                r = c[e] / buy - 1
                s1 += r + (p1[t] - p1[e])
                s2 += r * r + (p2[t] - p2[e])
                held += t - e + 1
                if t == n - 1:
                    equity = q * c[t]
                    break
                left = t + 1
                price = o[left]
                net = price * (1 - fee)
                r = net / c[t] - 1
            s1 += r
            s2 += r * r
            equity = q * net
            fees += q * price * fee
            if net < limit:
                lowest = net / high
            peak = max(high, net) * q
            if log.size:
                log[2 * trades] = e
                log[2 * trades + 1] = left
            trades += 1
            gain = equity - before
            if gain > 0:
                wins += 1
                profit += gain
            else:
                loss -= gain
            if equity <= 1e-9:  # ruined
                break
            if hit > 0:  # the side waits until its target has changed
                while t < n - 1 and not down(a, b, c, t, x, y, z):
                    t += 1
            if edge:
                was = up(a, b, c, t, x, y, z)
            t += 1
        out[0], out[1], out[2], out[3], out[4] = equity, s1, s2, lowest, trades
        out[5], out[6], out[7], out[8], out[9] = wins, profit, loss, fees, held
    return loop


@jit
def both_sides(o, h, l, c, p1, p2, a, b, x, y, z, first, fee, out, log):
    """Averages that cross, always on one side: whole shares of a capital of x if that is above 0, else all of it.

    Shorts are a constant quantity, so each of their bars has a division. A short whose margin (y, 0: none) is used up would
    end the loop without a number: the data have none, and the gate would show it."""
    n, t, capital = c.size, first - 1, x if x > 0 else 1.0
    cash, q, equity, peak, lowest, s1, s2 = capital, 0.0, capital, capital, 1.0, 0.0, 0.0
    trades, wins, held, profit, loss, fees = 0, 0, 0, 0.0, 0.0, 0.0
    # The first cross.
    was = 1 if a[t - 1] > b[t - 1] else 0
    under = 1 if a[t - 1] < b[t - 1] else 0
    side = 0
    while t < n - 1:
        over, below = 1 if a[t] > b[t] else 0, 1 if a[t] < b[t] else 0
        if over and not was:
            side = 1
            break
        if below and not under:
            side = -1
            break
        was, under = over, below
        t += 1
    if side:
        entered, before = 0, capital
        while True:
            e = t + 1
            if q != 0:
                cash += q * o[e] - abs(q) * o[e] * fee
                fees += abs(q) * o[e] * fee
                if log.size:
                    log[2 * trades] = entered
                    log[2 * trades + 1] = e
                trades += 1
                gain = cash - before
                if gain > 0:
                    wins += 1
                    profit += gain
                else:
                    loss -= gain
                before = cash
                if cash <= 1e-9 * capital:  # ruined
                    equity = cash
                    break
            q = cash / (o[e] * (1 + fee))
            if x > 0:
                q = np.floor(q)
            q *= side
            fees += abs(q) * o[e] * fee
            cash -= q * o[e] + abs(q) * o[e] * fee
            if side > 0 and x == 0:
                cash = 0.0
            entered = e
            margin = cash / (-q * (1 + y)) if y > 0 and side < 0 else np.inf
            t = e
            while True:
                now = cash + q * c[t]
                r = now / equity - 1
                s1 += r
                s2 += r * r
                equity = now
                if now > peak:
                    peak = now
                elif now < peak * lowest:
                    lowest = now / peak
                if h[t] >= margin:
                    out[:] = np.nan
                    return
                if t == n - 1 or (a[t] < b[t] if side > 0 else a[t] > b[t]):
                    break
                t += 1
            held += t - e + 1
            if t == n - 1:
                break
            side = -side
    k = 1.0 / capital
    out[0], out[1], out[2], out[3], out[4] = equity * k, s1, s2, lowest, trades
    out[5], out[6], out[7], out[8], out[9] = wins, profit * k, loss * k, fees * k, held


@numba.njit(nogil=True, fastmath={"reassoc"})
def of_sum(equity, first, out):
    """Metrics of the bars of a sum of accounts. Additions may be taken in any order, which lets several run at once."""
    s1 = s2 = 0.0
    for t in range(first, equity.size):
        r = equity[t] / equity[t - 1] - 1
        s1 += r
        s2 += r * r
    peak, lowest = equity[first - 1], 1.0
    limit = peak
    for t in range(first, equity.size):
        e = equity[t]
        if e > peak:
            peak = e
            limit = e * lowest
        elif e < limit:
            lowest = e / peak
            limit = e
    out[0], out[1], out[2], out[3] = equity[-1], s1, s2, lowest


def account_of(up, down, edge):
    """One account of several, long or flat: its equity is added to that of all, bar by bar."""
    @jit
    def loop(o, c, a, b, x, y, z, first, fee, share, total, out):
        n, t, equity, trades, wins, profit, loss, fees = c.size, first - 1, share, 0, 0, 0.0, 0.0, 0.0
        was = edge and up(a, b, c, t - 1, x, y, z)
        while True:
            while t < n - 1:
                now = up(a, b, c, t, x, y, z)
                if now and not was:
                    break
                total[t] += equity
                was = edge and now
                t += 1
            total[t] += equity
            if t >= n - 1:
                break
            e = t + 1
            before = equity
            q = equity / (o[e] * (1 + fee))
            fees += q * o[e] * fee
            t = e
            while t < n - 1 and not down(a, b, c, t, x, y, z):
                total[t] += q * c[t]
                t += 1
            total[t] += q * c[t]
            if t == n - 1:
                break
            equity = q * o[t + 1] * (1 - fee)
            fees += q * o[t + 1] * fee
            trades += 1
            if equity > before:
                wins += 1
                profit += equity - before
            else:
                loss += before - equity
            was = edge and up(a, b, c, t, x, y, z)
            t += 1
        out[4] += trades
        out[5] += wins
        out[6] += profit
        out[7] += loss
        out[8] += fees
    return loop


def population(loop, parallel):
    """Runs a loop over all individuals; ia and ib say which rows of the tables are theirs."""
    def run(o, h, l, c, p1, p2, ta, tb, ia, ib, xs, ys, zs, first, fee, out, log):
        for i in numba.prange(ia.size):
            loop(o, h, l, c, p1, p2, ta[ia[i]], tb[ib[i]], xs[i], ys[i], zs[i], first, fee, out[i], log)
    return numba.njit(parallel=parallel, nogil=True)(run)


def portfolio(loop, parallel):
    """The same over several symbols (the first axis of prices and tables), with one row of memory for each thread."""
    def run(o, c, ta, tb, ia, ib, xs, ys, zs, first, fee, out, memory):
        symbols = o.shape[0]
        for i in numba.prange(ia.size):
            total = memory[numba.get_thread_id()] if parallel else memory[0]
            total[:] = 0.0
            out[i, :] = 0.0
            for s in range(symbols):
                loop(o[s], c[s], ta[s, ia[i]], tb[s, ib[i]], xs[i], ys[i], zs[i], first, fee, 1.0 / symbols, total, out[i])
            of_sum(total, first, out[i])
    return numba.njit(parallel=parallel, nogil=True)(run)
