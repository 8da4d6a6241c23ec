//! Training and holdout in one number (H9).

use crate::normal::{cdf, quantile};

/// p is taken as no less than this, and as no more than 1 less it: 2^-40.
const SMALLEST_P: f64 = 1.0 / (1_u64 << 40) as f64;

/// How sure one may be that a find is not luck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    /// Φ(z).
    pub value: f64,
    /// Standard deviations by which the find lies above what luck gives.
    pub z: f64,
}

/// Weighs the z-values of disjoint rows by the roots of their numbers (Stouffer 1949, with weights):
/// z = (√T·z_t + √T_h·z_o)/√(T + T_h), z = -Φ⁻¹(p). `out` is p of the holdout and its number of returns; without it
/// training stands alone.
pub fn confidence(p_training: f64, returns: u64, out: Option<(f64, u64)>) -> Confidence {
    let training = z(p_training);
    let z = match out {
        None => training,
        Some((p, held_out)) => {
            let (t, h) = (returns as f64, held_out as f64);
            (t.sqrt() * training + h.sqrt() * z(p)) / (t + h).sqrt()
        }
    };
    Confidence { value: cdf(z), z }
}

fn z(p: f64) -> f64 {
    -quantile(p.clamp(SMALLEST_P, 1.0 - SMALLEST_P))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::{p_best, p_single};
    use crate::sharpe::Moments;

    fn close(got: f64, expected: f64, half_digit: f64) {
        assert!((got - expected).abs() <= half_digit, "got {got}, expected {expected}");
    }

    // Contract H9.
    #[test]
    fn examples_have_their_confidence() {
        let got = confidence(0.001, 1_600, Some((0.3, 400)));
        close(got.z, 2.998507, 5.1e-7);
        close(got.value, 0.998643, 5.1e-7);
        close(confidence(0.04, 1_600, None).value, 0.96, 1e-14);
    }

    // Contract H9.
    #[test]
    fn a_strong_find_survives_a_poor_holdout_and_a_weak_one_is_not_saved_by_a_good_one() {
        let training = |sharpe, skew, kurtosis| {
            p_best(p_single(sharpe, Moments { returns: 1_976, skew, kurtosis }).unwrap(), 256)
        };
        let held_out = |sharpe| p_single(sharpe, Moments { returns: 544, skew: 0.0, kurtosis: 3.0 }).unwrap();
        let of = |p, out| confidence(p, 1_976, Some((held_out(out), 544)));
        let strong = training(0.1, 0.3, 6.0);
        close(held_out(0.05), 0.122_132_9, 5.1e-8);
        close(of(strong, 0.05).z, 3.245_333_9, 5.1e-8);
        close(of(strong, 0.05).value, 0.9994, 5.1e-5);
        close(of(strong, -0.05).value, 0.9847, 5.1e-5);
        close(of(training(0.07, 8.0, 110.0), 0.05).value, 0.8939, 5.1e-5);
    }

    #[test]
    fn certainty_is_bounded_on_both_sides() {
        assert_eq!(confidence(0.0, 100, None), confidence(SMALLEST_P, 100, None));
        assert_eq!(confidence(1.0, 100, None).z, -confidence(0.0, 100, None).z);
    }
}
