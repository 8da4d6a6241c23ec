//! Timing returns: what is left of a find's returns after the market's share of them (H6). A rule that is long only
//! has a Sharpe ratio above 0 in every rising market; of that its timing deserves none.

use crate::NullReason;
use galapagos_engine::q52::{fx, to_f64};

/// Returns without the market's share.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The market's share: by how much the account moved with it.
    pub beta: f64,
    /// r - beta·m of each bar.
    pub returns: Vec<f64>,
}

/// Splits the returns of an account from those of buying and holding at the same stamps: the slope of the least
/// squares line β = (Σrm - ΣrΣm/T)/(Σm² - (Σm)²/T), every sum exact in units of 2^-52 (A1), and the rest r - β·m. A
/// market that does not move, denominator <= 1e-10·Σm², has no share. Where one series is longer, its end is not read.
pub fn timing(returns: &[f64], market: &[f64]) -> Result<Timing, NullReason> {
    let (mut sum_r, mut sum_m, mut sum_rm, mut sum_mm) = (0_i128, 0_i128, 0_i128, 0_i128);
    for (&r, &m) in returns.iter().zip(market) {
        let terms = [(&mut sum_r, r), (&mut sum_m, m), (&mut sum_rm, r * m), (&mut sum_mm, m * m)];
        for (sum, term) in terms {
            *sum += i128::from(fx(term).ok_or(NullReason::NotFinite)?);
        }
    }
    let t = returns.len().min(market.len()) as f64;
    let [r, m, rm, mm] = [sum_r, sum_m, sum_rm, sum_mm].map(to_f64);
    let spread = mm - m * m / t;
    // Not above the limit rather than below it: without a return the spread is no number.
    let moves = spread > 1e-10 * mm;
    let beta = if moves { (rm - r * m / t) / spread } else { 0.0 };
    let returns = returns.iter().zip(market).map(|(r, m)| r - beta * m).collect();
    Ok(Timing { beta, returns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::measure;

    // Contract H6.
    #[test]
    fn the_example_has_its_share_and_its_rest() {
        let got = timing(&[0.01, -0.02, 0.03, 0.0], &[0.02, -0.01, 0.01, 0.005]).unwrap();
        assert!((got.beta - 1.2266667).abs() < 5.1e-8, "{got:?}");
        let expected = [-0.0145333, -0.0077333, 0.0177333, -0.0061333];
        for (x, expected) in got.returns.iter().zip(expected) {
            assert!((x - expected).abs() < 5.1e-8, "{got:?}");
        }
    }

    // Contract H6.
    #[test]
    fn holding_the_market_leaves_nothing_and_a_still_market_takes_nothing() {
        let market = [0.01, -0.02, 0.03];
        let half = market.map(|m| 0.5 * m);
        let got = timing(&half, &market).unwrap();
        assert!((got.beta - 0.5).abs() < 1e-11, "{got:?}");
        // What rounding leaves is below what exact sums of squares see.
        assert_eq!(measure(&got.returns), Err(NullReason::FlatReturns));
        for still in [[0.0; 3], [0.001; 3]] {
            let got = timing(&market, &still).unwrap();
            assert_eq!((got.beta, got.returns), (0.0, market.to_vec()));
        }
        assert_eq!(timing(&[], &[]).unwrap(), Timing { beta: 0.0, returns: vec![] });
        assert_eq!(timing(&market, &[0.0, f64::NAN, 0.0]), Err(NullReason::NotFinite));
    }
}
