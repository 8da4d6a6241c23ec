//! Recursive averages of many periods side by side: along time each waits for its own last value, so periods run in
//! lanes.

use super::kernels::{Isa, Line};
use super::series::Block;

/// Periods of one group: enough chains of additions side by side to keep the processor busy.
const LANES: usize = 64;
/// Periods of a group of relative strength indices, each with two chains and a division.
const FEW: usize = 32;
/// Rows between two transpositions.
pub(crate) const TILE: usize = 32;
/// Columns that are transposed at once.
pub(super) const SIDE: usize = 8;

/// Exponential averages (C2) of up to [`LANES`] periods.
pub(super) struct EmaGroup {
    periods: usize,
    factor: [f64; LANES],
    value: [f64; LANES],
}

impl EmaGroup {
    /// Takes the first periods, as many as fit.
    pub(super) fn new(periods: impl Iterator<Item = usize>) -> EmaGroup {
        let mut group = EmaGroup { periods: 0, factor: [0.0; LANES], value: [0.0; LANES] };
        for n in periods.take(LANES) {
            group.factor[group.periods] = 2.0 / (n as f64 + 1.0);
            group.periods += 1;
        }
        group
    }

    pub(super) fn len(&self) -> usize {
        self.periods
    }

    /// Rows `from..to` into one block per period.
    #[inline(always)]
    pub(super) fn fill<I: Isa>(&mut self, isa: I, close: &[f64], from: usize, to: usize, out: &mut [Block]) {
        if from == 0 {
            self.value = [close[0]; LANES];
        }
        let mut tile = [[0.0; LANES]; TILE];
        for (at, rows) in close[from..to].chunks(TILE).enumerate() {
            let (factor, mut e) = (self.factor, self.value);
            for (line, &c) in tile.iter_mut().zip(rows) {
                for lane in 0..LANES {
                    e[lane] += factor[lane] * (c - e[lane]);
                }
                *line = e;
            }
            self.value = e;
            transpose(isa, &tile, rows.len(), at * TILE, &mut out[..self.periods]);
        }
    }
}

/// Relative strength indices (C4) of up to [`FEW`] periods.
pub(super) struct RsiGroup {
    periods: usize,
    n: [usize; FEW],
    factor: [f64; FEW],
    gain: [f64; FEW],
    loss: [f64; FEW],
}

impl RsiGroup {
    /// Takes the first periods, as many as fit.
    pub(super) fn new(periods: impl Iterator<Item = usize>) -> RsiGroup {
        let zero = [0.0; FEW];
        let mut group = RsiGroup { periods: 0, n: [1; FEW], factor: zero, gain: zero, loss: zero };
        for n in periods.take(FEW) {
            group.n[group.periods] = n;
            group.factor[group.periods] = 1.0 / n as f64;
            group.periods += 1;
        }
        group
    }

    pub(super) fn len(&self) -> usize {
        self.periods
    }

    /// Rows `from..to` into one block per period.
    #[inline(always)]
    pub(super) fn fill<I: Isa>(&mut self, isa: I, close: &[f64], from: usize, to: usize, out: &mut [Block]) {
        let longest = self.n[..self.periods].iter().copied().max().unwrap_or(0);
        let mut tile = [[0.0; FEW]; TILE];
        let mut t = from;
        while t < to {
            let end = if t + TILE < to { t + TILE } else { to };
            for (line, t) in tile.iter_mut().zip(t..end) {
                let change = if t == 0 { 0.0 } else { close[t] - close[t - 1] };
                let gain = if change > 0.0 { change } else { 0.0 };
                let loss = if change < 0.0 { -change } else { 0.0 };
                if t > longest {
                    self.step(gain, loss);
                } else {
                    self.begin(t, gain, loss);
                }
                for (o, (&g, &l)) in line.iter_mut().zip(self.gain.iter().zip(&self.loss)) {
                    let r = 100.0 * g / (g + l);
                    *o = if g + l == 0.0 { 50.0 } else { r };
                }
            }
            transpose(isa, &tile, end - t, t - from, &mut out[..self.periods]);
            t = end;
        }
    }

    #[inline(always)]
    fn step(&mut self, gain: f64, loss: f64) {
        for lane in 0..FEW {
            self.gain[lane] += (gain - self.gain[lane]) * self.factor[lane];
            self.loss[lane] += (loss - self.loss[lane]) * self.factor[lane];
        }
    }

    /// Rows up to the longest period: sums first, then the mean, then steps (C3).
    #[inline(always)]
    fn begin(&mut self, t: usize, gain: f64, loss: f64) {
        for lane in 0..self.periods {
            let n = self.n[lane];
            if t == 0 {
                (self.gain[lane], self.loss[lane]) = (0.0, 0.0);
            } else if t <= n {
                self.gain[lane] += gain;
                self.loss[lane] += loss;
                if t == n {
                    self.gain[lane] /= n as f64;
                    self.loss[lane] /= n as f64;
                }
            } else {
                self.gain[lane] += (gain - self.gain[lane]) * self.factor[lane];
                self.loss[lane] += (loss - self.loss[lane]) * self.factor[lane];
            }
        }
    }
}

/// Writes the first `rows` rows of a tile to the rows from `at` on of a block a column.
#[inline(always)]
pub(crate) fn transpose<I: Isa, const LANES: usize>(
    isa: I,
    tile: &[[f64; LANES]; TILE],
    rows: usize,
    at: usize,
    out: &mut [impl AsMut<[f64]>],
) {
    for (group, blocks) in out.chunks_mut(SIDE).enumerate() {
        let whole = if blocks.len() == SIDE { rows / SIDE * SIDE } else { 0 };
        for row in (0..whole).step_by(SIDE) {
            let lines: [&Line; SIDE] =
                std::array::from_fn(|i| tile[row + i].as_chunks().0.get(group).unwrap_or(&[0.0; SIDE]));
            for (block, line) in blocks.iter_mut().zip(&isa.transposed(lines)) {
                block.as_mut()[at + row..][..SIDE].copy_from_slice(line);
            }
        }
        for (lane, block) in blocks.iter_mut().enumerate() {
            for (o, line) in block.as_mut()[at + whole..at + rows].iter_mut().zip(&tile[whole..]) {
                *o = line[group * SIDE + lane];
            }
        }
    }
}
