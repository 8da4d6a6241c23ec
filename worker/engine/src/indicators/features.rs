//! The features of the strategies that learn: twelve causal columns from ticks.
//!
//! A strategy uses a prefix of the list, so its order matters: first what differs by construction, then what the
//! earlier ones nearly contain.

use super::as_f64;
use super::ema::ema;
use super::moments::population;
use super::sma::TickSums;
use super::stochastic::percent_k;
use super::wilder::{atr, rsi};
use super::window_sum::window_sum;
use crate::bars::Bars;

/// Names of the features, in order.
pub const NAMES: [&str; 12] = [
    "return_1",
    "return_5",
    "return_20",
    "rsi_14",
    "sma_20_distance",
    "deviation_20",
    "volume_20_ratio",
    "percent_k_14",
    "ema_12_26_ratio",
    "atr_14_ratio",
    "return_1_lag_1",
    "return_1_lag_2",
];

/// First row whose features are used: every average has settled by then.
pub const FIRST_ROW: usize = 100;

/// The features, one column each; rows before 22 are 0 where a feature is not defined.
#[derive(Clone, Debug)]
pub struct Features {
    /// Columns in the order of [`NAMES`].
    pub columns: [Vec<f64>; 12],
}

impl Features {
    /// The features of all rows.
    pub fn new(bars: &Bars) -> Features {
        let close = as_f64(bars.close);
        let rows = close.len();
        let change = |k: usize| -> Vec<f64> {
            (0..rows).map(|t| if t < k { 0.0 } else { close[t] / close[t - k] - 1.0 }).collect()
        };
        let lagged = |x: &[f64], k: usize| -> Vec<f64> {
            (0..rows).map(|t| if t < k { 0.0 } else { x[t - k] }).collect()
        };
        let ratio = |a: Vec<f64>, b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a / b).collect() };
        let hundredth = |x: Vec<f64>| -> Vec<f64> { x.into_iter().map(|x| x / 100.0).collect() };
        let r1 = change(1);
        let mean = TickSums::new(bars.close).averages(20);
        let distance = (0..rows).map(|t| if t < 19 { 0.0 } else { (close[t] - mean[t]) / mean[t] }).collect();
        let deviation = (0..rows).map(|t| if t < 20 { 0.0 } else { population(&r1[t - 19..=t]).1 }).collect();
        let crossing = ratio(ema(&close, 12), &ema(&close, 26)).into_iter().map(|x| x - 1.0).collect();
        Features {
            columns: [
                r1.clone(),
                change(5),
                change(20),
                hundredth(rsi(&close, 14)),
                distance,
                deviation,
                volume_ratio(bars),
                hundredth(percent_k(bars.high, bars.low, bars.close, 14)),
                crossing,
                ratio(atr(bars.high, bars.low, bars.close, 14), &close),
                lagged(&r1, 1),
                lagged(&r1, 2),
            ],
        }
    }
}

/// Volume over its mean of 20 rows (the row's own included) - 1; 0 without volume.
fn volume_ratio(bars: &Bars) -> Vec<f64> {
    let Some(volume) = bars.volume else { return vec![0.0; bars.len()] };
    let sums = window_sum(volume, 20);
    volume
        .iter()
        .zip(sums)
        .map(|(&v, sum)| {
            let mean = sum / 20.0;
            if mean > 0.0 { v / mean - 1.0 } else { 0.0 }
        })
        .collect()
}
