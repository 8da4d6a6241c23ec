//! How each series is filled: the arithmetic of `indicators`, operation by operation; the order of rows is the only freedom
//! it takes, where the formula leaves it.

use super::BLOCK;
use super::columns::Columns;
use super::kernels::Rows;
use super::key::Key;
use super::windows::Windows;
use crate::indicators::bollinger::z_score;

/// What several series of a block are made of, and working space.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) top: Windows<true>,
    pub(super) bottom: Windows<false>,
    pub(super) longest_d: usize,
    /// %K of the period, first row and number of rows at hand.
    k: Vec<f64>,
    pub(super) k_of: (usize, usize, usize),
    low: Vec<f64>,
    typical: Vec<f64>,
    weighted: Vec<f64>,
}

impl Inputs {
    /// Notes what a key reads.
    pub(super) fn ask(&mut self, key: Key) {
        let mut both = |n, back| {
            self.top.ask(n, back);
            self.bottom.ask(n, back);
        };
        match key {
            Key::Top(n) => self.top.ask(n, 1),
            Key::Bottom(n) => self.bottom.ask(n, 1),
            Key::PercentK(k) => both(k, 0),
            Key::PercentD(k, d) => {
                both(k, d);
                self.longest_d = if d > self.longest_d { d } else { self.longest_d };
            }
            Key::Mid2(n) => both(n, 0),
            Key::CloudFast(n, m) => {
                both(n, m);
                both(m, m);
            }
            Key::CloudSlow(n, m) => both(n, m),
            _ => {}
        }
    }

    /// Takes rows `from..to`, if anything reads them.
    #[inline(always)]
    pub(super) fn fill(&mut self, columns: &Columns, from: usize, to: usize) {
        self.k_of = (0, 0, 0);
        if !self.top.is_empty() {
            self.top.fill(columns.high(), from, to);
        }
        if !self.bottom.is_empty() {
            self.bottom.fill(columns.low(), from, to);
        }
    }

    /// Highest high + lowest low of the n rows that end `back` rows earlier.
    #[inline(always)]
    fn mid2(&mut self, n: usize, from: usize, back: usize, out: &mut [f64]) {
        let mut low = [0.0; BLOCK];
        let low = &mut low[..out.len()];
        self.top.read(n, from, back, out);
        self.bottom.read(n, from, back, low);
        for (o, b) in out.iter_mut().zip(low) {
            *o += *b;
        }
    }

    #[inline(always)]
    fn percent_k(&mut self, close: &[f64], k: usize, from: usize, out: &mut [f64]) {
        self.low.resize(out.len(), 0.0);
        self.top.read(k, from, 0, out);
        self.bottom.read(k, from, 0, &mut self.low);
        for ((o, &bottom), &c) in out.iter_mut().zip(&self.low).zip(&close[from..]) {
            let range = *o - bottom;
            let k = 100.0 * (c - bottom) / range;
            *o = if range == 0.0 { 50.0 } else { k };
        }
    }

    /// Means of d values of %K, oldest first.
    #[inline(always)]
    fn percent_d(&mut self, close: &[f64], k: usize, d: usize, from: usize, out: &mut [f64]) {
        let start = (from + 1).saturating_sub(self.longest_d);
        let rows = from + out.len() - start;
        let wanted = (k, start, rows);
        if self.k_of != wanted {
            let mut values = std::mem::take(&mut self.k);
            values.resize(rows, 0.0);
            self.percent_k(close, k, start, &mut values);
            self.k = values;
            self.k_of = wanted;
        }
        out.fill(0.0);
        // Rows before row d - 1 of the data are inside the warm-up: any value will do.
        let head = (d - 1).saturating_sub(from - start).min(out.len());
        let out = &mut out[head..];
        if out.is_empty() {
            return;
        }
        let first = from + head + 1 - d - start;
        for j in 0..d {
            for (o, &v) in out.iter_mut().zip(&self.k[first + j..]) {
                *o += v;
            }
        }
        for o in out {
            *o /= d as f64;
        }
    }
}

/// Row `t - back`, or row 0 where there is none (such rows are inside the warm-up).
#[inline(always)]
fn shifted(x: &[f64], from: usize, back: usize, out: &mut [f64]) {
    let head = back.saturating_sub(from).min(out.len());
    out[..head].fill(x[0]);
    let rows = out.len();
    if head < rows {
        out[head..].copy_from_slice(&x[from + head - back..][..rows - head]);
    }
}

/// Rows `from..to` of a series that has no memory.
#[inline(always)]
pub(super) fn fill(key: Key, x: &Columns, from: usize, to: usize, out: &mut Rows, inputs: &mut Inputs) {
    let out = &mut out[..to - from];
    match key {
        Key::Ema(_) | Key::Rsi(_) | Key::Regression(..) => {}
        Key::Score(_) | Key::Prediction(_) | Key::Quantile(..) => {}
        Key::Close => out.copy_from_slice(&x.close[from..to]),
        Key::CloseBefore(k) => shifted(&x.close, from, k, out),
        Key::CloseTimes(factor) => {
            for (o, c) in out.iter_mut().zip(&x.close[from..to]) {
                *o = c * f64::from(factor);
            }
        }
        Key::Sum(n, k) => sums(x.sums(), from, n, k, |s| s as f64, out),
        Key::SumE6(n) => sums(x.sums(), from, n, 0, |s| s as f64 * 1e6, out),
        Key::Top(n) => inputs.top.read(n, from, 1, out),
        Key::Bottom(n) => inputs.bottom.read(n, from, 1, out),
        Key::PercentK(k) => inputs.percent_k(&x.close, k, from, out),
        Key::PercentD(k, d) => inputs.percent_d(&x.close, k, d, from, out),
        Key::Mid2(n) => inputs.mid2(n, from, 0, out),
        Key::CloudFast(n, m) => {
            let mut other = [0.0; BLOCK];
            let other = &mut other[..out.len()];
            inputs.mid2(n, from, m, out);
            inputs.mid2(m, from, m, other);
            for (o, b) in out.iter_mut().zip(other) {
                *o += *b;
            }
        }
        Key::CloudSlow(n, m) => {
            inputs.mid2(n, from, m, out);
            for o in out {
                *o *= 2.0;
            }
        }
        Key::Volume20 => match &x.volume {
            Some(volume) => {
                for (o, v) in out.iter_mut().zip(&volume[from..to]) {
                    *o = 20.0 * v;
                }
            }
            None => out.fill(0.0),
        },
        Key::Volume20Before => match &x.volume {
            Some(_) => shifted(x.volumes(), from, 1, out),
            None => out.fill(0.0),
        },
        Key::Deviation(n) => match x.moments() {
            Some(moments) => moments.read(n, from, out),
            None => out.fill(f64::NAN),
        },
        Key::Z(n) => z(x, n, from, to, out),
        Key::VwapZ(n) => super::vwap::z(x, n, from, out, &mut inputs.typical, &mut inputs.weighted),
    }
}

#[inline(always)]
fn sums(sums: &[i64], from: usize, n: usize, back: usize, map: impl Fn(i64) -> f64, out: &mut [f64]) {
    let to = from + out.len();
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

#[inline(always)]
fn z(x: &Columns, n: usize, from: usize, to: usize, out: &mut [f64]) {
    let first = (n - 1).clamp(from, to);
    out[..first - from].fill(0.0);
    if first == to {
        return;
    }
    let (rows, before) = (&x.close[first..to], &x.close[first + 1 - n..to]);
    let (upper, lower) = (&x.sums()[first + 1..to + 1], &x.sums()[first + 1 - n..to + 1 - n]);
    if x.largest * x.largest * (n * n) as f64 * 4.0 < 9e18 {
        // All of n Q and S^2 fits 64 bits: the same integers as below.
        let mut squares: i64 = before[..n - 1].iter().map(|&c| c as i64 * c as i64).sum();
        for (((o, (&c, &old)), a), b) in
            out[first - from..].iter_mut().zip(rows.iter().zip(before)).zip(upper).zip(lower)
        {
            let (c, old, sum) = (c as i64, old as i64, a.wrapping_sub(*b));
            squares += c * c;
            let v = n as i64 * squares - sum * sum;
            let z = (n as i64 * c - sum) as f64 / (v as f64).sqrt();
            *o = if v <= 0 { 0.0 } else { z };
            squares -= old * old;
        }
        return;
    }
    let square = |c: f64| c as i128 * c as i128;
    let mut squares: i128 = before[..n - 1].iter().map(|&c| square(c)).sum();
    for (i, o) in out[first - from..].iter_mut().enumerate() {
        squares += square(rows[i]);
        *o = z_score(rows[i] as i64, upper[i].wrapping_sub(lower[i]), squares, n);
        squares -= square(before[i]);
    }
}

/// Weighted means of the last closes, lags ascending: each row's additions in the order of the formula, rows side
/// by side.
#[inline(always)]
pub(super) fn regression(close: &[f64], g: &[f64], total: f64, from: usize, to: usize, out: &mut Rows) {
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
