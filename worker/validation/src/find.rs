//! The find against its trials: how probable it is that luck alone gives the best of them (H9).

use crate::NullReason;
use crate::normal::quantile;
use crate::series::{Series, measure};
use crate::sharpe::{Moments, spread};

/// The share of worthless finds that may pass, which [`required_sharpe`] is about.
pub const LEVEL: f64 = 0.05;

/// A holdout of fewer returns is not looked at.
pub const SHORTEST_HOLDOUT: usize = 20;

/// p of a series' Sharpe ratio against 0: .5·erfc(sr·sqrt(T-1)/sqrt(q)/sqrt(2)), q = max(1, 1 - γ3·sr + (γ4-1)/4·sr²).
/// Shape may lower confidence and never raise it: selection finds the few large gains that would. `None` below two
/// returns.
pub fn p_single(sharpe: f64, moments: Moments) -> Option<f64> {
    let spread = spread(sharpe, moments);
    let q = if spread > 1.0 { spread } else { 1.0 };
    let z = sharpe * (moments.returns as f64 - 1.0).sqrt() / q.sqrt();
    (moments.returns >= 2).then(|| 0.5 * libm::erfc(z / std::f64::consts::SQRT_2))
}

/// p of the best of `trials` independent ones (Šidák 1967): -expm1(N·log1p(-p)).
pub fn p_best(p: f64, trials: u64) -> f64 {
    if trials == 0 {
        return 0.0;
    }
    -libm::expm1(trials as f64 * libm::log1p(-p))
}

/// p of the timing returns of a window alone.
pub fn p_of_returns(timing: &[f64]) -> Result<f64, NullReason> {
    let Series { sharpe, moments } = measure(timing)?;
    p_single(sharpe, moments).ok_or(NullReason::TooShort)
}

/// p of the winner's timing returns on training, as the best of `trials`: the effective ones and those that were made
/// on the same data before, at least itself.
pub fn p_training(timing: &[f64], trials: u64) -> Result<f64, NullReason> {
    p_of_returns(timing).map(|p| p_best(p, trials.max(1)))
}

/// The winner on the rows that were held out.
#[derive(Clone, Copy, Debug)]
pub struct Holdout<'a> {
    /// Its timing returns there.
    pub timing: &'a [f64],
    /// Whether it held a position at all.
    pub traded: bool,
    /// Whether its equity reached 0.
    pub ruined: bool,
}

/// p of the holdout: 1 if the winner was ruined there, .5 if it did not trade or did nothing beyond the market, else
/// that of its timing returns; of the best of 1 + `prior_looks`, because whoever looks until one is good will find it.
pub fn p_out_of_sample(holdout: Option<Holdout>, prior_looks: u64) -> Result<f64, NullReason> {
    let holdout = holdout.ok_or(NullReason::NoHoldout)?;
    if holdout.timing.len() < SHORTEST_HOLDOUT {
        return Err(NullReason::TooShort);
    }
    let p = match p_of_returns(holdout.timing) {
        _ if holdout.ruined => 1.0,
        _ if !holdout.traded => 0.5,
        Err(NullReason::FlatReturns) => 0.5,
        p => p?,
    };
    Ok(p_best(p, prior_looks.saturating_add(1)))
}

/// The annual timing Sharpe ratio at which p of the best of `trials` is [`LEVEL`] for normal returns:
/// -Φ⁻¹(-expm1(log1p(-.05)/N))/sqrt(T-1)·sqrt(B). `None` without trials or below two returns.
pub fn required_sharpe(trials: u64, returns: u64, bars_per_year: f64) -> Option<f64> {
    let p = -libm::expm1(libm::log1p(-LEVEL) / trials as f64);
    let per_bar = -quantile(p) / (returns as f64 - 1.0).sqrt();
    (trials > 0 && returns >= 2).then(|| per_bar * bars_per_year.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, half_digit: f64) {
        assert!((got - expected).abs() <= half_digit, "got {got}, expected {expected}");
    }

    // Contract H9.
    #[test]
    fn finds_of_the_examples_have_their_p() {
        let shape = |skew, kurtosis| Moments { returns: 1_976, skew, kurtosis };
        let fair = p_single(0.1, shape(0.3, 6.0)).unwrap();
        close(fair, 4.413e-6, 5.1e-10);
        close(p_best(fair, 256), 0.001_129_1, 5.1e-8);
        // Rare large gains: the probabilistic ratio would make 2.0e-5 of it.
        let rare = p_single(0.07, shape(8.0, 110.0)).unwrap();
        close(rare, 9.327e-4, 5.1e-8);
        close(p_best(rare, 256), 0.2125, 5.1e-5);
        let psr = crate::sharpe::probabilistic(0.07, 0.0, shape(8.0, 110.0)).unwrap();
        close(1.0 - psr, 2.0e-5, 5.1e-7);
        assert_eq!(p_single(0.1, Moments { returns: 1, skew: 0.0, kurtosis: 3.0 }), None);
    }

    // Contract H9.
    #[test]
    fn a_required_ratio_is_that_of_the_examples() {
        close(required_sharpe(256, 1_976, 252.0).unwrap(), 1.264, 5.1e-4);
        close(required_sharpe(400, 6_528, 8_760.0).unwrap(), 4.235, 5.1e-4);
        close(required_sharpe(38_412, 6_528, 8_760.0).unwrap(), 5.439, 5.1e-4);
        assert_eq!(required_sharpe(0, 100, 252.0), None);
        assert_eq!(required_sharpe(5, 1, 252.0), None);
    }

    // Contract H9.
    #[test]
    fn a_required_ratio_has_the_level_it_is_for() {
        for trials in [1, 256, 38_412] {
            let sharpe = required_sharpe(trials, 1_000, 252.0).unwrap() / 252_f64.sqrt();
            let p = p_single(sharpe, Moments { returns: 1_000, skew: 0.0, kurtosis: 1.0 }).unwrap();
            close(p_best(p, trials), LEVEL, 1e-12);
        }
    }

    // Contract H9.
    #[test]
    fn a_holdout_without_a_trade_is_a_coin_and_a_ruin_is_a_refutation() {
        let rising: Vec<f64> = (0..100).map(|i| 0.01 + f64::from(i % 3) * 0.001).collect();
        let good = Holdout { timing: &rising, traded: true, ruined: false };
        let idle = Holdout { traded: false, ..good };
        assert!(p_out_of_sample(Some(good), 0).unwrap() < 1e-9);
        assert_eq!(p_out_of_sample(Some(idle), 0), Ok(0.5));
        assert_eq!(p_out_of_sample(Some(idle), 1), Ok(0.75));
        assert_eq!(p_out_of_sample(Some(Holdout { ruined: true, ..idle }), 3), Ok(1.0));
        let market = Holdout { timing: &[0.0; 100], ..good };
        assert_eq!(p_out_of_sample(Some(market), 0), Ok(0.5));
        assert_eq!(
            p_out_of_sample(Some(Holdout { timing: &rising[..19], ..good }), 0),
            Err(NullReason::TooShort)
        );
        assert_eq!(p_out_of_sample(None, 0), Err(NullReason::NoHoldout));
    }

    // Contract H9.
    #[test]
    fn a_find_that_is_the_market_has_no_p() {
        assert_eq!(p_training(&[0.0; 100], 256), Err(NullReason::FlatReturns));
        assert_eq!(p_best(1.0, 5), 1.0);
        let some: Vec<f64> = (0..50).map(|i| f64::from(i * 7 % 10 - 4) * 0.001).collect();
        assert_eq!(p_training(&some, 0), p_of_returns(&some), "a find is a trial itself");
    }
}
