//! Probabilistic and deflated Sharpe ratio (Bailey and Lopez de Prado 2012, 2014). All ratios are per bar, never
//! annualised; kurtosis is raw (normal = 3), moments are those of the population.

use crate::normal;

/// Euler's constant to the digits of the paper.
const EULER: f64 = 0.577_215_664_9;

/// The moments of a series of returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Number of returns that the moments is taken of.
    pub returns: u64,
    /// Skewness of the returns; 0 for a normal distribution.
    pub skew: f64,
    /// Kurtosis of the returns, not the excess: 3 for a normal distribution.
    pub kurtosis: f64,
}

/// 1 - skew SR + (kurtosis - 1)/4 SR^2: what non-normal returns do to the error of a Sharpe ratio.
pub(crate) fn spread(sharpe: f64, moments: Moments) -> f64 {
    1.0 - moments.skew * sharpe + (moments.kurtosis - 1.0) / 4.0 * sharpe * sharpe
}

/// Probability that the true Sharpe ratio exceeds `benchmark`, PSR; `None` below two returns or where the moments
/// contradict each other.
pub fn probabilistic(sharpe: f64, benchmark: f64, moments: Moments) -> Option<f64> {
    let spread = spread(sharpe, moments);
    if moments.returns < 2 || spread.is_nan() || spread <= 0.0 {
        return None;
    }
    let z = (sharpe - benchmark) * (moments.returns as f64 - 1.0).sqrt() / spread.sqrt();
    Some(normal::cdf(z))
}

/// Expected highest of `trials` draws of a standard normal, E\[max_N\]; 0 below two trials.
pub fn expected_maximum(trials: u64) -> f64 {
    if trials < 2 {
        return 0.0;
    }
    let n = trials as f64;
    (1.0 - EULER) * normal::quantile(1.0 - 1.0 / n)
        + EULER * normal::quantile(1.0 - 1.0 / (n * std::f64::consts::E))
}

/// The Sharpe ratio that the best of `trials` without skill is expected to show, given the variance of their ratios.
pub fn expected_best(variance: f64, trials: u64) -> f64 {
    variance.sqrt() * expected_maximum(trials)
}

/// The deflated Sharpe ratio: the probability that `sharpe` exceeds what luck alone gives the best of `trials`.
pub fn deflated(sharpe: f64, moments: Moments, variance: f64, trials: u64) -> Option<f64> {
    probabilistic(sharpe, expected_best(variance, trials), moments)
}

/// Returns needed until `sharpe` exceeds `benchmark` with probability `confidence` (MinTRL); `None` if it does not
/// exceed it at all.
pub fn minimum_track_record(sharpe: f64, benchmark: f64, moments: Moments, confidence: f64) -> Option<f64> {
    let z = normal::quantile(confidence) / (sharpe - benchmark);
    (sharpe > benchmark).then(|| 1.0 + spread(sharpe, moments) * z * z)
}

/// Years of data below which the best of `trials` without skill shows this annual Sharpe ratio (MinBTL).
pub fn minimum_backtest_years(trials: u64, annual_sharpe: f64) -> f64 {
    let x = expected_maximum(trials) / annual_sharpe;
    x * x
}

/// Population variance of the trials' Sharpe ratios, summed in the order given; 0 without trials.
pub fn variance(sharpes: &[f64]) -> f64 {
    let n = sharpes.len() as f64;
    if sharpes.is_empty() {
        return 0.0;
    }
    let mean = sharpes.iter().sum::<f64>() / n;
    sharpes.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / n
}
