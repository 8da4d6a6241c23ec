"""Conditions of the strategies as numba functions that loops take in: a and b are rows of tables, c the close in ticks, x, y and z
numbers of the genome."""
import numba

inline = numba.njit(inline="always")


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
