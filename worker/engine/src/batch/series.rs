//! Indicator series shared by the individuals of a batch: one per distinct key, filled block by block.
//!
//! Each fill repeats the arithmetic of `indicators` operation by operation; the order of rows is the only freedom
//! it takes, where the formula leaves it.

use super::columns::Columns;
use super::kernels::Rows;
use super::smooth::{EmaGroup, RsiGroup};
use super::{BLOCK, windows};
use crate::indicators::bollinger::z_score;
use crate::indicators::kernel::{Kernel, weights};

/// What a series holds at row t. All prices in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Close.
    Close,
    /// Close of the row before.
    CloseBefore(usize),
    /// Close x `factor`; exact.
    CloseTimes(u32),
    /// Mean of the last n closes.
    Average(usize),
    /// Sum of the last n closes, k rows ago.
    Sum(usize, usize),
    /// 10^6 x the sum of the last n closes; exact.
    SumE6(usize),
    /// Exponential average.
    Ema(usize),
    /// Relative strength index.
    Rsi(usize),
    /// Highest high of the n rows before t.
    Top(usize),
    /// Lowest low of the n rows before t.
    Bottom(usize),
    /// %K of k rows.
    PercentK(usize),
    /// %D of k and d rows.
    PercentD(usize, usize),
    /// Highest high + lowest low of the last n rows.
    Mid2(usize),
    /// Mid2 of n rows + Mid2 of m rows, m rows ago (the cloud's fast edge, x 4).
    CloudFast(usize, usize),
    /// 2 x Mid2 of n rows, m rows ago (the cloud's slow edge, x 4).
    CloudSlow(usize, usize),
    /// Deviations of the close from its mean.
    Z(usize),
    /// Kernel regression: 0 gaussian, 1 epanechnikov.
    Regression(u32, usize),
    /// 20 x volume.
    Volume20,
    /// Volume of the 20 rows before t.
    Volume20Before,
    /// Deviations of the close from the volume-weighted mean; NaN where undefined.
    VwapZ(usize),
}

/// A block of rows of one series, 64-byte aligned, the stride off powers of two.
#[derive(Clone)]
#[repr(align(64))]
pub(super) struct Block {
    pub(super) rows: Rows,
    _stride: [f64; 8],
}

impl Block {
    pub(super) const ZERO: Block = Block { rows: [0.0; BLOCK], _stride: [0.0; 8] };
}

/// Working space of the fills.
#[derive(Default)]
pub(super) struct Temp {
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
}

/// The distinct series of a batch.
#[derive(Default)]
pub(super) struct Table {
    keys: Vec<Key>,
    blocks: Vec<Block>,
    weights: Vec<(usize, Vec<f64>, f64)>,
    emas: Vec<(usize, EmaGroup)>,
    rsis: Vec<(usize, RsiGroup)>,
    temp: Temp,
}

impl Table {
    /// Takes the distinct keys of `wanted`; state starts at row 0.
    pub(super) fn reset(&mut self, wanted: &mut Vec<Key>) {
        wanted.sort_unstable();
        wanted.dedup();
        std::mem::swap(&mut self.keys, wanted);
        self.blocks.resize(self.keys.len(), Block::ZERO);
        self.weights.clear();
        self.emas.clear();
        self.rsis.clear();
        let mut i = 0;
        while i < self.keys.len() {
            match self.keys[i] {
                Key::Ema(_) => {
                    let periods = self.keys[i..]
                        .iter()
                        .map_while(|k| if let Key::Ema(n) = k { Some(*n) } else { None });
                    let group = EmaGroup::new(periods);
                    let taken = group.len();
                    self.emas.push((i, group));
                    i += taken;
                    continue;
                }
                Key::Rsi(_) => {
                    let periods = self.keys[i..]
                        .iter()
                        .map_while(|k| if let Key::Rsi(n) = k { Some(*n) } else { None });
                    let group = RsiGroup::new(periods);
                    let taken = group.len();
                    self.rsis.push((i, group));
                    i += taken;
                    continue;
                }
                Key::Regression(shape, h) => {
                    let kernel = if shape == 0 { Kernel::Gaussian } else { Kernel::Epanechnikov };
                    let g = weights(kernel, h);
                    let mut total = 0.0;
                    for &w in &g {
                        total += w;
                    }
                    self.weights.push((i, g, total));
                }
                _ => {}
            }
            i += 1;
        }
    }

    /// Place of a key.
    pub(super) fn index(&self, key: Key) -> u32 {
        self.keys.binary_search(&key).expect("every key of a plan is collected before") as u32
    }

    #[inline(always)]
    pub(super) fn rows(&self, index: u32) -> &Rows {
        &self.blocks[index as usize].rows
    }

    /// Brings what has a memory from row `from` to row `to`.
    pub(super) fn warm_up(&mut self, columns: &Columns, from: usize, to: usize) {
        for (first, group) in &mut self.emas {
            group.fill(&columns.close, from, to, &mut self.blocks[*first..]);
        }
        for (first, group) in &mut self.rsis {
            group.fill(&columns.close, from, to, &mut self.blocks[*first..]);
        }
    }

    /// Computes rows `from..to` (at most [`BLOCK`]) of every series; blocks are taken in order from row 0.
    pub(super) fn fill(&mut self, columns: &Columns, from: usize, to: usize) {
        self.warm_up(columns, from, to);
        for (first, g, total) in &self.weights {
            regression(&columns.close, g, *total, from, to, &mut self.blocks[*first].rows);
        }
        for (key, block) in self.keys.iter().zip(&mut self.blocks) {
            fill(*key, columns, from, to, &mut block.rows, &mut self.temp);
        }
    }
}

/// Row `t - back`, or row 0 where there is none (such rows are inside the warm-up).
#[inline(always)]
fn shifted(x: &[f64], from: usize, to: usize, back: usize, out: &mut Rows) {
    for (o, t) in out.iter_mut().zip(from..to) {
        *o = x[t.saturating_sub(back)];
    }
}

fn fill(key: Key, x: &Columns, from: usize, to: usize, out: &mut Rows, temp: &mut Temp) {
    match key {
        Key::Ema(_) | Key::Rsi(_) | Key::Regression(..) => {}
        Key::Close => out[..to - from].copy_from_slice(&x.close[from..to]),
        Key::CloseBefore(k) => shifted(&x.close, from, to, k, out),
        Key::CloseTimes(factor) => {
            for (o, c) in out.iter_mut().zip(&x.close[from..to]) {
                *o = c * f64::from(factor);
            }
        }
        Key::Average(n) => sums(&x.sums, from, to, n, 0, |s| s as f64 / n as f64, out),
        Key::Sum(n, k) => sums(&x.sums, from, to, n, k, |s| s as f64, out),
        Key::SumE6(n) => sums(&x.sums, from, to, n, 0, |s| s as f64 * 1e6, out),
        Key::Top(n) => windows::highest(&x.high, n, from, to, 1, out, &mut temp.a),
        Key::Bottom(n) => windows::lowest(&x.low, n, from, to, 1, out, &mut temp.a),
        Key::PercentK(k) => percent_k(x, k, from, to, out, temp),
        Key::PercentD(k, d) => percent_d(x, k, d, from, to, out, temp),
        Key::Mid2(n) => mid2(x, n, from, to, 0, out, temp),
        Key::CloudFast(n, m) => {
            mid2(x, n, from, to, m, out, temp);
            temp.c.resize(BLOCK, 0.0);
            let mut c = std::mem::take(&mut temp.c);
            mid2(x, m, from, to, m, &mut c, temp);
            for (o, b) in out.iter_mut().zip(&c) {
                *o += b;
            }
            temp.c = c;
        }
        Key::CloudSlow(n, m) => {
            mid2(x, n, from, to, m, out, temp);
            for o in &mut out[..to - from] {
                *o *= 2.0;
            }
        }
        Key::Volume20 => match &x.volume {
            Some((volume, _)) => {
                for (o, v) in out.iter_mut().zip(&volume[from..to]) {
                    *o = 20.0 * v;
                }
            }
            None => out.fill(0.0),
        },
        Key::Volume20Before => match &x.volume {
            Some((_, sums)) => shifted(sums, from, to, 1, out),
            None => out.fill(0.0),
        },
        Key::Z(n) => z(x, n, from, to, out),
        Key::VwapZ(n) => super::vwap::z(x, n, from, to, out, &mut temp.a, &mut temp.b),
    }
}

#[inline(always)]
fn sums(
    sums: &[i64],
    from: usize,
    to: usize,
    n: usize,
    back: usize,
    map: impl Fn(i64) -> f64,
    out: &mut Rows,
) {
    let first = (n + back).saturating_sub(1).clamp(from, to);
    out[..first - from].fill(0.0);
    if first == to {
        return;
    }
    let upper = &sums[first + 1 - back..to + 1 - back];
    let lower = &sums[first + 1 - back - n..to + 1 - back - n];
    for ((o, a), b) in out[first - from..].iter_mut().zip(upper).zip(lower) {
        *o = map(a.wrapping_sub(*b));
    }
}

fn mid2(x: &Columns, n: usize, from: usize, to: usize, back: usize, out: &mut [f64], temp: &mut Temp) {
    temp.b.resize(BLOCK, 0.0);
    windows::highest(&x.high, n, from, to, back, out, &mut temp.a);
    windows::lowest(&x.low, n, from, to, back, &mut temp.b, &mut temp.a);
    for (o, b) in out.iter_mut().zip(&temp.b) {
        *o += b;
    }
}

fn percent_k(x: &Columns, k: usize, from: usize, to: usize, out: &mut [f64], temp: &mut Temp) {
    temp.b.resize(out.len().max(temp.b.len()), 0.0);
    windows::highest(&x.high, k, from, to, 0, out, &mut temp.a);
    windows::lowest(&x.low, k, from, to, 0, &mut temp.b, &mut temp.a);
    for ((o, &bottom), &c) in out.iter_mut().zip(&temp.b).zip(&x.close[from..to]) {
        let range = *o - bottom;
        let k = 100.0 * (c - bottom) / range;
        *o = if range == 0.0 { 50.0 } else { k };
    }
}

fn percent_d(x: &Columns, k: usize, d: usize, from: usize, to: usize, out: &mut Rows, temp: &mut Temp) {
    let start = (from + 1).saturating_sub(d);
    let mut c = std::mem::take(&mut temp.c);
    c.resize(to - start + BLOCK, 0.0);
    percent_k(x, k, start, to, &mut c[..to - start], temp);
    // Rows before row d - 1 of the data are inside the warm-up: any value will do.
    let lead = d - 1 - (from - start);
    let first = lead.min(to - from);
    out[..first].fill(0.0);
    for (i, o) in out[..to - from].iter_mut().enumerate().skip(first) {
        let mut sum = 0.0;
        for &v in &c[i - lead..i - lead + d] {
            sum += v;
        }
        *o = sum / d as f64;
    }
    temp.c = c;
}

fn z(x: &Columns, n: usize, from: usize, to: usize, out: &mut Rows) {
    let first = (n - 1).clamp(from, to);
    out[..first - from].fill(0.0);
    if first == to {
        return;
    }
    let square = |t: usize| (x.close[t] as i128) * (x.close[t] as i128);
    let mut squares: i128 = (first + 1 - n..first).map(square).sum();
    for t in first..to {
        squares += square(t);
        let sum = x.sums[t + 1].wrapping_sub(x.sums[t + 1 - n]);
        out[t - from] = z_score(x.close[t] as i64, sum, squares, n);
        squares -= square(t + 1 - n);
    }
}

/// Weighted means of the last closes, lags ascending: each row's additions in the order of the formula, rows side
/// by side.
fn regression(close: &[f64], g: &[f64], total: f64, from: usize, to: usize, out: &mut Rows) {
    const SIDE: usize = 64;
    let first = (g.len() - 1).clamp(from, to);
    out[..first - from].fill(0.0);
    let mut t = first;
    while t + SIDE <= to {
        let mut sum = [0.0; SIDE];
        for (j, &w) in g.iter().enumerate() {
            for (s, &c) in sum.iter_mut().zip(&close[t - j..t - j + SIDE]) {
                *s += w * c;
            }
        }
        for (o, s) in out[t - from..].iter_mut().zip(&sum) {
            *o = s / total;
        }
        t += SIDE;
    }
    for t in t..to {
        let mut sum = 0.0;
        for (j, &w) in g.iter().enumerate() {
            sum += w * close[t - j];
        }
        out[t - from] = sum / total;
    }
}
