//! Volume-weighted average of typical prices and the spread around it.

use super::window_sum::window_sum;
use crate::interrupt::{Interrupt, SLOW_ROWS};

/// Mean and standard deviation of 3 x the typical price, weighted by volume.
#[derive(Clone, Debug)]
pub struct Vwap {
    /// high + low + close in ticks: three times the typical price.
    pub typical3: Vec<f64>,
    /// Weighted mean of `typical3`; 0 where the window has no volume.
    pub mean3: Vec<f64>,
    /// Weighted variance (ddof 0) of `typical3`; 0 where the window has no volume.
    pub variance9: Vec<f64>,
}

/// The averages of `n` rows; defined from row `n - 1`.
///
/// The variance is summed directly around the mean, oldest row first: a difference of two sums would cancel. It means
/// nothing once `interrupt` has risen.
pub fn vwap(
    high: &[i64],
    low: &[i64],
    close: &[i64],
    volume: &[f64],
    n: usize,
    interrupt: Interrupt,
) -> Vwap {
    let rows = close.len();
    let typical3: Vec<f64> =
        (0..rows).map(|t| high[t].wrapping_add(low[t]).wrapping_add(close[t]) as f64).collect();
    let weighted: Vec<f64> = volume.iter().zip(&typical3).map(|(&v, &y)| v * y).collect();
    let (volumes, weighted) = (window_sum(volume, n), window_sum(&weighted, n));
    let (mut mean3, mut variance9) = (vec![0.0; rows], vec![0.0; rows]);
    for t in n.saturating_sub(1)..rows {
        if t.is_multiple_of(SLOW_ROWS) && interrupt.is_asked() {
            break;
        }
        if volumes[t] > 0.0 {
            let m = weighted[t] / volumes[t];
            let mut sum = 0.0;
            for i in t + 1 - n..=t {
                sum += volume[i] * (typical3[i] - m) * (typical3[i] - m);
            }
            mean3[t] = m;
            variance9[t] = sum / volumes[t];
        }
    }
    Vwap { typical3, mean3, variance9 }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R8.
    #[test]
    fn the_worked_example_holds() {
        let price = [100, 101, 102, 100];
        let x = vwap(&price, &price, &price, &[1.0, 2.0, 1.0, 4.0], 3, Interrupt::NEVER);
        assert_eq!(x.typical3, [300.0, 303.0, 306.0, 300.0]);
        assert_eq!(x.mean3[2] / 3.0, 101.0);
        assert!((x.mean3[3] / 3.0 - 100.571428571).abs() < 5e-10);
        assert!((x.variance9[2].sqrt() / 3.0 - 0.5_f64.sqrt()).abs() < 5e-10);
        assert!((x.variance9[3].sqrt() / 3.0 - 0.728431359).abs() < 5e-10);
    }

    #[test]
    fn a_window_without_volume_has_no_spread() {
        let price = [100, 101, 102, 100];
        let x = vwap(&price, &price, &price, &[0.0; 4], 3, Interrupt::NEVER);
        assert!(x.variance9.iter().all(|&v| v == 0.0));
    }
}
