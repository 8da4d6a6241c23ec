//! Indicators, each computed once over all rows and causal: element `t` depends on elements `..=t` only.
//!
//! Sums, channels and comparisons of prices stay in integers (C1); what needs a fraction takes ticks as f64.
//! Elements before an indicator is defined hold 0 and carry no meaning: its documentation names the first row
//! that does.

pub mod bollinger;
pub mod channel;
pub mod ema;
pub mod features;
pub mod kernel;
pub mod moments;
pub mod sma;
pub mod stochastic;
pub mod vwap;
pub mod wilder;
pub mod window_sum;

/// Ticks as f64; exact below 2^53.
pub fn as_f64(ticks: &[i64]) -> Vec<f64> {
    ticks.iter().map(|&x| x as f64).collect()
}
