"""Processor time, time on the wall, and the clock that cycles are counted with."""
import time

import numba


def spent(work):
    """Seconds of processor time of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def lasted(work):
    """Seconds on the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@numba.njit
def chain(x, n):
    """Six operations that each wait for the one before and take one cycle each, on every processor of the last decade."""
    for _ in range(n):
        x ^= x << numba.uint64(13)
        x ^= x >> numba.uint64(7)
        x ^= x << numba.uint64(17)
    return x


def hertz():
    """Cycles a second, by processor time of a chain of operations of known length: the fastest of several."""
    chain(numba.uint64(1), 10)
    n, best = 20_000_000, 0.0
    for _ in range(7):
        start = time.process_time()
        chain(numba.uint64(88172645463325252), n)
        best = max(best, 6 * n / (time.process_time() - start))
    return best
