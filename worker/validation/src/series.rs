//! Sharpe ratio per bar and shape of a series of returns.

use crate::NullReason;
use crate::sharpe::Moments;
use galapagos_engine::metrics::shape;
use galapagos_engine::q52::Sums;

/// What the tests of a series stand on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series {
    /// Mean over standard deviation with ddof 1, per bar, from exact sums (A4).
    pub sharpe: f64,
    /// Number of returns, skewness and kurtosis (X22).
    pub moments: Moments,
}

/// Measures returns in order of time; without at least two that vary there is nothing to measure.
pub fn measure(returns: &[f64]) -> Result<Series, NullReason> {
    if returns.len() < 2 {
        return Err(NullReason::TooShort);
    }
    let sums = Sums::from_returns(returns).ok_or(NullReason::NotFinite)?;
    if sums.is_flat() {
        return Err(NullReason::FlatReturns);
    }
    let (skew, kurtosis) = shape(returns, sums.mean());
    let moments = Moments { returns: sums.returns, skew, kurtosis };
    Ok(Series { sharpe: sums.mean() / sums.variance().sqrt(), moments })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_measured_says_why() {
        assert_eq!(measure(&[0.1]), Err(NullReason::TooShort));
        assert_eq!(measure(&[0.1; 9]), Err(NullReason::FlatReturns));
        assert_eq!(measure(&[0.1, f64::NAN]), Err(NullReason::NotFinite));
        assert_eq!(measure(&[0.1, 5_000.0]), Err(NullReason::NotFinite));
    }
}
