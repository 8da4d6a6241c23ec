//! Distance from the volume-weighted average, block by block.

use super::columns::Columns;
use super::kernels::Rows;
use crate::indicators::window_sum::window_sum;

/// (c3 - mean) / deviation over `n` rows; NaN without volume or spread, so that every comparison is false.
pub(super) fn z(
    x: &Columns,
    n: usize,
    from: usize,
    to: usize,
    out: &mut Rows,
    typical: &mut Vec<f64>,
    weighted: &mut Vec<f64>,
) {
    out.fill(f64::NAN);
    let Some((volume, _)) = x.volume else { return };
    // Window sums depend on where their blocks begin (C6): start at a multiple of n that leaves a whole window.
    let base = (from + 1).saturating_sub(n) / n * n;
    typical.clear();
    typical.extend((base..to).map(|t| x.high[t] + x.low[t] + x.close[t]));
    weighted.clear();
    weighted.extend(volume[base..to].iter().zip(&*typical).map(|(v, y)| v * y));
    let (volumes, sums) = (window_sum(&volume[base..to], n), window_sum(weighted, n));
    for t in from.max(n - 1)..to {
        let total = volumes[t - base];
        if total > 0.0 {
            let m = sums[t - base] / total;
            let mut sum = 0.0;
            for i in t + 1 - n..=t {
                let distance = typical[i - base] - m;
                sum += volume[i] * distance * distance;
            }
            let variance = sum / total;
            let c3 = 3.0 * x.close[t];
            if variance > 1e-12 * (c3 * c3) {
                out[t - from] = (c3 - m) / variance.sqrt();
            }
        }
    }
}
