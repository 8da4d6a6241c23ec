//! Distance from the volume-weighted average, block by block.

use super::columns::Columns;
use crate::indicators::window_sum::window_sum;

/// Rows side by side.
const SIDE: usize = 32;

/// (c3 - mean) / deviation over `n` rows; NaN without volume or spread, so that every comparison is false.
#[inline(always)]
pub(super) fn z(
    x: &Columns,
    n: usize,
    from: usize,
    out: &mut [f64],
    typical: &mut Vec<f64>,
    weighted: &mut Vec<f64>,
) {
    out.fill(f64::NAN);
    let to = from + out.len();
    let Some(volume) = x.volume else { return };
    let (high, low) = (x.high(), x.low());
    // Window sums depend on where their blocks begin (C6): start at a multiple of n that leaves a whole window.
    let base = (from + 1).saturating_sub(n) / n * n;
    let volume = &volume[base..to];
    typical.clear();
    typical.extend((base..to).map(|t| high[t] + low[t] + x.close[t]));
    weighted.clear();
    weighted.extend(volume.iter().zip(&*typical).map(|(v, y)| v * y));
    let (volumes, sums) = (window_sum(volume, n), window_sum(weighted, n));
    let mut t = from.max(n - 1);
    while t < to {
        let rows = SIDE.min(to - t);
        let (mut mean, mut sum) = ([0.0; SIDE], [0.0; SIDE]);
        for i in 0..rows {
            mean[i] = sums[t - base + i] / volumes[t - base + i];
        }
        let first = t + 1 - n - base;
        if rows == SIDE {
            for j in first..first + n {
                let (v, y) = (&volume[j..j + SIDE], &typical[j..j + SIDE]);
                for i in 0..SIDE {
                    let distance = y[i] - mean[i];
                    sum[i] += v[i] * distance * distance;
                }
            }
        } else {
            for i in 0..rows {
                for j in first + i..first + i + n {
                    let distance = typical[j] - mean[i];
                    sum[i] += volume[j] * distance * distance;
                }
            }
        }
        for i in 0..rows {
            let total = volumes[t - base + i];
            let variance = sum[i] / total;
            let c3 = 3.0 * x.close[t + i];
            if total > 0.0 && variance > 1e-12 * (c3 * c3) {
                out[t - from + i] = (c3 - mean[i]) / variance.sqrt();
            }
        }
        t += rows;
    }
}
