"""Back-tests as numba loops, tuned by hand: what somebody writes who wants numba to win.

Indicators are rows of tables (tables.py). A loop looks for the next entry, then for the next exit; between two fills it
takes sums of returns from prefix sums and looks at the drawdown with two comparisons a bar. Nothing is allocated. All
prices are ticks, so averages and channels compare exactly. The metrics are those that Galapagos gives every individual (its
sums by sixteenth of the time, which tests of luck need, are left out). Positions stay open at the end."""
import numba
import numpy as np

METRICS = ("equity", "s1", "s2", "lowest", "trades", "wins", "profit", "loss", "fees", "held")
jit = numba.njit(nogil=True)


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
